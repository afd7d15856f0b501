// The functions of the expression language: names, parameters and what they answer. Private to expr/.
#pragma once

#include <array>
#include <expected>
#include <span>
#include <string>
#include <string_view>

#include "expr/node.h"

namespace slipway::expr {

struct FunctionSheet {
  std::string_view name;
  Function function;
  int arity;
  std::array<Type, 2> parameters;  // kAny where it is judged by the function itself
  Type answer;
};

std::span<const FunctionSheet> Functions();
const FunctionSheet* FindFunction(std::string_view name);
const FunctionSheet& SheetOf(Function function);

// Everything but default(), which the evaluator does itself. `node` is the call, for its offset and compiled
// pattern.
std::expected<base::Json, EvaluationError> Call(const Node& node, const base::Json& first,
                                                const base::Json* second);

}  // namespace slipway::expr
