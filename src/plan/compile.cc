// Compile: environment, parameters, targets, waves, actions, facts, digest.
#include <algorithm>

#include "base/text.h"
#include "plan/compiler.h"
#include "plan/scope.h"
#include "plan/suggest.h"

namespace slipway::plan {

using base::Json;
using base::JsonObject;

std::expected<Plan, base::Diagnostics> Compile(const Request& request) { return Compiler(request).Compile(); }

ActionErrors CheckActions(const Request& request) {
  static const workspace::Workspace kNone;
  Request known = request;
  if (known.workspace == nullptr) known.workspace = &kNone;
  return Compiler(known).CheckActions();
}

Compiler::Compiler(const Request& request)
    : request_(request), procedure_(*request.procedure), workspace_(*request.workspace) {
  for (const drivers::ActionSheet* sheet : request.sheets) sheets_.emplace(sheet->name, sheet);
}

std::expected<Plan, base::Diagnostics> Compiler::Compile() {
  Prepare();
  AddFacts(Observe());
  PruneTargets();
  if (problems_.empty()) {
    if (auto encoded = Seal(plan_); !encoded) Error({}, encoded.error());
  }
  if (!problems_.empty()) return std::unexpected(std::move(problems_));
  return std::move(plan_);
}

ActionErrors Compiler::CheckActions() {
  plan_.procedure = procedure_;
  if (!workspace_.environments.empty()) AddGates();
  ReadActions();
  ActionErrors errors;
  for (std::size_t i = 0; i < problems_.size(); ++i)
    (misnamed_.contains(i) ? errors.names : errors.others).push_back(std::move(problems_[i]));
  return errors;
}

void Compiler::Prepare() {
  plan_.procedure = procedure_;
  ChooseEnvironment();
  ReadParameters();
  AddGates();
  ReadActions();
  SelectTargets();
  MakeWaves();
  ResolveArguments();
}

void Compiler::ChooseEnvironment() {
  if (workspace_.environments.empty()) return Error({}, "the workspace has no environment");
  environment_ = request_.environment.empty() ? &workspace_.environments.front()
                                              : workspace_.FindEnvironment(request_.environment);
  if (environment_ == nullptr) {
    std::vector<std::string> names;
    for (const workspace::Environment& environment : workspace_.environments)
      names.push_back(environment.name);
    return Error({}, "unknown environment `" + request_.environment + "`",
                 Suggest(request_.environment, names));
  }
  plan_.environment = environment_->name;
  plan_.time_zone = environment_->time_zone;
  plan_.calendar = environment_->calendar;
  plan_.strict = environment_->strict;
  scope_["environment"] = EnvironmentScope(plan_.environment, plan_.time_zone);
}

void Compiler::AddGates() {
  plan_.gates = procedure_.gates;
  if (environment_ != nullptr) {
    for (const workspace::EnvironmentGate& gate : environment_->gates)
      plan_.gates.push_back({gate.kind, gate.with, {}});
  }
  std::vector<std::string> names;
  for (const workspace::Calendar& calendar : workspace_.calendars) names.push_back(calendar.name);
  for (const procedure::Gate& gate : procedure_.gates) {
    const std::string calendar = base::GetString(gate.with, "calendar");
    if (calendar.empty() || workspace_.FindCalendar(calendar) != nullptr) continue;
    Error(gate.at, "unknown calendar `" + calendar + "`",
          Suggest(calendar, names, "name it under `calendars:` in slipway.yaml"));
  }
}

// The steps whose reading enters the plan, with all arguments known.
std::vector<Observation> Compiler::ListObservations() {
  std::vector<Observation> observations;
  if (!problems_.empty()) return observations;
  for (const StepUse& step : steps_) {
    if (!IsObserved(step)) continue;
    const Use& use = step.uses.front();
    for (const std::size_t index : step.targets) {
      SetTarget(index);
      JsonObject with;
      for (const Argument& argument : use.arguments) {
        if (auto value = ResolveValue(use, argument)) with[argument.sheet->name] = std::move(*value);
      }
      AddDefaultConnection(use, with);
      auto normal = drivers::NormalizeAll(*use.sheet, with, true);
      if (!normal) {
        Error(use.action->at, normal.error());
        continue;
      }
      observations.push_back({plan_.targets[index].id, step.step->id, use.sheet->name, std::move(*normal)});
    }
  }
  SetTarget(kNoTarget);
  return observations;
}

bool Compiler::IsObserved(const StepUse& step) {
  if (!step.phase->for_each || !step.step->action || step.uses.empty()) return false;
  const Use& use = step.uses.front();
  if (use.role != Use::Role::kStep || !use.sheet->observed || !step.when_reads.Known()) return false;
  return std::ranges::all_of(use.arguments, [](const Argument& argument) { return argument.reads.Known(); });
}

Facts Compiler::Observe() {
  if (!request_.observe) return {};
  const std::vector<Observation> observations = ListObservations();
  return observations.empty() || !problems_.empty() ? Facts() : request_.observe(observations);
}

// Keeps of each observation what the sheet names as facts; a reading that lacks one saw nothing to rely on.
void Compiler::AddFacts(const Facts& seen) {
  if (!problems_.empty()) return;
  for (const StepUse& step : steps_) {
    if (!IsObserved(step)) continue;
    const drivers::ActionSheet& sheet = *step.uses.front().sheet;
    for (const std::size_t index : step.targets) {
      PlannedTarget& target = plan_.targets[index];
      const auto of_target = seen.find(target.id);
      if (of_target == seen.end() || !of_target->second.contains(step.step->id)) continue;
      const JsonObject& outputs = base::GetObject(of_target->second, step.step->id);
      JsonObject facts;
      if (const Json* reason = outputs.if_contains("unreachable")) {
        facts["unreachable"] = *reason;
      } else {
        for (const std::string& name : sheet.facts) {
          const Json* value = outputs.if_contains(name);
          if (value == nullptr) {
            facts = {{"unreachable", sheet.name + " gave no `" + name + "`"}};
            break;
          }
          facts[name] = *value;
        }
      }
      target.facts[step.step->id] = std::move(facts);
    }
  }
}

// What no expression reads is not part of the plan: editing it voids no approval.
void Compiler::PruneTargets() {
  for (PlannedTarget& target : plan_.targets) {
    if (!reads_all_labels_)
      std::erase_if(target.labels, [&](const auto& l) { return !read_labels_.contains(l.first); });
    if (reads_all_attributes_) continue;
    JsonObject read;
    for (const std::string& name : read_attributes_) {
      if (Json* value = target.attributes.if_contains(name)) read[name] = std::move(*value);
    }
    target.attributes = std::move(read);
  }
}

void Compiler::SetTarget(std::size_t index) {
  if (index == in_scope_) return;
  if (in_scope_ != kNoTarget) {
    std::swap(scope_["target"], target_scopes_[in_scope_]);
    scope_.erase("target");
  }
  in_scope_ = index;
  if (index != kNoTarget) std::swap(scope_["target"], target_scopes_[index]);
}

void Compiler::Error(base::Position at, std::string what, std::string suggestion) {
  constexpr std::size_t kMost = 100;
  if (problems_.size() > kMost) return;
  if (problems_.size() == kMost) {
    what = "there are more errors";
    suggestion = "correct these first";
  }
  problems_.push_back({.severity = base::Severity::kError,
                       .file = at.line > 0 ? procedure_.file : "",
                       .at = at,
                       .what = std::move(what),
                       .suggestion = std::move(suggestion),
                       .rule = ""});
}

void Compiler::UnknownName(base::Position at, std::string what, std::string suggestion) {
  misnamed_.insert(problems_.size());
  Error(at, std::move(what), std::move(suggestion));
}

void Compiler::Error(base::Position at, const base::Error& error) {
  Error(at, error.where.empty() ? error.what : error.what + " (" + error.where + ")", error.next);
}

Json TargetScope(const std::string& id, const std::string& kind,
                 const std::map<std::string, std::string>& labels, const JsonObject& attributes,
                 const std::string& time_zone) {
  JsonObject label_scope;
  for (const auto& [name, value] : labels) label_scope[name] = value;
  JsonObject target;
  target.reserve(5);
  target["id"] = id;
  target["kind"] = kind;
  target["labels"] = std::move(label_scope);
  target["attributes"] = attributes;
  target["time_zone"] = time_zone;
  return target;
}

Json EnvironmentScope(const std::string& name, const std::string& time_zone) {
  return JsonObject{{"name", name}, {"time_zone", time_zone}};
}

JsonObject Scope(const Plan& plan, const PlannedTarget* target) {
  JsonObject scope;
  scope["parameters"] = plan.parameters;
  scope["environment"] = EnvironmentScope(plan.environment, plan.time_zone);
  if (target != nullptr) {
    scope["target"] = TargetScope(target->id, target->kind, target->labels, target->attributes,
                                  target->time_zone.empty() ? plan.time_zone : target->time_zone);
  }
  return scope;
}

}  // namespace slipway::plan
