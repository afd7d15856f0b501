#include "app/remembered.h"

namespace slipway::app {

base::Result<std::map<std::string, std::string>> LocksOf(journal::Store& store) {
  std::map<std::string, std::string> locks;
  SLIPWAY_TRY(const auto rows, store.Scan(journal::Table::kLock));
  for (const journal::Row& row : rows) {
    SLIPWAY_TRY(const base::Json json, base::ParseJson(row.value));
    if (json.is_object()) locks[row.key] = base::GetString(json.get_object(), "run");
  }
  return locks;
}

base::Result<TargetFacts> FactsOf(journal::Store& store) {
  TargetFacts facts;
  SLIPWAY_TRY(const auto rows, store.Scan(journal::Table::kFact));
  for (const journal::Row& row : rows) {
    const std::size_t space = row.key.find(' ');
    SLIPWAY_TRY(const base::Json json, base::ParseJson(row.value));
    if (space == std::string::npos || !json.is_object()) continue;
    const base::JsonObject& object = json.get_object();
    const base::Json* value = object.if_contains("value");
    facts[row.key.substr(0, space)][row.key.substr(space + 1)] = {
        value == nullptr ? base::Json() : *value, base::GetString(object, "run"),
        base::GetString(object, "step"), base::FromMillis(base::GetInt(object, "at"))};
  }
  return facts;
}

std::string FactText(const std::map<std::string, api::TargetFact>& facts, const std::string& name) {
  const auto found = facts.find(name);
  if (found == facts.end() || !found->second.value.is_string()) return "";
  return std::string(base::View(found->second.value.get_string()));
}

std::string_view DriftOf(const std::map<std::string, api::TargetFact>& facts, std::string_view seen,
                         base::Time at) {
  const std::string left = FactText(facts, kSchema);
  if (left.empty() || seen.empty() || facts.at(kSchema).at > at) return "unknown";
  return left == seen ? "none" : "differs";
}

}  // namespace slipway::app
