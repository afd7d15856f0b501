// JSON text (RFC 8259) as the tree that YAML gives, with the place of everything: for documents that other
// systems write and people edit. libyaml refuses some of them: surrogate pairs in `\u` escapes, a raw DEL, a
// tab before the first brace, long keys.
//
// A string is `quoted`; a number, true, false and null are their text. Refused, each with its place: what is
// no JSON, duplicate names, invalid UTF-8, lone surrogates, NUL, depth over 64, over 2,000,000 values, over
// 64 MiB.
#pragma once

#include <string_view>

#include "base/yaml.h"

namespace slipway::base {

inline constexpr std::size_t kMaxJsonTreeBytes = 64u << 20;

std::expected<YamlNode, YamlError> ParseJsonTree(std::string_view text);

}  // namespace slipway::base
