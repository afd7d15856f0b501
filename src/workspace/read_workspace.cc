// slipway.yaml, as docs/formats/workspace.md lays it down.
#include <algorithm>

#include "base/text.h"
#include "workspace/load.h"
#include "workspace/reader.h"

namespace slipway::workspace {
namespace {

constexpr std::size_t kMostEnvironments = 1000;

using base::YamlNode;

// A reference to a calendar, checked once all of them are known.
struct CalendarUse {
  std::string name;
  base::Position at;
};

class WorkspaceReader {
 public:
  WorkspaceReader(const std::string& file, Workspace& out, base::Diagnostics& problems)
      : reader_(file, problems), out_(out) {}

  void Read(const YamlNode& root);
  void HideSecrets() { reader_.HideSecrets(); }

 private:
  void ReadHead(const YamlNode& root);
  void ReadEnvironments(const YamlNode& node);
  void ReadEnvironment(const YamlNode& node, bool top);
  EnvironmentGate ReadGate(const YamlNode& node);
  void ReadConnections(const YamlNode& node);
  void ReadNotify(const YamlNode& node);
  void ReadAudit(const YamlNode& node);
  void ReadSecrets(const YamlNode& node);
  void CheckCalendarUses();

  Reader reader_;
  Workspace& out_;
  std::vector<CalendarUse> calendar_uses_;
};

void WorkspaceReader::Read(const YamlNode& root) {
  if (root.IsNull()) {
    return reader_.Error(root.at, "there is nothing in it",
                         "`slipway init DIR` makes a workspace that runs as it is");
  }
  if (!reader_.Map(root, "a workspace",
                   {"apiVersion", "kind", "name", "description", "environments", "connections", "calendars",
                    "notify", "audit", "secrets", "secrets_key"}))
    return;
  ReadHead(root);
  if (const YamlNode* node = reader_.Need(root, "environments", "a workspace")) ReadEnvironments(*node);
  if (const YamlNode* node = root.Find("connections")) ReadConnections(*node);
  if (const YamlNode* node = root.Find("calendars")) ReadCalendars(*node, reader_, out_);
  if (const YamlNode* node = root.Find("notify")) ReadNotify(*node);
  if (const YamlNode* node = root.Find("audit")) ReadAudit(*node);
  if (const YamlNode* node = root.Find("secrets")) ReadSecrets(*node);
  if (const YamlNode* node = root.Find("secrets_key");
      node != nullptr && reader_.Map(*node, "secrets_key", {"env"})) {
    if (const YamlNode* env = reader_.Need(*node, "env", "secrets_key"))
      out_.secrets_key = reader_.Text(*env, "env");
  }
  CheckCalendarUses();
}

void WorkspaceReader::ReadHead(const YamlNode& root) {
  const std::vector<std::string> versions = {"slipway/v1"}, kinds = {"Workspace"};
  if (const YamlNode* node = reader_.Need(root, "apiVersion", "a workspace"))
    reader_.OneOf(*node, "apiVersion", versions);
  if (const YamlNode* node = reader_.Need(root, "kind", "a workspace")) reader_.OneOf(*node, "kind", kinds);
  if (const YamlNode* node = reader_.Need(root, "name", "a workspace")) out_.name = reader_.Id(*node, "name");
  if (const YamlNode* node = root.Find("description")) reader_.Text(*node, "description");
}

void WorkspaceReader::ReadEnvironments(const YamlNode& node) {
  if (!reader_.List(node, "environments")) return;
  if (node.items.empty()) reader_.Error(node.at, "environments is empty", "- { name: dev }");
  if (node.items.size() > kMostEnvironments) return reader_.Error(node.at, "more than 1000 environments");
  for (const YamlNode& item : node.items) ReadEnvironment(item, &item == &node.items.back());
}

void WorkspaceReader::ReadEnvironment(const YamlNode& node, bool top) {
  if (!reader_.Map(node, "an environment",
                   {"name", "description", "time_zone", "strict", "calendar", "store", "gates"}))
    return;
  Environment environment;
  environment.strict = top;
  if (const YamlNode* name = reader_.Need(node, "name", "an environment")) {
    environment.name = reader_.Id(*name, "name");
    if (!environment.name.empty() && out_.FindEnvironment(environment.name) != nullptr)
      reader_.Error(name->at, "environment `" + environment.name + "` stands twice");
  }
  if (const YamlNode* text = node.Find("description")) reader_.Text(*text, "description");
  if (const YamlNode* zone = node.Find("time_zone")) environment.time_zone = reader_.TimeZone(*zone);
  if (const YamlNode* strict = node.Find("strict")) environment.strict = reader_.Boolean(*strict, "strict");
  if (const YamlNode* store = node.Find("store")) environment.store = reader_.Text(*store, "store");
  if (const YamlNode* calendar = node.Find("calendar")) {
    environment.calendar = reader_.Text(*calendar, "calendar");
    calendar_uses_.push_back({environment.calendar, calendar->at});
  }
  if (const YamlNode* gates = node.Find("gates"); gates != nullptr && reader_.List(*gates, "gates")) {
    for (const YamlNode& gate : gates->items) environment.gates.push_back(ReadGate(gate));
  }
  out_.environments.push_back(std::move(environment));
}

EnvironmentGate WorkspaceReader::ReadGate(const YamlNode& node) {
  EnvironmentGate gate;
  if (!reader_.AnyMap(node, "a gate")) return gate;
  if (node.members.size() != 1) {
    reader_.Error(node.at, "a gate is one name and its keys", "- window: {}");
    return gate;
  }
  const auto& [key, with] = node.members.front();
  const std::vector<std::string> kinds = {"approvals", "freeze", "window"};
  gate.kind = reader_.OneOf(key, "gate", kinds);
  if (gate.kind.empty() || with.IsNull()) return gate;
  const bool known = gate.kind == "approvals" ? reader_.Map(with, "approvals", {"count", "role"})
                                              : reader_.Map(with, gate.kind, {"calendar"});
  if (!known) return gate;
  for (const auto& [name, value] : with.members) {
    const std::string text = reader_.Text(value, name.scalar);
    if (name.scalar == "calendar") calendar_uses_.push_back({text, value.at});
    if (name.scalar == "count" && !text.empty()) {
      const auto count = base::ParseInteger(text);
      if (!count || *count < 1 || *count > 100)
        reader_.Error(value.at, "count must be a number from 1 to 100");
    }
    gate.with[name.scalar] = text;
  }
  return gate;
}

void WorkspaceReader::ReadConnections(const YamlNode& node) {
  if (!reader_.AnyMap(node, "connections")) return;
  for (const auto& [key, value] : node.members) {
    Connection connection{.name = reader_.Id(key, "connection")};
    if (!reader_.AnyMap(value, "connection `" + base::Printable(key.scalar) + "`")) continue;
    if (const YamlNode* driver = reader_.Need(value, "driver", "a connection"))
      connection.driver = reader_.Id(*driver, "driver");
    reader_.NoSecrets("", value);
    connection.document = reader_.Json(value, "a connection").get_object();
    out_.connections.push_back(std::move(connection));
  }
}

void WorkspaceReader::ReadNotify(const YamlNode& node) {
  const std::vector<std::string> events = {"waiting", "failed", "rolled_back", "succeeded"};
  if (!reader_.List(node, "notify")) return;
  for (const YamlNode& item : node.items) {
    if (!reader_.Map(item, "a notification", {"on", "url", "command"})) continue;
    Notify notify;
    if (const YamlNode* on = reader_.Need(item, "on", "a notification");
        on != nullptr && on->kind == YamlNode::Kind::kScalar && !on->IsNull()) {
      notify.on.push_back(reader_.OneOf(*on, "event", events));
    } else if (on != nullptr && reader_.List(*on, "on")) {
      for (const YamlNode& event : on->items) notify.on.push_back(reader_.OneOf(event, "event", events));
      if (on->items.empty()) reader_.Error(on->at, "on is empty", Suggest("", events));
    }
    const YamlNode* url = item.Find("url");
    const YamlNode* command = item.Find("command");
    if ((url == nullptr) == (command == nullptr))
      reader_.Error(item.at, "a notification needs either `url` or `command`");
    if (url != nullptr) {
      notify.url = reader_.Text(*url, "url");
      if (!notify.url.empty() && !notify.url.starts_with("http://") && !notify.url.starts_with("https://"))
        reader_.Error(url->at, "url must begin with http:// or https://");
    }
    if (command != nullptr) notify.command = reader_.Texts(*command, "command");
    out_.notify.push_back(std::move(notify));
  }
}

void WorkspaceReader::ReadAudit(const YamlNode& node) {
  if (!reader_.Map(node, "audit", {"checkpoints"})) return;
  const YamlNode* checkpoints = node.Find("checkpoints");
  if (checkpoints == nullptr) return;
  switch (checkpoints->kind) {
    case YamlNode::Kind::kScalar:
      out_.checkpoints_file = reader_.Text(*checkpoints, "checkpoints");
      break;
    case YamlNode::Kind::kSequence:
      out_.checkpoints_command = reader_.Texts(*checkpoints, "checkpoints");
      break;
    case YamlNode::Kind::kMapping:
      reader_.Map(*checkpoints, "checkpoints", {"file", "command"});
      if (const YamlNode* file = checkpoints->Find("file"))
        out_.checkpoints_file = reader_.Text(*file, "file");
      if (const YamlNode* command = checkpoints->Find("command"))
        out_.checkpoints_command = reader_.Texts(*command, "command");
      if (checkpoints->members.empty())
        reader_.Error(checkpoints->at, "checkpoints needs `file` or `command`");
      break;
  }
}

void WorkspaceReader::ReadSecrets(const YamlNode& node) {
  if (!reader_.AnyMap(node, "secrets")) return;
  for (const auto& [key, value] : node.members) {
    const std::string name = reader_.Id(key, "secret");
    const std::string what = "secret `" + base::Printable(key.scalar) + "`";
    if (value.kind == YamlNode::Kind::kScalar) {
      reader_.Error(value.at, what + " must say where the value is, not what it is",
                    "{ env: VARIABLE } or { file: PATH }");
      continue;
    }
    if (!reader_.Map(value, what, {"env", "file"})) continue;
    if (value.members.size() != 1) reader_.Error(value.at, what + " needs either `env` or `file`");
    SecretReference reference;
    if (const YamlNode* env = value.Find("env")) reference.env = reader_.Text(*env, "env");
    if (const YamlNode* file = value.Find("file")) reference.file = reader_.Text(*file, "file");
    out_.secrets.emplace(name, std::move(reference));
  }
}

void WorkspaceReader::CheckCalendarUses() {
  const std::vector<std::string> names = CalendarNames(out_);
  for (const CalendarUse& use : calendar_uses_) {
    if (use.name.empty() || out_.FindCalendar(use.name) != nullptr) continue;
    reader_.Error(use.at, "unknown calendar `" + base::Printable(use.name) + "`",
                  names.empty() ? "name it under `calendars:`" : Suggest(use.name, names));
  }
}

}  // namespace

std::vector<std::string> EnvironmentNames(const Workspace& workspace) {
  std::vector<std::string> names;
  for (const Environment& environment : workspace.environments) names.push_back(environment.name);
  return names;
}

std::vector<std::string> CalendarNames(const Workspace& workspace) {
  std::vector<std::string> names;
  for (const Calendar& calendar : workspace.calendars) names.push_back(calendar.name);
  return names;
}

void ReadWorkspace(std::string_view text, const std::string& file, Workspace& out,
                   base::Diagnostics& problems) {
  auto root = base::ParseYaml(text);
  if (!root) {
    Reader(file, problems).Error(root.error().at, root.error().what, root.error().hint);
    return;
  }
  WorkspaceReader reader(file, out, problems);
  reader.Read(*root);
  reader.HideSecrets();
}

}  // namespace slipway::workspace
