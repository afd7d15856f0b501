#include "cli/report.h"

#include <fmt/format.h>

#include <algorithm>

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

std::string CountsOf(const std::map<std::string, std::int64_t>& targets) {
  std::string counts;
  for (const auto& [state, count] : targets)
    counts += fmt::format("{}{} {}", counts.empty() ? "" : ", ", count, state);
  return counts;
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

std::string NextOf(const api::RunDetails& run) {
  const std::string& id = run.id;
  if (run.state == "paused") return fmt::format("slipway resume {0} | slipway rollback {0}", id);
  if (run.state == "waiting") return "slipway resume " + id;
  // Of a fleet, others went well; a retry does only what did not. One that was refused is planned again.
  const bool refused =
      run.targets.contains("refused") && std::ranges::all_of(run.targets, [](const auto& targets) {
        return targets.first == "refused" || targets.first == "succeeded" || targets.first == "pending";
      });
  if (run.state == "failed" && run.kind != "rollback" && !run.targets.empty() && !refused)
    return fmt::format("slipway show {0} | slipway retry {0}", id);
  if (run.state == "failed" || run.state == "rolled_back") return "slipway show " + id;
  if (run.state == "rollback_failed") return fmt::format("slipway show {0} | slipway rollback {0}", id);
  if (run.state == "running" || run.state == "rolling_back") return "slipway explain " + id;
  return "";
}

std::string HowItStands(const api::RunDetails& run) {
  std::string line = fmt::format("{} {}", run.id, run.state);
  if (run.finished_at) line += " in " + Took(std::optional(run.started_at), run.finished_at);
  if (!run.reason.empty()) line += ": " + run.reason;
  return line;
}

}  // namespace

void TellRun(Terminal& out, const api::RunReport& report) {
  const api::RunDetails& run = report.run;
  out.Line(HowItStands(run), StyleOf(run.state));
  // One that failed is not hidden by others that wait, or that failed after it.
  if (run.targets.size() > 1) out.Line("  targets: " + CountsOf(run.targets));
  if (run.state == "rolled_back" || run.state == "rollback_failed") {
    for (const api::StepView& step : run.steps) {
      if (step.state != "left_in_place") continue;
      out.Line(fmt::format("  left in place: {}{}{}: {}", step.id, step.target.empty() ? "" : "@",
                           step.target, step.reason));
    }
  }
  if (!report.note.empty()) out.Line("  " + report.note);
  TellWaits(out, run.waiting);
  if (const std::string next = NextOf(run); !next.empty())
    out.Line((run.state == "waiting" ? "  then: " : "  next: ") + next);
}

namespace {

struct Moved {
  api::Answer<api::RunReport> report;
  bool interrupted = false;
};

Moved Watched(Terminal& out, Loudness loudness,
              const std::function<api::Answer<api::RunReport>(api::Watcher&)>& move) {
  Live live(out, loudness);
  auto report = move(live);
  return {std::move(report), live.interrupted()};
}

Exit ExitOf(const Moved& moved) {
  const Exit exit = ExitOfRun(moved.report->run.state);
  return moved.interrupted && exit == Exit::kStanding ? Exit::kInterrupted : exit;
}

}  // namespace

Exit Move(Call& call, const Options& options, std::string_view asked,
          const std::function<api::Answer<api::RunReport>(api::Watcher&)>& move) {
  return MoveAndTell(call, options, asked, move, [&](const api::RunReport& report) {
    if (options.json())
      call.out.Json(api::ToJson(report));
    else
      TellRun(call.out, report);
  });
}

Exit MoveAndTell(Call& call, const Options& options, std::string_view asked,
                 const std::function<api::Answer<api::RunReport>(api::Watcher&)>& move,
                 const std::function<void(const api::RunReport&)>& tell) {
  const Moved moved = Watched(call.out, options.json() ? Loudness::kSilent : Loudness::kLines, move);
  if (!moved.report) return Fail(call.out, moved.report.error());
  tell(*moved.report);
  return moved.report->run.state == asked ? Exit::kSucceeded : ExitOf(moved);
}

bool Moves::Add(const std::string& next,
                const std::function<api::Answer<api::RunReport>(api::Watcher&)>& move) {
  const Moved moved = Watched(call_.out, Loudness::kSilent, move);
  if (!moved.report) {
    worst_ = Worse(worst_, Fail(call_.out, moved.report.error()));
    return !moved.interrupted;
  }
  const api::RunReport& report = *moved.report;
  worst_ = Worse(worst_, ExitOf(moved));
  if (options_.json()) {
    json_.push_back(api::ToJson(report));
    return !moved.interrupted;
  }
  std::string line = HowItStands(report.run);
  if (!report.note.empty()) line += "; " + report.note;
  if (report.run.state == "waiting" && !report.run.waiting.empty() && report.run.waiting.front().until)
    line += fmt::format("; waits for {} until {}", report.run.waiting.front().what,
                        Moment(*report.run.waiting.front().until));
  std::string command = next.empty() ? NextOf(report.run) : next;
  if (next.empty() && !report.run.waiting.empty() && !report.run.waiting.front().next.empty())
    command = report.run.waiting.front().next;
  if (!command.empty()) line += "; next: " + command;
  call_.out.Line(line, StyleOf(report.run.state));
  return !moved.interrupted;
}

Exit Moves::Finish() {
  if (options_.json()) call_.out.Json(std::move(json_));
  return worst_;
}

}  // namespace slipway::cli
