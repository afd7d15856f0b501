// A JSON value whose texts are templates, parsed once and evaluated for many targets. Private to plan/.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "expr/expr.h"

namespace slipway::plan {

class Value {
 public:
  // kInvalid: a text within is not a template. Procedure texts have been parsed before, so this is rare.
  static base::Result<Value> Parse(const base::Json& json);
  const std::vector<expr::Reference>& References() const { return references_; }
  base::Result<base::Json> Evaluate(const base::JsonObject& scope) const { return Evaluate(root_, scope); }

 private:
  struct Node {
    base::Json literal;                // a scalar that is no text
    std::vector<expr::Template> text;  // one, for a text
    std::vector<Node> items;           // of a list, or the values of a map
    std::vector<std::string> names;    // of a map, beside `items`
    enum class Kind { kLiteral, kText, kList, kMap } kind = Kind::kLiteral;
  };
  base::Result<Node> ParseNode(const base::Json& json);
  static base::Result<base::Json> Evaluate(const Node& node, const base::JsonObject& scope);

  Node root_;
  std::vector<expr::Reference> references_;
};

}  // namespace slipway::plan
