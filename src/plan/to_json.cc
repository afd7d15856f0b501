// The plan for `slipway plan --json`: what Print says, for machines. docs/manual has the shape.
#include <fmt/format.h>

#include "plan/describe.h"
#include "plan/plan.h"

namespace slipway::plan {
namespace {

using base::Json;
using base::JsonArray;
using base::JsonObject;

JsonObject Labels(const std::map<std::string, std::string>& labels) {
  JsonObject out;
  for (const auto& [name, value] : labels) out[name] = value;
  return out;
}

Json Targets(const Plan& plan) {
  JsonArray out;
  for (const PlannedTarget& target : plan.targets) {
    out.push_back(JsonObject{{"id", target.id},
                             {"kind", target.kind},
                             {"labels", Labels(target.labels)},
                             {"attributes", target.attributes},
                             {"facts", target.facts}});
  }
  return out;
}

Json Step(const Plan& plan, const procedure::Phase& phase, const procedure::Step& step) {
  JsonObject out{{"id", step.id}, {"title", step.title}};
  out["action"] = step.action ? step.action->uses : "confirm";
  out["effect"] = step.confirm ? "person" : Changes(plan, step) ? "changes" : "reads";
  if (step.action) out["with"] = KnownArguments(plan, phase, *step.action);
  if (!step.when.empty()) out["when"] = step.when;
  JsonArray skipped, checks;
  for (const std::size_t index : SkippedNow(plan, phase, step))
    skipped.push_back(phase.for_each ? Json(plan.targets[index].id) : Json(""));
  if (!skipped.empty()) out["skipped"] = std::move(skipped);
  for (const procedure::Check& check : step.verify)
    checks.push_back(
        JsonObject{{"action", check.action.uses}, {"with", KnownArguments(plan, phase, check.action)}});
  if (!checks.empty()) out["verify"] = std::move(checks);
  if (const std::string undo = UndoText(plan, phase, step); !undo.empty()) {
    out["undo"] = undo;
    out["interrupted"] = InterruptionText(plan, step);
  }
  return out;
}

Json Phase(const Plan& plan, const procedure::Phase& phase) {
  JsonObject out{{"id", phase.id}, {"title", phase.title}, {"for_each", phase.for_each}};
  if (const auto waves = plan.waves.find(phase.id); waves != plan.waves.end()) {
    JsonArray list;
    for (const std::vector<std::size_t>& wave : waves->second) {
      JsonArray ids;
      for (const std::size_t index : wave) ids.push_back(Json(plan.targets[index].id));
      list.push_back(std::move(ids));
    }
    out["waves"] = std::move(list);
    out["max_parallel"] = phase.max_parallel.value_or(1);
    out["stop_after_failures"] = phase.stop_after_failures;
    out["bake_ms"] = phase.bake.count();
    out["rollback"] = phase.rollback == procedure::Scope::kAll ? "all" : "target";
  }
  JsonArray steps;
  for (const procedure::Step& step : phase.steps) steps.push_back(Step(plan, phase, step));
  out["steps"] = std::move(steps);
  return out;
}

}  // namespace

Json ToJson(const Plan& plan) {
  const procedure::Metadata& metadata = plan.procedure.metadata;
  JsonArray gates, phases, warnings;
  for (const procedure::Gate& gate : plan.gates)
    gates.push_back(JsonObject{{"kind", gate.kind}, {"with", gate.with}});
  for (const procedure::Phase& phase : plan.procedure.phases) phases.push_back(Phase(plan, phase));
  for (const std::string& warning : Warnings(plan)) warnings.push_back(Json(warning));
  JsonObject files, connections;
  for (const auto& [path, digest] : plan.files) files[path] = digest;
  for (const auto& [name, document] : plan.connections)
    connections[name] = base::GetString(document, "driver");
  JsonObject out;
  out["digest"] = plan.digest;
  out["procedure"] = JsonObject{{"id", metadata.id},           {"title", metadata.title},
                                {"version", metadata.version}, {"status", StatusText(metadata.status)},
                                {"owner", metadata.owner},     {"review_by", metadata.review_by}};
  JsonArray waivers;
  for (const procedure::Waiver& waiver : procedure::WaiversOf(plan.procedure))
    waivers.push_back(JsonObject{
        {"rule", waiver.rule}, {"reason", waiver.reason}, {"by", waiver.by}, {"until", waiver.until}});
  out["waivers"] = std::move(waivers);
  out["environment"] = plan.environment;
  out["strict"] = plan.strict;
  out["parameters"] = plan.parameters;
  out["targets"] = Targets(plan);
  out["gates"] = std::move(gates);
  out["phases"] = std::move(phases);
  out["connections"] = std::move(connections);
  out["files"] = std::move(files);
  out["on_failure"] = OnFailureText(plan.procedure.on_failure);
  out["warnings"] = std::move(warnings);
  out["next"] = NextCommand(plan);
  return out;
}

}  // namespace slipway::plan
