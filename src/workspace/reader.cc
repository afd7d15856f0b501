#include "workspace/reader.h"

#include <algorithm>

#include "base/known_secrets.h"
#include "base/text.h"
#include "workspace/calendar.h"

namespace slipway::workspace {

using base::YamlNode;

namespace {
constexpr int kMaxDepth = 16;  // of values that end up in plans, which are read back within 64
}

std::string Suggest(std::string_view word, std::span<const std::string> candidates) {
  if (auto near = base::DidYouMean(word, candidates)) return "did you mean `" + *near + "`?";
  if (candidates.empty() || candidates.size() > 12) return "";
  return (candidates.size() == 1 ? "it can be " : "one of ") + base::Join(candidates, ", ");
}

void Reader::Error(base::Position at, std::string what, std::string suggestion) {
  Add(base::Severity::kError, at, std::move(what), std::move(suggestion));
}

void Reader::Warning(base::Position at, std::string what, std::string suggestion) {
  Add(base::Severity::kWarning, at, std::move(what), std::move(suggestion));
}

void Reader::Add(base::Severity severity, base::Position at, std::string what, std::string suggestion) {
  if (Full()) return;
  if (++count_ == kMost) {
    severity = base::Severity::kError;
    what = "there are more errors; these are the first of them";
    suggestion.clear();
  }
  out_.push_back({.severity = severity,
                  .file = file_,
                  .at = at,
                  .what = std::move(what),
                  .suggestion = std::move(suggestion),
                  .rule = ""});
}

bool Reader::AnyMap(const YamlNode& node, std::string_view what) {
  if (node.kind == YamlNode::Kind::kMapping) return true;
  Error(node.at, std::string(what) + " must be a map of names to values");
  return false;
}

bool Reader::Map(const YamlNode& node, std::string_view what, std::initializer_list<std::string_view> keys) {
  if (!AnyMap(node, what)) return false;
  for (const auto& [key, value] : node.members) {
    if (Full() || std::ranges::find(keys, key.scalar) != keys.end()) continue;
    const std::vector<std::string> known(keys.begin(), keys.end());
    const auto meant = base::DidYouMean(key.scalar, known);
    if (meant && base::NamesSecret(*meant)) {
      IsSecret(key);
      IsSecret(value);
    }
    Error(key.at, "unknown key `" + base::Printable(key.scalar) + "` in " + std::string(what),
          Suggest(key.scalar, known));
  }
  return true;
}

bool Reader::List(const YamlNode& node, std::string_view what) {
  if (node.kind == YamlNode::Kind::kSequence) return true;
  Error(node.at, std::string(what) + " must be a list");
  return false;
}

const YamlNode* Reader::Need(const YamlNode& map, std::string_view key, std::string_view of) {
  const YamlNode* found = map.Find(key);
  if (found == nullptr) Error(map.at, std::string(of) + " needs `" + std::string(key) + "`");
  return found;
}

std::string Reader::Text(const YamlNode& node, std::string_view what) {
  if (node.kind != YamlNode::Kind::kScalar) {
    Error(node.at, std::string(what) + " must be text");
    return "";
  }
  if (node.IsNull() || node.scalar.empty()) {
    Error(node.at, std::string(what) + " has no value");
    return "";
  }
  return node.scalar;
}

std::string Reader::Id(const YamlNode& node, std::string_view what) {
  std::string text = Text(node, what);
  if (text.empty() || base::IsId(text)) return text;
  Error(node.at, std::string(what) + " `" + base::Printable(text) + "` is not an id",
        "a lower-case letter, then lower-case letters, digits, `-` or `_`, at most 64");
  return "";
}

bool Reader::Boolean(const YamlNode& node, std::string_view what) {
  const std::string text = Text(node, what);
  if (text.empty()) return false;
  auto value = base::ParseBoolean(text);
  if (!value) Error(node.at, std::string(what) + " must be true or false");
  return value.value_or(false);
}

std::vector<std::string> Reader::Texts(const YamlNode& node, std::string_view what) {
  std::vector<std::string> texts;
  if (!List(node, what)) return texts;
  for (const YamlNode& item : node.items) texts.push_back(Text(item, "an item of " + std::string(what)));
  if (texts.empty()) Error(node.at, std::string(what) + " is empty");
  return texts;
}

std::string Reader::OneOf(const YamlNode& node, std::string_view what, std::span<const std::string> values) {
  std::string text = Text(node, what);
  if (text.empty() || std::ranges::find(values, text) != values.end()) return text;
  Error(node.at, "unknown " + std::string(what) + " `" + base::Printable(text) + "`", Suggest(text, values));
  return "";
}

std::string Reader::TimeZone(const YamlNode& node) {
  std::string text = Text(node, "time_zone");
  if (text.empty() || Full() || IsTimeZone(text)) return text;
  Error(node.at, "unknown time zone `" + base::Printable(text) + "`", Suggest(text, NearTimeZones(text)));
  return "";
}

bool Reader::NamesSecret(std::string_view name) {
  const auto [known, fresh] = names_.try_emplace(std::string(name), false);
  if (fresh) known->second = base::NamesSecret(name);
  return known->second;
}

void Reader::NoSecrets(std::string_view key, const YamlNode& node) {
  for (const YamlNode& item : node.items) NoSecrets(key, item);
  for (const auto& [name, value] : node.members)
    NoSecrets(NamesSecret(key) ? key : std::string_view(name.scalar), value);
  if (node.kind != YamlNode::Kind::kScalar || node.IsNull() || node.scalar.empty()) return;
  if (node.scalar.find("${{") != std::string::npos) return;
  std::string what;
  if (NamesSecret(key)) {
    what = base::Quote(key);
  } else if (const auto seen = base::FindSecret(node.scalar)) {
    what = std::string(seen->what);
  } else {
    return;
  }
  IsSecret(node);
  Error(node.at, what + " stands in clear",
        "slipway secrets set NAME keeps it; write `${{ secrets.NAME }}` where it is needed");
}

void Reader::HideSecrets() {
  for (base::Diagnostic& problem : out_) {
    if (problem.file == file_ && secret_lines_.contains(problem.at.line)) problem.hide_source = true;
  }
}

base::Json Reader::Json(const YamlNode& node, std::string_view what, int depth) {
  if (depth > kMaxDepth) {
    Error(node.at, "nested deeper than 16");
    return nullptr;
  }
  switch (node.kind) {
    case YamlNode::Kind::kScalar:
      if (node.IsNull()) Error(node.at, std::string(what) + " has no value", "write \"\" for an empty text");
      return base::Json(node.scalar);
    case YamlNode::Kind::kSequence: {
      base::JsonArray array;
      for (const YamlNode& item : node.items)
        array.push_back(Json(item, "an item of " + std::string(what), depth + 1));
      return array;
    }
    case YamlNode::Kind::kMapping: {
      base::JsonObject object;
      for (const auto& [key, value] : node.members)
        object[key.scalar] = Json(value, "`" + key.scalar + "`", depth + 1);
      return object;
    }
  }
  return nullptr;
}

}  // namespace slipway::workspace
