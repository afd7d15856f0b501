// Backward: rollback in reverse order of intent, pause and cancel.
#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "engine/decider.h"

namespace slipway::engine {

namespace {

using base::JsonObject;

bool BackwardOver(const Instance& instance) {
  return instance.status == StepStatus::kUndone || instance.status == StepStatus::kLeft;
}

std::set<std::string> TargetsOf(const RunState& state) {
  std::set<std::string> targets;
  for (const auto& [key, instance] : state.instances) targets.insert(instance.target);
  return targets;
}

}  // namespace

void Decider::StartRollback(const std::string& reason) {
  std::string why = reason;
  if (TouchedAnything(state_))
    PlaceHolds("", reason);
  else
    why += "; nothing was changed";
  Add("rollback_started", JsonObject{{"scope", "all"}, {"reason", std::move(why)}});
}

// Only the targets whose own rollback failed: the others of the fleet were never asked to go back.
void Decider::RollBackAgain() {
  for (const auto& [id, target] : state_.target_states) {
    if (target.status != TargetStatus::kRollbackFailed) continue;
    Add("rollback_started", JsonObject{{"scope", "target"}, {"target", id}, {"reason", target.reason}});
  }
}

// The same release is refused here until a named person lifts the hold.
void Decider::PlaceHolds(const std::string& target, const std::string& reason) {
  for (const auto& [parameter, release] : plan_.releases) {
    JsonObject data;
    data["release"] = release.version;
    data["digest"] = release.digest;
    data["environment"] = plan_.environment;
    data["target"] = target;
    data["reason"] = reason;
    Add("hold_placed", std::move(data));
  }
}

void Decider::Unwind() {
  // Phases are barriers on the way back as well: the last one first, its targets side by side.
  for (auto phase = plan_.procedure.phases.rbegin(); phase != plan_.procedure.phases.rend(); ++phase) {
    bool over = true;
    for (const std::string& target : TargetsOf(state_)) {
      if (phase->for_each != target.empty() && !ChainStopped(target))
        over = UnwindChain({&*phase}, target) && over;
    }
    if (!over) return;
  }
  FinishUnwind();
}

// An undo that failed stops its target's chain in the phases before as well: what came first may only go
// back after what was built on it.
bool Decider::ChainStopped(std::string_view target) const {
  return std::ranges::any_of(state_.instances, [&](const auto& entry) {
    return entry.second.target == target && entry.second.status == StepStatus::kUndoFailed;
  });
}

// One target's chain through `phases`. True when it is at its end, good or bad.
bool Decider::UnwindChain(const std::vector<const procedure::Phase*>& phases, const std::string& target) {
  const Instance* last = nullptr;
  const procedure::Step* last_step = nullptr;
  for (const procedure::Phase* phase : phases) {
    for (const procedure::Step& step : phase->steps) {
      const Instance* instance = Find(step.id, target);
      if (instance == nullptr || !MayHaveChanged(*instance) || BackwardOver(*instance)) continue;
      if (last == nullptr || instance->act.order > last->act.order) {
        last = instance;
        last_step = &step;
      }
    }
  }
  if (last == nullptr) return true;
  return UndoOne(*last_step, *last);
}

// True when the chain stops here because the undo failed.
bool Decider::UndoOne(const procedure::Step& step, const Instance& instance) {
  if (instance.status == StepStatus::kUndoFailed) return true;
  const std::string key = InstanceKey(instance.step, instance.target);
  if (instance.undo.state == Act::State::kDone) {
    JsonObject data = About(step.id, instance.target);
    data["restored"] = instance.restored;
    if (instance.restored == "fail") {
      data["reason"] = "undone, but what is there now is not what was recorded: " + instance.reason;
      Add("undo_failed", std::move(data));
    } else {
      data["reason"] = instance.undo.reason;
      Add("undone", std::move(data));
    }
    return false;
  }
  if (instance.undo.state != Act::State::kNone) {
    AdvanceAct(step, instance, true);
    return false;
  }
  // The act may still be in this process's hands (a rollback asked while it ran): wait for it.
  if (Busy("act " + key)) return false;
  // Taking back what never happened may do harm, so the driver looks first where it can.
  if (CanLook(instance.act)) {
    AdvanceAct(step, instance, false);
    return false;
  }
  drivers::Action action;
  switch (step.undo.kind) {
    case procedure::Undo::Kind::kNone: {
      JsonObject data = About(step.id, instance.target);
      data["reason"] = step.undo.reason;
      Add("left_in_place", std::move(data));
      return false;
    }
    case procedure::Undo::Kind::kSheet:
      if (!instance.act.prepared.undo) {
        Fail(step, instance.target, "nothing is declared that would undo it", true);
        return false;
      }
      action = *instance.act.prepared.undo;
      break;
    case procedure::Undo::Kind::kAction: {
      auto resolved = Resolve(step, step.undo.action, TargetOf(instance.target), &instance);
      if (!resolved) {
        Fail(step, instance.target, "its undo cannot be resolved: " + base::ToString(resolved.error()), true);
        return false;
      }
      action = std::move(*resolved);
      break;
    }
  }
  if (SheetOf(action.uses) == nullptr) {
    Fail(step, instance.target, "no driver has the action " + action.uses, true);
    return false;
  }
  PrepareAct(step, key, instance.target, action, true);
  return false;
}

void Decider::FinishUnwind() {
  bool clean = true;
  std::map<std::string, bool> targets;
  for (const std::string& target : state_.under_way) targets.emplace(target, true);
  for (const auto& [key, instance] : state_.instances) {
    const bool failed = instance.status == StepStatus::kUndoFailed;
    clean = clean && !failed;
    if (failed && !instance.target.empty()) targets[instance.target] = false;
  }
  for (const auto& [target, restored] : targets) {
    const TargetStatus wanted = restored ? TargetStatus::kRolledBack : TargetStatus::kRollbackFailed;
    Add("target_finished", JsonObject{{"target", target}, {"state", ToString(wanted)}});
  }
  Add("run_finished",
      JsonObject{{"state", clean ? "rolled_back" : "rollback_failed"}, {"reason", state_.reason}});
}

// Lets what is in flight come to its end and starts nothing. True when nothing is in flight any more.
bool Decider::Drain() {
  bool quiet = hand_.busy.empty();
  for (const auto& [key, instance] : state_.instances) {
    if (instance.status != StepStatus::kRunning && instance.status != StepStatus::kUndoing) continue;
    const procedure::Step* step = procedure::FindStep(plan_.procedure, instance.step);
    if (step == nullptr) continue;
    if (instance.status == StepStatus::kUndoing && instance.undo.state == Act::State::kNone) continue;
    if (!instance.act.changes && instance.undo.state == Act::State::kNone) {
      // A pause lets it finish; a rollback does not need to know.
      const std::string name = "act " + key;
      if (state_.rollback_asked && Busy(name)) decision_.cancel.push_back(name);
      continue;
    }
    // A rollback that was asked for takes back what nobody could judge; it need not be settled first.
    const bool undoing = instance.undo.state != Act::State::kNone;
    const Act& act = undoing ? instance.undo : instance.act;
    const bool running = act.state == Act::State::kRunning;
    const bool checking =
        !undoing && act.state == Act::State::kDone && !state_.rollback_asked && !state_.cancel_asked;
    const bool settling = act.state == Act::State::kUnknown && !act.again && !state_.rollback_asked;
    if (!running && !checking && !settling) continue;
    quiet = false;
    if (undoing)
      AdvanceAct(*step, instance, true);
    else
      Advance(*step, instance, TargetOf(instance.target));
  }
  return quiet && decision_.events.empty() && decision_.jobs.empty();
}

void Decider::Pause() {
  if (state_.status == RunStatus::kPaused) {
    decision_.at_rest = hand_.busy.empty();
    return;
  }
  if (Drain()) Add("paused", JsonObject{{"reason", "asked to pause"}});
}

// Stop, settle what is in flight as far as a look can, undo nothing.
void Decider::Cancel() {
  for (const std::string& name : hand_.busy) decision_.cancel.push_back(name);
  if (!hand_.busy.empty()) return;
  base::JsonArray left;
  for (const auto& [key, instance] : state_.instances) {
    const procedure::Step* step = procedure::FindStep(plan_.procedure, instance.step);
    const Act& act = instance.undo.state != Act::State::kNone ? instance.undo : instance.act;
    const bool open = act.state == Act::State::kRunning || act.state == Act::State::kUnknown;
    if (step != nullptr && open && act.changes && !act.finished && !act.again) {
      const bool undo = &act == &instance.undo;
      if (act.state == Act::State::kRunning || CanLook(act)) {
        const std::string name = (undo ? "act undo " : "act ") + key;
        if (act.state == Act::State::kRunning && hand_.ours.contains(name)) {
          // Put on record but never begun by this process: it is as good as interrupted.
          JsonObject data = About(step->id, instance.target, undo);
          data["attempt"] = act.attempt;
          data["reason"] = "cancelled before it began";
          Add("interrupted", std::move(data));
        } else {
          AdvanceAct(*step, instance, undo);
        }
        continue;
      }
    }
    if (MayHaveChanged(instance) && !BackwardOver(instance)) left.emplace_back(key);
  }
  if (!decision_.events.empty() || !decision_.jobs.empty() || decision_.wake_at) return;
  for (const std::string& target : state_.under_way) {
    const bool back = state_.target_states.find(target)->second.status == TargetStatus::kRollingBack;
    Add("target_finished",
        JsonObject{
            {"target", target}, {"state", back ? "rollback_failed" : "failed"}, {"reason", "cancelled"}});
  }
  JsonObject data{{"state", "cancelled"}, {"reason", state_.cancel_reason}};
  data["left"] = std::move(left);
  Add("run_finished", std::move(data));
}

}  // namespace slipway::engine
