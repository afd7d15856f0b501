// Order and safety: what a step lacks, reads too early, or can never do.
#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "base/text.h"
#include "expr/expr.h"
#include "lint/findings.h"
#include "sql/effects.h"

namespace slipway::lint {
namespace {

using procedure::Action;
using procedure::Parameter;
using procedure::ParameterType;
using procedure::Phase;
using procedure::Procedure;
using procedure::Step;
using procedure::Undo;

constexpr std::size_t kMaxLooked = 4u << 20;

class Linter {
 public:
  Linter(const Procedure& procedure, const Facts& facts, Findings& findings)
      : procedure_(procedure), facts_(facts), findings_(findings) {}

  void Run() {
    CheckReview();
    FindLastLook();
    int order = 0;
    for (const Phase& phase : procedure_.phases)
      for (const Step& step : phase.steps) {
        steps_.emplace(step.id, &step);
        CheckChange(step, order++);
        ForEachAction(step, [&](const Action& action) { CheckQuery(action); });
        const auto condition = expr::Expression::Parse(step.when);  // empty is an error, and no condition
        if (condition) CheckWhen(step, *condition);
        CheckOutputs(step, condition ? condition->References() : std::vector<expr::Reference>{});
        if (step.confirm && !step.timeout)
          findings_.Add("wait-without-timeout", step.at, "`" + step.id + "` may wait for a person for ever",
                        "add `timeout: 1d`; a person who takes longer has failed");
      }
  }

 private:
  std::optional<ActionInfo> Info(const std::string& uses) const {
    return facts_.action ? facts_.action(uses) : std::nullopt;
  }

  void CheckReview() {
    const procedure::Metadata& metadata = procedure_.metadata;
    if (!metadata.review_by.empty() && !facts_.today.empty() && metadata.review_by < facts_.today)
      findings_.Add("review-past", metadata.review_by_at,
                    "this procedure was to be reviewed by " + metadata.review_by,
                    "read it again, then set a new `review_by`; a strict environment refuses it until then");
  }

  void FindLastLook() {
    int order = 0;
    for (const Phase& phase : procedure_.phases)
      for (const Step& step : phase.steps) {
        if (step.action)
          if (const auto info = Info(step.action->uses); info && info->looks) last_look_ = order;
        ++order;
      }
  }

  void CheckChange(const Step& step, int order) {
    if (!step.action) return;
    const auto info = Info(step.action->uses);
    if (!info || !info->changes) return;
    if (step.undo.kind == Undo::Kind::kSheet && !info->has_undo)
      findings_.Add(
          "undo-missing", step.at,
          "`" + step.id + "` changes something, and `" + step.action->uses + "` has no undo of its own",
          "add `undo: { uses: …, with: { … } }`, or `undo: { none: \"why it may stay\" }`");
    if (step.verify.empty() && order > last_look_)
      findings_.Add("check-missing", step.at,
                    "`" + step.id + "` changes something and nothing looks whether it worked",
                    "add `verify: [ { uses: http.check, with: { … } } ]`, or a later step that looks");
  }

  // postgres.query only reads, and refuses such a statement when it runs.
  void CheckQuery(const Action& action) {
    const base::Json* sql = action.uses == "postgres.query" ? action.with.if_contains("sql") : nullptr;
    if (sql == nullptr || !sql->is_string()) return;
    const std::string called = sql::CalledWithEffects(base::View(sql->get_string()));
    const auto at = action.argument_at.find("sql");
    if (!called.empty())
      findings_.Tell("query-acts", at == action.argument_at.end() ? action.at : at->second,
                     base::Quote(called));
  }

  // ---- unreachable

  // What a name may be, when the document or the workspace lists it; empty = anything.
  std::vector<base::Json> Choices(const expr::Reference& reference) const {
    if (reference.path.size() != 2) return {};
    std::vector<base::Json> choices;
    if (reference.path[0] == "environment" && reference.path[1] == "name")
      for (const std::string& name : facts_.environments) choices.emplace_back(name);
    if (reference.path[0] != "parameters") return choices;
    const auto parameter = std::ranges::find(procedure_.parameters, reference.path[1], &Parameter::name);
    if (parameter == procedure_.parameters.end()) return choices;
    if (parameter->type == ParameterType::kBoolean) return {base::Json(false), base::Json(true)};
    for (const std::string& value : parameter->values) choices.emplace_back(value);
    if (!choices.empty() && !parameter->required && !parameter->fallback) choices.emplace_back(nullptr);
    return choices;
  }

  // Tries every combination of what is listed. A condition that needs anything else cannot be judged, so it
  // may be true.
  bool MayHold(const expr::Expression& condition) {
    struct Variable {
      expr::Reference reference;
      std::vector<base::Json> choices;
    };
    std::vector<Variable> variables;
    std::size_t combinations = 1;
    for (const expr::Reference& reference : condition.References()) {
      if (std::ranges::any_of(variables,
                              [&](const Variable& v) { return v.reference.path == reference.path; }))
        continue;
      auto choices = Choices(reference);
      if (choices.empty()) {
        if (reference.optional) return true;  // it may be there, and then default() does not stand in for it
        continue;
      }
      combinations *= choices.size();
      if (combinations > 512) return true;
      variables.push_back({reference, std::move(choices)});
    }
    for (std::size_t n = 0; n < combinations; ++n) {
      if (looked_ > kMaxLooked) return true;
      looked_ += condition.Text().size();
      base::JsonObject scope;
      std::size_t rest = n;
      for (const Variable& v : variables) {
        base::Json& group = scope.emplace(v.reference.path[0], base::JsonObject{}).first->value();
        group.get_object()[v.reference.path[1]] = v.choices[rest % v.choices.size()];
        rest /= v.choices.size();
      }
      const auto answer = condition.Test(scope);
      if (!answer || *answer) return true;
    }
    return false;
  }

  void CheckWhen(const Step& step, const expr::Expression& condition) {
    if (!MayHold(condition))
      findings_.Add("unreachable", step.when_at,
                    "`" + step.id + "` can never run: its `when` is false whatever is chosen",
                    facts_.environments.empty()
                        ? "correct the condition, or remove the step"
                        : "correct the condition, or remove the step; the environments are " +
                              base::Join(facts_.environments, ", "));
  }

  // ---- outputs

  void CheckOutputs(const Step& step, const std::vector<expr::Reference>& condition) {
    for (const expr::Reference& reference : condition) CheckRead(step, reference, step.when_at);
    ForEachAction(step, [&](const Action& action) {
      for (const auto& argument : action.with) {
        const auto references = expr::ReferencesIn(argument.value());
        if (!references) continue;
        const auto at = action.argument_at.find(std::string(argument.key()));
        for (const expr::Reference& reference : *references)
          CheckRead(step, reference, at == action.argument_at.end() ? action.at : at->second);
      }
    });
  }

  void CheckRead(const Step& reader, const expr::Reference& reference, base::Position at) {
    const auto& path = reference.path;
    if (path.size() < 4 || path[0] != "steps" || path[2] != "outputs" || reference.optional) return;
    const auto found = steps_.find(path[1]);
    if (found == steps_.end()) return;
    const Step& source = *found->second;
    if (source.when.empty() || source.when == reader.when) return;
    findings_.Add(
        "output-maybe-skipped", at, "`" + source.id + "` may be skipped, and then has no output to read",
        "write `default(steps." + source.id + ".outputs." + path[3] + ", …)`, or give both the same `when`");
  }

  const Procedure& procedure_;
  const Facts& facts_;
  Findings& findings_;
  std::unordered_map<std::string_view, const Step*> steps_;
  int last_look_ = -1;
  std::size_t looked_ = 0;  // bytes of conditions tried
};

}  // namespace

void OrderAndSafety(const procedure::Procedure& procedure, const Facts& facts, Findings& findings) {
  Linter(procedure, facts, findings).Run();
}

}  // namespace slipway::lint
