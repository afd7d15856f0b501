// The expression language of `${{ … }}`: paths, comparisons, boolean operators and a few functions. Typed,
// total and bounded: no loops, no arithmetic, no side effects; a text is at most 4 KiB and 32 levels deep,
// evaluation is linear in it.
//
//   or:    and ( `||` and )*          and:  not ( `&&` not )*        not: `!` not | compare
//   compare: primary [ (== != < <= > >=) primary ]
//   primary: 'text' | "text" | 42 | true | false | null | path | function( … ) | ( or )
//   path:  name ( .name | ['name'] | [0] )*      names may hold letters, digits, `_` and `-`
//   A quote inside a text is doubled (''); a backslash is just a backslash.
//   functions: default(x, y) contains(in, x) starts_with(s, p) ends_with(s, p) matches(s, re2) length(x)
//   lower(s) join(list, sep)
//
// `<` and its kin compare two integers or two texts; anything else is an error, as is an unknown path
// (outside default()).
// `==` and `!=` compare two values of one type, or any value with null. docs/formats/expressions.md has the
// full rules.
#pragma once

#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace slipway::expr {

// A path an expression reads: {"steps", "slots", "outputs", "idle"}. `optional` when it stands in default()'s
// first argument.
struct Reference {
  std::vector<std::string> path;
  bool optional = false;
  int offset = 0;  // bytes from the start of the text given to Parse, for messages
};
std::string ToString(const Reference& reference);  // steps.slots.outputs.idle

// What is wrong in a text and where, for callers that place it in a document.
struct SyntaxError {
  std::string what;
  std::string hint;      // may be empty
  int offset = 0;        // bytes from the start of the text
  int pattern_size = 0;  // of the patterns that were read before
};

// What the literal patterns of one text, or of one document, may be together: instructions of RE2's programs.
inline constexpr int kMaxPatternSize = 20'000;

// One expression, without the `${{ }}`. Immutable, cheap to copy, thread-safe.
class Expression {
 public:
  // Error (kInvalid): `what` says the cause, `where` is "column N" in the text.
  static base::Result<Expression> Parse(std::string_view text);
  static std::expected<Expression, SyntaxError> ParsePlaced(std::string_view text);
  const std::vector<Reference>& References() const;
  int PatternSize() const;    // of its literal patterns, see kMaxPatternSize
  bool MayBeBoolean() const;  // false when no scope could make it a boolean
  // Error (kInvalid): unknown path, wrong types.
  base::Result<base::Json> Evaluate(const base::JsonObject& scope) const;
  // As Evaluate, and the answer must be a boolean.
  base::Result<bool> Test(const base::JsonObject& scope) const;
  const std::string& Text() const;

 private:
  struct Parsed;
  std::shared_ptr<const Parsed> parsed_;
};

// Text with `${{ … }}` in it. Exactly one expression and nothing around it gives that expression's value;
// otherwise text, integers and booleans are joined into one text of at most 4 MiB (a list, map or null
// there is an error). `$${{` stands for `${{`.
class Template {
 public:
  static base::Result<Template> Parse(std::string_view text);
  static std::expected<Template, SyntaxError> ParsePlaced(std::string_view text);
  bool IsLiteral() const;  // holds no expression
  const std::vector<Reference>& References() const;
  int PatternSize() const;
  base::Result<base::Json> Evaluate(const base::JsonObject& scope) const;
  // As Resolve with `keep`: expressions that read something kept stay as written, and the answer is again a
  // template.
  base::Result<base::Json> Evaluate(const base::JsonObject& scope,
                                    const std::vector<std::string>& keep) const;

 private:
  struct Parsed;
  std::shared_ptr<const Parsed> parsed_;
};

// Instructions of a pattern's program; an error when it is not RE2, or too large on its own.
std::expected<int, std::string> PatternSize(std::string_view pattern);

// Every reference of every string within `json` (values only).
base::Result<std::vector<Reference>> ReferencesIn(const base::Json& json);

// `json` with every template within it evaluated. References whose first name, or whole path, is in `keep`
// stay as written (secrets, which are revealed only just before use; step outputs, at plan time): a string
// that holds one is left whole. With a non-empty `keep` the answer is again made of templates: `${{` that
// came out of a value is escaped, so that a later Resolve never evaluates data. The last Resolve of a chain
// has an empty `keep`.
base::Result<base::Json> Resolve(const base::Json& json, const base::JsonObject& scope,
                                 const std::vector<std::string>& keep);

}  // namespace slipway::expr
