#include <algorithm>
#include <charconv>
#include <utility>

#include "base/text.h"
#include "expr/functions.h"
#include "expr/node.h"

namespace slipway::expr {
namespace {

using Op = Node::Op;

// A value of the scope, not copied, or one that was made.
class Value {
 public:
  Value() = default;
  explicit Value(const base::Json* borrowed) : borrowed_(borrowed) {}
  explicit Value(base::Json made) : made_(std::move(made)) {}
  const base::Json& get() const { return borrowed_ != nullptr ? *borrowed_ : made_; }

 private:
  const base::Json* borrowed_ = nullptr;
  base::Json made_;
};
using Answer = std::expected<Value, EvaluationError>;

std::string Spell(const std::vector<std::string>& path, std::size_t count) {
  return ToString(Reference{{path.begin(), path.begin() + static_cast<std::ptrdiff_t>(count)}, false, 0});
}

std::unexpected<EvaluationError> UnknownMember(const Node& node, std::size_t i,
                                               const base::JsonObject& members) {
  std::vector<std::string> names;
  for (const auto& member : members) {
    if (names.size() == 200) break;  // enough to guess from
    names.emplace_back(std::string_view(member.key().data(), member.key().size()));
  }
  std::string what = "unknown name `" + base::Printable(Spell(node.path, i + 1)) + "`";
  std::string hint;
  if (const auto near = base::DidYouMean(node.path[i], names)) {
    std::vector<std::string> path(node.path.begin(), node.path.begin() + static_cast<std::ptrdiff_t>(i));
    path.push_back(*near);
    hint = "did you mean `" + base::Printable(Spell(path, path.size())) + "`?";
  } else if (names.empty()) {
    hint = i == 0 ? "nothing is known here" : "`" + base::Printable(Spell(node.path, i)) + "` is empty";
  } else {
    std::ranges::sort(names);
    if (names.size() > 12) names.resize(12);
    hint = "known here: " + base::Printable(base::Join(names, ", "));
  }
  return std::unexpected(EvaluationError{std::move(what), std::move(hint), node.offset, true});
}

Answer Look(const Node& node, const base::JsonObject& scope) {
  const base::Json* value = nullptr;
  for (std::size_t i = 0; i < node.path.size(); ++i) {
    const std::string& name = node.path[i];
    if (i == 0 || value->is_object()) {
      const base::JsonObject& members = i == 0 ? scope : value->get_object();
      const base::Json* found = members.if_contains(name);
      if (found == nullptr) return UnknownMember(node, i, members);
      value = found;
    } else if (value->is_array()) {
      std::size_t index = 0;
      const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), index);
      const auto& items = value->get_array();
      if (error != std::errc{} || end != name.data() + name.size() || index >= items.size())
        return std::unexpected(EvaluationError{"`" + base::Printable(Spell(node.path, i)) +
                                                   "` is a list of " + std::to_string(items.size()) +
                                                   ", it has no `" + base::Printable(name) + "`",
                                               "", node.offset, true});
      value = &items[index];
    } else {
      return std::unexpected(EvaluationError{"`" + base::Printable(Spell(node.path, i)) + "` is " +
                                                 std::string(ToString(TypeOf(*value))) +
                                                 " and has no members",
                                             "", node.offset, true});
    }
  }
  return Value(value);
}

class Evaluator {
 public:
  explicit Evaluator(const base::JsonObject& scope) : scope_(scope) {}

  Answer Run(const Node& node) const {
    switch (node.op) {
      case Op::kLiteral:
        return Value(&node.literal);
      case Op::kPath:
        return Look(node, scope_);
      case Op::kOr:
        return Chain(node, true);
      case Op::kAnd:
        return Chain(node, false);
      case Op::kNot:
        return Not(node);
      case Op::kEqual:
      case Op::kNotEqual:
      case Op::kLess:
      case Op::kLessEqual:
      case Op::kGreater:
      case Op::kGreaterEqual:
        return Compare(node);
      case Op::kCall:
        return CallOf(node);
    }
    return Value();
  }

 private:
  std::expected<bool, EvaluationError> Boolean(const Node& node) const {
    auto value = Run(node);
    if (!value) return std::unexpected(std::move(value.error()));
    if (const bool* b = value->get().if_bool()) return *b;
    return std::unexpected(EvaluationError{
        "expected true or false, not " + std::string(ToString(TypeOf(value->get()))), "", node.offset});
  }

  // Or stops at the first true, and at the first false.
  Answer Chain(const Node& node, bool stop) const {
    for (const Node& child : node.children) {
      auto value = Boolean(child);
      if (!value) return std::unexpected(std::move(value.error()));
      if (*value == stop) return Value(base::Json(stop));
    }
    return Value(base::Json(!stop));
  }

  Answer Not(const Node& node) const {
    auto value = Boolean(node.children[0]);
    if (!value) return std::unexpected(std::move(value.error()));
    return Value(base::Json(!*value));
  }

  Answer Compare(const Node& node) const {
    auto left = Run(node.children[0]);
    if (!left) return left;
    auto right = Run(node.children[1]);
    if (!right) return right;
    const base::Json &l = left->get(), &r = right->get();
    const Type lt = TypeOf(l), rt = TypeOf(r);
    if (node.op == Op::kEqual || node.op == Op::kNotEqual) {
      if (lt != rt && lt != Type::kNull && rt != Type::kNull) return Mixed(node, lt, rt);
      return Value(base::Json((l == r) == (node.op == Op::kEqual)));
    }
    if (lt != rt) return Mixed(node, lt, rt);
    if (lt == Type::kText)
      return Value(base::Json(Ordered(node.op, base::View(l.get_string()), base::View(r.get_string()))));
    if (lt == Type::kInteger && l.is_int64() && r.is_int64())
      return Value(base::Json(Ordered(node.op, l.get_int64(), r.get_int64())));
    return std::unexpected(EvaluationError{
        "only integers and texts have an order, not " + std::string(ToString(lt)), "", node.offset});
  }

  static std::unexpected<EvaluationError> Mixed(const Node& node, Type left, Type right) {
    std::string hint;
    if ((left == Type::kText && right == Type::kInteger) || (left == Type::kInteger && right == Type::kText))
      hint = "values written in documents are text: put the number in quotes";
    return std::unexpected(EvaluationError{
        "cannot compare " + std::string(ToString(left)) + " with " + std::string(ToString(right)), hint,
        node.offset});
  }

  template <typename T>
  static bool Ordered(Op op, const T& l, const T& r) {
    if (op == Op::kLess) return l < r;
    if (op == Op::kLessEqual) return l <= r;
    if (op == Op::kGreater) return l > r;
    return l >= r;
  }

  Answer CallOf(const Node& node) const {
    auto first = Run(node.children[0]);
    if (node.function == Function::kDefault) {
      if (first && !first->get().is_null()) return first;
      if (!first && !first.error().unknown_path) return first;
      return Run(node.children[1]);
    }
    if (!first) return first;
    Value second;
    if (node.children.size() > 1) {
      auto value = Run(node.children[1]);
      if (!value) return value;
      second = std::move(*value);
    }
    auto answer = Call(node, first->get(), &second.get());
    if (!answer) return std::unexpected(std::move(answer.error()));
    return Value(std::move(*answer));
  }

  const base::JsonObject& scope_;
};

}  // namespace

std::string_view ToString(Type type) {
  switch (type) {
    case Type::kAny:
      return "any value";
    case Type::kNull:
      return "null";
    case Type::kBoolean:
      return "a boolean";
    case Type::kInteger:
      return "an integer";
    case Type::kText:
      return "text";
    case Type::kList:
      return "a list";
    case Type::kMap:
      return "a map";
  }
  return "";
}

Type TypeOf(const base::Json& value) {
  if (value.is_null()) return Type::kNull;
  if (value.is_bool()) return Type::kBoolean;
  if (value.is_string()) return Type::kText;
  if (value.is_array()) return Type::kList;
  if (value.is_object()) return Type::kMap;
  return Type::kInteger;
}

std::expected<base::Json, EvaluationError> EvaluateTree(const Node& root, const base::JsonObject& scope) {
  auto value = Evaluator(scope).Run(root);
  if (!value) return std::unexpected(std::move(value.error()));
  return value->get();
}

bool AppendScalar(const base::Json& value, std::string& out) {
  if (value.is_string()) {
    out += base::View(value.get_string());
  } else if (value.is_int64()) {
    out += std::to_string(value.get_int64());
  } else if (value.is_uint64()) {
    out += std::to_string(value.get_uint64());
  } else if (value.is_bool()) {
    out += value.get_bool() ? "true" : "false";
  } else {
    return false;
  }
  return true;
}

}  // namespace slipway::expr
