#include "api/json.h"
#include "cli/verb.h"

namespace slipway::cli {

Exit Init(Call& call) {
  std::string folder = ".";
  Options options("init", "Makes a workspace that runs as it is.");
  options.Optional("DIR", folder, "the folder; made where there is none").Json();
  if (const auto over = Read(call, options)) return *over;
  const auto made = call.api.Init(folder);
  if (!made) return Fail(call.out, made.error());
  if (options.json()) {
    call.out.Json(api::ToJson(*made));
    return Exit::kSucceeded;
  }
  call.out.Line("made a workspace in " + made->folder, Style::kGood);
  for (const std::string& file : made->files) call.out.Line("  " + file);
  if (folder != ".") call.out.Line("next: cd " + folder);
  call.out.Line("next: slipway plan procedures/hello.yaml");
  call.out.Line("next: slipway run procedures/hello.yaml");
  return Exit::kSucceeded;
}

}  // namespace slipway::cli
