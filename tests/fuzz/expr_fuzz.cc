// Whatever the text: an error placed within it, or an expression that ends with a value or an error.
// Resolving in two passes gives what one pass gives: text that came out of a value is never evaluated.
#include "expr/expr.h"

#include "base/json.h"
#include "fuzz.h"

namespace {

using slipway::fuzz::Require;
namespace base = slipway::base;
namespace expr = slipway::expr;

const base::JsonObject& Scope() {
  static const base::JsonObject scope =
      base::ParseJson(
          R"({"a": {"b": "${{ a.n }}", "n": 7, "t": true, "x": null, "l": ["p", 1, {"q": "$${{"}]}, "s": "text"})")
          ->as_object();
  return scope;
}

void CheckExpression(std::string_view text) {
  const auto expression = expr::Expression::ParsePlaced(text);
  if (!expression) {
    Require(!expression.error().what.empty());
    Require(expression.error().offset >= 0 &&
            static_cast<std::size_t>(expression.error().offset) <= text.size());
    return;
  }
  for (const expr::Reference& reference : expression->References())
    Require(!reference.path.empty() && static_cast<std::size_t>(reference.offset) < text.size());
  const auto value = expression->Evaluate(Scope());
  Require(value || !value.error().what.empty());
  if (value && !expression->MayBeBoolean()) Require(!value->is_bool());
}

void CheckTemplate(std::string_view text) {
  const base::Json json(text);
  const auto once = expr::Resolve(json, Scope(), {});
  const auto kept = expr::Resolve(json, Scope(), {"secrets"});
  if (!kept || !once) return;
  const auto twice = expr::Resolve(*kept, Scope(), {});
  Require(twice && *twice == *once);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = slipway::fuzz::Text(data, size);
  CheckExpression(text);
  CheckTemplate(text);
  return 0;
}
