#include "app/views.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "engine/rows.h"

namespace slipway::app {

namespace {

using base::JsonObject;

int Attempts(const engine::Instance& instance) {
  return instance.undo.attempt > 0 ? instance.undo.attempt : instance.act.attempt;
}

std::string KindOf(engine::RunKind kind) {
  switch (kind) {
    case engine::RunKind::kRun:
      return "run";
    case engine::RunKind::kRollback:
      return "rollback";
    case engine::RunKind::kRetry:
      return "retry";
  }
  return "run";
}

void FillCounts(const JsonObject& counts, api::RunSummary& run) {
  for (const auto& member : counts) {
    if (member.value().is_int64()) run.targets[std::string(member.key())] = member.value().get_int64();
  }
}

}  // namespace

base::Result<api::RunSummary> SummaryOf(const journal::Row& row) {
  SLIPWAY_TRY(const base::Json json, base::ParseJson(row.value));
  if (!json.is_object())
    return base::Fail(base::ErrorKind::kInternal, "the row of a run is no object", row.key);
  const JsonObject& o = json.get_object();
  api::RunSummary run;
  run.id = base::GetString(o, "id");
  run.procedure = base::GetString(o, "procedure");
  run.version = base::GetString(o, "version");
  run.environment = base::GetString(o, "environment");
  run.state = base::GetString(o, "state");
  run.plan = base::GetString(o, "plan");
  run.kind = base::GetString(o, "kind");
  run.parent = base::GetString(o, "parent");
  run.reason = base::GetString(o, "reason");
  run.started_at = base::FromMillis(base::GetInt(o, "started_at"));
  if (const std::int64_t finished = base::GetInt(o, "finished_at"); finished != 0)
    run.finished_at = base::FromMillis(finished);
  FillCounts(base::GetObject(o, "targets"), run);
  return run;
}

api::RunSummary SummaryOf(const engine::RunState& state) {
  api::RunSummary run;
  run.id = state.id;
  run.procedure = state.procedure;
  run.version = state.version;
  run.environment = state.environment;
  run.state = engine::ToString(state.status);
  run.plan = state.plan;
  run.kind = KindOf(state.kind);
  run.parent = state.parent;
  run.reason = state.reason;
  run.started_at = state.started_at;
  run.finished_at = state.finished_at;
  FillCounts(base::GetObject(engine::Summary(state), "targets"), run);
  return run;
}

api::StepView StepOf(const engine::Instance& instance, const std::string& title, Outputs outputs) {
  api::StepView view;
  view.id = instance.step;
  view.target = instance.target;
  view.title = title;
  view.action = instance.action;
  view.state = engine::ToString(instance.status);
  view.attempts = Attempts(instance);
  view.started_at = instance.started_at;
  view.finished_at = instance.finished_at;
  view.reason = instance.reason;
  view.restored = instance.restored;
  if (outputs == Outputs::kKept) view.outputs = instance.act.outputs;
  return view;
}

api::WaitView WaitOf(const engine::Waiting& wait) {
  return {wait.what, wait.step, wait.target, wait.reason, wait.who, wait.next, wait.until};
}

bool BegunToUndo(const engine::RunState& state) {
  return std::ranges::any_of(state.instances, [](const auto& entry) { return entry.second.undo.Intended(); });
}

std::string PendingOf(const engine::RunState& state) {
  if (engine::IsTerminal(state.status)) return "";
  if (state.cancel_asked && state.asked_to_cancel) {
    return fmt::format("cancel asked by {} at {}{}; the next process that drives it cancels",
                       state.asked_to_cancel->who, base::FormatTime(state.asked_to_cancel->at),
                       state.cancel_reason.empty() ? "" : ": " + state.cancel_reason);
  }
  if (state.pause_asked && state.asked_to_pause && state.status != engine::RunStatus::kPaused) {
    return fmt::format(
        "pause asked by {} at {}; the next process that drives it pauses, but slipway resume goes on",
        state.asked_to_pause->who, base::FormatTime(state.asked_to_pause->at));
  }
  return "";
}

api::RunDetails DetailsOf(const engine::RunState& state, const plan::Plan* plan) {
  api::RunDetails run;
  static_cast<api::RunSummary&>(run) = SummaryOf(state);
  run.requester = state.requester;
  for (const std::string& id : state.targets) {
    const auto found = state.target_states.find(id);
    if (found == state.target_states.end())
      run.each_target.push_back({id, "pending", ""});
    else
      run.each_target.push_back(
          {id, std::string(engine::ToString(found->second.status)), found->second.reason});
  }
  run.asked = PendingOf(state);
  for (const engine::Waiting& wait : state.waiting) run.waiting.push_back(WaitOf(wait));
  std::set<std::string, std::less<>> shown;
  const auto show = [&](const procedure::Step& step, const std::string& target) {
    const std::string key = engine::InstanceKey(step.id, target);
    shown.insert(key);
    if (const auto found = state.instances.find(key); found != state.instances.end()) {
      run.steps.push_back(StepOf(found->second, step.title, Outputs::kKept));
      return;
    }
    api::StepView view;
    view.id = step.id;
    view.target = target;
    view.title = step.title;
    view.action = step.action ? step.action->uses : "confirm";
    view.state = engine::IsTerminal(state.status) ? "skipped" : "pending";
    if (engine::IsTerminal(state.status)) view.reason = "the run ended before it began";
    run.steps.push_back(std::move(view));
  };
  if (plan != nullptr) {
    for (const procedure::Phase& phase : plan->procedure.phases) {
      const std::vector<std::string> targets = phase.for_each ? state.targets : std::vector<std::string>{""};
      for (const std::string& target : targets) {
        for (const procedure::Step& step : phase.steps) show(step, target);
      }
    }
  }
  for (const auto& [key, instance] : state.instances) {
    if (!shown.contains(key)) run.steps.push_back(StepOf(instance, "", Outputs::kKept));
  }
  return run;
}

}  // namespace slipway::app
