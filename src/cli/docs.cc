#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "cli/table.h"
#include "cli/verb.h"

namespace slipway::cli {

namespace {

using base::GetArray;
using base::GetBool;
using base::GetString;
using base::JsonObject;

// As a document would write it: a sheet holds durations, percentages and sizes as bare numbers.
std::string Written(const base::Json& value, std::string_view type) {
  if (value.is_string()) return std::string(base::View(value.get_string()));
  if (value.is_array()) {
    std::vector<std::string> items;
    for (const base::Json& item : value.get_array()) items.push_back(Written(item, type));
    return "[" + base::Join(items, ", ") + "]";
  }
  if (value.is_int64()) {
    if (type == "duration") return base::FormatDuration(base::Duration{value.get_int64()});
    if (type == "percentage" || type == "percentages") return base::FormatPercentage(value.get_int64());
    if (type == "size") return base::FormatSize(value.get_int64());
  }
  return base::CanonicalJson(value).value_or("");
}

std::string Type(const JsonObject& argument) {
  std::string type = GetString(argument, "type");
  std::vector<std::string> values;
  for (const base::Json& value : GetArray(argument, "values")) values.push_back(Written(value, type));
  if (!values.empty()) type += " (" + base::Join(values, ", ") + ")";
  return type;
}

// `required`, or the default, and whether it must be known when the plan is made.
std::string Rule(const JsonObject& argument) {
  std::string rule;
  if (GetBool(argument, "required")) {
    rule = "required";
  } else if (const base::Json* fallback = argument.if_contains("default"); fallback && !fallback->is_null()) {
    rule = "default " + Written(*fallback, GetString(argument, "type"));
  }
  if (GetBool(argument, "pinned")) rule += rule.empty() ? "pinned" : ", pinned";
  return rule;
}

void Sheet(Terminal& out, const api::ActionDoc& doc) {
  const JsonObject& sheet = doc.sheet.as_object();
  out.Line(doc.name);
  out.Line("  " + doc.summary);
  out.Line("");
  out.Line("  effect       " + GetString(sheet, "effect"));
  std::string undo = GetString(sheet, "undo");
  if (const std::string how = GetString(sheet, "undo_text"); !how.empty()) undo += ": " + how;
  out.Line("  undo         " + undo);
  out.Line("  interrupted  " + GetString(sheet, "interruption"));
  if (GetBool(sheet, "observed")) out.Line("  observed     read when the plan is made, on each target");
  const auto list = [&](const char* title, const base::JsonArray& items, bool typed) {
    if (items.empty()) return;
    out.Line("");
    Table table(typed ? std::vector<std::string>{"  " + std::string(title), "TYPE", "", ""}
                      : std::vector<std::string>{"  " + std::string(title), ""});
    for (const base::Json& item : items) {
      const JsonObject& object = item.as_object();
      std::vector<std::string> cells{"  " + GetString(object, "name")};
      if (typed) {
        cells.push_back(Type(object));
        cells.push_back(Rule(object));
      }
      cells.push_back(GetString(object, "description"));
      table.Add(std::move(cells));
    }
    table.Write(out);
  };
  list("ARGUMENT", GetArray(sheet, "arguments"), true);
  list("OUTPUT", GetArray(sheet, "outputs"), false);
  if (const std::string example = GetString(sheet, "example"); !example.empty()) {
    out.Line("");
    out.Line("  EXAMPLE", Style::kQuiet);
    for (const std::string& line : base::Split(base::Trim(example), '\n')) out.Line("  " + line);
  }
}

}  // namespace

Exit Docs(Call& call) {
  std::string action;
  Options options("docs",
                  "The actions a step can use: what they take, give, change, and how they are undone.");
  options.Optional("ACTION", action, "one action, or the name of a driver").Json();
  if (const auto over = Read(call, options)) return *over;
  auto docs = call.api.Docs();
  if (!docs) return Fail(call.out, docs.error());
  std::vector<std::string> names;
  for (const api::ActionDoc& doc : *docs) names.push_back(doc.name);
  if (!action.empty()) {
    const bool exact = std::ranges::find(names, action) != names.end();
    std::erase_if(*docs, [&](const api::ActionDoc& doc) {
      return exact ? doc.name != action : !base::StartsWith(doc.name, action + ".");
    });
  }
  if (docs->empty()) {
    const auto near = base::DidYouMean(action, names);
    return Fail(call.out, base::Error{base::ErrorKind::kInvalid, "there is no action " + base::Quote(action),
                                      "", "slipway docs" + (near ? " " + *near : "")});
  }
  if (options.json()) {
    base::JsonArray sheets;
    for (const api::ActionDoc& doc : *docs) sheets.push_back(doc.sheet);
    call.out.Json(sheets);
  } else if (action.empty()) {
    Table table({"ACTION", ""});
    for (const api::ActionDoc& doc : *docs) table.Add({doc.name, doc.summary});
    table.Write(call.out);
    call.out.Line("next: slipway docs ACTION");
  } else {
    for (const api::ActionDoc& doc : *docs) {
      if (&doc != &docs->front()) call.out.Line("");
      Sheet(call.out, doc);
    }
  }
  return Exit::kSucceeded;
}

Exit DocsLint(Call& call) {
  std::string wanted;
  Options options("docs lint", "What `slipway check` warns of; errors where the environment is strict.");
  options.Optional("RULE", wanted, "one rule, with its safe form").Json();
  if (const auto over = Read(call, options)) return *over;
  const auto rules = call.api.LintRules();
  if (!rules) return Fail(call.out, rules.error());
  base::JsonArray json;
  std::vector<std::string> names;
  Table table({"RULE", "", ""});
  for (const api::LintRule& rule : *rules) {
    names.push_back(rule.id);
    const std::string severity = rule.severity == base::Severity::kError ? "error" : "warning";
    table.Add({rule.id, severity, rule.danger});
    json.push_back(
        JsonObject{{"id", rule.id}, {"severity", severity}, {"danger", rule.danger}, {"safe", rule.safe}});
  }
  if (!wanted.empty()) {
    const auto rule = std::ranges::find(*rules, wanted, &api::LintRule::id);
    if (rule == rules->end()) {
      const auto near = base::DidYouMean(wanted, names);
      return Fail(call.out, base::Error{base::ErrorKind::kInvalid, "there is no rule " + base::Quote(wanted),
                                        "", "slipway docs lint" + (near ? " " + *near : "")});
    }
    if (options.json()) {
      call.out.Json(json[static_cast<std::size_t>(rule - rules->begin())]);
      return Exit::kSucceeded;
    }
    call.out.Line(rule->id + (rule->severity == base::Severity::kError ? " (error)" : " (warning)"));
    call.out.Line("  danger  " + rule->danger);
    call.out.Line("  safe    " + rule->safe);
    return Exit::kSucceeded;
  }
  if (options.json())
    call.out.Json(json);
  else
    table.Write(call.out);
  return Exit::kSucceeded;
}

}  // namespace slipway::cli
