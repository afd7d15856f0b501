// Text to Procedure: the document as a whole. What stands above the phases is read in parse_head.cc.
#include "procedure/parse.h"

#include "base/text.h"

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

}  // namespace

std::expected<Procedure, base::Diagnostics> Parse(std::string_view text, std::string_view file) {
  auto root = base::ParseYaml(text);
  if (!root) {
    return std::unexpected(base::Diagnostics{{.file = std::string(file),
                                              .at = root.error().at,
                                              .what = std::move(root.error().what),
                                              .suggestion = std::move(root.error().hint)}});
  }
  Document document(text, file);
  Procedure procedure;
  ParseDocument(document, *root, procedure);
  CheckReferences(document, procedure);
  if (!document.ok()) return std::unexpected(document.TakeDiagnostics());
  procedure.text = text;
  procedure.file = file;
  return procedure;
}

}  // namespace slipway::procedure
