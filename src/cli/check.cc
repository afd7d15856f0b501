#include <fmt/format.h>

#include <algorithm>

#include "api/json.h"
#include "cli/verb.h"

namespace slipway::cli {

Exit TellChecked(Call& call, const api::CheckReport& report, bool json) {
  const bool ok = std::ranges::all_of(report.files, &api::CheckedFile::ok);
  if (json) {
    call.out.Json(api::ToJson(report));
    return ok ? Exit::kSucceeded : Exit::kUsage;
  }
  for (const api::CheckedFile& file : report.files) {
    call.out.Lines(file.rendered);
    const auto errors =
        std::ranges::count(file.diagnostics, base::Severity::kError, &base::Diagnostic::severity);
    const auto warnings = static_cast<std::ptrdiff_t>(file.diagnostics.size()) - errors;
    if (errors + warnings == 0) {
      call.out.Line(file.file + ": ok", Style::kGood);
    } else {
      call.out.Line(fmt::format("{}: {} {}, {} {}", file.file, errors, errors == 1 ? "error" : "errors",
                                warnings, warnings == 1 ? "warning" : "warnings"),
                    errors > 0 ? Style::kBad : Style::kCare);
    }
  }
  if (report.files.size() == 1 && !report.files[0].next.empty())
    call.out.Line("next: " + report.files[0].next, Style::kQuiet);
  return ok ? Exit::kSucceeded : Exit::kUsage;
}

Exit Check(Call& call) {
  std::vector<std::string> files;
  std::string environment;
  Options options(
      "check",
      "Parses, validates and lints procedures, by the strictest environment that may run them; lints pages, "
      "workflows and migrations.");
  options.Rest("FILE", files, "procedures")
      .Text("-e,--environment", environment, "ENV", "by the rules of this environment")
      .Json();
  if (const auto over = Read(call, options)) return *over;
  const auto report = call.api.Check(files, environment);
  if (!report) return Fail(call.out, report.error());
  return TellChecked(call, *report, options.json());
}

}  // namespace slipway::cli
