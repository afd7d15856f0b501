// Text to Procedure: the document as a whole. What stands above the phases is read in parse_head.cc.
#include "procedure/parse.h"

#include <set>

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

Readable ParseAll(std::string_view text, std::string_view file) {
  Readable read;
  read.procedure.text = text;
  read.procedure.file = file;
  auto root = base::ParseYaml(text);
  if (!root) {
    read.errors.push_back({.file = std::string(file),
                           .at = root.error().at,
                           .what = std::move(root.error().what),
                           .suggestion = std::move(root.error().hint)});
    return read;
  }
  Document document(text, file);
  ParseDocument(document, *root, read.procedure);
  CheckReferences(document, read.procedure);
  read.errors = document.TakeDiagnostics();
  return read;
}

// An error belongs to the step that begins last before it.
void LeaveOutSteps(Readable& read) {
  using Place = std::pair<int, int>;
  std::set<Place> errors, begins;
  for (const base::Diagnostic& error : read.errors) errors.emplace(error.at.line, error.at.column);
  for (const Phase& phase : read.procedure.phases) {
    begins.emplace(phase.at.line, phase.at.column);
    for (const Step& step : phase.steps) begins.emplace(step.at.line, step.at.column);
  }
  read.phases_whole = !begins.empty() && errors.lower_bound(*begins.begin()) == errors.end();
  for (Phase& phase : read.procedure.phases) {
    std::erase_if(phase.steps, [&](const Step& step) {
      const Place at{step.at.line, step.at.column};
      const auto error = errors.lower_bound(at);
      const auto next = begins.upper_bound(at);
      return error != errors.end() && (next == begins.end() || *error < *next);
    });
  }
}

}  // namespace

std::expected<Procedure, base::Diagnostics> Parse(std::string_view text, std::string_view file) {
  Readable read = ParseAll(text, file);
  if (!read.errors.empty()) return std::unexpected(std::move(read.errors));
  return std::move(read.procedure);
}

Readable ParseReadable(std::string_view text, std::string_view file) {
  Readable read = ParseAll(text, file);
  if (!read.errors.empty()) LeaveOutSteps(read);
  return read;
}

}  // namespace slipway::procedure
