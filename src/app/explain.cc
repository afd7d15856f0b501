// `slipway explain`: who holds what, what the run waits for, who can turn it, what comes next.
#include <fmt/format.h>

#include <algorithm>

#include "app/app.h"
#include "app/driving.h"
#include "app/retry.h"
#include "app/views.h"

namespace slipway::app {

namespace {

using engine::RunState;
using engine::RunStatus;

std::string Job(const engine::Job& job) {
  std::string text;
  switch (job.kind) {
    case engine::Job::Kind::kObserve:
      text = job.key.empty() ? "see whether releases and files are still what was planned"
                             : "look at " + job.key + " again before it is touched";
      break;
    case engine::Job::Kind::kPrepare:
      text =
          fmt::format("{} {}: look, then put on record what will be done", job.undo ? "undo" : "do", job.key);
      break;
    case engine::Job::Kind::kAct:
      text = fmt::format("{} {}", job.undo ? "undo" : "do", job.key);
      break;
    case engine::Job::Kind::kProbe:
      text = fmt::format("look what became of {}{}", job.undo ? "the undo of " : "", job.key);
      break;
    case engine::Job::Kind::kCheck:
      text = fmt::format("check {} of {}", job.check + 1, job.key);
      break;
    case engine::Job::Kind::kNotify:
      text = "tell people";
      break;
  }
  return text;
}

// What the next events would be, for those that say more than the jobs do.
std::string Event(const engine::Event& event) {
  const std::string step =
      engine::InstanceKey(base::GetString(event.data, "step"), base::GetString(event.data, "target"));
  const std::string undo = base::GetBool(event.data, "undo") ? "the undo of " : "";
  if (event.type == "interrupted")
    return fmt::format("settle {}{}: its process died before the outcome", undo, step);
  if (event.type == "attempt")
    return fmt::format("try {}{} again: {}", undo, step, base::GetString(event.data, "why"));
  if (event.type == "settle_needed") return fmt::format("ask a person what became of {}{}", undo, step);
  if (event.type == "step_failed")
    return fmt::format("{} fails: {}", step, base::GetString(event.data, "reason"));
  if (event.type == "confirm_opened") return "ask a person to do " + step;
  if (event.type == "target_started") return "start target " + base::GetString(event.data, "target");
  if (event.type == "rollback_started") return "roll back: " + base::GetString(event.data, "reason");
  if (event.type == "paused") return "pause";
  if (event.type == "run_finished") return "end as " + base::GetString(event.data, "state");
  if (event.type == "phase_finished") return "go on after phase " + base::GetString(event.data, "phase");
  if (event.type == "left_in_place")
    return "leave " + step + " in place: " + base::GetString(event.data, "reason");
  if (event.type == "intent") return "do " + undo + step;
  return "";
}

bool Passed(const engine::Waiting& wait, base::Time now) {
  return wait.what == "confirm" && wait.until && now >= *wait.until;
}

std::vector<std::string> Commands(const RunState& state, bool driven, base::Time now) {
  const std::string& id = state.id;
  std::vector<std::string> next;
  for (const engine::Waiting& wait : state.waiting) {
    if (Passed(wait, now)) continue;
    if (!wait.next.empty() && std::ranges::find(next, wait.next) == next.end()) next.push_back(wait.next);
  }
  switch (state.status) {
    case RunStatus::kSucceeded:
    case RunStatus::kFailed:
    case RunStatus::kCancelled:
      next.push_back("slipway show " + id);
      if (engine::AnythingChanged(state) && state.kind != engine::RunKind::kRollback)
        next.push_back("slipway rollback " + id);
      if (state.kind == engine::RunKind::kRollback)
        next.push_back(BegunToUndo(state) ? "deploy the release that shall run: slipway run"
                                          : "slipway rollback " + state.parent);
      else if (state.status != RunStatus::kSucceeded && !OnlyRefused(state))
        next.push_back("slipway retry " + id);
      break;
    case RunStatus::kRolledBack:
      next.push_back("slipway show " + id);
      break;
    case RunStatus::kRollbackFailed:
      next.push_back("slipway rollback " + id);
      break;
    case RunStatus::kRunning:
    case RunStatus::kRollingBack:
    case RunStatus::kWaiting:
    case RunStatus::kPaused:
      if (!driven) next.push_back("slipway resume " + id);
      if (driven) next.push_back("slipway pause " + id);
      if (state.status != RunStatus::kRollingBack) next.push_back("slipway rollback " + id);
      break;
  }
  return next;
}

// What a failure comes to, as the procedure says.
std::string AfterFailure(const plan::Plan& plan) {
  switch (plan.procedure.on_failure) {
    case procedure::OnFailure::kRollback:
      return "what it did is rolled back";
    case procedure::OnFailure::kPause:
      return "the run pauses";
    case procedure::OnFailure::kStop:
      return "the run stops and leaves what it did";
  }
  return "";
}

// Time alone moves nothing where nobody drives: somebody has to resume it then.
std::string When(const engine::Decision& decision, const std::string& run, const plan::Plan& plan) {
  const std::string at = base::FormatTime(*decision.wake_at);
  for (const engine::Waiting& wait : decision.waits) {
    if (wait.what == "confirm" && wait.until == decision.wake_at) {
      return fmt::format(
          "if nobody answers by {}, {} fails and {}, once somebody resumes it: slipway resume {}", at,
          wait.step, AfterFailure(plan), run);
    }
  }
  return fmt::format("it can go on at {}, once somebody, or cron, resumes it: slipway resume {}", at, run);
}

void Foretell(const engine::Decision& decision, const RunState& state, const plan::Plan& plan,
              api::Explanation& out) {
  for (const engine::Event& event : decision.events) {
    std::string text = Event(event);
    if (event.type == "step_failed") text += ", and " + AfterFailure(plan);
    if (!text.empty()) out.then.push_back(std::move(text));
  }
  for (const engine::Job& job : decision.jobs) out.then.push_back(Job(job));
  if (out.waiting.empty()) {
    for (const engine::Waiting& wait : decision.waits) out.waiting.push_back(WaitOf(wait));
  }
  if (decision.wake_at && out.then.empty()) out.then.push_back(When(decision, state.id, plan));
}

}  // namespace

api::Answer<api::Explanation> App::Explain(const std::string& run) {
  SLIPWAY_TRY(const RunState state, RunOnRecord(session_, run));
  SLIPWAY_TRY(engine::Parts * parts, session_.Engine());
  SLIPWAY_TRY(const Driver driver, DriverOf(session_, run));
  api::Explanation out;
  out.run = SummaryOf(state);
  out.driver = driver.who;
  const bool over = engine::IsTerminal(state.status);
  out.driven = driver.alive && !over && state.status != RunStatus::kRollbackFailed;
  if (!out.driven && driver.alive) out.driver = "nobody";
  if (!over) out.locks = state.targets;
  out.asked = PendingOf(state);
  const base::Time now = parts->clock.Now();
  for (const engine::Waiting& wait : state.waiting) {
    out.waiting.push_back(WaitOf(wait));
    if (!Passed(wait, now)) continue;
    out.waiting.back().reason += "; the time to answer has passed";
    out.waiting.back().next.clear();
  }
  for (const auto& [key, instance] : state.instances) {
    if (instance.status == engine::StepStatus::kRunning || instance.status == engine::StepStatus::kUndoing) {
      out.doing.push_back(fmt::format("{}{} ({})",
                                      instance.status == engine::StepStatus::kUndoing ? "undo of " : "", key,
                                      instance.action));
    }
  }
  if (!over && !out.driven) {
    SLIPWAY_TRY(const plan::Plan plan, engine::LoadPlan(parts->store, state.plan));
    SLIPWAY_TRY(const engine::Decision decision, engine::Foresee(*parts, state, plan));
    Foretell(decision, state, plan, out);
  }
  out.next = Commands(state, out.driven, now);
  return out;
}

}  // namespace slipway::app
