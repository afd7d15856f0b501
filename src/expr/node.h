// The tree of one expression. Private to expr/: built by parser.cc, walked by evaluate.cc, immutable in
// between.
#pragma once

#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "expr/expr.h"

namespace re2 {
class RE2;
}

namespace slipway::expr {

inline constexpr std::size_t kMaxText = 4096;
inline constexpr int kMaxDepth = 32;
inline constexpr std::size_t kMaxResult = 4u << 20;  // bytes of a text that join() or a template may make

enum class Type { kAny, kNull, kBoolean, kInteger, kText, kList, kMap };
std::string_view ToString(Type type);
Type TypeOf(const base::Json& value);

enum class Function { kDefault, kContains, kStartsWith, kEndsWith, kMatches, kLength, kLower, kJoin };

struct Node {
  enum class Op {
    kLiteral,
    kPath,
    kOr,
    kAnd,
    kNot,
    kEqual,
    kNotEqual,
    kLess,
    kLessEqual,
    kGreater,
    kGreaterEqual,
    kCall
  };
  Op op = Op::kLiteral;
  Type type = Type::kAny;  // what is known without a scope
  int offset = 0;
  base::Json literal;             // kLiteral
  std::vector<std::string> path;  // kPath
  Function function = Function::kDefault;
  std::shared_ptr<const re2::RE2> pattern;  // matches() with a literal pattern
  std::vector<Node> children;
};

struct Expression::Parsed {
  std::string text;
  Node root;
  std::vector<Reference> references;
  int pattern_size = 0;
};

struct Tree {
  Node root;
  std::vector<Reference> references;
  int pattern_size = 0;
};
inline constexpr std::string_view kPatternsTooLarge = "the patterns are too large together";
inline constexpr std::string_view kShorterPatterns = "shorten repetitions such as `{1,1000}`";
std::expected<Tree, SyntaxError> ParseTree(std::string_view text);

struct EvaluationError {
  std::string what;
  std::string hint;
  int offset = 0;
  bool unknown_path = false;  // what default() forgives
};
std::expected<base::Json, EvaluationError> EvaluateTree(const Node& root, const base::JsonObject& scope);

// `column N` (in characters, from 1) of a byte offset.
std::string Column(std::string_view text, int offset);

// A compiled pattern, bounded in memory; error when it is not RE2.
std::expected<std::shared_ptr<const re2::RE2>, std::string> CompilePattern(std::string_view pattern);

// Integers, booleans and texts as they stand in a joined text; nullopt for the rest.
bool AppendScalar(const base::Json& value, std::string& out);

}  // namespace slipway::expr
