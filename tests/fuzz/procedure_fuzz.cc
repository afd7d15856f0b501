// Whatever the bytes: errors, each with a place within the text, or a procedure that can be linted, printed
// and put in order.
#include "procedure/procedure.h"

#include <algorithm>

#include "fuzz.h"
#include "lint/lint.h"
#include "procedure/page.h"

namespace {

using slipway::fuzz::Require;
namespace base = slipway::base;
namespace procedure = slipway::procedure;

void CheckPlaces(const base::Diagnostics& diagnostics, std::string_view text) {
  const auto lines = static_cast<int>(base::LineStarts(text).size());
  for (const base::Diagnostic& diagnostic : diagnostics) {
    Require(!diagnostic.what.empty());
    Require(diagnostic.at.line > 0 && diagnostic.at.column > 0);
    Require(diagnostic.at.line <= lines + 1);  // the end of the text may be told as the line after
  }
  Require(!base::Render(diagnostics, text).empty());
}

void CheckOrder(const procedure::Procedure& parsed) {
  for (const procedure::Phase& phase : parsed.phases) {
    for (auto step = phase.steps.begin(); step != phase.steps.end(); ++step) {
      for (const std::string& need : procedure::NeedsOf(phase, *step))
        Require(std::find_if(phase.steps.begin(), step, [&](const auto& s) { return s.id == need; }) != step);
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = slipway::fuzz::Text(data, size);
  const auto parsed = procedure::Parse(text, "input.yaml");
  if (!parsed) {
    Require(!parsed.error().empty());
    CheckPlaces(parsed.error(), text);
    return 0;
  }
  CheckOrder(*parsed);
  Require(!procedure::PrintPage(*parsed).empty());
  const auto action = [](std::string_view uses) {
    return std::optional(
        slipway::lint::ActionInfo{.changes = uses != "http.check", .looks = uses == "http.check"});
  };
  const auto findings = slipway::lint::Lint(
      *parsed, {.action = action, .environments = {"dev", "prod"}, .today = "2026-11-21"});
  if (!findings.empty()) CheckPlaces(findings, text);
  return 0;
}
