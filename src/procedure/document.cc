#include "procedure/document.h"

#include <re2/re2.h>

#include "base/text.h"
#include "base/version.h"

namespace slipway::procedure {
namespace {

using base::YamlNode;

constexpr std::size_t kMaxDiagnostics = 100;
constexpr std::size_t kMaxUses = 20000;

std::string_view KindName(YamlNode::Kind kind) {
  switch (kind) {
    case YamlNode::Kind::kScalar:
      return "a text";
    case YamlNode::Kind::kSequence:
      return "a list";
    case YamlNode::Kind::kMapping:
      return "a map";
  }
  return "";
}

std::string Quoted(std::string_view text) { return "`" + Short(text) + "`"; }

}  // namespace

const YamlNode* Members::operator[](std::string_view key) const {
  if (std::ranges::find(dropped_, key) != dropped_.end()) return nullptr;
  return map_->Find(key);
}

base::Position Members::KeyAt(std::string_view key) const {
  for (const auto& [name, value] : map_->members)
    if (name.scalar == key) return name.at;
  return map_->at;
}

Document::Document(std::string_view text, std::string_view file)
    : text_(text), file_(file), lines_(base::LineStarts(text)) {}

bool Document::full() const { return diagnostics_.size() > kMaxDiagnostics; }

void Document::Error(base::Position at, std::string what, std::string suggestion) {
  if (full()) return;
  if (diagnostics_.size() == kMaxDiagnostics) {
    what = "there are more errors";
    suggestion = "correct these first";
  }
  diagnostics_.push_back(
      {.file = file_, .at = at, .what = std::move(what), .suggestion = std::move(suggestion)});
}

std::vector<std::string> Document::DoubtfulUnder(std::string_view prefix) const {
  std::vector<std::string> names;
  for (const std::string& name : doubtful_)
    if (name.starts_with(prefix)) names.push_back(name.substr(prefix.size()));
  std::ranges::sort(names);
  return names;
}

// ---- maps

std::optional<Members> Document::Read(const YamlNode& node, const Schema& schema) {
  if (!Is(node, YamlNode::Kind::kMapping, schema.name)) return std::nullopt;
  Members members(node);
  for (const auto& [key, value] : node.members) {
    const auto known = std::ranges::find(schema.keys, std::string_view(key.scalar), &Key::name);
    if (known == schema.keys.end()) {
      UnknownKey(key, schema);
      members.Doubt();
    } else if (!HasShape(value, known->shape, known->name)) {
      members.Drop(known->name);
      members.Doubt();
    }
  }
  for (const Key& key : schema.keys)
    if (key.required && node.Find(key.name) == nullptr)
      Error(node.at, "`" + std::string(key.name) + "` is missing in " + std::string(schema.name));
  return members;
}

bool Document::Is(const YamlNode& node, YamlNode::Kind kind, std::string_view what) {
  if (node.kind == kind) return true;
  Error(node.at, std::string(what) + " must be " + std::string(KindName(kind)) + ", not " +
                     (node.IsNull() ? "empty" : std::string(KindName(node.kind))));
  return false;
}

bool Document::HasShape(const YamlNode& node, Shape shape, std::string_view key) {
  using Kind = YamlNode::Kind;
  std::string wanted;
  bool fits = false;
  switch (shape) {
    case Shape::kText:
      wanted = "a text", fits = node.kind == Kind::kScalar;
      break;
    case Shape::kList:
      wanted = "a list", fits = node.kind == Kind::kSequence;
      break;
    case Shape::kMap:
      wanted = "a map", fits = node.kind == Kind::kMapping;
      break;
    case Shape::kTextOrList:
      wanted = "a text or a list", fits = node.kind != Kind::kMapping;
      break;
    case Shape::kTextOrMap:
      wanted = "a text or a map", fits = node.kind != Kind::kSequence;
      break;
  }
  if (node.IsNull()) {
    std::string hint;
    if (shape == Shape::kList)
      hint = "write `" + std::string(key) + ": []` for an empty list, or leave it out";
    if (shape == Shape::kMap) hint = "write `" + std::string(key) + ": {}` for an empty map, or leave it out";
    Error(node.at, "`" + std::string(key) + "` has no value", hint);
    return false;
  }
  if (!fits)
    Error(node.at,
          "`" + std::string(key) + "` must be " + wanted + ", not " + std::string(KindName(node.kind)));
  return fits;
}

void Document::UnknownKey(const YamlNode& key, const Schema& schema) {
  if (full()) return;
  std::vector<std::string> names;
  for (const Key& known : schema.keys) names.emplace_back(known.name);
  std::string hint = Suggest(key.scalar, names);
  if (!hint.starts_with("did")) {
    const auto* synonym = std::ranges::find(kSynonyms, std::string_view(key.scalar), &Synonym::written);
    if (synonym != std::end(kSynonyms)) {
      const std::string_view word = synonym->meant.substr(0, synonym->meant.find(':'));
      if (std::ranges::find(names, word) != names.end()) hint = "write `" + std::string(synonym->meant) + "`";
    }
  }
  if (!hint.starts_with("did") && !hint.starts_with("write")) {
    for (const Schema* other : kSchemas)
      if (std::ranges::find(other->keys, std::string_view(key.scalar), &Key::name) != other->keys.end()) {
        hint = "`" + key.scalar + "` belongs to " + std::string(other->name);
        break;
      }
  }
  Error(key.at, "unknown key " + Quoted(key.scalar) + " in " + std::string(schema.name), hint);
}

// ---- small values

bool Document::Scalar(const YamlNode& node) {
  if (node.kind != YamlNode::Kind::kScalar) return Is(node, YamlNode::Kind::kScalar, "this");
  if (node.IsNull() || node.scalar.empty()) {
    Error(node.at, "there is no value");
    return false;
  }
  return true;
}

void Document::Prose(const YamlNode* node, std::string& out) {
  if (node != nullptr && Scalar(*node)) out = node->scalar;
}

void Document::Literal(const YamlNode* node, std::string& out) {
  if (node == nullptr || !Scalar(*node)) return;
  if (const auto open = node->scalar.find("${{"); open != std::string::npos)
    return Error(InText(*node, open), "an expression cannot stand here",
                 "it is read before there are values");
  out = node->scalar;
}

void Document::Id(const YamlNode* node, std::string& out) {
  if (node == nullptr || !Scalar(*node)) return;
  if (!base::IsId(node->scalar))
    return Error(node->at, Quoted(node->scalar) + " is not an id",
                 "a lower-case letter, then lower-case letters, digits, `-` or `_`, at most 64");
  out = node->scalar;
}

void Document::Date(const YamlNode* node, std::string& out) {
  if (node == nullptr || !Scalar(*node)) return;
  if (!IsDate(node->scalar))
    return Error(node->at, Quoted(node->scalar) + " is not a date", "such as 2027-03-31");
  out = node->scalar;
}

void Document::Version(const YamlNode* node, std::string& out) {
  if (node == nullptr || !Scalar(*node)) return;
  if (!IsVersion(node->scalar))
    return Error(node->at, Quoted(node->scalar) + " is not a version (SemVer 2.0.0)",
                 "such as 1.0.0 or 2.1.0-rc.1");
  out = node->scalar;
}

void Document::Pattern(const YamlNode* node, std::string& out) {
  if (node == nullptr || !Scalar(*node) || NoMorePatterns()) return;
  const auto size = expr::PatternSize(node->scalar);
  if (!size) return Error(node->at, Short(size.error()));
  out = node->scalar;
  Afford(*size, node->at);
}

void Document::Afford(int pattern_size, base::Position at) {
  if (NoMorePatterns()) return;
  pattern_size_ += pattern_size;
  if (pattern_size_ > expr::kMaxPatternSize)
    Error(at, "the patterns of this document are too large together",
          "shorten repetitions such as `{1,1000}`");
}

void Document::ActionName(const YamlNode* node, std::string& out) {
  if (node == nullptr || !Scalar(*node)) return;
  const auto parts = base::Split(node->scalar, '.');
  if (parts.size() > 2 || !std::ranges::all_of(parts, base::IsId))
    return Error(node->at, Quoted(node->scalar) + " is not the name of an action",
                 "such as `http.check`; `slipway docs` lists them");
  out = node->scalar;
}

void Document::Boolean(const YamlNode* node, bool& out) {
  if (node == nullptr || !Scalar(*node)) return;
  auto value = base::ParseBoolean(node->scalar);
  if (!value)
    return Error(node->at, Quoted(node->scalar) + " is not true or false", "write `true` or `false`");
  out = *value;
}

void Document::Count(const YamlNode* node, std::string_view what, std::int64_t most, int& out) {
  if (node == nullptr || !Scalar(*node)) return;
  auto value = base::ParseInteger(node->scalar);
  if (!value || *value < 1 || *value > most)
    return Error(node->at, "`" + std::string(what) + "` must be an integer from 1 to " +
                               std::to_string(most) + ", not " + Quoted(node->scalar));
  out = static_cast<int>(*value);
}

std::optional<base::Duration> Document::Duration(const YamlNode* node) {
  if (node == nullptr || !Scalar(*node)) return std::nullopt;
  auto value = base::ParseDuration(node->scalar);
  if (!value) {
    Error(node->at, Quoted(node->scalar) + " is not a duration", "such as 500ms, 30s, 1h30m");
    return std::nullopt;
  }
  return *value;
}

void Document::Literals(const YamlNode* list, std::string_view what, std::vector<std::string>& out) {
  if (list == nullptr) return;
  if (list->items.empty()) Error(list->at, "`" + std::string(what) + "` is empty");
  std::unordered_set<std::string_view> seen;
  for (const YamlNode& item : list->items) {
    std::string text;
    Literal(&item, text);
    if (text.empty()) continue;
    if (!seen.insert(item.scalar).second) Error(item.at, Quoted(text) + " stands here twice");
    out.push_back(std::move(text));
  }
}

void Document::NoChoice(const YamlNode& node, std::string_view what, std::span<const std::string> names) {
  std::string hint = Suggest(node.scalar, names);
  const auto* synonym = std::ranges::find(kSynonyms, std::string_view(node.scalar), &Synonym::written);
  if (synonym != std::end(kSynonyms) && std::ranges::find(names, synonym->meant) != names.end())
    hint = "write `" + std::string(synonym->meant) + "`";
  Error(node.at, "unknown " + std::string(what) + " " + Quoted(node.scalar), hint);
}

// ---- expressions

base::Json Document::Value(const YamlNode& node, Place place) {
  switch (node.kind) {
    case YamlNode::Kind::kScalar:
      return base::Json(Text(node, place));
    case YamlNode::Kind::kSequence: {
      base::JsonArray list;
      for (const YamlNode& item : node.items) list.push_back(Value(item, place));
      return base::Json(std::move(list));
    }
    case YamlNode::Kind::kMapping:
      break;
  }
  base::JsonObject map;
  for (const auto& [key, value] : node.members) map.emplace(key.scalar, Value(value, place));
  return base::Json(std::move(map));
}

std::string Document::Text(const YamlNode& node, Place place) {
  if (node.IsNull()) {
    Error(node.at, "there is no value", "write \"\" for an empty text, or leave the key out");
    return "";
  }
  if (node.scalar.find("${{") != std::string::npos && !NoMorePatterns()) {
    auto parsed = expr::Template::ParsePlaced(node.scalar);
    if (!parsed) {
      Error(InText(node, static_cast<std::size_t>(parsed.error().offset)), parsed.error().what,
            parsed.error().hint);
      Afford(parsed.error().pattern_size, node.at);
    } else {
      Keep(node, parsed->References(), 0, place);
      Afford(parsed->PatternSize(), node.at);
    }
  }
  return node.scalar;
}

void Document::Condition(const YamlNode& node, Place place, std::string& out) {
  if (!Scalar(node) || NoMorePatterns()) return;
  std::string_view body = node.scalar;
  const std::string_view trimmed = base::Trim(body);
  if (trimmed.starts_with("${{") && trimmed.ends_with("}}")) body = trimmed.substr(3, trimmed.size() - 5);
  body = base::Trim(body);
  const auto shift = static_cast<std::size_t>(body.data() - node.scalar.data());
  auto parsed = expr::Expression::ParsePlaced(body);
  if (!parsed) {
    Error(InText(node, shift + static_cast<std::size_t>(parsed.error().offset)), parsed.error().what,
          parsed.error().hint);
    return Afford(parsed.error().pattern_size, node.at);
  }
  if (!parsed->MayBeBoolean())
    return Error(InText(node, shift), "the condition is never true or false", "compare it with something");
  Keep(node, parsed->References(), shift, place);
  Afford(parsed->PatternSize(), node.at);
  out = body;
}

void Document::Keep(const YamlNode& node, const std::vector<expr::Reference>& references, std::size_t shift,
                    Place place) {
  Cursor cursor;
  for (const expr::Reference& reference : references) {
    if (uses_.size() == kMaxUses) return Error(node.at, "the document reads more than 20,000 names");
    uses_.push_back(
        {reference, InText(node, shift + static_cast<std::size_t>(reference.offset), cursor), place});
  }
}

// ---- places

std::size_t Document::ByteOf(base::Position at) const {
  if (at.line < 1 || static_cast<std::size_t>(at.line) > lines_.size()) return 0;
  std::size_t byte = lines_[static_cast<std::size_t>(at.line) - 1];
  int column = 1;
  if (last_.at.line == at.line && last_.at.column <= at.column) {
    byte = last_.byte;
    column = last_.at.column;
  }
  for (; column < at.column && byte < text_.size(); ++column) {
    ++byte;
    while (byte < text_.size() && (static_cast<unsigned char>(text_[byte]) & 0xC0) == 0x80) ++byte;
  }
  last_ = {byte, {at.line, column}};
  return byte;
}

base::Position Document::PositionOf(std::size_t byte) const {
  const auto after = std::ranges::upper_bound(lines_, byte);
  const auto line = static_cast<int>(after - lines_.begin());
  int column = 1;
  std::size_t i = lines_[static_cast<std::size_t>(line) - 1];
  if (last_.at.line == line && last_.byte <= byte) {
    i = last_.byte;
    column = last_.at.column;
  }
  for (; i < byte; ++i) column += (static_cast<unsigned char>(text_[i]) & 0xC0) != 0x80 ? 1 : 0;
  last_ = {byte, {line, column}};
  return {line, column};
}

// The place of byte `offset` of a scalar's value. Escapes, folding and indentation make the two texts differ:
// the expression around the offset is looked for behind the scalar's start, and failing that the scalar's own
// place is the answer.
base::Position Document::InText(const YamlNode& node, std::size_t offset) const {
  Cursor cursor;
  return InText(node, offset, cursor);
}

base::Position Document::InText(const YamlNode& node, std::size_t offset, Cursor& cursor) const {
  constexpr std::string_view kOpen = "${{";
  const std::string_view value = node.scalar;
  if (!cursor.set) {
    // Without an expression before the offset (a bare condition) the value's first character is the mark.
    cursor = {std::min(value.find(kOpen), value.size()), 0, true};
    if (cursor.value > offset) cursor.value = 0;
    cursor.text = text_.find(
        value.substr(cursor.value, value.substr(cursor.value).starts_with(kOpen) ? 3 : 1), ByteOf(node.at));
  }
  for (std::size_t next; (next = value.find(kOpen, cursor.value + 1)) <= offset;) {
    if (cursor.text == std::string_view::npos) return node.at;
    cursor.value = next;
    cursor.text = text_.find(kOpen, cursor.text + 1);
  }
  if (cursor.text == std::string_view::npos) return node.at;
  std::size_t matched = 0;
  while (cursor.value + matched < offset && cursor.text + matched < text_.size() &&
         text_[cursor.text + matched] == value[cursor.value + matched])
    ++matched;
  return PositionOf(cursor.value + matched == offset ? cursor.text + matched : cursor.text);
}

// ---- words

std::string Suggest(std::string_view word, std::span<const std::string> choices, std::string_view before) {
  const auto most = choices.first(std::min<std::size_t>(choices.size(), 2000));
  if (const auto near = base::DidYouMean(word, most))
    return "did you mean `" + std::string(before) + *near + "`?";
  if (choices.empty() || choices.size() > 14) return "";
  return "one of " + base::Join(choices, ", ");
}

std::string Short(std::string_view text) {
  std::string shown = base::Printable(text.substr(0, 60));
  return text.size() > 60 ? shown + "…" : shown;
}

bool IsDate(std::string_view text) {
  static const RE2 kForm(R"((\d{4})-(\d{2})-(\d{2}))");
  int year = 0, month = 0, day = 0;
  if (!RE2::FullMatch(re2::StringPiece(text.data(), text.size()), kForm, &year, &month, &day)) return false;
  return std::chrono::year_month_day(std::chrono::year(year),
                                     std::chrono::month(static_cast<unsigned>(month)),
                                     std::chrono::day(static_cast<unsigned>(day)))
      .ok();
}

bool IsVersion(std::string_view text) {
  const auto version = base::ParseVersion(text);
  return version && !version->v;
}

bool IsReleaseName(std::string_view text) {
  static const RE2 kForm(R"([A-Za-z0-9_+-][A-Za-z0-9._+-]{0,127})");
  return RE2::FullMatch(re2::StringPiece(text.data(), text.size()), kForm);
}

}  // namespace slipway::procedure
