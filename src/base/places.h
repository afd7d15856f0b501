// Bytes of a text to its lines and columns.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "base/yaml.h"

namespace slipway::base {

inline constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

// Quickest when asked in ascending order; then linear in all. Columns count characters from 1; a byte order
// mark has none. Holds a view of the text.
class Places {
 public:
  explicit Places(std::string_view text);
  Position At(std::size_t offset);  // beyond the end is the end

 private:
  const std::string_view text_;
  const std::vector<std::size_t> lines_;
  std::size_t line_ = 0;  // what was found last: index in lines_, offset, column
  std::size_t offset_ = 0;
  int column_ = 1;
};

}  // namespace slipway::base
