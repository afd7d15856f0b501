#include "cli/verb.h"

namespace slipway::cli {

Exit Print(Call& call) {
  std::string file;
  Options options("print", "A procedure as a page people read, with boxes to tick (Markdown).");
  options.Required("FILE", file, "the procedure");
  if (const auto over = Read(call, options)) return *over;
  const auto page = call.api.Print(file);
  if (!page) return Fail(call.out, page.error());
  call.out.Lines(*page);
  return Exit::kSucceeded;
}

}  // namespace slipway::cli
