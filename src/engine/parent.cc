#include "engine/parent.h"

#include <algorithm>

namespace slipway::engine {

namespace {

using base::JsonObject;

// The phase (of that target; empty: without targets) ended well in the run, and still stands.
bool Stands(const RunState& run, const procedure::Phase& phase, const std::string& target) {
  return run.phases_ended.contains(InstanceKey(phase.id, target)) && !run.rolling_back_all &&
         !run.rolling_back.contains(target);
}

bool WentWell(const RunState& run, const plan::Plan& plan, const std::string& target) {
  const auto state = run.target_states.find(target);
  if (state == run.target_states.end() || state->second.status != TargetStatus::kSucceeded) return false;
  return std::ranges::all_of(plan.procedure.phases, [&](const procedure::Phase& phase) {
    return !phase.for_each || Stands(run, phase, target);
  });
}

// A step that is over and will be neither done nor undone.
Event Kept(const Instance& instance) {
  JsonObject data = About(instance.step, instance.target);
  data["uses"] = instance.action;
  data["state"] = ToString(instance.status);
  data["outputs"] = instance.act.outputs;
  if (!instance.answer.empty()) data["answer"] = instance.answer;
  return {"inherited", std::move(data)};
}

void KeepPhase(const RunState& parent, const procedure::Phase& phase, const std::string& target,
               std::vector<Event>& events) {
  for (const procedure::Step& step : phase.steps) {
    const auto found = parent.instances.find(InstanceKey(step.id, target));
    if (found != parent.instances.end()) events.push_back(Kept(found->second));
  }
}

std::vector<Event> OfRetry(const StartRequest& request) {
  std::vector<Event> events;
  const RunState& parent = *request.parent;
  const std::vector<std::string> targets = TargetsOf(request);
  for (const procedure::Phase& phase : request.plan->procedure.phases) {
    if (!phase.for_each && Stands(parent, phase, "")) KeepPhase(parent, phase, "", events);
    if (!phase.for_each) continue;
    for (const std::string& target : targets) {
      if (!Stands(parent, phase, target)) continue;
      KeepPhase(parent, phase, target, events);
      JsonObject data{{"phase", phase.id}, {"target", target}, {"state", "succeeded"}};
      data["reason"] = "in " + parent.id;
      events.push_back({"target_finished", std::move(data)});
    }
  }
  return events;
}

std::vector<Event> OfRollback(const RunState& parent) {
  std::vector<const Instance*> acts;
  std::vector<Event> events;
  for (const auto& [key, instance] : parent.instances) {
    if (instance.kept) {
      events.push_back(Kept(instance));
    } else if (!instance.answer.empty()) {
      JsonObject data = About(instance.step, instance.target);
      data["answer"] = instance.answer;
      events.push_back({"inherited", std::move(data)});
    }
    if (instance.act.Intended() && instance.status != StepStatus::kUndone) acts.push_back(&instance);
  }
  std::ranges::sort(acts, {}, [](const Instance* i) { return i->act.order; });
  for (const Instance* instance : acts) {
    JsonObject data = About(instance->step, instance->target);
    data["prepared"] = drivers::ToJson(instance->act.prepared);
    data["effect"] = instance->act.changes ? "changes" : "reads";
    data["interruption"] = drivers::ToString(instance->act.interruption);
    data["order"] = instance->act.order;
    data["verdict"] = instance->act.state == Act::State::kDone      ? "done"
                      : instance->act.state == Act::State::kNotDone ? "not_done"
                                                                    : "unknown";
    data["outputs"] = instance->act.outputs;
    events.push_back({"inherited", std::move(data)});
  }
  return events;
}

}  // namespace

std::vector<std::string> TargetsOf(const StartRequest& request) {
  std::vector<std::string> targets;
  for (const plan::PlannedTarget& target : request.plan->targets) {
    if (request.kind == RunKind::kRetry && WentWell(*request.parent, *request.plan, target.id)) continue;
    // What the parent itself left out had gone well before it.
    if (request.kind != RunKind::kRun &&
        std::ranges::find(request.parent->targets, target.id) == request.parent->targets.end())
      continue;
    targets.push_back(target.id);
  }
  return targets;
}

std::vector<Event> TakenOver(const StartRequest& request) {
  switch (request.kind) {
    case RunKind::kRun:
      return {};
    case RunKind::kRetry:
      return OfRetry(request);
    case RunKind::kRollback:
      return OfRollback(*request.parent);
  }
  return {};
}

}  // namespace slipway::engine
