#include <fmt/format.h>

#include <algorithm>

#include "api/json.h"
#include "base/text.h"
#include "cli/verb.h"

namespace slipway::cli {

namespace {

void TellText(Terminal& out, std::string_view sign, const std::string& text, Style style) {
  if (text.empty()) return;
  for (const std::string& line : base::Split(text, '\n')) out.Line(fmt::format("  {} {}", sign, line), style);
}

void TellOne(Terminal& out, const api::DiffReport& report, const api::PageDifference& difference) {
  const std::string here = fmt::format("{}:{}", report.procedure, difference.procedure_line);
  const std::string there = fmt::format("{}:{}", report.page, difference.page_line);
  if (difference.kind == "missing") {
    out.Line(
        fmt::format("{}: the page has a step `{}`, and the procedure has none", there, difference.title));
  } else if (difference.kind == "added") {
    out.Line(fmt::format("{}: the procedure has a step `{}`, and the page has none", here, difference.title));
  } else {
    out.Line(
        fmt::format("{}: {} of `{}` is not what {} says", here, difference.field, difference.step, there));
  }
  TellText(out, "-", difference.page, Style::kBad);
  TellText(out, "+", difference.procedure, Style::kGood);
}

// One line a step: of these no page that people wrote says anything.
void TellBeyond(Terminal& out, const api::DiffReport& report) {
  for (auto at = report.beyond.begin(); at != report.beyond.end();) {
    const auto end = std::find_if(at, report.beyond.end(), [&](const api::PageDifference& difference) {
      return difference.procedure_line != at->procedure_line || difference.step != at->step;
    });
    std::vector<std::string> fields;
    for (; at != end; ++at) fields.push_back(at->field);
    const api::PageDifference& of = *std::prev(end);
    out.Line(fmt::format("{}:{}: the page says nothing of {} of `{}`", report.procedure, of.procedure_line,
                         base::Join(fields, ", "), of.step),
             Style::kQuiet);
  }
}

}  // namespace

Exit Diff(Call& call) {
  api::DiffRequest request;
  Options options("diff",
                  "Where a procedure and the page it was made from have drifted apart. `-` is what the page "
                  "says, `+` what the procedure "
                  "does; exit 1 when they differ.");
  options.Required("PROCEDURE", request.procedure, "the procedure")
      .Required("FILE", request.page, "the page in Markdown")
      .Text("--section", request.section, "TEXT",
            "the heading of the page below which it stands, when its id, title and source do not tell")
      .Json();
  if (const auto over = Read(call, options)) return *over;
  const auto report = call.api.Diff(request);
  if (!report) return Fail(call.out, report.error());
  const Exit exit = report->differences.empty() ? Exit::kSucceeded : Exit::kFailed;
  if (options.json()) {
    call.out.Json(api::ToJson(*report));
    return exit;
  }
  for (const api::PageDifference& difference : report->differences) TellOne(call.out, *report, difference);
  TellBeyond(call.out, *report);
  if (report->differences.empty()) {
    call.out.Line(fmt::format("the same, as `{}` says it", report->section), Style::kGood);
  } else {
    call.out.Line(fmt::format("{} {}", report->differences.size(),
                              report->differences.size() == 1 ? "difference" : "differences"));
  }
  return exit;
}

}  // namespace slipway::cli
