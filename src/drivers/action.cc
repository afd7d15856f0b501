#include "drivers/action.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "base/text.h"

namespace slipway::drivers {

using base::Invalid;
using base::Json;
using base::JsonArray;
using base::JsonObject;
using base::Result;

const ArgumentSheet* FindArgument(const ActionSheet& sheet, std::string_view name) {
  auto found = std::ranges::find(sheet.arguments, name, &ArgumentSheet::name);
  return found == sheet.arguments.end() ? nullptr : &*found;
}

std::string_view ToString(ArgumentType type) {
  switch (type) {
    case ArgumentType::kString:
      return "string";
    case ArgumentType::kInteger:
      return "integer";
    case ArgumentType::kBoolean:
      return "boolean";
    case ArgumentType::kDuration:
      return "duration";
    case ArgumentType::kPercentage:
      return "percentage";
    case ArgumentType::kSize:
      return "size";
    case ArgumentType::kEnum:
      return "enum";
    case ArgumentType::kConnection:
      return "connection";
    case ArgumentType::kRelease:
      return "release";
    case ArgumentType::kFile:
      return "file";
    case ArgumentType::kFiles:
      return "files";
    case ArgumentType::kFolder:
      return "folder";
    case ArgumentType::kStrings:
      return "strings";
    case ArgumentType::kPercentages:
      return "percentages";
    case ArgumentType::kMap:
      return "map";
    case ArgumentType::kAny:
      return "any";
  }
  return "any";
}

std::string_view ToString(Effect effect) {
  switch (effect) {
    case Effect::kReads:
      return "reads";
    case Effect::kChanges:
      return "changes";
  }
  return "changes";
}

std::string_view ToString(Interruption interruption) {
  switch (interruption) {
    case Interruption::kRepeat:
      return "repeat";
    case Interruption::kProbe:
      return "probe";
    case Interruption::kAsk:
      return "ask";
  }
  return "ask";
}

namespace {

std::string_view ToString(UndoKind undo) {
  switch (undo) {
    case UndoKind::kNone:
      return "none";
    case UndoKind::kAutomatic:
      return "automatic";
    case UndoKind::kDeclared:
      return "declared";
  }
  return "declared";
}

std::string_view TextOf(const Json& value) { return base::View(value.get_string()); }

std::string Describe(const Json& value) {
  switch (value.kind()) {
    case boost::json::kind::null:
      return "nothing";
    case boost::json::kind::bool_:
      return value.get_bool() ? "`true`" : "`false`";
    case boost::json::kind::int64:
      return fmt::format("`{}`", value.get_int64());
    case boost::json::kind::uint64:
      return fmt::format("`{}`", value.get_uint64());
    case boost::json::kind::double_:
      return "a number with a fraction";
    case boost::json::kind::string:
      return fmt::format("`{}`", base::Printable(TextOf(value).substr(0, 60)));
    case boost::json::kind::array:
      return "a list";
    case boost::json::kind::object:
      return "a map";
  }
  return "something else";
}

std::unexpected<base::Error> Expected(std::string_view what, const Json& value) {
  return Invalid(fmt::format("expected {}, got {}", what, Describe(value)));
}

// Text of a scalar; integers and booleans as a document would write them.
Result<Json> ScalarText(const Json& value, std::string_view what) {
  if (value.is_string()) {
    if (!base::IsUtf8(TextOf(value)) || TextOf(value).contains('\0'))
      return Invalid(fmt::format("{} must be UTF-8 text without NUL bytes", what));
    return value;
  }
  if (value.is_int64()) return Json(fmt::format("{}", value.get_int64()));
  if (value.is_bool()) return Json(value.get_bool() ? "true" : "false");
  return Expected(what, value);
}

// An integer as it is, or the number that `parse` reads from text.
template <typename Parse>
Result<Json> Number(const Json& value, std::string_view what, Parse parse) {
  if (value.is_int64()) {
    if (std::abs(value.get_int64()) > base::kMaxInteger) return Expected("an integer within ±2^53", value);
    return value;
  }
  if (!value.is_string()) return Expected(what, value);
  auto parsed = parse(TextOf(value));
  if (!parsed) return Invalid(fmt::format("expected {}: {}", what, parsed.error().what));
  return Json(static_cast<std::int64_t>(*parsed));
}

Result<Json> NormalizeDuration(const Json& value) {
  auto normal = Number(value, "a duration such as `30s`", [](std::string_view text) -> Result<std::int64_t> {
    SLIPWAY_TRY(base::Duration duration, base::ParseDuration(text));
    return duration.count();
  });
  if (normal && normal->get_int64() < 0) return Expected("a duration that is not negative", value);
  return normal;
}

Result<Json> NormalizePercentage(const Json& value) {
  auto normal = Number(value, "a percentage such as `2.5%`", base::ParsePercentage);
  if (normal && (normal->get_int64() < 0 || normal->get_int64() > 10000))
    return Expected("a percentage from 0% to 100%", value);
  return normal;
}

Result<Json> NormalizeBoolean(const Json& value) {
  if (value.is_bool()) return value;
  if (!value.is_string()) return Expected("`true` or `false`", value);
  auto parsed = base::ParseBoolean(TextOf(value));
  if (!parsed) return Expected("`true` or `false`", value);
  return Json(*parsed);
}

Result<Json> NormalizeEnum(const ArgumentSheet& argument, const Json& value) {
  SLIPWAY_TRY(Json text, ScalarText(value, "one word"));
  if (std::ranges::find(argument.values, TextOf(text)) != argument.values.end()) return text;
  std::string what =
      fmt::format("expected one of {}, got {}", base::Join(argument.values, ", "), Describe(value));
  std::string next;
  if (auto near = base::DidYouMean(TextOf(text), argument.values))
    next = fmt::format("did you mean `{}`?", *near);
  return Invalid(std::move(what), "", std::move(next));
}

Result<Json> NormalizeRelease(const Json& value) {
  const std::string next = "pass a parameter of `type: release`";
  if (!value.is_object())
    return Invalid(fmt::format("expected a release, got {}", Describe(value)), "", next);
  const JsonObject& given = value.get_object();
  JsonObject release;
  for (std::string_view key : {"version", "digest", "path"}) {
    std::string text = base::GetString(given, key);
    if (text.empty()) return Invalid(fmt::format("the release has no {}", key), "", next);
    release[key] = text;
  }
  return Json(std::move(release));
}

// What is inside the workspace as far as the text shows; links are followed where it is used.
Result<Json> NormalizePath(const Json& value, std::string_view what) {
  const auto refuse = [&](std::string_view wanted) {
    return Invalid(fmt::format("expected {}, got {}", wanted, Describe(value)), "",
                   fmt::format("name {} inside the workspace", what));
  };
  if (!value.is_string()) return refuse(fmt::format("the path of {} in the workspace", what));
  std::string_view path = TextOf(value);
  if (path.empty() || path.starts_with('/') || path.contains('\0'))
    return refuse("a path relative to the workspace");
  for (const std::string& part : base::Split(path, '/'))
    if (part == "..") return refuse("a path without `..`");
  return value;
}

template <typename Each>
Result<Json> NormalizeList(const Json& value, std::string_view what, bool allow_expressions, Each each) {
  if (!value.is_array()) return Expected(what, value);
  JsonArray list;
  for (const Json& item : value.get_array()) {
    if (allow_expressions && item.is_string() && TextOf(item).contains("${{")) {
      list.push_back(item);
      continue;
    }
    SLIPWAY_TRY(Json normal, each(item));
    list.push_back(std::move(normal));
  }
  return Json(std::move(list));
}

Result<Json> NormalizeMap(const Json& value) {
  if (!value.is_object()) return Expected("a map of names to text", value);
  JsonObject map;
  for (const auto& member : value.get_object()) {
    auto text = ScalarText(member.value(), "text");
    if (!text) return Invalid(fmt::format("`{}`: {}", std::string_view(member.key()), text.error().what));
    map[member.key()] = std::move(*text);
  }
  return Json(std::move(map));
}

Result<Json> NormalizeOne(const ArgumentSheet& argument, const Json& value, bool allow_expressions) {
  switch (argument.type) {
    case ArgumentType::kString:
      return ScalarText(value, "text");
    case ArgumentType::kInteger:
      return Number(value, "an integer", base::ParseInteger);
    case ArgumentType::kBoolean:
      return NormalizeBoolean(value);
    case ArgumentType::kDuration:
      return NormalizeDuration(value);
    case ArgumentType::kPercentage:
      return NormalizePercentage(value);
    case ArgumentType::kSize: {
      auto normal = Number(value, "a size such as `64KiB`", base::ParseSize);
      if (normal && normal->get_int64() < 0) return Expected("a size that is not negative", value);
      return normal;
    }
    case ArgumentType::kEnum:
      return NormalizeEnum(argument, value);
    case ArgumentType::kConnection:
      return ScalarText(value, "the name of a connection");
    case ArgumentType::kRelease:
      return NormalizeRelease(value);
    case ArgumentType::kFile:
      return NormalizePath(value, "a file");
    case ArgumentType::kFiles:
    case ArgumentType::kFolder:
      return NormalizePath(value, "a folder");
    case ArgumentType::kStrings:
      return NormalizeList(value, "a list of texts", allow_expressions,
                           [](const Json& item) { return ScalarText(item, "text"); });
    case ArgumentType::kPercentages:
      return NormalizeList(value, "a list of percentages", allow_expressions, NormalizePercentage);
    case ArgumentType::kMap:
      return NormalizeMap(value);
    case ArgumentType::kAny:
      return value;
  }
  return Invalid("unknown argument type");
}

// Does any text within hold an expression whose inside is as `is` says? `$${{` is no expression.
bool HoldsExpression(const Json& value, bool (*is)(std::string_view body)) {
  if (value.is_string()) {
    std::string_view text = TextOf(value);
    std::size_t end = 0;
    for (std::size_t at = text.find("${{"); at != text.npos; at = text.find("${{", end)) {
      end = at + 3;
      if (at > 0 && text[at - 1] == '$') continue;
      end = std::min(text.find("}}", end), text.size());
      if (is(text.substr(at + 3, end - at - 3))) return true;
    }
    return false;
  }
  if (value.is_array())
    return std::ranges::any_of(value.get_array(),
                               [&](const Json& item) { return HoldsExpression(item, is); });
  if (value.is_object())
    return std::ranges::any_of(value.get_object(),
                               [&](const auto& member) { return HoldsExpression(member.value(), is); });
  return false;
}

bool NamesSecrets(std::string_view body) {
  return base::Trim(body).starts_with("secrets") || body.contains("secrets.");
}

std::unexpected<base::Error> NoSecretHere(const ActionSheet& sheet, const ArgumentSheet& argument) {
  return Invalid(fmt::format("`{}` of {} may not hold a secret", argument.name, sheet.name), argument.name,
                 FindArgument(sheet, "env") ? "pass it in `env`" : "");
}

std::unexpected<base::Error> UnknownArgument(const ActionSheet& sheet, std::string_view name) {
  std::vector<std::string> names;
  for (const ArgumentSheet& argument : sheet.arguments) names.push_back(argument.name);
  auto near = base::DidYouMean(name, names);
  std::string next = near ? fmt::format("did you mean `{}`?", *near)
                          : fmt::format("`slipway docs {}` lists its arguments", sheet.name);
  return Invalid(fmt::format("{} has no argument `{}`", sheet.name, base::Printable(name)), std::string(name),
                 next);
}

}  // namespace

Result<Json> Normalize(const ArgumentSheet& argument, const Json& value) {
  return NormalizeOne(argument, value, false);
}

Result<JsonObject> NormalizeAll(const ActionSheet& sheet, const JsonObject& with, bool allow_expressions) {
  for (const auto& member : with)
    if (!FindArgument(sheet, member.key())) return UnknownArgument(sheet, member.key());
  JsonObject normal;
  for (const ArgumentSheet& argument : sheet.arguments) {
    const Json* value = with.if_contains(argument.name);
    if (!value || value->is_null()) {
      if (argument.required)
        return Invalid(
            fmt::format("{} needs the argument `{}`: {}", sheet.name, argument.name, argument.description),
            argument.name);
      if (!argument.fallback.is_null()) normal[argument.name] = argument.fallback;
      continue;
    }
    if (!argument.sensitive_ok && HoldsExpression(*value, NamesSecrets)) return NoSecretHere(sheet, argument);
    if (allow_expressions && value->is_string() && TextOf(*value).contains("${{")) {
      normal[argument.name] = *value;
      continue;
    }
    auto one = NormalizeOne(argument, *value, allow_expressions);
    if (!one)
      return Invalid(fmt::format("`{}` of {}: {}", argument.name, sheet.name, one.error().what),
                     argument.name, one.error().next);
    normal[argument.name] = std::move(*one);
  }
  return normal;
}

base::Status CheckSecrets(const ActionSheet& sheet, const JsonObject& with) {
  for (const ArgumentSheet& argument : sheet.arguments) {
    const Json* value = with.if_contains(argument.name);
    if (value && !argument.sensitive_ok && HoldsExpression(*value, [](std::string_view) { return true; }))
      return NoSecretHere(sheet, argument);
  }
  return {};
}

Json ToJson(const ActionSheet& sheet) {
  JsonArray arguments;
  for (const ArgumentSheet& argument : sheet.arguments) {
    JsonObject one{{"name", argument.name},
                   {"type", ToString(argument.type)},
                   {"description", argument.description},
                   {"required", argument.required},
                   {"pinned", argument.pinned},
                   {"secrets", argument.sensitive_ok}};
    if (!argument.fallback.is_null()) one["default"] = argument.fallback;
    if (!argument.values.empty()) one["values"] = JsonArray(argument.values.begin(), argument.values.end());
    arguments.push_back(std::move(one));
  }
  JsonArray outputs;
  for (const OutputSheet& output : sheet.outputs) {
    JsonObject one{{"name", output.name}, {"description", output.description}};
    if (output.recorded) one["recorded"] = true;
    outputs.push_back(std::move(one));
  }
  return JsonObject{{"name", sheet.name},
                    {"summary", sheet.summary},
                    {"effect", ToString(sheet.effect)},
                    {"interruption", ToString(sheet.interruption)},
                    {"undo", ToString(sheet.undo)},
                    {"undo_text", sheet.undo_text},
                    {"observed", sheet.observed},
                    {"facts", JsonArray(sheet.facts.begin(), sheet.facts.end())},
                    {"arguments", std::move(arguments)},
                    {"outputs", std::move(outputs)},
                    {"example", sheet.example}};
}

}  // namespace slipway::drivers
