// The action sheets and the rules of lint: what `slipway docs` shows.
#include "app/app.h"
#include "lint/rules.h"

namespace slipway::app {

api::Answer<std::vector<api::ActionDoc>> App::Docs() {
  std::vector<api::ActionDoc> docs;
  for (const drivers::ActionSheet* sheet : session_.drivers().AllSheets()) {
    docs.push_back({sheet->name, sheet->summary, drivers::ToJson(*sheet)});
  }
  return docs;
}

api::Answer<std::vector<api::LintRule>> App::LintRules() {
  std::vector<api::LintRule> rules;
  for (const lint::Rule& rule : lint::Rules()) {
    rules.push_back({std::string(rule.id), rule.severity, std::string(rule.danger), std::string(rule.safe)});
  }
  return rules;
}

}  // namespace slipway::app
