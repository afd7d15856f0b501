// The action sheets and the rules of lint: what `slipway docs` shows.
#include "app/app.h"
#include "procedure/lint.h"

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
  for (const procedure::Rule& rule : procedure::Rules()) {
    rules.push_back({std::string(rule.id), std::string(rule.summary)});
  }
  return rules;
}

}  // namespace slipway::app
