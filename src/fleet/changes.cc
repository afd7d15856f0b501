// What differs between two files of targets.
#include <map>
#include <set>

#include "base/text.h"
#include "base/yaml.h"
#include "fleet/import.h"

namespace slipway::fleet {
namespace {

using base::YamlNode;
using Values = std::map<std::string, std::string>;  // `attributes.version` -> `v1.0.0`

void Flatten(const YamlNode& node, const std::string& path, Values& out) {
  switch (node.kind) {
    case YamlNode::Kind::kScalar:
      out[path] = node.scalar;
      return;
    case YamlNode::Kind::kSequence: {
      std::string all;
      for (const YamlNode& item : node.items) {
        if (item.kind == YamlNode::Kind::kScalar) {
          all += (all.empty() ? "" : ", ") + item.scalar;
        } else {
          Flatten(item, path + "[" + std::to_string(&item - node.items.data()) + "]", out);
        }
      }
      out[path] = all;
      return;
    }
    case YamlNode::Kind::kMapping:
      for (const auto& [key, value] : node.members)
        Flatten(value, path.empty() ? key.scalar : path + "." + key.scalar, out);
      return;
  }
}

base::Result<std::map<std::string, Values>> ReadTargets(std::string_view text) {
  const auto root = base::ParseYaml(text, base::kWideYaml);
  if (!root)
    return base::Invalid(root.error().what,
                         std::string(kTargetsFile) + ":" + std::to_string(root.error().at.line));
  const YamlNode* list = root->kind == YamlNode::Kind::kMapping ? root->Find("targets") : &*root;
  std::map<std::string, Values> targets;
  if (list == nullptr) return targets;
  for (const YamlNode& target : list->items) {
    const YamlNode* id = target.Find("id");
    if (id != nullptr) Flatten(target, "", targets[id->scalar]);
  }
  return targets;
}

std::string Shown(const Values& values, const std::string& key) {
  const auto found = values.find(key);
  return found == values.end() ? "(none)" : base::Printable(found->second);
}

}  // namespace

base::Result<std::vector<std::string>> Changes(std::string_view before, std::string_view after) {
  SLIPWAY_TRY(auto old, ReadTargets(before));
  SLIPWAY_TRY(auto now, ReadTargets(after));
  std::set<std::string> ids;
  for (const auto& [id, values] : old) ids.insert(id);
  for (const auto& [id, values] : now) ids.insert(id);
  std::vector<std::string> changes;
  for (const std::string& id : ids) {
    if (!old.contains(id) || !now.contains(id)) {
      changes.push_back((now.contains(id) ? "+ " : "- ") + base::Printable(id));
      continue;
    }
    const Values &was = old[id], &is = now[id];
    std::set<std::string> keys;
    for (const auto& [key, value] : was) keys.insert(key);
    for (const auto& [key, value] : is) keys.insert(key);
    for (const std::string& key : keys) {
      const std::string a = Shown(was, key), b = Shown(is, key);
      if (a != b)
        changes.push_back("~ " + base::Printable(id) + ": " + base::Printable(key) + " " + a + " -> " + b);
    }
  }
  return changes;
}

}  // namespace slipway::fleet
