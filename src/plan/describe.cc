#include "plan/describe.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/text.h"
#include "expr/expr.h"
#include "plan/suggest.h"

namespace slipway::plan {

using base::Json;
using base::JsonObject;
using procedure::ParameterType;

namespace {

bool IsPlain(std::string_view text) {
  return !text.empty() && !text.ends_with(":") && text.find_first_of(" ,[]{}\"'\\") == std::string_view::npos;
}

std::string Quote(std::string_view text) {
  if (IsPlain(text) || text.find("${{") != std::string_view::npos) return base::Printable(text);
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (c == '\n') {
      out += "\\n";
    } else {
      out += c;
    }
  }
  return base::Printable(out) + "\"";
}

// A word of a shell command line.
std::string ShellWord(std::string_view text) {
  auto safe = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("-_./:=@%+,").contains(c);
  };
  if (!text.empty() && std::ranges::all_of(text, safe)) return std::string(text);
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return base::Printable(out) + "'";
}

// The value as it would be typed again; empty when it need not be.
std::string Typed(const procedure::Parameter& parameter, const Json& value) {
  if (parameter.type == ParameterType::kSecret) return "@FILE";
  if (value.is_null()) return "";
  std::string text;
  if (value.is_object()) {
    text = base::GetString(value.get_object(), "version");
  } else if (value.is_bool()) {
    text = value.get_bool() ? "true" : "false";
  } else if (value.is_string()) {
    text = base::View(value.get_string());
  } else if (value.is_int64()) {
    text = std::to_string(value.get_int64());
    if (parameter.type == ParameterType::kDuration)
      text = base::FormatDuration(base::Duration{value.get_int64()});
    if (parameter.type == ParameterType::kPercentage) text = base::FormatPercentage(value.get_int64());
  }
  return parameter.fallback == text ? "" : text;
}

}  // namespace

JsonObject KnownArguments(const Plan& plan, const procedure::Phase& phase, const procedure::Action& action) {
  const bool one = plan.targets.size() == 1;
  const JsonObject scope = Scope(plan, phase.for_each && one ? &plan.targets.front() : nullptr);
  std::vector<std::string> keep = {"steps", "outputs", "run", "secrets"};
  if (!phase.for_each || !one) keep.push_back("target");
  for (const procedure::Parameter& parameter : plan.procedure.parameters) {
    if (parameter.type == ParameterType::kSecret) keep.push_back("parameters." + parameter.name);
  }
  JsonObject known;
  for (const auto& member : action.with) {
    Json& out = known[member.key()];
    out = member.value();
    if (auto resolved = expr::Resolve(out, scope, keep)) out = std::move(*resolved);
  }
  return known;
}

std::string ValueText(const Json& value) {
  std::vector<std::string> parts;
  switch (value.kind()) {
    case boost::json::kind::string:
      return Quote(base::View(value.get_string()));
    case boost::json::kind::array:
      for (const Json& item : value.get_array()) parts.push_back(ValueText(item));
      return "[" + base::Join(parts, ", ") + "]";
    case boost::json::kind::object: {
      const JsonObject& map = value.get_object();
      if (map.size() == 3 && map.contains("version") && map.contains("digest") && map.contains("path"))
        return base::Printable(base::GetString(map, "version"));
      for (const auto& member : map)
        parts.push_back(base::Printable(std::string_view(member.key())) + ": " + ValueText(member.value()));
      return "{" + base::Join(parts, ", ") + "}";
    }
    case boost::json::kind::null:
      return "none";
    case boost::json::kind::bool_:
    case boost::json::kind::int64:
    case boost::json::kind::uint64:
    case boost::json::kind::double_:
      return base::CanonicalJson(value).value_or("?");
  }
  return "?";
}

namespace {

// An integer as a document would write it.
std::string NumberText(std::int64_t number, const JsonObject& sheet, std::string_view argument) {
  for (const Json& known : base::GetArray(sheet, "arguments")) {
    if (!known.is_object() || base::GetString(known.get_object(), "name") != argument) continue;
    const std::string type = base::GetString(known.get_object(), "type");
    if (type == "duration") return base::FormatDuration(base::Duration{number});
    if (type == "percentage" || type == "percentages") return base::FormatPercentage(number);
    if (type == "size") return base::FormatSize(number);
  }
  return std::to_string(number);
}

}  // namespace

std::vector<std::string> ArgumentTexts(const JsonObject& with, const JsonObject& sheet) {
  std::vector<std::string> texts;
  for (const auto& member : with) {
    const std::string_view name(member.key());
    const Json& value = member.value();
    Json shown = value;
    if (shown.is_array()) {
      for (Json& item : shown.get_array()) {
        if (item.is_int64()) item = NumberText(item.get_int64(), sheet, name);
      }
    }
    texts.push_back(base::Printable(name) + ": " +
                    (shown.is_int64() ? NumberText(shown.get_int64(), sheet, name) : ValueText(shown)));
  }
  return texts;
}

const JsonObject& SheetOf(const Plan& plan, std::string_view uses) {
  static const JsonObject kNone;
  const auto found = plan.sheets.find(std::string(uses));
  return found == plan.sheets.end() || !found->second.is_object() ? kNone : found->second.get_object();
}

bool Changes(const Plan& plan, const procedure::Step& step) {
  return step.action && base::GetString(SheetOf(plan, step.action->uses), "effect") != "reads";
}

std::string UndoText(const Plan& plan, const procedure::Phase& phase, const procedure::Step& step) {
  if (!Changes(plan, step)) return "";
  switch (step.undo.kind) {
    case procedure::Undo::Kind::kNone:
      return "left in place: " + base::Printable(step.undo.reason);
    case procedure::Undo::Kind::kAction: {
      const auto texts =
          ArgumentTexts(KnownArguments(plan, phase, step.undo.action), SheetOf(plan, step.undo.action.uses));
      return step.undo.action.uses + (texts.empty() ? "" : " " + base::Join(texts, ", "));
    }
    case procedure::Undo::Kind::kSheet:
      break;
  }
  const JsonObject& sheet = SheetOf(plan, step.action->uses);
  if (base::GetString(sheet, "undo") != "automatic") return "NOT undone: nothing says how";
  const std::string text = base::GetString(sheet, "undo_text");
  return text.empty() ? "as it was recorded before the act" : text;
}

std::string InterruptionText(const Plan& plan, const procedure::Step& step) {
  if (!Changes(plan, step)) return "";
  switch (step.interrupted.kind) {
    case procedure::Interrupted::Kind::kSheet:
      return base::GetString(SheetOf(plan, step.action->uses), "interruption", "ask");
    case procedure::Interrupted::Kind::kRepeat:
      return "repeat";
    case procedure::Interrupted::Kind::kAsk:
      return "ask";
    case procedure::Interrupted::Kind::kProbe:
      return "probe";
  }
  return "ask";
}

std::vector<std::size_t> SkippedNow(const Plan& plan, const procedure::Phase& phase,
                                    const procedure::Step& step) {
  std::vector<std::size_t> skipped;
  if (step.when.empty()) return skipped;
  const auto when = expr::Expression::Parse(step.when);
  if (!when) return skipped;
  for (const expr::Reference& reference : when->References()) {
    const std::string& first = reference.path.front();
    if (first != "parameters" && first != "environment" && first != "target") return skipped;
  }
  const std::size_t count = phase.for_each ? plan.targets.size() : 1;
  for (std::size_t i = 0; i < count; ++i) {
    const auto holds = when->Test(Scope(plan, phase.for_each ? &plan.targets[i] : nullptr));
    if (holds && !*holds) skipped.push_back(i);
  }
  return skipped;
}

std::vector<std::string> Warnings(const Plan& plan) {
  std::vector<std::string> warnings;
  const procedure::Metadata& metadata = plan.procedure.metadata;
  if (plan.strict && metadata.status != procedure::Status::kPublished)
    warnings.push_back(fmt::format("the procedure is {}; {} is strict and runs only published ones",
                                   StatusText(metadata.status), plan.environment));
  std::vector<std::string> unbound;
  for (const PlannedTarget& target : plan.targets) {
    if (target.window.empty()) unbound.push_back(target.id);
  }
  for (const procedure::Gate& gate : plan.gates) {
    if (gate.kind == "approvals" || gate.with.contains("calendar") || !plan.calendar.empty()) continue;
    if (!plan.targets.empty() && unbound.empty()) continue;
    warnings.push_back(fmt::format("gate {}: no calendar binds {}, so it is always open", gate.kind,
                                   unbound.empty() || unbound.size() == plan.targets.size()
                                       ? plan.environment
                                       : Abbreviate(unbound, 10)));
  }
  std::map<std::string, std::vector<std::string>> unreachable;
  for (const PlannedTarget& target : plan.targets) {
    for (const auto& fact : target.facts) {
      const std::string why = base::GetString(fact.value().get_object(), "unreachable");
      if (!why.empty())
        unreachable[std::string(fact.key()) + ": " + base::Printable(why)].push_back(target.id);
    }
  }
  for (const auto& [why, ids] : unreachable)
    warnings.push_back("not seen on " + Abbreviate(ids, 10) + " by step " + why);
  for (const procedure::Phase& phase : plan.procedure.phases) {
    for (const procedure::Step& step : phase.steps) {
      if (UndoText(plan, phase, step).starts_with("NOT undone"))
        warnings.push_back("step " + step.id + " changes things and would not be undone");
    }
  }
  return warnings;
}

std::string NextCommand(const Plan& plan) {
  const std::string& file = plan.procedure.file;
  std::string command =
      "slipway run " + ShellWord(file.empty() ? "FILE" : file) + " -e " + ShellWord(plan.environment);
  for (const procedure::Parameter& parameter : plan.procedure.parameters) {
    const Json* value = plan.parameters.if_contains(parameter.name);
    const std::string text = value == nullptr ? "" : Typed(parameter, *value);
    if (!text.empty()) command += " -p " + ShellWord(parameter.name + "=" + text);
  }
  for (const auto& [key, values] : plan.only)
    command += " --only " + ShellWord(key + "=" + base::Join(values, ","));
  return command + " --plan " + plan.digest;
}

std::string StatusText(procedure::Status status) {
  switch (status) {
    case procedure::Status::kDraft:
      return "draft";
    case procedure::Status::kPublished:
      return "published";
    case procedure::Status::kDeprecated:
      return "deprecated";
  }
  return "draft";
}

std::string OnFailureText(procedure::OnFailure on_failure) {
  switch (on_failure) {
    case procedure::OnFailure::kRollback:
      return "rollback";
    case procedure::OnFailure::kPause:
      return "pause";
    case procedure::OnFailure::kStop:
      return "stop";
  }
  return "pause";
}

}  // namespace slipway::plan
