// The stored form of a plan, as docs/formats/plan.md lays it down.
#include "plan/plan.h"

#include <algorithm>

#include "base/bytes.h"

namespace slipway::plan {
namespace {

using base::Json;
using base::JsonArray;
using base::JsonObject;

constexpr std::int64_t kVersion = 1;

Json EncodeTarget(const PlannedTarget& target) {
  JsonObject labels;
  for (const auto& [name, value] : target.labels) labels[name] = value;
  JsonObject out;
  out.reserve(7);
  out["attributes"] = target.attributes;
  out["facts"] = target.facts;
  out["id"] = target.id;
  out["kind"] = target.kind;
  out["labels"] = std::move(labels);
  out["time_zone"] = target.time_zone;
  out["window"] = target.window;
  return out;
}

Json EncodeWaves(const Plan& plan) {
  JsonObject out;
  for (const procedure::Phase& phase : plan.procedure.phases) {
    const auto waves = plan.waves.find(phase.id);
    if (phase.waves.empty() || waves == plan.waves.end()) continue;
    JsonArray list;
    for (const std::vector<std::size_t>& wave : waves->second) {
      JsonArray members;
      members.reserve(wave.size());
      for (const std::size_t index : wave) members.push_back(static_cast<std::int64_t>(index));
      list.push_back(std::move(members));
    }
    out[phase.id] = std::move(list);
  }
  return out;
}

template <typename Map>
JsonObject EncodeMap(const Map& map) {
  JsonObject out;
  for (const auto& [name, value] : map) out[name] = Json(value);
  return out;
}

JsonArray EncodeConditions(const Conditions& conditions) {
  JsonArray out;
  for (const auto& [key, values] : conditions)
    out.push_back(JsonObject{{"key", key}, {"values", JsonArray(values.begin(), values.end())}});
  return out;
}

Json Encode(const Plan& plan) {
  JsonArray gates;  // the procedure's own are in its text
  for (std::size_t i = plan.procedure.gates.size(); i < plan.gates.size(); ++i)
    gates.push_back(JsonObject{{"kind", plan.gates[i].kind}, {"with", plan.gates[i].with}});
  JsonArray targets;
  targets.reserve(plan.targets.size());
  for (const PlannedTarget& target : plan.targets) targets.push_back(EncodeTarget(target));
  JsonObject out;
  out["v"] = kVersion;
  out["procedure"] = plan.procedure.text;
  out["parameters"] = plan.parameters;
  out["environment"] = JsonObject{{"name", plan.environment},
                                  {"time_zone", plan.time_zone},
                                  {"calendar", plan.calendar},
                                  {"strict", plan.strict}};
  out["gates"] = std::move(gates);
  if (!plan.only.empty()) out["only"] = EncodeConditions(plan.only);
  out["targets"] = std::move(targets);
  out["waves"] = EncodeWaves(plan);
  out["connections"] = EncodeMap(plan.connections);
  out["files"] = EncodeMap(plan.files);
  out["sheets"] = EncodeMap(plan.sheets);
  return out;
}

PlannedTarget DecodeTarget(const JsonObject& in) {
  PlannedTarget target;
  target.id = base::GetString(in, "id");
  target.kind = base::GetString(in, "kind");
  target.time_zone = base::GetString(in, "time_zone");
  target.window = base::GetString(in, "window");
  for (const auto& label : base::GetObject(in, "labels")) {
    if (label.value().is_string()) target.labels.emplace(label.key(), base::View(label.value().get_string()));
  }
  target.attributes = base::GetObject(in, "attributes");
  target.facts = base::GetObject(in, "facts");
  return target;
}

base::Status DecodeWaves(const JsonObject& in, Plan& plan) {
  std::vector<std::size_t> all(plan.targets.size());
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = i;
  for (const procedure::Phase& phase : plan.procedure.phases) {
    if (!phase.for_each) continue;
    auto& waves = plan.waves[phase.id];
    if (phase.waves.empty()) {
      waves.push_back(all);
      continue;
    }
    for (const Json& wave : base::GetArray(in, phase.id)) {
      auto& members = waves.emplace_back();
      if (!wave.is_array()) return base::Invalid("a wave is no list");
      for (const Json& index : wave.get_array()) {
        if (!index.is_int64() || index.get_int64() < 0 ||
            static_cast<std::size_t>(index.get_int64()) >= all.size())
          return base::Invalid("a wave names a target that is not in the plan");
        members.push_back(static_cast<std::size_t>(index.get_int64()));
      }
    }
  }
  return {};
}

void DecodeReleases(Plan& plan) {
  for (const procedure::Parameter& parameter : plan.procedure.parameters) {
    const JsonObject& value = base::GetObject(plan.parameters, parameter.name);
    if (parameter.type != procedure::ParameterType::kRelease || value.empty()) continue;
    plan.releases[parameter.name] = {base::GetString(value, "version"), base::GetString(value, "path"),
                                     base::GetString(value, "digest")};
  }
}

base::Result<Plan> Decode(const JsonObject& in) {
  if (base::GetInt(in, "v") != kVersion)
    return base::Invalid("the plan was written by another version of slipway", "", "plan it again");
  auto procedure = procedure::Parse(base::GetString(in, "procedure"), "plan");
  if (!procedure) return base::Invalid("the procedure in the plan cannot be read");
  Plan plan{.procedure = std::move(*procedure)};
  plan.parameters = base::GetObject(in, "parameters");
  const JsonObject& environment = base::GetObject(in, "environment");
  plan.environment = base::GetString(environment, "name");
  plan.time_zone = base::GetString(environment, "time_zone");
  plan.calendar = base::GetString(environment, "calendar");
  plan.strict = base::GetBool(environment, "strict", true);
  plan.gates = plan.procedure.gates;
  for (const Json& gate : base::GetArray(in, "gates")) {
    if (!gate.is_object()) return base::Invalid("a gate is no map");
    plan.gates.push_back(
        {base::GetString(gate.get_object(), "kind"), base::GetObject(gate.get_object(), "with"), {}});
  }
  for (const Json& condition : base::GetArray(in, "only")) {
    if (!condition.is_object()) return base::Invalid("a condition is no map");
    auto& [key, values] =
        plan.only.emplace_back(base::GetString(condition.get_object(), "key"), std::vector<std::string>{});
    for (const Json& value : base::GetArray(condition.get_object(), "values"))
      if (value.is_string()) values.emplace_back(base::View(value.get_string()));
  }
  for (const Json& target : base::GetArray(in, "targets")) {
    if (!target.is_object()) return base::Invalid("a target is no map");
    plan.targets.push_back(DecodeTarget(target.get_object()));
  }
  for (const auto& member : base::GetObject(in, "connections")) {
    if (!member.value().is_object()) return base::Invalid("a connection is no map");
    plan.connections.emplace(member.key(), member.value().get_object());
  }
  for (const auto& member : base::GetObject(in, "files")) {
    if (!member.value().is_string()) return base::Invalid("the digest of a file is no text");
    plan.files.emplace(member.key(), base::View(member.value().get_string()));
  }
  for (const auto& member : base::GetObject(in, "sheets")) plan.sheets.emplace(member.key(), member.value());
  SLIPWAY_CHECK_OK(DecodeWaves(base::GetObject(in, "waves"), plan));
  DecodeReleases(plan);
  return plan;
}

}  // namespace

base::Status Seal(Plan& plan) {
  SLIPWAY_TRY(plan.bytes, base::CanonicalJson(Encode(plan)));
  plan.digest = base::Sha256Text(plan.bytes);
  return {};
}

base::Result<Plan> FromBytes(std::string_view bytes, std::string_view digest) {
  if (base::Sha256Text(bytes) != digest)
    return base::Invalid("the plan's bytes do not match its digest", std::string(digest));
  SLIPWAY_TRY(const Json json, base::ParseJson(bytes));
  if (!json.is_object()) return base::Invalid("a plan is a map", std::string(digest));
  auto plan = Decode(json.get_object());
  if (!plan) {
    plan.error().where = digest;
    return plan;
  }
  plan->bytes = bytes;
  plan->digest = digest;
  return plan;
}

}  // namespace slipway::plan
