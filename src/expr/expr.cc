#include "expr/expr.h"

#include <algorithm>
#include <cctype>

#include "expr/node.h"

namespace slipway::expr {
namespace {

bool IsPlain(std::string_view name) {
  return !name.empty() && std::ranges::all_of(name, [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-';
  });
}

}  // namespace

std::string ToString(const Reference& reference) {
  std::string out;
  for (const std::string& part : reference.path) {
    if (out.empty()) {
      out = part;
    } else if (IsPlain(part)) {
      out += "." + part;
    } else {
      out += "['" + part + "']";
    }
  }
  return out;
}

std::string Column(std::string_view text, int offset) {
  const auto before = text.substr(0, std::min(static_cast<std::size_t>(std::max(offset, 0)), text.size()));
  const auto characters =
      std::ranges::count_if(before, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; });
  return "column " + std::to_string(characters + 1);
}

std::expected<Expression, SyntaxError> Expression::ParsePlaced(std::string_view text) {
  auto tree = ParseTree(text);
  if (!tree) return std::unexpected(std::move(tree.error()));
  Expression expression;
  expression.parsed_ = std::make_shared<const Parsed>(
      Parsed{std::string(text), std::move(tree->root), std::move(tree->references), tree->pattern_size});
  return expression;
}

base::Result<Expression> Expression::Parse(std::string_view text) {
  auto parsed = ParsePlaced(text);
  if (!parsed)
    return base::Invalid(parsed.error().what, Column(text, parsed.error().offset), parsed.error().hint);
  return std::move(*parsed);
}

const std::vector<Reference>& Expression::References() const { return parsed_->references; }
int Expression::PatternSize() const { return parsed_->pattern_size; }
const std::string& Expression::Text() const { return parsed_->text; }

bool Expression::MayBeBoolean() const {
  return parsed_->root.type == Type::kAny || parsed_->root.type == Type::kBoolean;
}

base::Result<base::Json> Expression::Evaluate(const base::JsonObject& scope) const {
  auto value = EvaluateTree(parsed_->root, scope);
  if (!value)
    return base::Invalid(value.error().what, Column(parsed_->text, value.error().offset), value.error().hint);
  return std::move(*value);
}

base::Result<bool> Expression::Test(const base::JsonObject& scope) const {
  SLIPWAY_TRY(const base::Json value, Evaluate(scope));
  if (const bool* answer = value.if_bool()) return *answer;
  return base::Invalid("the answer must be true or false, not " + std::string(ToString(TypeOf(value))),
                       Column("", 0));
}

}  // namespace slipway::expr
