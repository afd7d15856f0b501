// UTF-8 (RFC 3629), read strictly: overlong forms, surrogates and anything beyond U+10FFFF are errors.
#pragma once

#include <cstdint>
#include <string_view>

namespace slipway::base {

struct Utf8Char {
  char32_t code = 0;
  std::size_t size = 0;  // bytes; 0 when the text does not start with a whole, valid character
};

// The first character of a text that is not empty.
Utf8Char FirstUtf8(std::string_view text);

// The offset of the first byte that is not part of valid UTF-8, or npos.
std::size_t Utf8ErrorAt(std::string_view text);

}  // namespace slipway::base
