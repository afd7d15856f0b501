// Whatever the bytes: a tree whose every node has its place in the text, or an error that says what and
// where; and nothing is refused that the other reader of JSON takes.
#include "base/json_tree.h"

#include <string_view>

#include "base/json.h"
#include "fuzz.h"

namespace {

using slipway::base::YamlNode;
using slipway::fuzz::Require;

void Visit(const YamlNode& node, int depth) {
  Require(depth <= 65);
  Require(node.at.line > 0 && node.at.column > 0);
  for (const YamlNode& item : node.items) Visit(item, depth + 1);
  for (const auto& [key, value] : node.members) {
    Require(key.kind == YamlNode::Kind::kScalar && key.quoted);
    Require(node.Find(key.scalar) == &value);
    Visit(value, depth + 1);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = slipway::fuzz::Text(data, size);
  const auto node = slipway::base::ParseJsonTree(text);
  if (node) {
    Visit(*node, 1);
  } else {
    Require(!node.error().what.empty() && node.error().at.line > 0);
    Require(text.find("\\u0000") != text.npos || !slipway::base::ParseJson(text));
  }
  return 0;
}
