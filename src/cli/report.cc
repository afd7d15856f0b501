#include "cli/report.h"

#include <fmt/format.h>

#include "api/json.h"
#include "cli/moment.h"

namespace slipway::cli {

Style StyleOf(std::string_view state) {
  if (state == "succeeded") return Style::kGood;
  if (state == "failed" || state == "rollback_failed" || state == "rolled_back") return Style::kBad;
  if (state == "cancelled" || state == "paused" || state == "waiting" || state == "unknown")
    return Style::kCare;
  return Style::kPlain;
}

void TellWaits(Terminal& out, const std::vector<api::WaitView>& waits) {
  for (const api::WaitView& wait : waits) {
    std::string line = "  waits for " + wait.what;
    if (!wait.step.empty()) line += " " + wait.step;
    if (wait.step.empty() && !wait.target.empty()) line += " of " + wait.target;
    if (!wait.reason.empty()) line += ": " + wait.reason;
    if (!wait.who.empty()) line += " (" + wait.who + ")";
    if (wait.until) line += ", until " + Moment(*wait.until);
    out.Line(line, Style::kCare);
    if (!wait.next.empty()) out.Line("  next: " + wait.next);
  }
}

bool Stays(const Terminal& out, bool no_wait) { return out.interactive() && !no_wait; }

namespace {

void NextOf(Terminal& out, const api::RunDetails& run) {
  const std::string& id = run.id;
  if (run.state == "paused") out.Line(fmt::format("  next: slipway resume {0} | slipway rollback {0}", id));
  if (run.state == "waiting") out.Line(fmt::format("  then: slipway resume {}", id));
  if (run.state == "failed" || run.state == "rolled_back") out.Line("  next: slipway show " + id);
  if (run.state == "rollback_failed") {
    out.Line(fmt::format("  next: slipway show {0} | slipway rollback {0}", id));
  }
  if (run.state == "running" || run.state == "rolling_back") out.Line("  next: slipway explain " + id);
}

void Tell(Terminal& out, const api::RunReport& report) {
  const api::RunDetails& run = report.run;
  std::string line = fmt::format("{} {}", run.id, run.state);
  if (run.finished_at) line += " in " + Took(std::optional(run.started_at), run.finished_at);
  if (!run.reason.empty()) line += ": " + run.reason;
  out.Line(line, StyleOf(run.state));
  if (run.state == "rolled_back" || run.state == "rollback_failed") {
    for (const api::StepView& step : run.steps) {
      if (step.state != "left_in_place") continue;
      out.Line(fmt::format("  left in place: {}{}{}: {}", step.id, step.target.empty() ? "" : "@",
                           step.target, step.reason));
    }
  }
  TellWaits(out, run.waiting);
  if (!report.note.empty()) out.Line("  " + report.note);
  NextOf(out, run);
}

}  // namespace

Exit Move(Call& call, const Options& options, std::string_view asked,
          const std::function<api::Answer<api::RunReport>(api::Watcher&)>& move) {
  bool interrupted = false;
  api::Answer<api::RunReport> report = [&] {
    Live live(call.out, options.json() ? Loudness::kSilent : Loudness::kLines);
    auto moved = move(live);
    interrupted = live.interrupted();
    return moved;
  }();
  if (!report) return Fail(call.out, report.error());
  if (options.json())
    call.out.Json(api::ToJson(*report));
  else
    Tell(call.out, *report);
  if (report->run.state == asked) return Exit::kSucceeded;
  const Exit exit = ExitOfRun(report->run.state);
  return interrupted && exit == Exit::kStanding ? Exit::kInterrupted : exit;
}

}  // namespace slipway::cli
