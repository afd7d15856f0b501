// The fold: what each event changes in the state of its run.
#include <algorithm>
#include <array>
#include <utility>

#include "engine/ended.h"
#include "engine/state.h"

namespace slipway::engine {

namespace {

using base::GetArray;
using base::GetBool;
using base::GetInt;
using base::GetObject;
using base::GetString;
using base::JsonObject;
using journal::Event;

constexpr int kNoneLeft = 1'000'000;  // tries: a person said it failed, so no retry applies

drivers::Verdict VerdictOf(std::string_view text) {
  if (text == "done" || text == "pass") return drivers::Verdict::kDone;
  if (text == "not_done" || text == "fail") return drivers::Verdict::kNotDone;
  return drivers::Verdict::kUnknown;
}

drivers::Interruption InterruptionOf(std::string_view text) {
  if (text == "repeat") return drivers::Interruption::kRepeat;
  if (text == "probe") return drivers::Interruption::kProbe;
  return drivers::Interruption::kAsk;
}

Instance& InstanceOf(RunState& state, const JsonObject& data) {
  const std::string step = GetString(data, "step");
  const std::string target = GetString(data, "target");
  Instance& instance = state.instances[InstanceKey(step, target)];
  instance.step = step;
  instance.target = target;
  return instance;
}

Act& ActOf(Instance& instance, const JsonObject& data) {
  return GetBool(data, "undo") ? instance.undo : instance.act;
}

void TakeVerdict(Act& act, drivers::Verdict verdict) {
  switch (verdict) {
    case drivers::Verdict::kDone:
      act.state = Act::State::kDone;
      break;
    case drivers::Verdict::kNotDone:
      act.state = Act::State::kNotDone;
      break;
    case drivers::Verdict::kUnknown:
      act.state = Act::State::kUnknown;
      break;
  }
}

// The status of an instance follows from its acts; only failures and skips are said by events of their own.
void Settle(Instance& instance, base::Time at) {
  if (instance.undo.state != Act::State::kNone) {
    instance.status =
        instance.undo.state == Act::State::kAsking ? StepStatus::kUnknown : StepStatus::kUndoing;
    return;
  }
  switch (instance.act.state) {
    case Act::State::kNone:
      break;
    case Act::State::kRunning:
    case Act::State::kNotDone:
    case Act::State::kUnknown:
      instance.status = StepStatus::kRunning;
      break;
    case Act::State::kAsking:
      instance.status = StepStatus::kUnknown;
      break;
    case Act::State::kDone:
      instance.status = StepStatus::kRunning;
      if (instance.checks_passed >= instance.checks) {
        instance.status = StepStatus::kSucceeded;
        instance.finished_at = at;
      }
      break;
  }
}

void SetTarget(RunState& state, const std::string& id, TargetStatus status, const std::string& reason,
               base::Time at) {
  const auto [entry, fresh] = state.target_states.try_emplace(id);
  if (!fresh) --state.target_counts[static_cast<std::size_t>(entry->second.status)];
  ++state.target_counts[static_cast<std::size_t>(status)];
  entry->second = {status, reason, at};
  if (status == TargetStatus::kRunning || status == TargetStatus::kRollingBack)
    state.under_way.insert(id);
  else
    state.under_way.erase(id);
  if (status != TargetStatus::kRunning && status != TargetStatus::kSucceeded)
    state.trouble = id + ": " + reason;
}

base::Status OnIntent(RunState& state, const Event& event) {
  Instance& instance = InstanceOf(state, event.data);
  Act& act = ActOf(instance, event.data);
  const auto prepared = event.data.if_contains("prepared");
  if (prepared == nullptr)
    return base::Fail(base::ErrorKind::kInternal, "an intent without what was prepared");
  SLIPWAY_TRY(act.prepared, drivers::PreparedFromJson(*prepared));
  act.state = Act::State::kRunning;
  act.changes = GetString(event.data, "effect") == "changes";
  act.interruption = InterruptionOf(GetString(event.data, "interruption"));
  act.attempt = 1;
  act.tries = 1;
  act.order = state.events;
  act.at = event.at;
  if (!GetBool(event.data, "undo")) {
    instance.action = act.prepared.action.uses;
    instance.checks = static_cast<int>(GetInt(event.data, "checks"));
    instance.started_at = event.at;
  }
  Settle(instance, event.at);
  return {};
}

base::Status OnAttempt(RunState& state, const Event& event) {
  Instance& instance = InstanceOf(state, event.data);
  Act& act = ActOf(instance, event.data);
  act.state = Act::State::kRunning;
  act.finished = false;
  act.interrupted = false;
  act.again = false;
  act.attempt = static_cast<int>(GetInt(event.data, "attempt"));
  ++act.tries;
  act.probes = 0;
  act.at = event.at;
  instance.finished_at.reset();
  Settle(instance, event.at);
  return {};
}

base::Status OnOutcome(RunState& state, const Event& event) {
  Instance& instance = InstanceOf(state, event.data);
  Act& act = ActOf(instance, event.data);
  TakeVerdict(act, VerdictOf(GetString(event.data, "verdict")));
  act.finished = GetBool(event.data, "finished");
  act.interrupted = false;
  act.reason = GetString(event.data, "reason");
  act.outputs = GetObject(event.data, "outputs");
  act.evidence = GetObject(event.data, "evidence");
  act.attachments = GetArray(event.data, "attachments");
  act.at = event.at;
  if (instance.action.empty()) instance.action = GetString(event.data, "action");
  if (!instance.started_at) instance.started_at = event.at;
  instance.reason = act.reason;
  if (act.state != Act::State::kDone) instance.checks_passed = 0;
  Settle(instance, event.at);
  if (GetBool(event.data, "undo")) instance.restored = GetString(event.data, "restored");
  return {};
}

base::Status OnInterrupted(RunState& state, const Event& event) {
  Instance& instance = InstanceOf(state, event.data);
  Act& act = ActOf(instance, event.data);
  act.state = Act::State::kUnknown;
  act.finished = false;
  act.interrupted = true;
  if (act.tries > 0) --act.tries;  // a crash uses up no retry
  act.reason = GetString(event.data, "reason");
  act.at = event.at;
  instance.reason = act.reason;
  Settle(instance, event.at);
  return {};
}

base::Status OnProbed(RunState& state, const Event& event) {
  Instance& instance = InstanceOf(state, event.data);
  Act& act = ActOf(instance, event.data);
  TakeVerdict(act, VerdictOf(GetString(event.data, "verdict")));
  ++act.probes;
  act.reason = GetString(event.data, "reason");
  if (act.state == Act::State::kDone) act.outputs = GetObject(event.data, "outputs");
  act.at = event.at;
  instance.reason = act.reason;
  if (GetBool(event.data, "undo")) instance.restored = GetString(event.data, "restored");
  Settle(instance, event.at);
  return {};
}

base::Status OnSettleAsked(RunState& state, const Event& event) {
  Instance& instance = InstanceOf(state, event.data);
  ActOf(instance, event.data).state = Act::State::kAsking;
  state.asking.insert(InstanceKey(instance.step, instance.target));
  instance.reason = GetString(event.data, "reason");
  instance.status = StepStatus::kUnknown;
  return {};
}

// It is done once more, which says nothing about whether it has happened before.
void DoAgain(Act& act) {
  act.state = Act::State::kUnknown;
  act.finished = false;
  act.interrupted = false;
  act.again = true;
  act.tries = 0;
  act.probes = 0;
}

// A person's word on an act that nobody else can judge. Anything but an act being asked about is left as it
// is, and so is what a rollback takes back anyway.
base::Status OnSettled(RunState& state, const Event& event) {
  const auto found =
      state.instances.find(InstanceKey(GetString(event.data, "step"), GetString(event.data, "target")));
  if (found == state.instances.end()) return {};
  Instance& instance = found->second;
  Act& act = ActOf(instance, event.data);
  const std::string how = GetString(event.data, "how");
  const bool undo = GetBool(event.data, "undo");
  const bool failed_step =
      !undo && instance.status == StepStatus::kFailed && act.Intended() && state.status == RunStatus::kPaused;
  if (act.state != Act::State::kAsking && !failed_step) return {};
  if (!undo && (state.rolling_back_all || state.rolling_back.contains(instance.target))) return {};
  state.asking.erase(found->first);
  act.at = event.at;
  act.reason = "settled by " + event.actor + ": " + how;
  if (how == "done") {
    act.state = Act::State::kDone;
    act.finished = false;
  } else if (how == "repeat") {
    DoAgain(act);
  } else {
    act.state = Act::State::kUnknown;
    act.finished = true;
    act.tries = kNoneLeft;
  }
  instance.reason = act.reason;
  Settle(instance, event.at);
  return {};
}

base::Status OnVerified(RunState& state, const Event& event) {
  Instance& instance = InstanceOf(state, event.data);
  if (GetString(event.data, "verdict") == "pass") {
    instance.checks_passed = static_cast<int>(GetInt(event.data, "check")) + 1;
  } else {
    instance.reason = GetString(event.data, "reason");
  }
  instance.act.at = event.at;
  Settle(instance, event.at);
  return {};
}

base::Status OnStepEnded(RunState& state, const Event& event, StepStatus status) {
  Instance& instance = InstanceOf(state, event.data);
  instance.status = status;
  instance.reason = GetString(event.data, "reason");
  instance.finished_at = event.at;
  if (!instance.started_at && status != StepStatus::kSkipped) instance.started_at = event.at;
  if (const std::string action = GetString(event.data, "action"); !action.empty()) instance.action = action;
  if (const std::string restored = GetString(event.data, "restored"); !restored.empty())
    instance.restored = restored;
  return {};
}

base::Status OnConfirmOpened(RunState& state, const Event& event) {
  Instance& instance = InstanceOf(state, event.data);
  instance.action = "confirm";
  instance.status = StepStatus::kWaiting;
  instance.started_at = event.at;
  instance.act.at = event.at;
  if (const std::int64_t timeout = GetInt(event.data, "timeout"); timeout != 0)
    instance.answer_by = event.at + base::Duration{timeout};
  return {};
}

// By the event's own time, so that it does not matter when the run is driven next.
bool TooLate(const RunState& state, const Event& event) {
  if (event.type != "confirmed") return false;
  const auto found =
      state.instances.find(InstanceKey(GetString(event.data, "step"), GetString(event.data, "target")));
  return found != state.instances.end() && found->second.answer_by && event.at >= *found->second.answer_by;
}

// The first answer counts; a later one is on record and changes nothing.
base::Status OnConfirmed(RunState& state, const Event& event) {
  const auto found =
      state.instances.find(InstanceKey(GetString(event.data, "step"), GetString(event.data, "target")));
  if (found == state.instances.end() || found->second.status != StepStatus::kWaiting) return {};
  Instance& instance = found->second;
  instance.status = StepStatus::kSucceeded;
  instance.answer = GetObject(event.data, "fields");
  instance.act.outputs = instance.answer;
  instance.reason = "confirmed by " + event.actor;
  instance.finished_at = event.at;
  return {};
}

base::Status OnTarget(RunState& state, const Event& event, TargetStatus status) {
  SetTarget(state, GetString(event.data, "target"), status, GetString(event.data, "reason"), event.at);
  return {};
}

base::Status OnTargetFinished(RunState& state, const Event& event) {
  const std::string text = GetString(event.data, "state");
  TargetStatus status = TargetStatus::kFailed;
  if (text == "succeeded") status = TargetStatus::kSucceeded;
  if (text == "rolled_back") status = TargetStatus::kRolledBack;
  if (text == "rollback_failed") status = TargetStatus::kRollbackFailed;
  if (status == TargetStatus::kSucceeded) {
    state.phases_ended.insert(InstanceKey(GetString(event.data, "phase"), GetString(event.data, "target")));
  }
  state.reopened.erase(GetString(event.data, "target"));
  return OnTarget(state, event, status);
}

void Occur(RunState& state, std::string_view what) {
  state.occasion = std::string(what) + "#" + std::to_string(state.events);
}

base::Status OnRunStarted(RunState& state, const Event& event) {
  state.id = event.run;
  const std::string kind = GetString(event.data, "kind", "run");
  state.kind = kind == "rollback" ? RunKind::kRollback : kind == "retry" ? RunKind::kRetry : RunKind::kRun;
  state.plan = GetString(event.data, "plan");
  state.procedure = GetString(event.data, "procedure");
  state.version = GetString(event.data, "version");
  state.environment = GetString(event.data, "environment");
  state.parent = GetString(event.data, "parent");
  state.requester = event.actor;
  state.started_at = event.at;
  state.status = RunStatus::kRunning;
  for (const base::Json& target : GetArray(event.data, "targets")) {
    if (target.is_string()) state.targets.emplace_back(base::View(target.get_string()));
  }
  return {};
}

// What failed to be undone before is tried once more.
void TryUndoAgain(RunState& state, std::string_view target) {
  for (auto& [key, instance] : state.instances) {
    if (instance.target != target || instance.status != StepStatus::kUndoFailed) continue;
    instance.status = StepStatus::kUndoing;
    instance.undo.tries = 0;
    if (instance.undo.state != Act::State::kNone && instance.undo.state != Act::State::kNotDone)
      DoAgain(instance.undo);
  }
}

base::Status OnRollbackStarted(RunState& state, const Event& event) {
  state.rollback_asked = false;
  if (GetString(event.data, "scope") == "target") {
    const std::string target = GetString(event.data, "target");
    state.rolling_back.insert(target);
    SetTarget(state, target, TargetStatus::kRollingBack, GetString(event.data, "reason"), event.at);
    if (state.status == RunStatus::kRollbackFailed) {
      state.reopened.insert(target);
      state.status = RunStatus::kRunning;
      state.finished_at.reset();
    }
    TryUndoAgain(state, target);
    return {};
  }
  state.rolling_back_all = true;
  state.status = RunStatus::kRollingBack;
  state.reason = GetString(event.data, "reason");
  state.finished_at.reset();
  for (const auto& [name, target] : state.target_states) {
    if (target.status == TargetStatus::kRefused) continue;
    SetTarget(state, name, TargetStatus::kRollingBack, target.reason, event.at);
  }
  for (const auto& [name, target] : state.target_states) TryUndoAgain(state, name);
  TryUndoAgain(state, "");
  return {};
}

base::Status OnRunFinished(RunState& state, const Event& event) {
  const std::string text = GetString(event.data, "state");
  if (text == "succeeded")
    state.status = RunStatus::kSucceeded;
  else if (text == "rolled_back")
    state.status = RunStatus::kRolledBack;
  else if (text == "rollback_failed")
    state.status = RunStatus::kRollbackFailed;
  else if (text == "cancelled")
    state.status = RunStatus::kCancelled;
  else
    state.status = RunStatus::kFailed;
  state.reason = GetString(event.data, "reason");
  state.finished_at = event.at;
  state.waiting.clear();
  if (IsTerminal(state.status)) EndSteps(state);
  Occur(state, ToString(state.status));
  return {};
}

base::Status OnWaiting(RunState& state, const Event& event) {
  state.waiting.clear();
  for (const base::Json& item : GetArray(event.data, "on")) {
    if (!item.is_object()) continue;
    const JsonObject& o = item.get_object();
    Waiting w{GetString(o, "what"),
              GetString(o, "step"),
              GetString(o, "target"),
              GetString(o, "reason"),
              GetString(o, "who"),
              GetString(o, "next"),
              {}};
    if (const std::int64_t until = GetInt(o, "until"); until != 0) w.until = base::FromMillis(until);
    state.waiting.push_back(std::move(w));
  }
  if (state.status == RunStatus::kRunning) state.status = RunStatus::kWaiting;
  Occur(state, "waiting");
  return {};
}

base::Status OnPaused(RunState& state, const Event& event) {
  state.status = RunStatus::kPaused;
  state.pause_asked = false;
  state.paused_by_failure = GetBool(event.data, "failed");
  state.reason = GetString(event.data, "reason");
  state.waiting.clear();
  Occur(state, "paused");
  return {};
}

// What failed and may be tried again is; the rest was settled by a person before.
void TryStepAgain(Instance& instance) {
  Act& act = instance.act;
  if (act.state == Act::State::kNone) {
    instance.status = StepStatus::kPending;
  } else if (act.state == Act::State::kDone && act.changes) {
    instance.status = StepStatus::kRunning;  // its checks are
  } else if (!act.changes || act.state == Act::State::kNotDone ||
             act.interruption == drivers::Interruption::kRepeat) {
    if (act.state != Act::State::kNotDone) DoAgain(act);
    act.tries = 0;
    instance.status = StepStatus::kRunning;
  } else {
    return;
  }
  instance.checks_passed = 0;
  instance.finished_at.reset();
}

base::Status OnResumed(RunState& state, const Event& event) {
  state.pause_asked = false;
  if (state.status != RunStatus::kPaused) return {};
  state.status = state.rolling_back_all ? RunStatus::kRollingBack : RunStatus::kRunning;
  state.reason.clear();
  for (auto& [key, instance] : state.instances) {
    // A look that was cut short is simply taken again.
    Act& act = instance.act;
    const bool cut_short = act.state == Act::State::kNotDone || act.state == Act::State::kUnknown;
    if (instance.status == StepStatus::kRunning && !act.changes && cut_short) DoAgain(act);
    if (state.paused_by_failure && instance.status == StepStatus::kFailed) TryStepAgain(instance);
  }
  for (auto& [name, target] : state.target_states) {
    if (!state.paused_by_failure || target.status != TargetStatus::kFailed) continue;
    SetTarget(state, name, TargetStatus::kRunning, "", event.at);
    state.reopened.insert(name);
  }
  state.paused_by_failure = false;
  return {};
}

base::Status OnGate(RunState& state, const Event& event) {
  std::string key = GetString(event.data, "gate");
  if (const std::string target = GetString(event.data, "target"); !target.empty()) key += "@" + target;
  GateVerdict& gate = state.gates[key];
  gate.verdict = GetString(event.data, "verdict");
  gate.reason = GetString(event.data, "reason");
  gate.until.reset();
  if (const std::int64_t until = GetInt(event.data, "until"); until != 0)
    gate.until = base::FromMillis(until);
  return {};
}

base::Status OnProgress(RunState& state, const Event& event) {
  ActOf(InstanceOf(state, event.data), event.data).progress.push_back(GetObject(event.data, "data"));
  return {};
}

base::Status OnSignal(RunState& state, const Event& event) {
  if (event.type == "pause_asked") {
    state.pause_asked = true;
    state.asked_to_pause = Asked{event.actor, event.at};
  }
  if (event.type == "cancel_asked") {
    state.cancel_asked = true;
    state.asked_to_cancel = Asked{event.actor, event.at};
    state.cancel_reason = GetString(event.data, "reason");
  }
  if (event.type == "rollback_asked") {
    state.rollback_asked = true;
    state.rollback_reason = GetString(event.data, "reason");
  }
  return {};
}

base::Status OnWaveFinished(RunState& state, const Event& event) {
  state.waves_ended[GetString(event.data, "phase") + "#" + std::to_string(GetInt(event.data, "wave"))] =
      event.at;
  return {};
}

base::Status OnPhaseFinished(RunState& state, const Event& event) {
  state.phases_ended.insert(GetString(event.data, "phase"));
  return {};
}

base::Status OnLease(RunState& state, const Event& event) {
  state.epoch = static_cast<std::uint64_t>(GetInt(event.data, "epoch"));
  return {};
}

base::Status OnNotified(RunState& state, const Event& event) {
  state.notified.insert(GetString(event.data, "of"));
  return {};
}

// What stands already and is not this run's to do or to take back.
base::Status Keep(RunState& state, Instance& instance, const JsonObject& data) {
  instance.kept = true;
  instance.action = GetString(data, "uses");
  instance.status = GetString(data, "state") == "skipped" ? StepStatus::kSkipped : StepStatus::kSucceeded;
  instance.act.outputs = GetObject(data, "outputs");
  instance.answer = GetObject(data, "answer");
  instance.reason = "in " + state.parent;
  return {};
}

// What a run begins with of its parent: the acts it may have to take back, what people answered, and what
// need not be done again.
base::Status OnInherited(RunState& state, const Event& event) {
  Instance& instance = InstanceOf(state, event.data);
  if (event.data.contains("state")) return Keep(state, instance, event.data);
  if (event.data.contains("answer")) {
    instance.action = "confirm";
    instance.status = StepStatus::kSucceeded;
    instance.answer = GetObject(event.data, "answer");
    instance.act.outputs = instance.answer;
    return {};
  }
  const auto prepared = event.data.if_contains("prepared");
  if (prepared == nullptr)
    return base::Fail(base::ErrorKind::kInternal, "an inherited act without what was prepared");
  SLIPWAY_TRY(instance.act.prepared, drivers::PreparedFromJson(*prepared));
  instance.action = instance.act.prepared.action.uses;
  instance.act.changes = GetString(event.data, "effect") == "changes";
  instance.act.interruption = InterruptionOf(GetString(event.data, "interruption"));
  instance.act.order = GetInt(event.data, "order");
  instance.act.outputs = GetObject(event.data, "outputs");
  TakeVerdict(instance.act, VerdictOf(GetString(event.data, "verdict")));
  instance.act.finished = true;
  instance.status = instance.act.state == Act::State::kDone ? StepStatus::kSucceeded : StepStatus::kFailed;
  instance.started_at = event.at;
  if (!instance.target.empty()) SetTarget(state, instance.target, TargetStatus::kRollingBack, "", event.at);
  return {};
}

base::Status Nothing(RunState&, const Event&) { return {}; }

using Handler = base::Status (*)(RunState&, const Event&);
struct Entry {
  std::string_view type;
  Handler handler;
};

// Every event type of a run, in one list (docs/formats/journal.md describes their data).
constexpr std::array kHandlers{
    Entry{"run_started", OnRunStarted},
    Entry{"lease_taken", OnLease},
    Entry{"inherited", OnInherited},
    Entry{"intent", OnIntent},
    Entry{"outcome", OnOutcome},
    Entry{"attempt", OnAttempt},
    Entry{"progress", OnProgress},
    Entry{"verified", OnVerified},
    Entry{"interrupted", OnInterrupted},
    Entry{"probed", OnProbed},
    Entry{"settle_needed", OnSettleAsked},
    Entry{"settled", OnSettled},
    Entry{"skipped", [](RunState& s, const Event& e) { return OnStepEnded(s, e, StepStatus::kSkipped); }},
    Entry{"step_failed", [](RunState& s, const Event& e) { return OnStepEnded(s, e, StepStatus::kFailed); }},
    Entry{"undone", [](RunState& s, const Event& e) { return OnStepEnded(s, e, StepStatus::kUndone); }},
    Entry{"undo_failed",
          [](RunState& s, const Event& e) { return OnStepEnded(s, e, StepStatus::kUndoFailed); }},
    Entry{"left_in_place", [](RunState& s, const Event& e) { return OnStepEnded(s, e, StepStatus::kLeft); }},
    Entry{"confirm_opened", OnConfirmOpened},
    Entry{"confirmed", OnConfirmed},
    Entry{"gate_judged", OnGate},
    Entry{"target_started",
          [](RunState& s, const Event& e) { return OnTarget(s, e, TargetStatus::kRunning); }},
    Entry{"target_refused",
          [](RunState& s, const Event& e) { return OnTarget(s, e, TargetStatus::kRefused); }},
    Entry{"target_finished", OnTargetFinished},
    Entry{"wave_finished", OnWaveFinished},
    Entry{"phase_finished", OnPhaseFinished},
    Entry{"run_waiting", OnWaiting},
    Entry{"paused", OnPaused},
    Entry{"resumed", OnResumed},
    Entry{"pause_asked", OnSignal},
    Entry{"cancel_asked", OnSignal},
    Entry{"rollback_asked", OnSignal},
    Entry{"rollback_started", OnRollbackStarted},
    Entry{"run_finished", OnRunFinished},
    Entry{"notified", OnNotified},
    Entry{"hold_placed", Nothing},
    Entry{"fault", Nothing},
};

// Types after which a run that waited is running again.
bool Moves(std::string_view type) {
  return type == "intent" || type == "attempt" || type == "outcome" || type == "target_started" ||
         type == "confirmed" || type == "settled" || type == "verified";
}

// Types after which nobody need be told any more how it stood before.
bool Overtakes(std::string_view type) {
  return Moves(type) || type == "resumed" || type == "rollback_started";
}

}  // namespace

base::Status Apply(RunState& state, const journal::Event& event) {
  if (state.last_seq == 0 && event.type != "run_started") {
    return base::Fail(base::ErrorKind::kInternal, "a run that begins with " + event.type, event.run);
  }
  state.last_seq = event.seq;
  ++state.events;
  // Terminal is terminal: signals that came too late stay on record and change nothing.
  if (IsTerminal(state.status) && event.type != "notified" && event.type != "lease_taken") return {};
  if (TooLate(state, event)) return {};
  for (const Entry& entry : kHandlers) {
    if (entry.type != event.type) continue;
    if (Overtakes(event.type)) state.occasion.clear();
    if (state.status == RunStatus::kWaiting && Moves(event.type)) {
      state.status = RunStatus::kRunning;
      state.waiting.clear();
    }
    return entry.handler(state, event);
  }
  return base::Fail(base::ErrorKind::kInternal, "unknown event type " + event.type,
                    event.run + " #" + std::to_string(event.seq),
                    "use the version of slipway that wrote it, or newer");
}

base::Result<RunState> Fold(const std::vector<journal::Event>& events) {
  RunState state;
  for (const journal::Event& event : events) SLIPWAY_CHECK_OK(Apply(state, event));
  return state;
}

}  // namespace slipway::engine
