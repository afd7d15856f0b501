// What was found in one document, on its way to diagnostics; and the rules that know steps. Private to lint/.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "lint/lint.h"

namespace slipway::lint {

class Findings {
 public:
  enum class Severity { kOfRule, kWarning, kError };
  Findings(std::string file, Severity severity) : file_(std::move(file)), severity_(severity) {}

  enum class Source { kShown, kHidden };  // a line that holds a secret is not shown again
  void Add(std::string_view rule, base::Position at, std::string what, std::string suggestion,
           Source source = Source::kShown);
  // In the words of the rule: `subject: its danger`, and its safe form. Once for each rule and line.
  void Tell(std::string_view rule, base::Position at, std::string_view subject);
  void Take(base::Diagnostic diagnostic);  // one that was made elsewhere
  // Takes out what is of the rule and stands where `covers` says; whether there was any.
  bool Silence(std::string_view rule, const std::function<bool(base::Position)>& covers);
  base::Diagnostics Take();

 private:
  const std::string file_;
  const Severity severity_;
  base::Diagnostics diagnostics_;
  std::set<std::pair<std::string, int>> told_;
};

// Every action of a step: its own, its checks', its undo and its probe.
template <typename F>
void ForEachAction(const procedure::Step& step, F&& f) {
  if (step.action) f(*step.action);
  for (const procedure::Check& check : step.verify) f(check.action);
  if (step.undo.kind == procedure::Undo::Kind::kAction) f(step.undo.action);
  if (step.interrupted.kind == procedure::Interrupted::Kind::kProbe) f(step.interrupted.probe);
}

void OrderAndSafety(const procedure::Procedure& procedure, const Facts& facts, Findings& findings);
void ApprovalsOf(const procedure::Procedure& procedure, Findings& findings);
void SecretsInClear(const procedure::Procedure& procedure, Findings& findings);
void SecretsInArguments(const procedure::Procedure& procedure, Findings& findings);
// Line by line; what in a page is plainly an example is none.
enum class TextOf { kProcedure, kPage };
void SecretsInText(std::string_view text, TextOf of, Findings& findings);

}  // namespace slipway::lint
