// What the fuzz targets share.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace slipway::fuzz {

inline std::string_view Text(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

// A property of every input; the fuzzer reports the input that breaks it.
inline void Require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace slipway::fuzz
