#include "app/rehearsal.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "engine/engine.h"
#include "engine/simulated.h"
#include "journal/memory_store.h"
#include "plan/describe.h"

namespace slipway::app {

namespace {

using base::JsonObject;
using drivers::Outcome;
using drivers::Prepared;

constexpr std::size_t kTargets = 2;  // and those that a step needs which is skipped on these
constexpr std::uint64_t kSeed = 1;

struct Failure {
  std::string instance;  // key; empty = nothing fails
  bool acted = false;    // fails after it acted; otherwise before
};

// One real driver's sheets over its model, or over nothing where it has none; fails the chosen instance.
class Understudy final : public drivers::Driver {
 public:
  Understudy(std::string name, std::vector<drivers::ActionSheet> sheets,
             std::unique_ptr<drivers::Driver> model, const Failure& failure)
      : name_(std::move(name)), sheets_(std::move(sheets)), model_(std::move(model)), failure_(failure) {}

  std::string_view Name() const override { return name_; }
  std::span<const drivers::ActionSheet> Sheets() const override { return sheets_; }

  base::Result<Prepared> Prepare(const drivers::Action& action, drivers::Context& context) override {
    if (model_) return model_->Prepare(action, context);
    return Prepared{.action = action};
  }
  Outcome Run(const Prepared& prepared, std::span<const JsonObject> progress, drivers::Sink& sink,
              drivers::Context& context) override {
    const bool fails = IsChosen(context.instance);
    if (fails && !failure_.acted) return drivers::NotDone("made to fail before it acted");
    Outcome outcome = model_ ? model_->Run(prepared, progress, sink, context) : Pretend(prepared);
    if (fails) return drivers::Failed("made to fail after it acted");
    return outcome;
  }
  Outcome Probe(const Prepared& prepared, std::span<const JsonObject> progress,
                drivers::Context& context) override {
    return model_ ? model_->Probe(prepared, progress, context) : drivers::Unknown("there is no model of it");
  }
  Outcome Restored(const Prepared& undone, drivers::Context& context) override {
    return model_ ? model_->Restored(undone, context)
                  : drivers::Unknown("there is no model of " + undone.action.uses);
  }

 private:
  bool IsChosen(std::string_view instance) const {
    const std::size_t slash = instance.find('/');
    return !failure_.instance.empty() && slash != std::string_view::npos &&
           instance.substr(slash + 1) == failure_.instance;
  }
  Outcome Pretend(const Prepared& prepared) const {
    JsonObject outputs;
    for (const drivers::ActionSheet& sheet : sheets_) {
      if (sheet.name != prepared.action.uses) continue;
      for (const drivers::OutputSheet& output : sheet.outputs) outputs[output.name] = "";
    }
    return drivers::Done(std::move(outputs), "pretended: there is no model of " + prepared.action.uses);
  }

  const std::string name_;
  const std::vector<drivers::ActionSheet> sheets_;
  const std::unique_ptr<drivers::Driver> model_;
  const Failure& failure_;
};

class SampleSecrets final : public drivers::SecretSource {
 public:
  base::Result<base::Secret> Get(std::string_view) override { return base::Secret("simulated-secret"); }
  base::Result<base::Secret> Put(std::string_view, const base::Secret& value, std::string_view) override {
    return value;
  }
  base::Status Remove(std::string_view, std::string_view) override { return {}; }
};

drivers::Registry Cast(const drivers::Registry& real, const MakeModels& models, drivers::Before before,
                       const Failure& failure) {
  std::map<std::string, std::vector<drivers::ActionSheet>> sheets;
  for (const drivers::ActionSheet* sheet : real.AllSheets())
    sheets[sheet->name.substr(0, sheet->name.find('.'))].push_back(*sheet);
  std::map<std::string, std::unique_ptr<drivers::Driver>> by_name;
  for (auto& model : models(before)) by_name[std::string(model->Name())] = std::move(model);
  drivers::Registry registry;
  for (auto& [name, list] : sheets) {
    registry.Add(std::make_unique<Understudy>(name, std::move(list), std::move(by_name[name]), failure));
  }
  return registry;
}

// Which targets stand for all: the first ones, and for each step that `when` skips on all of these the first
// on which it is not skipped.
std::vector<plan::PlannedTarget> TargetsFor(const plan::Plan& plan) {
  std::set<std::size_t> chosen;
  for (std::size_t i = 0; i < std::min(kTargets, plan.targets.size()); ++i) chosen.insert(i);
  for (const procedure::Phase& phase : plan.procedure.phases) {
    for (const procedure::Step& step : phase.steps) {
      if (!phase.for_each || step.when.empty()) continue;
      const std::vector<std::size_t> skipped = plan::SkippedNow(plan, phase, step);
      if (!std::ranges::includes(skipped, chosen)) continue;
      std::size_t first = 0;
      while (first < skipped.size() && skipped[first] == first) ++first;
      if (first < plan.targets.size()) chosen.insert(first);
    }
  }
  std::vector<plan::PlannedTarget> targets;
  for (const std::size_t index : chosen) targets.push_back(plan.targets[index]);
  return targets;
}

// The plan with its gates open and its fleet cut down; what is approved is still the whole one.
base::Result<plan::Plan> CutDown(const plan::Plan& plan) {
  plan::Plan small = plan;
  small.gates.clear();
  small.targets = TargetsFor(plan);
  for (plan::PlannedTarget& target : small.targets) target.facts.clear();
  for (auto& [phase, waves] : small.waves) {
    std::vector<std::size_t> all;
    for (std::size_t i = 0; i < small.targets.size(); ++i) all.push_back(i);
    waves = {std::move(all)};
  }
  small.strict = false;
  small.calendar.clear();
  SLIPWAY_CHECK_OK(plan::Seal(small));
  return small;
}

base::Json AnswerTo(const procedure::Field& field) {
  switch (field.type) {
    case procedure::FieldType::kInteger:
      return 1;
    case procedure::FieldType::kBoolean:
      return true;
    case procedure::FieldType::kDate:
      return "2027-01-15";  // the day of the simulation
    case procedure::FieldType::kEnum:
      return base::Json(field.values.empty() ? "" : field.values.front());
    case procedure::FieldType::kFile:
      return JsonObject{{"name", "simulated"}, {"size", 0}, {"digest", ""}};
    case procedure::FieldType::kString:
      break;
  }
  return "simulated";
}

JsonObject Answers(const procedure::Confirm& confirm) {
  JsonObject fields;
  for (const procedure::Field& field : confirm.fields) fields[field.id] = AnswerTo(field);
  return fields;
}

// People say yes, but for the one who is chosen to be late; what they would have to settle stays open.
base::Result<bool> SayYes(journal::Store& store, const engine::RunState& state, const plan::Plan& plan,
                          engine::SimulatedClock& clock, const Failure& failure) {
  const base::Time now = clock.Now();
  for (const auto& [key, instance] : state.instances) {
    if (instance.status != engine::StepStatus::kWaiting) continue;
    const procedure::Step* step = procedure::FindStep(plan.procedure, instance.step);
    if (key == failure.instance && instance.answer_by && now < *instance.answer_by) {
      clock.MoveTo(*instance.answer_by);
      return true;
    }
    JsonObject data = engine::About(instance.step, instance.target);
    data["fields"] = Answers(*step->confirm);
    SLIPWAY_CHECK_OK(engine::Signal(store, state.id, "confirmed", "simulation", now, std::move(data)));
    return true;
  }
  return false;
}

base::Result<engine::RunState> Play(const plan::Plan& plan, const drivers::Registry& drivers,
                                    const std::filesystem::path& root, const Failure& failure) {
  base::SeededRandom random(kSeed);
  journal::MemoryDisk disk(random);
  const auto store = journal::OpenMemoryStore(disk, "simulation");
  engine::SimulatedClock clock(base::FromMillis(1'800'000'000'000));
  engine::SimulatedWorkers workers(clock, kSeed);
  SampleSecrets secrets;
  engine::Parts parts{.store = *store,
                      .drivers = drivers,
                      .clock = clock,
                      .random = random,
                      .workers = workers,
                      .secrets = secrets,
                      .root = root,
                      .state_dir = root / ".slipway" / "simulation"};
  SLIPWAY_TRY(const std::string run, engine::StartRun(parts, {.plan = &plan, .actor = "simulation"}));
  for (;;) {
    SLIPWAY_TRY(engine::Driven driven, engine::Drive(parts, run, {}));
    SLIPWAY_TRY(const bool moved, SayYes(*store, driven.state, plan, clock, failure));
    if (moved) continue;
    // Where the failure stands for a person to decide, he takes it back.
    const bool decides = !failure.instance.empty() && driven.state.status == engine::RunStatus::kPaused &&
                         !driven.state.rollback_asked;
    if (!decides) return driven.state;
    SLIPWAY_CHECK_OK(engine::Signal(*store, run, "rollback_asked", "simulation", clock.Now(), {}));
  }
}

bool Succeeded(const engine::RunState& state) { return state.status == engine::RunStatus::kSucceeded; }

// Does a step look what runs, so that others can act on it? A procedure that does counts on a release that is
// there; one that does not may be made for a target on which nothing runs yet.
bool LooksFirst(const plan::Plan& plan) {
  for (const procedure::Phase& phase : plan.procedure.phases) {
    for (const procedure::Step& step : phase.steps) {
      const auto sheet = step.action ? plan.sheets.find(step.action->uses) : plan.sheets.end();
      if (sheet != plan.sheets.end() && base::GetBool(sheet->second.as_object(), "observed")) return true;
    }
  }
  return false;
}

// What one rehearsal shows: is everything that was done taken back, as far as anyone can tell?
api::SimulatedFailure Judge(const engine::RunState& state, const plan::Plan& plan, const Failure& failure) {
  api::SimulatedFailure found{failure.instance, failure.acted ? "failed after acting" : "not done",
                              "restored", ""};
  std::string left, unsure, wrong, declared;
  const auto add = [](std::string& list, const std::string& item) {
    list += (list.empty() ? "" : ", ") + item;
  };
  const auto chosen = state.instances.find(failure.instance);
  const std::string target = chosen == state.instances.end() ? "" : chosen->second.target;
  for (const auto& [key, instance] : state.instances) {
    const bool changed =
        instance.act.Intended() && instance.act.changes && instance.act.state != engine::Act::State::kNotDone;
    if (!changed) continue;
    // Where only the failed target goes back, the others keep what they got.
    if (!state.rolling_back_all && !state.rolling_back.empty() && instance.target != target) continue;
    const std::string& model = procedure::FindStep(plan.procedure, instance.step)->model;
    if (instance.status == engine::StepStatus::kLeft) {
      add(left, key + " (" + instance.reason + ")");
    } else if (instance.status != engine::StepStatus::kUndone) {
      add(wrong, key + (instance.status == engine::StepStatus::kUndoFailed ? ": " + instance.reason
                                                                           : " is not undone"));
    } else if (instance.restored == "pass") {
      continue;
    } else if (model == "none") {
      add(wrong, key + ": its undo changes nothing, says its `model`");
    } else {
      add(model == "restores" ? declared : unsure, key);
    }
  }
  if (!wrong.empty()) {
    found.verdict = "not_restored";
    found.reason = wrong;
  } else if (!unsure.empty()) {
    found.verdict = "unknown";
    found.reason = "nothing looks whether it is restored: " + unsure;
  } else if (!left.empty()) {
    found.verdict = "left_in_place";  // allowed, and no restoring
  }
  const auto also = [&](const std::string& what, const std::string& which) {
    if (!which.empty()) found.reason += (found.reason.empty() ? "" : "; ") + what + which;
  };
  also("nothing looks, `model` says that it is restored: ", declared);
  also("left in place: ", left);
  return found;
}

}  // namespace

base::Result<api::SimulationReport> Rehearse(const plan::Plan& plan, const drivers::Registry& real,
                                             const MakeModels& models, const std::filesystem::path& root) {
  api::SimulationReport report{plan.digest, plan.environment, plan.strict, {}};
  SLIPWAY_TRY(const plan::Plan small, CutDown(plan));
  Failure failure;
  const auto play = [&](drivers::Before before) {
    return Play(small, Cast(real, models, before, failure), root, failure);
  };
  drivers::Before before = drivers::Before::kRelease;
  SLIPWAY_TRY(engine::RunState good, play(before));
  std::string why = Succeeded(good) ? "" : good.reason;
  if (!Succeeded(good) && !LooksFirst(small)) {
    SLIPWAY_TRY(engine::RunState first, play(drivers::Before::kNothing));
    if (Succeeded(first)) {
      before = drivers::Before::kNothing;
      good = std::move(first);
      why = "as a first release; where one runs already: " + why;
    }
  }
  const bool succeeded = Succeeded(good);
  report.failures.push_back(
      {"", "nothing fails", succeeded ? "succeeded" : "not_restored",
       succeeded ? why : fmt::format("it ends {}: {}", engine::ToString(good.status), why)});
  if (!succeeded) return report;
  std::vector<const engine::Instance*> acts;
  for (const auto& [key, instance] : good.instances) {
    if (instance.act.Intended() || instance.answer_by) acts.push_back(&instance);
  }
  std::ranges::sort(acts, {},
                    [](const engine::Instance* i) { return std::pair(i->started_at, i->act.order); });
  for (const engine::Instance* act : acts) {
    failure = {engine::InstanceKey(act->step, act->target), act->act.changes};
    SLIPWAY_TRY(const engine::RunState state, play(before));
    api::SimulatedFailure found = Judge(state, small, failure);
    if (!act->act.changes) found.how = act->answer_by ? "nobody answers" : "fails";
    report.failures.push_back(std::move(found));
  }
  return report;
}

}  // namespace slipway::app
