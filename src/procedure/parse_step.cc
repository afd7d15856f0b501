// Steps: actions and people, their checks, undo and what to do after an interruption.
#include "base/text.h"
#include "procedure/parse.h"

namespace slipway::procedure {
namespace {

using base::YamlNode;

constexpr std::array<std::pair<std::string_view, bool>, 2> kBackoff{
    {{"constant", false}, {"exponential", true}}};
constexpr std::array<std::pair<std::string_view, std::string_view>, 2> kModels{
    {{"none", "none"}, {"restores", "restores"}}};
constexpr std::array<std::pair<std::string_view, Interrupted::Kind>, 2> kInterruptions{
    {{"repeat", Interrupted::Kind::kRepeat}, {"ask", Interrupted::Kind::kAsk}}};
constexpr std::array<std::pair<std::string_view, FieldType>, 6> kFieldTypes{{
    {"string", FieldType::kString},
    {"integer", FieldType::kInteger},
    {"boolean", FieldType::kBoolean},
    {"date", FieldType::kDate},
    {"enum", FieldType::kEnum},
    {"file", FieldType::kFile},
}};

// `uses` and `with` of a step, check, undo or probe.
Action ParseAction(Document& document, const Members& m, Place place) {
  Action action{.at = m["uses"] != nullptr ? m["uses"]->at : m.at()};
  document.ActionName(m["uses"], action.uses);
  const YamlNode* with = m["with"];
  if (with == nullptr && !m.whole()) document.DoubtAt(action.at);  // it may be among the wrong keys
  if (with == nullptr) return action;
  for (const auto& [key, value] : with->members) {
    if (key.scalar.empty()) {
      document.Error(key.at, "the argument has no name");
      continue;
    }
    action.argument_at.emplace(key.scalar, key.at);
    action.with.emplace(key.scalar, document.Value(value, place));
  }
  return action;
}

std::optional<base::Duration> ParseTimeout(Document& document, const YamlNode* node) {
  auto timeout = document.Duration(node);
  if (!timeout || timeout->count() > 0) return timeout;
  document.Error(node->at, "a timeout must be longer than 0s", "leave it out for the action's own");
  return std::nullopt;
}

void ParseRetry(Document& document, const YamlNode* node, Retry& out) {
  if (node == nullptr) return;
  auto members = document.Read(*node, kRetry);
  if (!members) return;
  document.Count((*members)["attempts"], "attempts", 1000, out.attempts);
  if (auto every = document.Duration((*members)["every"])) out.every = *every;
  document.OneOf((*members)["backoff"], "`backoff`", kBackoff, out.exponential);
}

void ParseVerify(Document& document, const YamlNode* node, Place place, std::vector<Check>& out) {
  if (node == nullptr) return;
  if (node->items.empty())
    document.Error(node->at, "`verify` is empty", "leave it out, or say what to check");
  place.where = Where::kInCheck;
  for (const YamlNode& item : node->items) {
    auto members = document.Read(item, kCheck);
    if (!members) continue;
    Check check{.action = ParseAction(document, *members, place)};
    ParseRetry(document, (*members)["retry"], check.retry);
    check.timeout = ParseTimeout(document, (*members)["timeout"]);
    out.push_back(std::move(check));
  }
}

void ParseUndo(Document& document, const YamlNode* node, Place place, Undo& out) {
  if (node == nullptr) return;
  out.at = node->at;
  out.kind = Undo::Kind::kNone;  // also where it cannot be read: that something was meant is known
  auto members = document.Read(*node, kUndo);
  if (!members) return;
  place.where = Where::kInUndo;
  const bool none = node->Find("none") != nullptr, uses = node->Find("uses") != nullptr;
  if (none == uses || (none && node->Find("with") != nullptr))
    return document.Error(node->at, "undo has either `none` or `uses`",
                          "`{ none: \"why it may stay\" }` or `{ uses: …, with: { … } }`");
  if (none) {
    document.Prose((*members)["none"], out.reason);
  } else {
    out.kind = Undo::Kind::kAction;
    out.action = ParseAction(document, *members, place);
  }
}

void ParseInterrupted(Document& document, const YamlNode* node, Place place, Interrupted& out) {
  if (node == nullptr) return;
  if (node->kind == YamlNode::Kind::kScalar) {
    document.OneOf(node, "`interrupted`", kInterruptions, out.kind);
    return;
  }
  auto members = document.Read(*node, kInterrupted);
  if (!members || (*members)["probe"] == nullptr) return;
  auto probe = document.Read(*(*members)["probe"], kProbe);
  if (!probe) return;
  place.where = Where::kInProbe;
  out.kind = Interrupted::Kind::kProbe;
  out.probe = ParseAction(document, *probe, place);
}

void ParseField(Document& document, const YamlNode& node, std::vector<Field>& out) {
  Field field{.at = node.at};
  auto members = document.Read(node, kField);
  if (!members) return;
  const auto& m = *members;
  document.Id(m["id"], field.id);
  document.Prose(m["title"], field.title);
  const bool typed =
      node.Find("type") == nullptr || document.OneOf(m["type"], "type", kFieldTypes, field.type);
  document.Boolean(m["required"], field.required);
  document.Pattern(m["pattern"], field.pattern);
  document.Literals(m["values"], "values", field.values);
  if (typed && m["pattern"] != nullptr && field.type != FieldType::kString)
    document.Error(m.KeyAt("pattern"), "only a string has a `pattern`");
  if (typed && m["values"] != nullptr && field.type != FieldType::kEnum)
    document.Error(m.KeyAt("values"), "only an enum has `values`", "add `type: enum`");
  if (node.Find("values") == nullptr && field.type == FieldType::kEnum)
    document.Error(node.at, "an enum needs `values`");
  if (field.title.empty()) field.title = field.id;
  if (!field.id.empty() && std::ranges::find(out, field.id, &Field::id) != out.end())
    document.Error(node.at, "the field `" + field.id + "` stands here twice");
  out.push_back(std::move(field));
}

void ParseConfirm(Document& document, const YamlNode& node, Confirm& out) {
  auto members = document.Read(node, kConfirm);
  if (!members) return;
  const auto& m = *members;
  document.Literal(m["role"], out.role);
  if (m["fields"] != nullptr) {
    if (m["fields"]->items.size() > 100)
      return document.Error(m["fields"]->at, "more than 100 fields in one step");
    for (const YamlNode& field : m["fields"]->items) ParseField(document, field, out.fields);
  }
  if (m["checklist"] == nullptr) return;
  if (m["checklist"]->items.empty()) document.Error(m["checklist"]->at, "`checklist` is empty");
  for (const YamlNode& item : m["checklist"]->items) document.Prose(&item, out.checklist.emplace_back());
}

void OnlyMachines(Document& document, const Members& m, const YamlNode& node) {
  for (std::string_view key : {"with", "retry", "verify", "undo", "interrupted", "model"})
    if (node.Find(key) != nullptr)
      document.Error(m.KeyAt(key), "a person's step has no `" + std::string(key) + "`",
                     key == "verify" ? "make the check a step of its own" : "");
}

}  // namespace

Step ParseStep(Document& document, const YamlNode& node, bool draft, int phase, int index) {
  Step step{.at = node.at};
  auto members = document.Read(node, kStep);
  if (!members) return step;
  const auto& m = *members;
  const Place place{Where::kWith, phase, index};
  document.Id(m["id"], step.id);
  if (m["id"] != nullptr && step.id.empty()) document.Doubt("steps." + m["id"]->scalar);
  document.Prose(m["title"], step.title);
  document.Prose(m["description"], step.description);
  document.Literal(m["source"], step.source);
  const bool uses = node.Find("uses") != nullptr, confirm = node.Find("confirm") != nullptr;
  if (uses == confirm)
    document.Error(node.at, "a step has either `uses` or `confirm`",
                   "`uses: DRIVER.ACTION`, or `confirm: {}` for a person");
  if (uses) step.action = ParseAction(document, m, place);
  if (m["confirm"] != nullptr) ParseConfirm(document, *m["confirm"], step.confirm.emplace());
  if (confirm && !uses) OnlyMachines(document, m, node);
  if (const YamlNode* needs = m["needs"]) {
    step.needs.emplace();
    for (const YamlNode& item : needs->items) {
      std::string id;
      if (document.InDoubt("steps." + item.scalar)) continue;
      document.Id(&item, id);
      if (id.empty()) continue;
      document.AddNeed({id, item.at, phase, index});
      step.needs->push_back(std::move(id));
    }
  }
  if (m["when"] != nullptr) {
    document.Condition(*m["when"], {Where::kWhen, phase, index}, step.when);
    step.when_at = m["when"]->at;
  }
  step.timeout = ParseTimeout(document, m["timeout"]);
  ParseRetry(document, m["retry"], step.retry);
  ParseVerify(document, m["verify"], place, step.verify);
  ParseUndo(document, m["undo"], place, step.undo);
  if (m["undo"] == nullptr && !m.whole()) step.undo.kind = Undo::Kind::kNone;
  ParseInterrupted(document, m["interrupted"], place, step.interrupted);
  ParseWaivers(document, m["waivers"], step.waivers);
  std::string_view model;
  document.OneOf(m["model"], "model", kModels, model);
  step.model = model;
  if (!draft && node.Find("title") == nullptr)
    document.Error(node.at, "`title` is missing in step", "only a draft may do without");
  if (step.title.empty()) step.title = step.id;
  return step;
}

}  // namespace slipway::procedure
