// Whatever the bytes: a tree whose every node has its place in the text, or an error that says what and
// where.
#include "base/yaml.h"

#include "fuzz.h"

namespace {

using slipway::base::YamlNode;
using slipway::fuzz::Require;

void Visit(const YamlNode& node, int depth) {
  Require(depth <= 65);
  Require(node.at.line > 0 && node.at.column > 0);
  for (const YamlNode& item : node.items) Visit(item, depth + 1);
  for (const auto& [key, value] : node.members) {
    Require(key.kind == YamlNode::Kind::kScalar);
    Require(node.Find(key.scalar) == &value);
    Visit(value, depth + 1);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto node = slipway::base::ParseYaml(slipway::fuzz::Text(data, size));
  if (node) {
    Visit(*node, 1);
  } else {
    Require(!node.error().what.empty() && node.error().at.line > 0);
  }
  return 0;
}
