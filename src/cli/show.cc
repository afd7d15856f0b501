#include <fmt/format.h>

#include "api/json.h"
#include "cli/moment.h"
#include "cli/report.h"
#include "cli/table.h"
#include "cli/verb.h"

namespace slipway::cli {

namespace {

void Head(Terminal& out, const api::RunDetails& run) {
  out.Line(fmt::format("{}  {} {} in {}: {}", run.id, run.procedure, run.version, run.environment, run.state),
           StyleOf(run.state));
  if (!run.reason.empty()) out.Line("reason     " + run.reason);
  if (!run.asked.empty()) out.Line("asked      " + run.asked, Style::kCare);
  if (!run.parent.empty()) out.Line(Padded(run.kind, 11) + "of " + run.parent);
  out.Line("plan       " + run.plan);
  out.Line("started    " + Moment(run.started_at) + " by " + run.requester);
  if (run.finished_at) {
    out.Line("finished   " + Moment(run.finished_at) + ", after " +
             Took(std::optional(run.started_at), run.finished_at));
  }
  if (!run.targets.empty()) out.Line("targets    " + CountsOf(run.targets));
}

}  // namespace

Exit Show(Call& call) {
  std::string id;
  Options options("show", "One run: how it stands, its targets and its steps.");
  options.Required("RUN", id, "the run, as R7").Json();
  if (const auto over = Read(call, options)) return *over;
  const auto run = call.api.Show(id);
  if (!run) return Fail(call.out, run.error());
  if (options.json()) {
    call.out.Json(api::ToJson(*run));
    return Exit::kSucceeded;
  }
  Head(call.out, *run);
  call.out.Line("");
  Table table({"STEP", "TARGET", "ACTION", "STATE", "TRIES", "TOOK", "REASON"});
  for (const api::StepView& step : run->steps) {
    table.Add({step.id, step.target, step.action, step.state,
               step.attempts == 0 ? "" : std::to_string(step.attempts),
               Took(step.started_at, step.finished_at), step.reason},
              StyleOf(step.state));
  }
  table.Write(call.out);
  for (const api::TargetView& target : run->each_target) {
    if (target.reason.empty()) continue;
    call.out.Line(fmt::format("target {} {}: {}", target.id, target.state, target.reason),
                  StyleOf(target.state));
  }
  TellWaits(call.out, run->waiting);
  return Exit::kSucceeded;
}

}  // namespace slipway::cli
