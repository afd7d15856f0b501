// The text as cmark gets it. Only the structure of blocks is wanted from it: every character that begins
// something within a line is replaced by a control character, so that cmark makes one node of a line, never
// goes over a paragraph twice, and the text comes back as it was written. What begins a block stays.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace slipway::markdown {

inline constexpr int kMaxDepth = 64;

// As long as `text`, byte for byte in the same place. An error when a line alone nests deeper than kMaxDepth;
// `where` is its number.
base::Result<std::string> Neutralized(std::string_view text);

std::string Restored(std::string_view neutral);

}  // namespace slipway::markdown
