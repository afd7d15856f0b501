// YAML text as a tree that knows where everything stands. No guesses at types: a scalar is its text, and the
// reader's own schema says what it means (`no`, `1.10` and `22:30` stay as written).
//
// Refused, each with its place: aliases and anchors, tags, duplicate keys, keys that are not scalars, several
// documents, invalid UTF-8, NUL bytes, depth over 64, over 200,000 nodes, over 4 MiB of text, where nothing
// else is said.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace slipway::base {

struct Position {
  int line = 0;    // from 1; 0 = unknown
  int column = 0;  // from 1, in characters
};

struct YamlMember;

// The byte at which each line begins. A line ends with LF, CR LF, CR, U+0085, U+2028 or U+2029, as YAML 1.1
// (5.4) counts.
std::vector<std::size_t> LineStarts(std::string_view text);

struct YamlNode {
  enum class Kind { kScalar, kSequence, kMapping };
  Kind kind = Kind::kScalar;
  Position at;
  std::string scalar;               // kScalar
  bool quoted = false;              // kScalar: written with quotes or as a block, so never null
  std::vector<YamlNode> items;      // kSequence
  std::vector<YamlMember> members;  // kMapping; in the order written

  bool IsNull() const {
    return kind == Kind::kScalar && !quoted && (scalar.empty() || scalar == "~" || scalar == "null");
  }
  const YamlNode* Find(std::string_view key) const;  // kMapping; null when absent
};

// A key, which is a scalar, and its value.
struct YamlMember {
  YamlNode first;
  YamlNode second;
};

struct YamlError {
  Position at;
  std::string what;
  std::string hint;
  std::string key = {};  // the one that stands a second time
};

struct YamlLimits {
  std::size_t mebibytes = 4;
  int nodes = 200'000;
};
// Of files that list things by the thousand.
inline constexpr YamlLimits kWideYaml{.mebibytes = 64, .nodes = 2'000'000};

std::expected<YamlNode, YamlError> ParseYaml(std::string_view text, const YamlLimits& limits = {});

// As ParseYaml, but a key that stands a second time is told in `repeated` and left out with its value, and
// the rest is read, up to 100 of them.
std::expected<YamlNode, YamlError> ParseYamlOn(std::string_view text, std::vector<YamlError>& repeated);

}  // namespace slipway::base
