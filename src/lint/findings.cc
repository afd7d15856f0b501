#include "lint/findings.h"

#include <algorithm>
#include <unordered_set>

#include "lint/rules.h"

namespace slipway::lint {
namespace {

constexpr std::size_t kEnough = 200;  // nobody reads more

}  // namespace

void Findings::Add(std::string_view rule, base::Position at, std::string what, std::string suggestion,
                   Source source) {
  if (source == Source::kHidden && std::ranges::any_of(diagnostics_, [&](const base::Diagnostic& d) {
        return d.rule == rule && d.at.line == at.line;
      }))
    return;  // two forms of one secret
  const Rule* known = FindRule(rule);
  Take({.severity = known == nullptr ? base::Severity::kError : known->severity,
        .file = {},
        .at = at,
        .what = std::move(what),
        .suggestion = std::move(suggestion),
        .rule = std::string(rule),
        .hide_source = source == Source::kHidden});
}

void Findings::Tell(std::string_view rule, base::Position at, std::string_view subject) {
  if (!told_.emplace(rule, at.line).second) return;
  const Rule& known = *FindRule(rule);
  Add(rule, at, std::string(subject) + ": " + std::string(known.danger), std::string(known.safe));
}

void Findings::Take(base::Diagnostic diagnostic) {
  if (diagnostics_.size() >= kEnough) return;
  diagnostic.file = file_;
  if (severity_ != Severity::kOfRule)
    diagnostic.severity = severity_ == Severity::kError ? base::Severity::kError : base::Severity::kWarning;
  diagnostics_.push_back(std::move(diagnostic));
}

bool Findings::Silence(std::string_view rule, const std::function<bool(base::Position)>& covers) {
  return std::erase_if(diagnostics_,
                       [&](const base::Diagnostic& d) { return d.rule == rule && covers(d.at); }) > 0;
}

base::Diagnostics Findings::Take() {
  // Another finding on the same line must not show the secret either.
  std::unordered_set<int> hidden;
  for (const base::Diagnostic& d : diagnostics_)
    if (d.hide_source) hidden.insert(d.at.line);
  for (base::Diagnostic& d : diagnostics_) d.hide_source = hidden.contains(d.at.line);
  return std::move(diagnostics_);
}

}  // namespace slipway::lint
