#include <fmt/format.h>

#include "base/text.h"
#include "cli/verb.h"

namespace slipway::cli {

Exit Print(Call& call) {
  api::PrintRequest request;
  bool html = false;
  bool pdf = false;
  Options options("print",
                  "A procedure as a page with boxes to tick; of a run the same page, filled in. In Markdown, "
                  "unless it is said otherwise.");
  options.Required("FILE|RUN", request.what, "the procedure; or a run, as R7")
      .Flag("--html", html, "one HTML file that needs no other")
      .Flag("--pdf", pdf, "a PDF, made by Chromium")
      .Text("-o,--output", request.out, "FILE", "where to write it; a PDF: else NAME.pdf here");
  if (const auto over = Read(call, options)) return *over;
  if (html && pdf) {
    return Fail(call.out, base::Error{base::ErrorKind::kInvalid, "--html and --pdf are two pages", "",
                                      "slipway print " + request.what + " --pdf"});
  }
  if (html) request.format = api::PrintRequest::Format::kHtml;
  if (pdf) request.format = api::PrintRequest::Format::kPdf;
  const auto page = call.api.Print(request);
  if (!page) return Fail(call.out, page.error());
  if (page->file.empty()) {
    call.out.Raw(page->text);
  } else {
    call.out.Line(fmt::format("{}: {} bytes", page->file, page->size), Style::kGood);
  }
  return Exit::kSucceeded;
}

}  // namespace slipway::cli
