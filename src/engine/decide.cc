#include "engine/decide.h"

#include <fmt/format.h>

#include "engine/decider.h"

namespace slipway::engine {

std::string JobName(const Job& job) {
  switch (job.kind) {
    case Job::Kind::kObserve:
      return "observe " + job.key;
    case Job::Kind::kPrepare:
      return (job.undo ? "prepare undo " : "prepare ") + job.key;
    case Job::Kind::kAct:
      return (job.undo ? "act undo " : "act ") + job.key;
    case Job::Kind::kProbe:
      return (job.undo ? "probe undo " : "probe ") + job.key;
    case Job::Kind::kCheck:
      return fmt::format("check {}#{}", job.key, job.check);
    case Job::Kind::kNotify:
      return "notify " + job.key;
  }
  return job.key;
}

Decision Decide(const Surroundings& around, const RunState& state, const InHand& hand, base::Time now) {
  return Decider(around, state, hand, now).Run();
}

Decision Decider::Run() {
  const bool parked = state_.status == RunStatus::kRollbackFailed;
  if (IsTerminal(state_.status) || (parked && !state_.rollback_asked && !state_.cancel_asked)) {
    decision_.at_rest = true;
  } else if (state_.cancel_asked) {
    Cancel();
  } else if (parked && !state_.rolling_back_all && state_.kind != RunKind::kRollback) {
    RollBackAgain();
  } else if (state_.rollback_asked) {
    if (parked || Drain()) StartRollback(state_.rollback_reason);
  } else if (state_.pause_asked || state_.status == RunStatus::kPaused) {
    Pause();
  } else if (state_.rolling_back_all || state_.kind == RunKind::kRollback) {
    Unwind();
  } else {
    Forward();
  }
  return std::move(decision_);
}

void Decider::Start(Job job) {
  if (!Busy(JobName(job))) decision_.jobs.push_back(std::move(job));
}

void Decider::WakeAt(base::Time at) {
  if (!decision_.wake_at || at < *decision_.wake_at) decision_.wake_at = at;
}

void Decider::BackOff(base::Time until) {
  decision_.soon = true;
  WakeAt(until);
}

void Decider::AwaitPerson(std::string what, const Instance& instance, std::string reason, std::string next) {
  decision_.waits.push_back({std::move(what),
                             InstanceKey(instance.step, instance.target),
                             instance.target,
                             std::move(reason),
                             "anyone",
                             std::move(next),
                             {}});
}

const Instance* Decider::Find(std::string_view step, std::string_view target) const {
  const auto found = state_.instances.find(InstanceKey(step, target));
  return found == state_.instances.end() ? nullptr : &found->second;
}

const plan::PlannedTarget* Decider::TargetOf(std::string_view id) const {
  const auto found =
      std::lower_bound(plan_.targets.begin(), plan_.targets.end(), id,
                       [](const plan::PlannedTarget& t, std::string_view x) { return t.id < x; });
  return found != plan_.targets.end() && found->id == id ? &*found : nullptr;
}

}  // namespace slipway::engine
