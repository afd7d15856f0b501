// The rules of lint, in two files: lint.cc (order and safety), lint_secrets.cc. Private to procedure/.
#pragma once

#include <string>
#include <string_view>

#include "procedure/lint.h"

namespace slipway::procedure {

class Findings {
 public:
  Findings(const Procedure& procedure, const Facts& facts) : procedure_(procedure), facts_(facts) {}

  enum class Source { kShown, kHidden };  // a line that holds a secret is not shown again
  void Add(std::string_view rule, base::Position at, std::string what, std::string suggestion,
           Source source = Source::kShown);
  base::Diagnostics Take();

 private:
  const Procedure& procedure_;
  const Facts& facts_;
  base::Diagnostics diagnostics_;
};

// Every action of a step: its own, its checks', its undo and its probe.
template <typename F>
void ForEachAction(const Step& step, F&& f) {
  if (step.action) f(*step.action);
  for (const Check& check : step.verify) f(check.action);
  if (step.undo.kind == Undo::Kind::kAction) f(step.undo.action);
  if (step.interrupted.kind == Interrupted::Kind::kProbe) f(step.interrupted.probe);
}

void SecretsInClear(const Procedure& procedure, Findings& findings);
void SecretsInArguments(const Procedure& procedure, Findings& findings);

}  // namespace slipway::procedure
