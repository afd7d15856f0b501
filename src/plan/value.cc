#include "plan/value.h"

namespace slipway::plan {

base::Result<Value> Value::Parse(const base::Json& json) {
  Value value;
  SLIPWAY_TRY(value.root_, value.ParseNode(json));
  return value;
}

base::Result<Value::Node> Value::ParseNode(const base::Json& json) {
  Node node;
  if (json.is_string()) {
    node.kind = Node::Kind::kText;
    SLIPWAY_TRY(expr::Template text, expr::Template::Parse(base::View(json.get_string())));
    references_.insert(references_.end(), text.References().begin(), text.References().end());
    node.text.push_back(std::move(text));
  } else if (json.is_array()) {
    node.kind = Node::Kind::kList;
    for (const base::Json& item : json.get_array()) {
      SLIPWAY_TRY(Node child, ParseNode(item));
      node.items.push_back(std::move(child));
    }
  } else if (json.is_object()) {
    node.kind = Node::Kind::kMap;
    for (const auto& member : json.get_object()) {
      SLIPWAY_TRY(Node child, ParseNode(member.value()));
      node.names.emplace_back(member.key());
      node.items.push_back(std::move(child));
    }
  } else {
    node.literal = json;
  }
  return node;
}

base::Result<base::Json> Value::Evaluate(const Node& node, const base::JsonObject& scope) {
  switch (node.kind) {
    case Node::Kind::kLiteral:
      return node.literal;
    case Node::Kind::kText:
      return node.text.front().Evaluate(scope);
    case Node::Kind::kList: {
      base::JsonArray list;
      for (const Node& item : node.items) {
        SLIPWAY_TRY(base::Json value, Evaluate(item, scope));
        list.push_back(std::move(value));
      }
      return base::Json(std::move(list));
    }
    case Node::Kind::kMap: {
      base::JsonObject map;
      for (std::size_t i = 0; i < node.items.size(); ++i) {
        SLIPWAY_TRY(map[node.names[i]], Evaluate(node.items[i], scope));
      }
      return base::Json(std::move(map));
    }
  }
  return base::Json();
}

}  // namespace slipway::plan
