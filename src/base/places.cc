#include "base/places.h"

#include <algorithm>

namespace slipway::base {

Places::Places(std::string_view text) : text_(text), lines_(LineStarts(text)) {}

Position Places::At(std::size_t offset) {
  offset = std::min(offset, text_.size());
  if (offset < offset_) line_ = offset_ = 0, column_ = 1;
  const auto line =
      std::upper_bound(lines_.begin() + static_cast<std::ptrdiff_t>(line_), lines_.end(), offset);
  const auto index = static_cast<std::size_t>(line - lines_.begin()) - 1;
  if (index != line_ || offset_ == 0) {
    line_ = index;
    offset_ = lines_[index];
    column_ = index == 0 && text_.starts_with(kByteOrderMark) ? 0 : 1;
  }
  for (; offset_ < offset; ++offset_)
    if ((static_cast<unsigned char>(text_[offset_]) & 0xC0) != 0x80) ++column_;
  return {static_cast<int>(line_) + 1, std::max(column_, 1)};
}

}  // namespace slipway::base
