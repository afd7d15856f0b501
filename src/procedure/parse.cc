// Text to Procedure: the document as a whole. What stands above the phases is read in parse_head.cc.
#include "procedure/parse.h"

#include <algorithm>

#include "base/text.h"
#include "procedure/readable.h"

namespace slipway::procedure {
namespace {

using base::YamlNode;

constexpr std::array<std::pair<std::string_view, OnFailure>, 3> kOnFailure{
    {{"rollback", OnFailure::kRollback}, {"pause", OnFailure::kPause}, {"stop", OnFailure::kStop}}};

void ParsePhases(Document& document, const YamlNode& node, Procedure& procedure) {
  if (node.items.empty()) document.Error(node.at, "`phases` is empty", "a procedure has at least one phase");
  int index = 0;
  for (const YamlNode& item : node.items)
    procedure.phases.push_back(ParsePhase(document, item, procedure, index++));
}

void ParseDocument(Document& document, const YamlNode& root, Procedure& procedure) {
  auto members = document.Read(root, kDocument);
  if (!members) return;
  const auto constant = [&](std::string_view key, std::string_view wanted) {
    const YamlNode* node = (*members)[key];
    if (node != nullptr && node->scalar != wanted)
      document.Error(node->at, "`" + std::string(key) + "` must be `" + std::string(wanted) + "`, not `" +
                                   Short(node->scalar) + "`");
  };
  constant("apiVersion", "slipway/v1");
  constant("kind", "Procedure");
  if (const YamlNode* node = (*members)["metadata"]) ParseMetadata(document, *node, procedure.metadata);
  document.Prose((*members)["description"], procedure.description);
  if (const YamlNode* node = (*members)["parameters"]) {
    ParseParameters(document, *node, procedure.parameters);
  } else if (root.Find("parameters") != nullptr) {
    document.Doubt("parameters");
  }
  if (root.Find("targets") != nullptr) procedure.targets.emplace();
  if (const YamlNode* node = (*members)["targets"]) ParseTargets(document, *node, *procedure.targets);
  if (const YamlNode* node = (*members)["gates"])
    for (const YamlNode& gate : node->items) ParseGate(document, gate, procedure.gates);
  document.OneOf((*members)["on_failure"], "`on_failure`", kOnFailure, procedure.on_failure);
  if (const YamlNode* node = (*members)["notify"])
    for (const YamlNode& item : node->items) ParseNotify(document, item, procedure.notify);
  if (const YamlNode* node = (*members)["phases"]) ParsePhases(document, *node, procedure);
}

using Spot = std::pair<int, int>;

Spot SpotOf(base::Position at) { return {at.line, at.column}; }

// May what was left out with a repeated key be what an expression names?
bool Declares(const base::YamlError& repeated) {
  constexpr std::array<std::string_view, 6> kDeclaring{"parameters", "phases",  "steps",
                                                       "id",         "confirm", "fields"};
  return std::ranges::find(kDeclaring, repeated.key) != kDeclaring.end();
}

Readable ParseAll(std::string_view text, std::string_view file) {
  Readable read;
  read.procedure.text = text;
  read.procedure.file = file;
  Document document(text, file);
  std::vector<base::YamlError> repeated;
  auto root = base::ParseYamlOn(text, repeated);
  if (!root) repeated.push_back(std::move(root).error());
  for (const base::YamlError& e : repeated) document.Error(e.at, e.what, e.hint);
  if (!root) {
    read.errors = document.TakeDiagnostics();
    return read;
  }
  ParseDocument(document, *root, read.procedure);
  const bool declared_whole = std::ranges::none_of(repeated, Declares);
  if (declared_whole) CheckReferences(document, read.procedure);
  for (base::Position at : document.doubtful_places()) read.doubtful.insert(SpotOf(at));
  read.errors = document.TakeDiagnostics();
  return read;
}

// An action whose name cannot be read is no news, and neither is anything else of it.
void LeaveOutNameless(Phase& phase) {
  std::erase_if(phase.steps, [](const Step& step) { return step.action && step.action->uses.empty(); });
  for (Step& step : phase.steps) {
    std::erase_if(step.verify, [](const Check& check) { return check.action.uses.empty(); });
    if (step.undo.kind == Undo::Kind::kAction && step.undo.action.uses.empty())
      step.undo.kind = Undo::Kind::kNone;
    if (step.interrupted.kind == Interrupted::Kind::kProbe && step.interrupted.probe.uses.empty())
      step.interrupted.kind = Interrupted::Kind::kAsk;
  }
}

void AddParts(const Action& action, std::set<Spot>& parts) {
  parts.insert(SpotOf(action.at));
  for (const auto& [name, at] : action.argument_at) parts.insert(SpotOf(at));
}

void AddParts(const Step& step, std::set<Spot>& parts) {
  parts.insert(SpotOf(step.at));
  if (!step.when.empty()) parts.insert(SpotOf(step.when_at));
  if (step.action) AddParts(*step.action, parts);
  for (const Check& check : step.verify) AddParts(check.action, parts);
  if (step.undo.at.line > 0) parts.insert(SpotOf(step.undo.at));
  if (step.undo.kind == Undo::Kind::kAction) AddParts(step.undo.action, parts);
  if (step.interrupted.kind == Interrupted::Kind::kProbe) AddParts(step.interrupted.probe, parts);
}

}  // namespace

bool Readable::MayFollow(base::Position at) const {
  if (doubtful.contains(SpotOf(at))) return true;
  const auto next = parts.upper_bound(SpotOf(at));
  if (next == parts.begin()) return false;
  const Spot begin = *std::prev(next);
  return std::ranges::any_of(errors, [&](const base::Diagnostic& error) {
    const Spot place = SpotOf(error.at);
    const bool left = place.first > begin.first && place.second <= begin.second;  // less indented: not in it
    return place >= begin && (next == parts.end() || place < *next) && !left;
  });
}

std::expected<Procedure, base::Diagnostics> Parse(std::string_view text, std::string_view file) {
  Readable read = ParseAll(text, file);
  if (!read.errors.empty()) return std::unexpected(std::move(read.errors));
  return std::move(read.procedure);
}

Readable ParseReadable(std::string_view text, std::string_view file) {
  Readable read = ParseAll(text, file);
  if (read.errors.empty()) return read;
  for (Phase& phase : read.procedure.phases) {
    LeaveOutNameless(phase);
    read.parts.insert(SpotOf(phase.at));
    for (const Step& step : phase.steps) AddParts(step, read.parts);
  }
  const auto within = [&](const base::Diagnostic& error) { return SpotOf(error.at) >= *read.parts.begin(); };
  read.phases_whole = !read.parts.empty() && std::ranges::none_of(read.errors, within);
  return read;
}

}  // namespace slipway::procedure
