// One procedure document while it is read: its text, the errors found so far, and the readers of small
// values. Readers report what is wrong and leave the result alone, so that reading goes on to the next error.
// Private to procedure/.
#pragma once

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/diagnostic.h"
#include "base/json.h"
#include "base/yaml.h"
#include "expr/expr.h"
#include "procedure/procedure.h"
#include "procedure/schema.h"

namespace slipway::procedure {

// What an expression belongs to; decides which names it may read.
enum class Where { kWith, kWhen, kInCheck, kInUndo, kInProbe, kTargets, kNotifyUrl, kNotifyCommand };

// The surroundings of an expression: indexes into Procedure::phases and steps, -1 = none.
struct Place {
  Where where = Where::kWith;
  int phase = -1;
  int step = -1;
};

// One reference of one expression, with the place of it in the document.
struct Use {
  expr::Reference reference;
  base::Position at;
  Place place;
};

// One id under `needs`.
struct Need {
  std::string id;
  base::Position at;
  int phase = -1;
  int step = -1;
};

// The members of a map that have the right shape.
class Members {
 public:
  explicit Members(const base::YamlNode& map) : map_(&map) {}
  const base::YamlNode* operator[](std::string_view key) const;  // null: absent or already reported
  base::Position KeyAt(std::string_view key) const;
  base::Position at() const { return map_->at; }
  void Drop(std::string_view key) { dropped_.push_back(key); }
  // Was every key known and of its shape? Else one that seems to be missing may be among the wrong ones.
  bool whole() const { return whole_; }
  void Doubt() { whole_ = false; }

 private:
  const base::YamlNode* map_;
  bool whole_ = true;
  std::vector<std::string_view> dropped_;
};

class Document {
 public:
  Document(std::string_view text, std::string_view file);

  void Error(base::Position at, std::string what, std::string suggestion = "");
  bool ok() const { return diagnostics_.empty(); }
  bool full() const;  // further errors would not be shown
  std::size_t errors() const { return diagnostics_.size(); }
  // `parameters.x` or `steps.x` was declared, and the declaration is wrong: that is the cause to tell, and
  // what reads it is not judged. `parameters` stands for all of them.
  void Doubt(std::string name) { doubtful_.insert(std::move(name)); }
  bool InDoubt(const std::string& name) const { return doubtful_.contains(name); }
  std::vector<std::string> DoubtfulUnder(std::string_view prefix) const;  // without the prefix
  // The same of what would be said at a place.
  void DoubtAt(base::Position at) { doubtful_places_.push_back(at); }
  const std::vector<base::Position>& doubtful_places() const { return doubtful_places_; }
  base::Diagnostics TakeDiagnostics() { return std::move(diagnostics_); }
  const std::vector<Use>& uses() const { return uses_; }
  const std::vector<Need>& needs() const { return needs_; }
  void AddNeed(Need need) { needs_.push_back(std::move(need)); }

  // Unknown, missing and misshapen keys are reported; nullopt when it is no map at all.
  std::optional<Members> Read(const base::YamlNode& node, const Schema& schema);
  bool Is(const base::YamlNode& node, base::YamlNode::Kind kind, std::string_view what);

  // Readers. A null node leaves `out` as it is.
  void Prose(const base::YamlNode* node, std::string& out);    // any text
  void Literal(const base::YamlNode* node, std::string& out);  // text without `${{`
  void Id(const base::YamlNode* node, std::string& out);
  void Date(const base::YamlNode* node, std::string& out);
  void Version(const base::YamlNode* node, std::string& out);
  void Pattern(const base::YamlNode* node, std::string& out);
  void ActionName(const base::YamlNode* node, std::string& out);
  void Boolean(const base::YamlNode* node, bool& out);
  void Count(const base::YamlNode* node, std::string_view what, std::int64_t most, int& out);  // 1 … most
  std::optional<base::Duration> Duration(const base::YamlNode* node);
  void Literals(const base::YamlNode* list, std::string_view what, std::vector<std::string>& out);
  // False: `out` is as it was.
  template <typename E, std::size_t N>
  bool OneOf(const base::YamlNode* node, std::string_view what,
             const std::array<std::pair<std::string_view, E>, N>& choices, E& out);

  // Any value, scalars as text; every expression within is parsed and its references are kept with `place`.
  base::Json Value(const base::YamlNode& node, Place place);
  std::string Text(const base::YamlNode& node, Place place);  // a template
  // An expression, with or without `${{ }}` around it.
  void Condition(const base::YamlNode& node, Place place, std::string& out);

 private:
  bool Scalar(const base::YamlNode& node);
  bool HasShape(const base::YamlNode& node, Shape shape, std::string_view key);
  void UnknownKey(const base::YamlNode& key, const Schema& schema);
  void NoChoice(const base::YamlNode& node, std::string_view what, std::span<const std::string> names);
  void Keep(const base::YamlNode& node, const std::vector<expr::Reference>& references, std::size_t shift,
            Place place);
  // The same `${{` in a scalar's value and in the document; kept between calls with rising offsets.
  struct Cursor {
    std::size_t value = 0, text = 0;
    bool set = false;
  };
  base::Position InText(const base::YamlNode& node, std::size_t offset, Cursor& cursor) const;
  base::Position InText(const base::YamlNode& node, std::size_t offset) const;
  std::size_t ByteOf(base::Position at) const;
  base::Position PositionOf(std::size_t byte) const;

  const std::string_view text_;
  const std::string file_;
  std::vector<std::size_t> lines_;  // byte at which each line starts
  base::Diagnostics diagnostics_;
  // Patterns are dear to read: what comes after too many of them is not read, as the document is wrong.
  bool NoMorePatterns() const { return full() || pattern_size_ > expr::kMaxPatternSize; }
  void Afford(int pattern_size, base::Position at);

  std::vector<Use> uses_;
  int pattern_size_ = 0;
  std::vector<Need> needs_;
  std::unordered_set<std::string> doubtful_;
  std::vector<base::Position> doubtful_places_;
  // Where the last answer about places was: a line of megabytes is not counted from its start each time.
  struct Found {
    std::size_t byte = 0;
    base::Position at;
  };
  mutable Found last_;
};

// "did you mean `x`?", or the choices when there are few, or nothing.
std::string Suggest(std::string_view word, std::span<const std::string> choices,
                    std::string_view before = "");
// At most 60 characters of what somebody wrote, safe to show.
std::string Short(std::string_view text);
bool IsDate(std::string_view text);
bool IsVersion(std::string_view text);  // SemVer 2.0.0, without a leading `v`
bool IsReleaseName(std::string_view text);

template <typename E, std::size_t N>
bool Document::OneOf(const base::YamlNode* node, std::string_view what,
                     const std::array<std::pair<std::string_view, E>, N>& choices, E& out) {
  if (node == nullptr || !Scalar(*node)) return false;
  std::vector<std::string> names;
  for (const auto& [name, value] : choices) {
    if (name == node->scalar) {
      out = value;
      return true;
    }
    names.emplace_back(name);
  }
  NoChoice(*node, what, names);
  return false;
}

}  // namespace slipway::procedure
