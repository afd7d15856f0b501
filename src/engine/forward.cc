// Forward: phase after phase, wave after wave, each target's branch of steps in its order.
#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "base/text.h"
#include "engine/decider.h"

namespace slipway::engine {

namespace {

using base::JsonObject;

bool Over(StepStatus status) {
  return status == StepStatus::kSucceeded || status == StepStatus::kSkipped || status == StepStatus::kFailed;
}

// Succeeded and skipped satisfy a need.
bool IsMet(const Instance* instance) {
  return instance != nullptr &&
         (instance->status == StepStatus::kSucceeded || instance->status == StepStatus::kSkipped);
}

JsonObject PhaseData(const procedure::Phase& phase) { return JsonObject{{"phase", phase.id}}; }

}  // namespace

void Decider::Forward() {
  if (!StillAsPlanned()) return;
  for (const procedure::Phase& phase : plan_.procedure.phases) {
    if (state_.phases_ended.contains(phase.id)) continue;
    if (!(phase.for_each ? ForEachPhase(phase) : StepsPhase(phase))) return;
    return Add("phase_finished", PhaseData(phase));
  }
  Conclude("");
}

// Nothing of this run has begun; what an earlier one did and this one keeps does not count.
bool Decider::Untouched() const {
  return std::ranges::all_of(state_.instances, [](const auto& entry) { return entry.second.kept; });
}

// Once in every process that drives the run: what will be deployed is still what was approved.
bool Decider::StillAsPlanned() {
  if (around_.workspace == nullptr || (plan_.releases.empty() && plan_.files.empty())) return true;
  const auto seen = hand_.observed.find("");
  if (seen == hand_.observed.end()) {
    Start(Job{.kind = Job::Kind::kObserve, .timeout = base::Duration{60'000}});
    return false;
  }
  if (seen->second.empty()) return true;
  if (Untouched()) {
    Add("run_finished", JsonObject{{"state", "failed"}, {"reason", seen->second}});
  } else if (Drain()) {
    Add("paused", JsonObject{{"reason", seen->second}});
  }
  return false;
}

bool Decider::IsReady(const procedure::Phase& phase, const procedure::Step& step, std::string_view target,
                      bool above) const {
  if (!step.needs && !above) return false;  // only saves looking
  return std::ranges::all_of(procedure::NeedsOf(phase, step),
                             [&](const std::string& id) { return IsMet(Find(id, target)); });
}

// One branch: the steps of a phase on one target, or of a phase without targets.
Decider::Branch Decider::RunBranch(const procedure::Phase& phase, const plan::PlannedTarget* target,
                                   Starts starts) {
  const std::string id = target == nullptr ? "" : target->id;
  const std::size_t limit = phase.for_each || !phase.max_parallel
                                ? phase.steps.size()
                                : static_cast<std::size_t>(*phase.max_parallel);
  std::vector<const procedure::Step*> ready;
  std::vector<std::pair<const procedure::Step*, const Instance*>> active;
  const std::string branch = InstanceKey(phase.id, id);
  std::size_t& over = hand_.over[branch];  // how many of the first steps are over for good
  while (over < phase.steps.size() && IsMet(Find(phase.steps[over].id, id))) ++over;
  const auto [seen, fresh] = hand_.over.try_emplace("reached " + branch, phase.steps.size());
  std::size_t& reached = seen->second;  // no step from here on was ever started
  while (fresh && reached > over && Find(phase.steps[reached - 1].id, id) == nullptr) --reached;
  bool failed = false, waiting = false;
  bool above = true;  // the step above is over, and well
  for (std::size_t i = over; i < phase.steps.size(); ++i) {
    const procedure::Step& step = phase.steps[i];
    const Instance* instance = i < reached ? Find(step.id, id) : nullptr;
    if (instance == nullptr || instance->status == StepStatus::kPending) {
      waiting = true;
      if (ready.size() < limit && IsReady(phase, step, id, above)) ready.push_back(&step);
      if (i >= reached && ready.size() >= limit) break;
      above = false;
      continue;
    }
    above = IsMet(instance);
    if (instance->status == StepStatus::kFailed)
      failed = true;
    else if (!Over(instance->status))
      active.emplace_back(&step, instance);
    if (!failed && active.size() >= limit) break;
  }
  std::size_t in_flight = 0;
  for (const auto& [step, instance] : active) {
    const bool waits = instance->status == StepStatus::kWaiting || instance->status == StepStatus::kUnknown;
    if (failed && !instance->act.changes) {
      // Nothing new starts, and what only looks need not be waited for.
      for (const auto kind : {Job::Kind::kAct, Job::Kind::kCheck}) {
        Job job{.kind = kind, .key = InstanceKey(step->id, id), .check = instance->checks_passed};
        if (!Busy(JobName(job))) continue;
        decision_.cancel.push_back(JobName(job));
        ++in_flight;
      }
      continue;
    }
    if (failed && waits && plan_.procedure.on_failure == procedure::OnFailure::kRollback) continue;
    ++in_flight;
    Advance(*step, *instance, target);
  }
  if (failed) return in_flight == 0 ? Branch::kFailed : Branch::kRunning;
  if (active.empty() && !waiting) return Branch::kSucceeded;
  if (starts == Starts::kForbidden) return Branch::kRunning;
  for (const procedure::Step* step : ready) {
    if (in_flight >= limit) break;
    ++in_flight;
    reached = std::max(reached, static_cast<std::size_t>(step - phase.steps.data()) + 1);
    StartInstance(phase, *step, target);
  }
  return Branch::kRunning;
}

bool Decider::StepsPhase(const procedure::Phase& phase) {
  const bool first = &phase == &plan_.procedure.phases.front();
  if (first && Untouched()) {
    if (const auto frozen = FrozenBy(plan_, around_.workspace, nullptr, now_)) {
      Add("run_finished", JsonObject{{"state", "failed"}, {"reason", frozen->reason}});
      return false;
    }
    if (!GatesOpen(nullptr)) return false;
  }
  switch (RunBranch(phase, nullptr, Starts::kAllowed)) {
    case Branch::kRunning:
      return false;
    case Branch::kSucceeded:
      return true;
    case Branch::kFailed:
      break;
  }
  std::string why;
  for (const procedure::Step& step : phase.steps) {
    const Instance* instance = Find(step.id, "");
    if (instance != nullptr && instance->status == StepStatus::kFailed)
      why = step.id + ": " + instance->reason;
  }
  RunFailed(why, procedure::Scope::kAll);
  return false;
}

// True when every wave is over and all went well.
bool Decider::ForEachPhase(const procedure::Phase& phase) {
  // A refused target was never begun: it is no failure, and the others go on; but the run cannot succeed.
  const std::int64_t refused = Count(state_, TargetStatus::kRefused);
  const std::int64_t failures = static_cast<std::int64_t>(state_.target_states.size()) - refused -
                                Count(state_, TargetStatus::kSucceeded) -
                                Count(state_, TargetStatus::kRunning);
  const bool stop = failures + UnknownTargets() >= std::max(1, phase.stop_after_failures);
  const std::vector<std::vector<std::size_t>>& waves = plan_.waves.at(phase.id);
  std::string why = state_.trouble;
  for (std::size_t number = 0; number < waves.size(); ++number) {
    const auto ended = state_.waves_ended.find(fmt::format("{}#{}", phase.id, number));
    if (ended == state_.waves_ended.end()) {
      if (!Wave(phase, number, waves[number], stop)) return false;
      if (stop) break;
      if (ProvedNothing(waves[number])) {
        if (number + 1 < waves.size())
          why += fmt::format("; no target of wave {} succeeded, so the next did not begin", number + 1);
        break;
      }
      JsonObject data = PhaseData(phase);
      data["wave"] = static_cast<std::int64_t>(number);
      Add("wave_finished", std::move(data));
      return false;
    }
    // A target may be tried, or taken back, again after its wave was over.
    if (!state_.reopened.empty() && !Wave(phase, number, waves[number], true)) return false;
    const base::Time baked = ended->second + phase.bake;
    // A retry has nothing to watch of a wave that it did not touch.
    const auto touched = [&](std::size_t index) {
      return state_.target_states.contains(plan_.targets[index].id);
    };
    if (now_ < baked && std::ranges::any_of(waves[number], touched)) {
      WakeAt(baked);
      decision_.waits.push_back({"bake", "", "",
                                 fmt::format("wave {} of phase {} bakes", number + 1, phase.id), "time", "",
                                 baked});
      return false;
    }
  }
  if (failures > 0) {
    RunFailed(why, phase.rollback);
  } else if (refused > 0) {
    Conclude(why);
  }
  return failures + refused == 0;
}

// This wave is over and nobody in it succeeded, because they failed or were refused: the next one would have
// no canary. Whom a retry leaves alone ended well before.
bool Decider::ProvedNothing(const std::vector<std::size_t>& members) const {
  bool ended = false;
  for (const std::size_t index : members) {
    const std::string& id = plan_.targets[index].id;
    const auto found = state_.target_states.find(id);
    if (found == state_.target_states.end()) {
      if (state_.kind == RunKind::kRetry && !std::ranges::binary_search(state_.targets, id)) return false;
      continue;
    }
    if (found->second.status == TargetStatus::kSucceeded) return false;
    ended = true;
  }
  return ended;
}

// Those that run and cannot go on before a person says what became of a step.
std::int64_t Decider::UnknownTargets() const {
  std::set<std::string_view> targets;
  for (const std::string& key : state_.asking) {
    const auto found = state_.instances.find(key);
    if (found == state_.instances.end() || found->second.target.empty()) continue;
    const auto target = state_.target_states.find(found->second.target);
    if (target != state_.target_states.end() && target->second.status == TargetStatus::kRunning)
      targets.insert(target->first);
  }
  return static_cast<std::int64_t>(targets.size());
}

// True when no target of the wave is on its way, and none of it will be started.
bool Decider::Wave(const procedure::Phase& phase, std::size_t number, const std::vector<std::size_t>& members,
                   bool stop) {
  const std::size_t limit = static_cast<std::size_t>(std::max(1, phase.max_parallel.value_or(1)));
  std::size_t active = 0;
  for (const std::string& id : state_.under_way) {
    const plan::PlannedTarget* target = TargetOf(id);
    if (target == nullptr) continue;
    const auto index = static_cast<std::size_t>(target - plan_.targets.data());
    if (!std::ranges::binary_search(members, index)) continue;
    ++active;
    AdvanceTarget(phase, *target);
  }
  if (stop) return active == 0;
  // How many of the first targets are over for good.
  std::size_t& done = hand_.over[fmt::format("{}#{}", phase.id, number)];
  while (done < members.size() && TargetOver(phase, plan_.targets[members[done]].id)) ++done;
  bool fresh = false;
  for (const std::size_t index : std::span(members).subspan(done)) {
    const plan::PlannedTarget& target = plan_.targets[index];
    if (TargetOver(phase, target.id) || state_.under_way.contains(target.id)) continue;
    if (active >= limit) return false;
    fresh = true;
    if (StartTarget(phase, target)) ++active;
  }
  return active == 0 && !fresh;
}

// It has been through this phase, or will never begin it.
bool Decider::TargetOver(const procedure::Phase& phase, const std::string& id) const {
  if (state_.phases_ended.contains(InstanceKey(phase.id, id))) return true;
  if (state_.kind == RunKind::kRetry && !std::ranges::binary_search(state_.targets, id)) return true;
  const auto found = state_.target_states.find(id);
  if (found == state_.target_states.end() || state_.under_way.contains(id)) return false;
  return found->second.status != TargetStatus::kSucceeded;
}

// One target on its way: the next steps of its branch, or of its way back through all phases.
void Decider::AdvanceTarget(const procedure::Phase& phase, const plan::PlannedTarget& target) {
  const TargetState& state = state_.target_states.find(target.id)->second;
  JsonObject data = PhaseData(phase);
  data["target"] = target.id;
  if (state.status == TargetStatus::kRollingBack) {
    std::vector<const procedure::Phase*> phases;
    for (const procedure::Phase& p : plan_.procedure.phases) phases.push_back(&p);
    if (!UnwindChain(phases, target.id)) return;
    data["state"] = ChainStopped(target.id) ? "rollback_failed" : "rolled_back";
    data["reason"] = state.reason;
    return Add("target_finished", std::move(data));
  }
  switch (RunBranch(phase, &target, Starts::kAllowed)) {
    case Branch::kRunning:
      return;
    case Branch::kSucceeded:
      data["state"] = "succeeded";
      return Add("target_finished", std::move(data));
    case Branch::kFailed:
      return TargetFailed(phase, target.id, "");
  }
}

// Gates, then a second look at what the plan saw. True when the target takes up a place among those on their
// way.
bool Decider::StartTarget(const procedure::Phase& phase, const plan::PlannedTarget& target) {
  JsonObject data = PhaseData(phase);
  data["target"] = target.id;
  // What this run itself changed in an earlier phase is not a change since the plan, and a target that was
  // begun is not refused any more.
  const bool ours = state_.target_states.contains(target.id);
  const auto frozen = ours ? std::nullopt : FrozenBy(plan_, around_.workspace, &target, now_);
  if (frozen) {
    data["reason"] = frozen->reason;
    Add("target_refused", std::move(data));
    return false;
  }
  if (!GatesOpen(&target)) return false;
  const auto seen = hand_.observed.find(target.id);
  if (!ours && seen == hand_.observed.end()) {
    Job job{.kind = Job::Kind::kObserve,
            .key = target.id,
            .target = target.id,
            .timeout = base::Duration{60'000}};
    for (const auto& [step_id, facts] : target.facts) {
      const procedure::Step* step = procedure::FindStep(plan_.procedure, std::string(step_id));
      if (step == nullptr || !step->action) continue;
      if (auto action = Resolve(*step, *step->action, &target, nullptr))
        job.observations.emplace_back(step->id, std::move(*action));
    }
    Start(std::move(job));
    return true;
  }
  if (ours || seen->second.empty()) {
    Add("target_started", std::move(data));
    return true;
  }
  data["reason"] = seen->second;
  Add("target_refused", std::move(data));
  return false;
}

void Decider::TargetFailed(const procedure::Phase& phase, const std::string& target, const std::string&) {
  std::string why;
  for (const procedure::Step& step : phase.steps) {
    const Instance* instance = Find(step.id, target);
    if (instance != nullptr && instance->status == StepStatus::kFailed)
      why = step.id + ": " + instance->reason;
  }
  JsonObject data = PhaseData(phase);
  data["target"] = target;
  data["reason"] = why;
  if (plan_.procedure.on_failure == procedure::OnFailure::kRollback &&
      phase.rollback == procedure::Scope::kTarget) {
    data["scope"] = "target";
    const bool touched = std::ranges::any_of(state_.instances, [&](const auto& entry) {
      return entry.second.target == target && MayHaveChanged(entry.second);
    });
    if (touched)
      PlaceHolds(plan_.targets.size() == 1 ? "" : target, why);
    else
      data["reason"] = why + "; nothing was changed on it";
    return Add("rollback_started", std::move(data));
  }
  data["state"] = "failed";
  Add("target_finished", std::move(data));
}

// Nothing is in flight any more: what the procedure says of failure.
void Decider::RunFailed(const std::string& why, procedure::Scope scope) {
  switch (plan_.procedure.on_failure) {
    case procedure::OnFailure::kRollback:
      if (scope == procedure::Scope::kAll) return StartRollback(why);
      return Conclude(why);
    case procedure::OnFailure::kPause: {
      JsonObject data{{"reason", why}, {"failed", true}};
      return Add("paused", std::move(data));
    }
    case procedure::OnFailure::kStop:
      return Conclude(why);
  }
}

// The run's end, from its targets: succeeded only if every target did, rolled back only if every target that
// was touched is.
void Decider::Conclude(const std::string& why) {
  const std::int64_t succeeded = Count(state_, TargetStatus::kSucceeded);
  const std::int64_t rolled_back = Count(state_, TargetStatus::kRolledBack);
  const std::int64_t rollback_failed = Count(state_, TargetStatus::kRollbackFailed);
  const std::int64_t other =
      static_cast<std::int64_t>(state_.target_states.size()) - succeeded - rolled_back - rollback_failed;
  JsonObject data;
  if (why.empty() && rolled_back + rollback_failed + other == 0) {
    data["state"] = "succeeded";
  } else if (rollback_failed > 0) {
    data["state"] = "rollback_failed";
  } else if (rolled_back > 0 && succeeded + other == 0) {
    data["state"] = "rolled_back";
  } else {
    data["state"] = "failed";
  }
  data["reason"] = why;
  Add("run_finished", std::move(data));
}

}  // namespace slipway::engine
