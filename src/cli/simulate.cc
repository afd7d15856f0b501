#include <fmt/format.h>

#include <algorithm>

#include "api/json.h"
#include "cli/procedure_options.h"
#include "cli/table.h"
#include "cli/verb.h"

namespace slipway::cli {

namespace {

Style StyleOf(const api::SimulatedFailure& failure) {
  if (failure.verdict == "not_restored") return Style::kBad;
  return failure.verdict == "unknown" || failure.verdict == "left_in_place" ? Style::kCare : Style::kGood;
}

std::string TextOf(const std::string& verdict) {
  if (verdict == "left_in_place") return "left";
  return verdict == "not_restored" ? "NOT restored" : verdict;
}

}  // namespace

Exit Simulate(Call& call) {
  ProcedureOptions procedure;
  Options options(
      "simulate",
      "Runs the plan against models of its drivers, failing each step in turn, and says whether the "
      "rollback restores what was recorded.");
  procedure.AddTo(options);
  options.Json();
  if (const auto over = Read(call, options)) return *over;
  const auto request = procedure.Request();
  if (!request) return Fail(call.out, request.error());
  const auto report = call.api.Simulate(*request);
  if (!report) return Fail(call.out, report.error());
  const Exit exit = report->Passed() ? Exit::kSucceeded : Exit::kFailed;
  if (options.json()) {
    call.out.Json(api::ToJson(*report));
    return exit;
  }
  Table table({"WHEN", "FAILS", "STATE", "WHY"});
  for (const api::SimulatedFailure& failure : report->failures) {
    table.Add(
        {failure.step.empty() ? "-" : failure.step, failure.how, TextOf(failure.verdict), failure.reason},
        StyleOf(failure));
  }
  table.Write(call.out);
  if (report->Passed()) {
    const bool left = std::ranges::any_of(
        report->failures, [](const auto& failure) { return failure.verdict == "left_in_place"; });
    call.out.Line(std::string(report->strict ? "every failure is taken back"
                                             : "no failure is known not to be taken back") +
                      (left ? ", but for what may stay" : ""),
                  Style::kGood);
  } else {
    const bool tried = report->failures.size() > 1;
    call.out.Line(!tried           ? "it does not succeed against the models, so no failure was tried"
                  : report->strict ? fmt::format("{} is strict: what nobody can tell counts as not restored",
                                                 report->environment)
                                   : "a failure is not taken back",
                  Style::kBad);
    call.out.Line(tried ? "next: correct the undo of what is not restored; slipway check " + request->file +
                              " tells of steps without one"
                        : "next: slipway check " + request->file,
                  Style::kQuiet);
  }
  return exit;
}

}  // namespace slipway::cli
