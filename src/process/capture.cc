#include "process/capture.h"

#include <fmt/core.h>

#include <algorithm>

namespace slipway::process {

void Capture::Add(std::string_view bytes) {
  total_ += bytes.size();
  const std::size_t fits = std::min(bytes.size(), half_ - head_.size());
  head_.append(bytes.substr(0, fits));
  bytes.remove_prefix(fits);
  if (bytes.size() > half_) bytes.remove_prefix(bytes.size() - half_);
  tail_.append(bytes);
  if (tail_.size() > 2 * half_) tail_.erase(0, tail_.size() - half_);
}

std::string Capture::Text() const {
  if (!cut()) return head_ + tail_;
  std::string_view head = head_;
  std::string_view tail = tail_;
  if (tail.size() > half_) tail.remove_prefix(tail.size() - half_);
  const std::size_t last = head.rfind('\n');
  head = last == head.npos ? std::string_view() : head.substr(0, last + 1);
  const std::size_t first = tail.find('\n');
  tail = first == tail.npos ? std::string_view() : tail.substr(first + 1);
  return fmt::format("{}[... {} bytes left out ...]\n{}", head, total_ - head.size() - tail.size(), tail);
}

std::string Capture::LastLines(std::size_t lines) const {
  const std::string text = Text();
  std::size_t end = text.find_last_not_of(" \t\r\n");
  if (end == text.npos) return {};
  std::size_t begin = end + 1;
  for (std::size_t i = 0; i < lines && begin != 0; ++i) {
    const std::size_t newline = begin < 2 ? text.npos : text.rfind('\n', begin - 2);
    begin = newline == text.npos ? 0 : newline + 1;
  }
  return text.substr(begin, end + 1 - begin);
}

}  // namespace slipway::process
