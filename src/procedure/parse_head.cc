// What stands above the phases: metadata, parameters, targets, gates, notify.
#include <re2/re2.h>

#include "base/text.h"
#include "procedure/parse.h"
#include "procedure/waiver.h"

namespace slipway::procedure {
namespace {

using base::YamlNode;

constexpr std::array<std::pair<std::string_view, Status>, 3> kStatus{
    {{"draft", Status::kDraft}, {"published", Status::kPublished}, {"deprecated", Status::kDeprecated}}};

constexpr std::array<std::pair<std::string_view, ParameterType>, 9> kParameterTypes{{
    {"string", ParameterType::kString},
    {"integer", ParameterType::kInteger},
    {"boolean", ParameterType::kBoolean},
    {"duration", ParameterType::kDuration},
    {"percentage", ParameterType::kPercentage},
    {"date", ParameterType::kDate},
    {"enum", ParameterType::kEnum},
    {"release", ParameterType::kRelease},
    {"secret", ParameterType::kSecret},
}};

constexpr std::size_t kMaxParameters = 1000;

constexpr std::string_view kMoments[] = {"waiting", "failed", "rolled_back", "succeeded"};

// Why `value` is not one of the parameter's; empty when it is.
std::string Misfit(const Parameter& parameter, const std::string& value) {
  switch (parameter.type) {
    case ParameterType::kString:
      break;
    case ParameterType::kInteger:
      return base::ParseInteger(value) ? "" : "is not an integer";
    case ParameterType::kBoolean:
      return base::ParseBoolean(value) ? "" : "is not true or false";
    case ParameterType::kDuration:
      return base::ParseDuration(value) ? "" : "is not a duration";
    case ParameterType::kPercentage:
      return base::ParsePercentage(value) ? "" : "is not a percentage";
    case ParameterType::kDate:
      return IsDate(value) ? "" : "is not a date";
    case ParameterType::kEnum:
      return std::ranges::find(parameter.values, value) != parameter.values.end() ? ""
                                                                                  : "is not one of `values`";
    case ParameterType::kRelease:
      if (!IsReleaseName(value)) return "is not the name of a release";
      break;
    case ParameterType::kSecret:
      return "would stand in clear in the document";
  }
  if (parameter.pattern.empty() || RE2::FullMatch(value, RE2(parameter.pattern, RE2::Quiet))) return "";
  return "does not match `pattern`";
}

void ParseParameter(Document& document, const YamlNode& key, const YamlNode& node,
                    std::vector<Parameter>& out) {
  Parameter parameter{.at = key.at};
  document.Id(&key, parameter.name);
  auto members = document.Read(node, kParameter);
  if (!members) return;
  const auto& m = *members;
  const bool typed =
      node.Find("type") == nullptr || document.OneOf(m["type"], "type", kParameterTypes, parameter.type);
  document.Boolean(m["required"], parameter.required);
  document.Pattern(m["pattern"], parameter.pattern);
  document.Literals(m["values"], "values", parameter.values);
  document.Prose(m["description"], parameter.description);
  if (parameter.required && m["default"] != nullptr)
    document.Error(m.KeyAt("default"), "a required parameter has no `default`", "leave one of the two out");
  if (!typed) return;  // the rest depends on it
  const auto type = parameter.type;
  if (m["pattern"] != nullptr && type != ParameterType::kString && type != ParameterType::kRelease &&
      type != ParameterType::kSecret)
    document.Error(m.KeyAt("pattern"), "only a string, a release or a secret has a `pattern`");
  const bool listed = node.Find("values") != nullptr;
  if (listed && type != ParameterType::kEnum)
    document.Error(m.KeyAt("values"), "only an enum has `values`", "add `type: enum`");
  if (!listed && type == ParameterType::kEnum) document.Error(m.at(), "an enum needs `values`");
  if (const YamlNode* fallback = m["default"]) {
    // An empty default is fine for text; for the rest it does not fit the type.
    if (fallback->scalar.find("${{") != std::string::npos)
      document.Error(fallback->at, "an expression cannot stand here", "it is read before there are values");
    else if (const std::string why = Misfit(parameter, fallback->scalar); !why.empty())
      document.Error(fallback->at,
                     type == ParameterType::kSecret ? "the default of a secret " + why
                                                    : "`" + Short(fallback->scalar) + "` " + why,
                     type == ParameterType::kSecret ? "leave it out and give `-p name=@file`" : "");
    parameter.fallback = fallback->scalar;
  }
  if (!parameter.name.empty()) out.push_back(std::move(parameter));
}

}  // namespace

namespace {

void ReadWaiver(Document& document, const YamlNode& node, std::vector<Waiver>& out) {
  auto members = document.Read(node, kWaiver);
  if (!members) return;
  Waiver waiver{.at = node.at};
  document.Literal((*members)["rule"], waiver.rule);
  document.Prose((*members)["reason"], waiver.reason);
  document.Literal((*members)["by"], waiver.by);
  document.Date((*members)["until"], waiver.until);
  out.push_back(std::move(waiver));
}

}  // namespace

void ParseWaivers(Document& document, const YamlNode* list, std::vector<Waiver>& out) {
  if (list == nullptr) return;
  for (const YamlNode& node : list->items) ReadWaiver(document, node, out);
}

std::expected<Waiver, base::Diagnostics> ParseWaiver(std::string_view text, std::string_view file,
                                                     Position at) {
  base::Diagnostics errors;
  std::vector<Waiver> waivers;
  if (auto node = base::ParseYaml(text)) {
    Document document(text, file);
    ReadWaiver(document, *node, waivers);
    errors = document.TakeDiagnostics();
  } else {
    errors.push_back({.file = std::string(file),
                      .at = node.error().at,
                      .what = std::move(node.error().what),
                      .suggestion = std::move(node.error().hint)});
  }
  if (errors.empty()) {
    waivers[0].at = at;
    return std::move(waivers[0]);
  }
  const auto lines = static_cast<int>(std::ranges::count(text, '\n')) + 1;
  for (base::Diagnostic& error : errors) {
    if (error.at.line > lines) error.at = {1, 1};  // it ends too early
    if (error.at.line == 1) error.at.column += at.column - 1;
    error.at.line += at.line - 1;
  }
  return std::unexpected(std::move(errors));
}

void ParseMetadata(Document& document, const YamlNode& node, Metadata& out) {
  auto members = document.Read(node, kMetadata);
  if (!members) return;
  const auto& m = *members;
  document.Id(m["id"], out.id);
  document.Prose(m["title"], out.title);
  document.Version(m["version"], out.version);
  document.OneOf(m["status"], "status", kStatus, out.status);
  document.Literal(m["owner"], out.owner);
  document.Literal(m["approver"], out.approver);
  document.Date(m["review_by"], out.review_by);
  document.Literal(m["source"], out.source);
  if (m["review_by"] != nullptr) out.review_by_at = m["review_by"]->at;
  ParseWaivers(document, m["waivers"], out.waivers);
  if (out.status == Status::kDraft) return;
  for (std::string_view key : {"title", "version", "owner"})
    if (node.Find(key) == nullptr)
      document.Error(node.at, "`" + std::string(key) + "` is missing in metadata",
                     "only a draft may do without");
}

void ParseParameters(Document& document, const YamlNode& node, std::vector<Parameter>& out) {
  if (node.members.size() > kMaxParameters) {
    document.Error(node.at, "more than 1000 parameters");
    return document.Doubt("parameters");
  }
  for (const auto& [key, value] : node.members) {
    const std::size_t before = document.errors();
    ParseParameter(document, key, value, out);
    if (document.errors() > before) document.Doubt("parameters." + key.scalar);
  }
}

void ParseTargets(Document& document, const YamlNode& node, Selector& out) {
  out.at = node.at;
  auto members = document.Read(node, kSelector);
  if (!members) return;
  document.Id((*members)["kind"], out.kind);
  if (const YamlNode* where = (*members)["where"]) ParseWhere(document, *where, Templates::kAllowed, out);
}

bool IsCondition(std::string_view key) {
  return key == "id" || (key.starts_with("labels.") && key.size() > 7) ||
         (key.starts_with("attributes.") && key.size() > 11);
}

void ParseWhere(Document& document, const YamlNode& node, Templates templates, Selector& out) {
  for (const auto& [key, value] : node.members) {
    const std::string_view name = key.scalar;
    if (!IsCondition(name)) {
      document.Error(key.at, "unknown condition `" + Short(name) + "`",
                     base::IsId(name) ? "did you mean `labels." + std::string(name) + "`?"
                                      : "`id`, `labels.NAME` or `attributes.NAME`");
      continue;
    }
    std::vector<std::string> values;
    const auto read = [&](const YamlNode& item) {
      if (!document.Is(item, YamlNode::Kind::kScalar, "a value")) return;
      std::string text;
      if (templates == Templates::kAllowed) {
        text = document.Text(item, {Where::kTargets});
      } else {
        document.Literal(&item, text);
      }
      values.push_back(std::move(text));
    };
    if (value.kind == YamlNode::Kind::kSequence) {
      if (value.items.empty()) document.Error(value.at, "the list is empty, so nothing could be selected");
      for (const YamlNode& item : value.items) read(item);
    } else {
      read(value);
    }
    out.where.emplace_back(name, std::move(values));
  }
}

void ParseGate(Document& document, const YamlNode& node, std::vector<Gate>& out) {
  auto members = document.Read(node, kGate);
  if (!members) return;
  if (node.members.size() != 1) {
    document.Error(node.at, "a gate has exactly one key", "write each gate as a list item of its own");
    return;
  }
  Gate gate{.kind = node.members[0].first.scalar, .at = node.at};
  const YamlNode* value = (*members)[gate.kind];
  if (value == nullptr) return;
  const Schema& schema = gate.kind == "window" ? kWindow : gate.kind == "freeze" ? kFreeze : kApprovals;
  if (std::ranges::find(kGateKeys, std::string_view(gate.kind), &Key::name) == std::end(kGateKeys)) return;
  auto inner = document.Read(*value, schema);
  if (!inner) return;
  int count = 1;
  if (gate.kind == "approvals") document.Count((*inner)["count"], "count", 100, count);
  for (const Key& key : schema.keys) {
    std::string text;
    document.Literal((*inner)[key.name], text);
    if (!text.empty()) gate.with[key.name] = text;
  }
  out.push_back(std::move(gate));
}

void ParseNotify(Document& document, const YamlNode& node, std::vector<Notify>& out) {
  auto members = document.Read(node, kNotify);
  if (!members) return;
  const auto& m = *members;
  Notify notify;
  const auto moment = [&](const YamlNode& item) {
    if (!document.Is(item, YamlNode::Kind::kScalar, "an item of `on`")) return;
    const std::vector<std::string> names(std::begin(kMoments), std::end(kMoments));
    if (std::ranges::find(names, item.scalar) == names.end())
      document.Error(item.at, "unknown moment `" + Short(item.scalar) + "`", Suggest(item.scalar, names));
    notify.on.push_back(item.scalar);
  };
  if (const YamlNode* on = m["on"]) {
    if (on->kind == YamlNode::Kind::kScalar) moment(*on);
    for (const YamlNode& item : on->items) moment(item);
    if (notify.on.empty()) document.Error(on->at, "`on` is empty");
  }
  if ((node.Find("url") == nullptr) == (node.Find("command") == nullptr))
    document.Error(node.at, "notify has either `url` or `command`");
  if (const YamlNode* url = m["url"]) {
    notify.url = document.Text(*url, {Where::kNotifyUrl});
    if (!notify.url.starts_with("http://") && !notify.url.starts_with("https://") &&
        !notify.url.starts_with("${{"))
      document.Error(url->at, "`url` must begin with https:// or http://");
  }
  if (const YamlNode* command = m["command"]) {
    if (command->items.empty()) document.Error(command->at, "`command` is empty");
    for (const YamlNode& item : command->items)
      if (document.Is(item, YamlNode::Kind::kScalar, "an item of `command`"))
        notify.command.push_back(document.Text(item, {Where::kNotifyCommand}));
  }
  out.push_back(std::move(notify));
}

}  // namespace slipway::procedure
