#include "engine/facts.h"

#include <map>
#include <optional>
#include <string_view>

#include "engine/rows.h"

namespace slipway::engine {

namespace {

using base::JsonObject;

constexpr std::string_view kSeen = "_seen", kBefore = "_before", kDrifted = "_drifted";

// The texts among `outputs` whose name ends so, by the name of what they are of.
std::map<std::string, std::string> EndingWith(const JsonObject& outputs, std::string_view end) {
  std::map<std::string, std::string> found;
  for (const auto& output : outputs) {
    const std::string_view name = output.key();
    if (name.ends_with(end) && output.value().is_string())
      found.emplace(name.substr(0, name.size() - end.size()), base::View(output.value().get_string()));
  }
  return found;
}

// An empty one: nothing is remembered. nullopt: the store cannot say.
std::optional<JsonObject> Remembered(journal::Store& store, const std::string& target,
                                     const std::string& name) {
  const auto row = store.Get(journal::Table::kFact, FactKey(target, name));
  if (!row) return std::nullopt;
  if (!*row) return JsonObject{};
  const auto json = base::ParseJson(**row);
  return json && json->is_object() ? std::optional(json->get_object()) : std::nullopt;
}

}  // namespace

JsonObject FactsOf(journal::Store& store, const drivers::ActionSheet& sheet, const std::string& target,
                   JsonObject& outputs) {
  JsonObject facts;
  if (target.empty()) return facts;
  for (const drivers::OutputSheet& output : sheet.outputs) {
    if (const base::Json* value = output.recorded ? outputs.if_contains(output.name) : nullptr)
      facts[output.name] = *value;
  }
  for (const auto& [name, seen] : EndingWith(outputs, kSeen)) {
    const auto left = Remembered(store, target, name);
    if (left && base::GetString(*left, "value").empty() && !seen.empty()) facts[name] = seen;
  }
  for (const auto& [name, before] : EndingWith(outputs, kBefore)) {
    const auto left = Remembered(store, target, name);
    if (!left) continue;
    const std::string value = base::GetString(*left, "value");
    const bool drifted = !value.empty() && !before.empty() && value != before;
    const std::string by = base::GetString(*left, "run") + "/" + base::GetString(*left, "step");
    const std::string told = name + std::string(kDrifted);
    outputs[told] = facts[told] = drifted ? by : "";
  }
  return facts;
}

}  // namespace slipway::engine
