// targets/*.yaml, as docs/formats/targets.md lays it down.
#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "workspace/load.h"
#include "workspace/reader.h"

namespace slipway::workspace {
namespace {

using base::YamlNode;

bool IsTargetId(std::string_view text) {
  auto plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  return !text.empty() && text.size() <= 128 && plain(text.front()) &&
         std::ranges::all_of(text, [&](char c) { return plain(c) || c == '-' || c == '_' || c == '.'; });
}

bool IsName(std::string_view text) {
  return !text.empty() && text.size() <= 128 && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}

class TargetsReader {
 public:
  TargetsReader(const std::string& file, Workspace& out, TargetPlaces& places, base::Diagnostics& problems)
      : reader_(file, problems), out_(out), places_(places) {}

  void Read(const YamlNode& root);
  void HideSecrets() { reader_.HideSecrets(); }

 private:
  void ReadTarget(const YamlNode& node);
  std::string ReadTargetId(const YamlNode& node);
  void ReadLabels(const YamlNode& node, Target& target);
  void ReadPlace(const YamlNode& node, Target& target);
  void ReadTargetWindow(const YamlNode& node, Target& target);

  Reader reader_;
  Workspace& out_;
  TargetPlaces& places_;
};

void TargetsReader::Read(const YamlNode& root) {
  const YamlNode* list = &root;
  if (root.kind == YamlNode::Kind::kMapping) {
    reader_.Map(root, "a targets file", {"apiVersion", "kind", "targets"});
    const std::vector<std::string> versions = {"slipway/v1"}, kinds = {"Targets"};
    if (const YamlNode* node = root.Find("apiVersion")) reader_.OneOf(*node, "apiVersion", versions);
    if (const YamlNode* node = root.Find("kind")) reader_.OneOf(*node, "kind", kinds);
    list = reader_.Need(root, "targets", "a targets file");
  }
  if (list == nullptr || !reader_.List(*list, "targets")) return;
  if (list->items.empty())
    reader_.Error(list->at, "the file names no target", "remove the file, or name one");
  for (const YamlNode& item : list->items) ReadTarget(item);
}

void TargetsReader::ReadTarget(const YamlNode& node) {
  if (!reader_.Map(node, "a target",
                   {"id", "kind", "labels", "attributes", "environment", "window", "time_zone"}))
    return;
  Target target{.file = reader_.file()};
  if (const YamlNode* id = reader_.Need(node, "id", "a target")) target.id = ReadTargetId(*id);
  if (const YamlNode* kind = reader_.Need(node, "kind", "a target")) target.kind = reader_.Id(*kind, "kind");
  ReadLabels(node, target);
  ReadPlace(node, target);
  if (!target.id.empty()) out_.targets.push_back(std::move(target));
}

std::string TargetsReader::ReadTargetId(const YamlNode& node) {
  std::string id = reader_.Text(node, "id");
  if (id.empty()) return id;
  if (!IsTargetId(id)) {
    reader_.Error(node.at, "`" + base::Printable(id) + "` is not the id of a target",
                  "lower-case letters, digits, `-`, `_` and `.`, a letter or digit first, at most 128");
    return "";
  }
  const std::string place = fmt::format("{}:{}:{}", reader_.file(), node.at.line, node.at.column);
  if (const auto [earlier, is_new] = places_.emplace(id, place); !is_new)
    reader_.Error(node.at, "target `" + id + "` stands twice", "the other is at " + earlier->second);
  return id;
}

void TargetsReader::ReadLabels(const YamlNode& node, Target& target) {
  auto names_are_right = [&](const YamlNode& map, std::string_view what) {
    for (const auto& [key, value] : map.members) {
      if (!IsName(key.scalar))
        reader_.Error(key.at, "`" + base::Printable(key.scalar) + "` is not the name of " + std::string(what),
                      "letters, digits, `-` and `_`");
    }
  };
  if (const YamlNode* labels = node.Find("labels"); labels != nullptr && reader_.AnyMap(*labels, "labels")) {
    names_are_right(*labels, "a label");
    for (const auto& [key, value] : labels->members) {
      if (value.kind != YamlNode::Kind::kScalar || value.IsNull()) {
        reader_.Error(value.at, "label `" + base::Printable(key.scalar) + "` must be text");
      } else {
        target.labels.emplace(key.scalar, value.scalar);
      }
    }
  }
  const YamlNode* attributes = node.Find("attributes");
  if (attributes == nullptr || !reader_.AnyMap(*attributes, "attributes")) return;
  names_are_right(*attributes, "an attribute");
  reader_.NoSecrets("", *attributes);
  target.attributes = reader_.Json(*attributes, "attributes").get_object();
}

void TargetsReader::ReadPlace(const YamlNode& node, Target& target) {
  // Without any the ladder itself is wrong, which has been said.
  if (const YamlNode* environment = node.Find("environment");
      environment != nullptr && !out_.environments.empty())
    target.environment = reader_.OneOf(*environment, "environment", EnvironmentNames(out_));
  if (const YamlNode* window = node.Find("window")) ReadTargetWindow(*window, target);
  if (const YamlNode* zone = node.Find("time_zone")) target.time_zone = reader_.TimeZone(*zone);
}

void TargetsReader::ReadTargetWindow(const YamlNode& node, Target& target) {
  if (node.kind != YamlNode::Kind::kMapping) {
    target.window = reader_.OneOf(node, "calendar", CalendarNames(out_));
    return;
  }
  // Judged like any calendar, in the target's zone; no written calendar can have this name.
  Calendar calendar{.name = target.id + "'s window", .windows = {ReadWindow(node, reader_)}};
  target.window = calendar.name;
  out_.target_windows.push_back(std::move(calendar));
}

}  // namespace

void ReadTargets(std::string_view text, const std::string& file, Workspace& out, TargetPlaces& places,
                 base::Diagnostics& problems) {
  auto root = base::ParseYaml(text, base::kWideYaml);
  if (!root) {
    Reader(file, problems).Error(root.error().at, root.error().what, root.error().hint);
    return;
  }
  TargetsReader reader(file, out, places, problems);
  reader.Read(*root);
  reader.HideSecrets();
}

}  // namespace slipway::workspace
