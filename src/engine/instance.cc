// One step instance, from its start to its end: prepare, intent, act, settle, verify.
#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "engine/decider.h"
#include "expr/expr.h"

namespace slipway::engine {

namespace {

using base::JsonObject;

constexpr int kUndoTries = 3;
constexpr base::Duration kProbeEvery{1000};
constexpr base::Duration kDefaultTimeout{3'600'000};

std::string_view InterruptionText(const procedure::Step& step, const drivers::ActionSheet& sheet) {
  switch (step.interrupted.kind) {
    case procedure::Interrupted::Kind::kSheet:
      return drivers::ToString(sheet.interruption);
    case procedure::Interrupted::Kind::kRepeat:
      return "repeat";
    case procedure::Interrupted::Kind::kAsk:
      return "ask";
    case procedure::Interrupted::Kind::kProbe:
      return "probe";
  }
  return "ask";
}

}  // namespace

base::JsonObject About(std::string_view step, std::string_view target, bool undo) {
  JsonObject data;
  data["step"] = step;
  data["target"] = target;
  if (undo) data["undo"] = true;
  return data;
}

// `parameters`, `target`, `environment` of the plan, `run`, `steps.X.outputs` of the same target and of the
// run itself, and `outputs` of the instance the expression belongs to.
JsonObject Decider::ScopeOf(const procedure::Step& step, const plan::PlannedTarget* target,
                            const Instance* self) const {
  JsonObject scope = plan::Scope(plan_, target);
  JsonObject steps;
  for (const std::string& id : step.reads) {
    const Instance* instance = target == nullptr ? nullptr : Find(id, target->id);
    if (instance == nullptr) instance = Find(id, "");
    if (instance == nullptr) continue;
    JsonObject entry;
    // A skipped or unfinished step has no outputs: reading them is an error outside default().
    if (instance->status == StepStatus::kSucceeded || instance->act.state == Act::State::kDone) {
      entry["outputs"] = instance->act.outputs;
    }
    entry["state"] = ToString(instance->status);
    steps[id] = std::move(entry);
  }
  scope["steps"] = std::move(steps);
  scope["run"] = JsonObject{{"id", state_.id}};
  if (self != nullptr) scope["outputs"] = self->act.outputs;
  return scope;
}

base::Result<drivers::Action> Decider::Resolve(const procedure::Step& step, const procedure::Action& action,
                                               const plan::PlannedTarget* target,
                                               const Instance* self) const {
  const drivers::ActionSheet* sheet = SheetOf(action.uses);
  if (sheet == nullptr) return base::Invalid("no driver has the action " + action.uses);
  std::vector<std::string> keep{"secrets"};
  for (const procedure::Parameter& parameter : plan_.procedure.parameters) {
    if (parameter.type == procedure::ParameterType::kSecret) keep.push_back("parameters." + parameter.name);
  }
  SLIPWAY_TRY(base::Json with, expr::Resolve(action.with, ScopeOf(step, target, self), keep));
  JsonObject arguments = with.is_object() ? std::move(with.as_object()) : JsonObject{};
  for (const drivers::ArgumentSheet& argument : sheet->arguments) {
    if (argument.type != drivers::ArgumentType::kConnection || arguments.contains(argument.name)) continue;
    const std::string driver = sheet->name.substr(0, sheet->name.find('.'));
    for (const auto& [name, document] : plan_.connections) {
      if (base::GetString(document, "driver") == driver) arguments[argument.name] = name;
    }
  }
  SLIPWAY_TRY(arguments, drivers::NormalizeAll(*sheet, arguments, true));
  return drivers::Action{action.uses, std::move(arguments)};
}

void Decider::StartInstance(const procedure::Phase&, const procedure::Step& step,
                            const plan::PlannedTarget* target) {
  const std::string id = target == nullptr ? "" : target->id;
  const std::string key = InstanceKey(step.id, id);
  if (!step.when.empty() && !hand_.prepared.contains("prepare " + key)) {
    auto condition = expr::Expression::Parse(step.when);
    auto holds =
        condition ? condition->Test(ScopeOf(step, target, nullptr)) : std::unexpected(condition.error());
    if (!holds) return Fail(step, id, "`when` cannot be judged: " + base::ToString(holds.error()), false);
    if (!*holds) {
      JsonObject data = About(step.id, id);
      data["reason"] = "when: " + step.when + " is false";
      return Add("skipped", std::move(data));
    }
  }
  if (step.confirm) {
    JsonObject data = About(step.id, id);
    data["role"] = step.confirm->role;
    data["title"] = step.title;
    if (step.timeout) data["timeout"] = static_cast<std::int64_t>(step.timeout->count());
    return Add("confirm_opened", std::move(data));
  }
  if (Busy("prepare " + key)) return;  // and what it was resolved to is in its hands
  if (hand_.prepared.contains("prepare " + key))
    return PrepareAct(step, key, id, {step.action->uses, {}}, false);
  auto action = Resolve(step, *step.action, target, nullptr);
  if (!action) return Fail(step, id, base::ToString(action.error()), false);
  PrepareAct(step, key, id, *action, false);
}

// Prepare, then the intent. What was prepared is used for good once the intent is on record.
void Decider::PrepareAct(const procedure::Step& step, const std::string& key, const std::string& target,
                         const drivers::Action& action, bool undo) {
  const drivers::ActionSheet& sheet = *SheetOf(action.uses);
  Job job{.kind = Job::Kind::kPrepare,
          .key = key,
          .target = target,
          .step = &step,
          .undo = undo,
          .action = action};
  job.timeout = step.timeout.value_or(kDefaultTimeout);
  job.instant = sheet.instant_prepare;
  const std::string name = JobName(job);
  if (const auto ready = hand_.prepared.find(name); ready != hand_.prepared.end()) {
    JsonObject data = About(step.id, target, undo);
    data["prepared"] = drivers::ToJson(ready->second);
    data["effect"] = drivers::ToString(sheet.effect);
    data["interruption"] = undo ? drivers::ToString(sheet.interruption) : InterruptionText(step, sheet);
    if (!undo && !step.verify.empty()) data["checks"] = static_cast<std::int64_t>(step.verify.size());
    return Add("intent", std::move(data));
  }
  if (const auto refusal = hand_.refused.find(name); refusal != hand_.refused.end()) {
    const InHand::Refusal& r = refusal->second;
    const int attempts = undo ? kUndoTries : step.retry.attempts;
    const base::Time again = r.at + procedure::PauseAfter(step.retry, r.attempts);
    if (r.error.kind != base::ErrorKind::kIo || r.attempts >= attempts) {
      return Fail(step, target, base::ToString(r.error), undo);
    }
    if (now_ < again) return BackOff(again);
  }
  Start(std::move(job));
}

void Decider::Fail(const procedure::Step& step, std::string_view target, std::string reason, bool undo) {
  JsonObject data = About(step.id, target);
  data["reason"] = std::move(reason);
  if (!undo) data["action"] = step.action ? step.action->uses : "confirm";
  Add(undo ? "undo_failed" : "step_failed", std::move(data));
}

void Decider::Again(const procedure::Step& step, const Instance& instance, bool undo, std::string why) {
  const Act& act = undo ? instance.undo : instance.act;
  JsonObject data = About(step.id, instance.target, undo);
  data["attempt"] = act.attempt + 1;
  data["why"] = std::move(why);
  Add("attempt", std::move(data));
}

void Decider::Advance(const procedure::Step& step, const Instance& instance,
                      const plan::PlannedTarget* target) {
  if (instance.status == StepStatus::kWaiting) return AdvanceConfirm(step, instance);
  if (instance.act.state == Act::State::kDone) return AdvanceChecks(step, instance, target);
  AdvanceAct(step, instance, false);
}

void Decider::AdvanceAct(const procedure::Step& step, const Instance& instance, bool undo) {
  const Act& act = undo ? instance.undo : instance.act;
  const std::string key = InstanceKey(instance.step, instance.target);
  switch (act.state) {
    case Act::State::kNone:
    case Act::State::kDone:
      return;
    case Act::State::kRunning: {
      Job job{.kind = Job::Kind::kAct, .key = key, .target = instance.target, .step = &step, .undo = undo};
      const std::string name = JobName(job);
      if (Busy(name)) return;
      if (!hand_.ours.contains(name)) {
        JsonObject data = About(step.id, instance.target, undo);
        data["attempt"] = act.attempt;
        data["reason"] = "the process that ran it died before the outcome was on record";
        return Add("interrupted", std::move(data));
      }
      if (act.prepared.not_before && now_ < *act.prepared.not_before)
        return BackOff(*act.prepared.not_before);
      job.prepared = act.prepared;
      if (undo && step.undo.kind == procedure::Undo::Kind::kSheet) job.undoes = instance.act.prepared;
      job.progress = act.progress;
      job.attempt = act.attempt;
      job.timeout = step.timeout.value_or(kDefaultTimeout);
      if (const auto known = hand_.already.find(name); known != hand_.already.end()) {
        job.prepared.already = known->second;
        job.instant = true;
      }
      return Start(std::move(job));
    }
    case Act::State::kNotDone: {
      const int attempts = undo ? kUndoTries : step.retry.attempts;
      if (act.tries >= attempts) return Fail(step, instance.target, act.reason, undo);
      const base::Time again =
          act.at + (act.tries == 0 ? base::Duration{0} : procedure::PauseAfter(step.retry, act.tries));
      if (now_ < again) return BackOff(again);
      return Again(step, instance, undo, "not done: " + act.reason);
    }
    case Act::State::kUnknown:
      return AdvanceUnknown(step, instance, undo);
    case Act::State::kAsking:
      return AwaitPerson("settle", instance, act.reason,
                         fmt::format("slipway settle {} {} done|repeat|failed", state_.id, key));
  }
}

// A driver may still be able to tell what became of it.
bool Decider::CanLook(const Act& act) {
  constexpr int kProbes = 3;
  return act.state == Act::State::kUnknown && act.changes && !act.finished && !act.again &&
         act.interruption == drivers::Interruption::kProbe && act.probes < kProbes;
}

// The one rule for what may or may not have happened: repeat, probe or ask, as the sheet or the step says.
void Decider::AdvanceUnknown(const procedure::Step& step, const Instance& instance, bool undo) {
  const Act& act = undo ? instance.undo : instance.act;
  if (act.again) return Again(step, instance, undo, act.reason);
  const int attempts = undo ? kUndoTries : std::max(step.retry.attempts, 1);
  const base::Time later = act.at + procedure::PauseAfter(step.retry, std::max(act.tries, 1));
  if (!act.changes) {
    if (act.tries >= attempts && !act.interrupted) {
      return Fail(step, instance.target, "unknown: " + act.reason, undo);
    }
    if (!act.interrupted && now_ < later) return BackOff(later);
    return Again(step, instance, undo, "it only looks: " + act.reason);
  }
  if (act.finished && (act.interruption != drivers::Interruption::kRepeat || act.tries >= attempts)) {
    return Fail(step, instance.target, act.reason, undo);
  }
  const std::string key = InstanceKey(instance.step, instance.target);
  switch (act.interruption) {
    case drivers::Interruption::kRepeat:
      if (act.tries >= std::max(attempts, kUndoTries)) break;
      if (!act.interrupted && now_ < later) return BackOff(later);
      return Again(step, instance, undo, "repeatable: " + act.reason);
    case drivers::Interruption::kProbe: {
      if (!CanLook(act)) break;
      const base::Time next = act.at + kProbeEvery;
      if (act.probes > 0 && now_ < next) return BackOff(next);
      Job job{.kind = Job::Kind::kProbe, .key = key, .target = instance.target, .step = &step, .undo = undo};
      job.prepared = act.prepared;
      if (undo && step.undo.kind == procedure::Undo::Kind::kSheet) job.undoes = instance.act.prepared;
      job.progress = act.progress;
      job.timeout = step.timeout.value_or(kDefaultTimeout);
      if (!undo && step.interrupted.kind == procedure::Interrupted::Kind::kProbe) {
        auto probe = Resolve(step, step.interrupted.probe, TargetOf(instance.target), &instance);
        if (!probe) break;
        job.action = std::move(*probe);
      }
      return Start(std::move(job));
    }
    case drivers::Interruption::kAsk:
      break;
  }
  JsonObject data = About(step.id, instance.target, undo);
  data["reason"] = act.reason;
  Add("settle_needed", std::move(data));
}

void Decider::AdvanceChecks(const procedure::Step& step, const Instance& instance,
                            const plan::PlannedTarget* target) {
  const int number = instance.checks_passed;
  if (number >= instance.checks || static_cast<std::size_t>(number) >= step.verify.size()) return;
  const procedure::Check& check = step.verify[static_cast<std::size_t>(number)];
  Job job{.kind = Job::Kind::kCheck,
          .key = InstanceKey(instance.step, instance.target),
          .target = instance.target,
          .step = &step,
          .check = number};
  const std::string name = JobName(job);
  if (Busy(name)) return;
  int attempts = 0;
  if (const auto found = hand_.checks.find(name); found != hand_.checks.end() && found->second.answered) {
    const InHand::CheckState& seen = found->second;
    attempts = seen.attempts;
    const bool passed = seen.last.verdict == drivers::Verdict::kDone;
    if (passed || attempts >= check.retry.attempts) {
      JsonObject data = About(step.id, instance.target);
      data["check"] = number;
      data["uses"] = check.action.uses;
      data["verdict"] = drivers::ToCheckText(seen.last.verdict);
      data["reason"] = seen.last.reason;
      data["attempts"] = attempts;
      data["evidence"] = seen.last.evidence;
      Add("verified", std::move(data));
      if (!passed) {
        Fail(step, instance.target,
             fmt::format("{} {} after {} {}: {}", check.action.uses,
                         seen.last.verdict == drivers::Verdict::kUnknown ? "is unknown" : "failed", attempts,
                         attempts == 1 ? "attempt" : "attempts", seen.last.reason),
             false);
      }
      return;
    }
    if (seen.next_at && now_ < *seen.next_at) return BackOff(*seen.next_at);
  }
  auto action = Resolve(step, check.action, target, &instance);
  if (!action) return Fail(step, instance.target, base::ToString(action.error()), false);
  job.action = std::move(*action);
  job.attempt = attempts + 1;
  job.timeout = check.timeout.value_or(step.timeout.value_or(kDefaultTimeout));
  Start(std::move(job));
}

void Decider::AdvanceConfirm(const procedure::Step& step, const Instance& instance) {
  const std::string key = InstanceKey(instance.step, instance.target);
  if (step.timeout && now_ >= instance.act.at + *step.timeout) {
    return Fail(step, instance.target, "nobody confirmed it within " + base::FormatDuration(*step.timeout),
                false);
  }
  std::string next = fmt::format("slipway confirm {} {}", state_.id, key);
  for (const procedure::Field& field : step.confirm->fields) {
    if (field.required) next += " --field " + field.id + "=…";
  }
  if (!step.confirm->checklist.empty()) next += " --check all";
  AwaitPerson("confirm", instance, step.title.empty() ? step.id : step.title, std::move(next));
  decision_.waits.back().who = step.confirm->role.empty() ? "anyone" : step.confirm->role;
  if (step.timeout) {
    decision_.waits.back().until = instance.act.at + *step.timeout;
    WakeAt(instance.act.at + *step.timeout);
  }
}

}  // namespace slipway::engine
