// Every `uses` of the procedure, judged against its action sheet.
#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <unordered_map>

#include "base/text.h"
#include "plan/compiler.h"
#include "plan/suggest.h"

namespace slipway::plan {

using drivers::ActionSheet;
using drivers::ArgumentSheet;
using drivers::ArgumentType;

namespace {

// Must be known when the plan is made: what the sheet says, and what the plan itself records.
bool IsPinned(const ArgumentSheet& sheet) {
  return sheet.pinned || sheet.type == ArgumentType::kConnection || sheet.type == ArgumentType::kFile ||
         sheet.type == ArgumentType::kFiles;
}

// A key of the step, which is easily put among the arguments of its action.
bool IsStepKey(std::string_view name) {
  constexpr std::array<std::string_view, 7> kKeys{"timeout", "retry", "verify",     "undo",
                                                  "when",    "needs", "interrupted"};
  return std::ranges::find(kKeys, name) != kKeys.end();
}

}  // namespace

void Compiler::ReadActions() {
  for (const procedure::Phase& phase : procedure_.phases) {
    for (const procedure::Step& step : phase.steps) ReadStep(phase, step);
  }
  CheckOutputs();
}

// What an expression reads of a step is one of the outputs that the sheet of its action names.
void Compiler::CheckOutputs() {
  std::unordered_map<std::string_view, const procedure::Step*> steps;
  for (const StepUse& reader : steps_) {
    const auto check = [&](const expr::Reference& reference, base::Position at) {
      const auto& path = reference.path;
      if (path.size() > 1 && path[0] == "outputs") {
        CheckOutput(*reader.step, "outputs.", path[1], at);
      } else if (path.size() > 3 && path[0] == "steps" && path[2] == "outputs" && steps.contains(path[1])) {
        CheckOutput(*steps.at(path[1]), "steps." + path[1] + ".outputs.", path[3], at);
      }
    };
    if (reader.when) {
      for (const expr::Reference& reference : reader.when->References())
        check(reference, reader.step->when_at);
    }
    for (const Use& use : reader.uses) {
      for (const Argument& argument : use.arguments) {
        for (const expr::Reference& reference : argument.value.References()) check(reference, argument.at);
      }
    }
    steps.emplace(reader.step->id, reader.step);
  }
}

void Compiler::CheckOutput(const procedure::Step& source, const std::string& before, const std::string& name,
                           base::Position at) {
  if (!source.action) return;  // a person's answers are known when the text is read
  const auto sheet = sheets_.find(source.action->uses);
  if (sheet == sheets_.end()) return;
  std::vector<std::string> names;
  for (const drivers::OutputSheet& output : sheet->second->outputs) names.push_back(output.name);
  if (std::ranges::find(names, name) != names.end()) return;
  const auto near = base::DidYouMean(name, names);
  Error(at, sheet->second->name + " gives no output `" + base::Printable(name) + "`",
        near            ? "did you mean `" + before + *near + "`?"
        : names.empty() ? "it gives none"
                        : "it gives " + base::Join(names, ", "));
}

void Compiler::ReadStep(const procedure::Phase& phase, const procedure::Step& step) {
  StepUse& out = steps_.emplace_back();
  out.phase = &phase;
  out.step = &step;
  if (!step.when.empty()) {
    auto when = expr::Expression::Parse(step.when);
    if (!when) {
      Error(step.when_at, when.error());
    } else {
      out.when_reads = ReadsOf(when->References());
      out.when = std::move(*when);
    }
  }
  if (!step.action) return;
  if (auto use = ReadUse(Use::Role::kStep, *step.action)) {
    CheckUndo(step, *use);
    out.uses.push_back(std::move(*use));
  }
  for (const procedure::Check& check : step.verify) {
    if (auto use = ReadUse(Use::Role::kCheck, check.action)) out.uses.push_back(std::move(*use));
  }
  if (step.undo.kind == procedure::Undo::Kind::kAction) {
    if (auto use = ReadUse(Use::Role::kUndo, step.undo.action)) out.uses.push_back(std::move(*use));
  }
  if (step.interrupted.kind == procedure::Interrupted::Kind::kProbe) {
    if (auto use = ReadUse(Use::Role::kProbe, step.interrupted.probe)) out.uses.push_back(std::move(*use));
  }
}

std::optional<Use> Compiler::ReadUse(Use::Role role, const procedure::Action& action) {
  const auto sheet = sheets_.find(action.uses);
  if (sheet == sheets_.end()) {
    std::vector<std::string> names;
    for (const auto& [name, known] : sheets_) names.push_back(name);
    UnknownName(action.at, "unknown action `" + action.uses + "`",
                Suggest(action.uses, names, "`slipway docs` lists them"));
    return std::nullopt;
  }
  Use use{.role = role, .action = &action, .sheet = sheet->second};
  if (!plan_.sheets.contains(action.uses)) plan_.sheets.emplace(action.uses, drivers::ToJson(*use.sheet));
  CheckRole(use);
  ReadArguments(use);
  return use;
}

void Compiler::CheckRole(const Use& use) {
  const ActionSheet& sheet = *use.sheet;
  const bool reads = sheet.effect == drivers::Effect::kReads;
  switch (use.role) {
    case Use::Role::kStep:
      return;
    case Use::Role::kCheck:
      if (!reads)
        Error(use.action->at, sheet.name + " changes things, and a check may only look", "make it a step");
      return;
    case Use::Role::kProbe:
      if (!reads) Error(use.action->at, sheet.name + " changes things, and a probe may only look");
      return;
    case Use::Role::kUndo:
      if (reads)
        Error(use.action->at, sheet.name + " only looks, so it undoes nothing",
              "undo: { none: \"why it may stay\" }");
      return;
  }
}

void Compiler::CheckUndo(const procedure::Step& step, const Use& use) {
  if (procedure_.on_failure != procedure::OnFailure::kRollback) return;
  if (use.sheet->effect == drivers::Effect::kReads || use.sheet->undo != drivers::UndoKind::kDeclared) return;
  if (step.undo.kind != procedure::Undo::Kind::kSheet) return;
  Error(use.action->at, use.sheet->name + " changes things and says no undo",
        "add `undo:` or `undo: { none: \"reason\" }`");
}

// Each argument is judged by itself, so that all errors of a step are told at once.
void Compiler::ReadArguments(Use& use) {
  const ActionSheet& sheet = *use.sheet;
  for (const ArgumentSheet& argument : sheet.arguments) {
    const bool given = use.action->with.contains(argument.name);
    if (argument.required && !given && argument.type != ArgumentType::kConnection)
      Error(use.action->at,
            fmt::format("{} needs the argument `{}`: {}", sheet.name, argument.name, argument.description));
  }
  ActionSheet one;
  one.name = sheet.name;
  for (const auto& member : use.action->with) {
    const std::string name(member.key());
    const ArgumentSheet* argument = drivers::FindArgument(sheet, name);
    if (argument == nullptr) {
      std::vector<std::string> names;
      for (const ArgumentSheet& known : sheet.arguments) names.push_back(known.name);
      UnknownName(PlaceOf(use, name), sheet.name + " has no argument `" + base::Printable(name) + "`",
                  IsStepKey(name) ? "`" + name + "` stands beside `with`, not in it"
                                  : Suggest(name, names, "`slipway docs " + sheet.name + "` lists them"));
      continue;
    }
    // The shape of what is written, as far as it shows beside expressions. A value made of one expression has
    // none yet.
    one.arguments = {*argument};
    base::JsonObject with;
    with[name] = member.value();
    if (auto shape = drivers::NormalizeAll(one, with, true); !shape) {
      Error(PlaceOf(use, name), shape.error().what, shape.error().next);
      continue;
    }
    auto value = Value::Parse(member.value());
    if (!value) {
      Error(PlaceOf(use, name), value.error());
      continue;
    }
    Argument read{.sheet = argument, .at = PlaceOf(use, name), .value = std::move(*value)};
    read.reads = ReadsOf(read.value.References());
    if (std::string release; IsWholeRelease(read, member.value(), release)) {
      Error(read.at, fmt::format("`{}` of {}: a release is {{version, digest, path}}", name, sheet.name),
            fmt::format("did you mean ${{{{ parameters.{}.version }}}}?", release));
      continue;
    }
    if (IsPinned(*argument) && !read.reads.later.empty()) {
      const bool env =
          drivers::FindArgument(sheet, "env") != nullptr && argument->type != ArgumentType::kFile;
      Error(read.at,
            fmt::format("`{}` of {} must be known when the plan is made, but {} is known only then", name,
                        sheet.name, read.reads.later),
            env ? "pass it in `env`" : "");
      continue;
    }
    if (!read.reads.secret.empty() && !argument->sensitive_ok) {
      Error(read.at,
            fmt::format("`{}` of {} may not hold a secret ({})", name, sheet.name, read.reads.secret));
      continue;
    }
    use.arguments.push_back(std::move(read));
  }
}

Reads Compiler::ReadsOf(const std::vector<expr::Reference>& references) {
  Reads reads;
  for (const expr::Reference& reference : references) {
    const std::string& first = reference.path.front();
    reads.wrong = reads.wrong || IsWrong(reference);
    if (first == "target") {
      reads.target = true;
      const std::size_t depth = reference.path.size();
      const std::string part = depth > 1 ? reference.path[1] : "";
      if (depth < 2 || (depth == 2 && part == "labels")) reads_all_labels_ = true;
      if (depth < 2 || (depth == 2 && part == "attributes")) reads_all_attributes_ = true;
      if (depth > 2 && part == "labels") read_labels_.insert(reference.path[2]);
      if (depth > 2 && part == "attributes") read_attributes_.insert(reference.path[2]);
    } else if (first == "steps" || first == "outputs" || first == "run") {
      if (reads.later.empty()) reads.later = expr::ToString(reference);
    } else if (first == "secrets" || IsSecretParameter(reference)) {
      if (reads.secret.empty()) reads.secret = expr::ToString(reference);
    }
  }
  return reads;
}

// Is a release put where only text can stand? It may be compared there, but not be the value.
bool Compiler::IsWholeRelease(const Argument& argument, const base::Json& written, std::string& name) const {
  if (argument.sheet->type == ArgumentType::kRelease || argument.sheet->type == ArgumentType::kAny)
    return false;
  static const RE2 whole(R"((?:^|[^$])\$\{\{\s*parameters\.([a-z][a-z0-9_-]*)\s*\}\})");
  const std::string text = boost::json::serialize(written);
  re2::StringPiece rest(text);
  while (RE2::FindAndConsume(&rest, whole, &name)) {
    const auto found = std::ranges::find(procedure_.parameters, name, &procedure::Parameter::name);
    if (found != procedure_.parameters.end() && found->type == procedure::ParameterType::kRelease)
      return true;
  }
  return false;
}

bool Compiler::IsSecretParameter(const expr::Reference& reference) const {
  if (reference.path.front() != "parameters" || reference.path.size() < 2) return false;
  return std::ranges::any_of(procedure_.parameters, [&](const procedure::Parameter& parameter) {
    return parameter.name == reference.path[1] && parameter.type == procedure::ParameterType::kSecret;
  });
}

bool Compiler::IsWrong(const expr::Reference& reference) const {
  if (reference.path.front() == "environment") return plan_.environment.empty();
  return reference.path.front() == "parameters" && reference.path.size() > 1 &&
         wrong_parameters_.contains(reference.path[1]);
}

base::Position Compiler::PlaceOf(const Use& use, const std::string& argument) const {
  const auto found = use.action->argument_at.find(argument);
  return found == use.action->argument_at.end() ? use.action->at : found->second;
}

}  // namespace slipway::plan
