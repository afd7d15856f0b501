// What a command wrote, kept within a limit: its beginning and its end, and how much there was.
//
// Where something had to be left out, only whole lines are kept around the gap, so that a secret cut in two
// by the limit does not survive as a half that no masking finds.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace slipway::process {

class Capture {
 public:
  explicit Capture(std::size_t limit) : half_(limit / 2) {}
  void Add(std::string_view bytes);

  std::uint64_t total() const { return total_; }   // bytes written
  bool cut() const { return total_ > 2 * half_; }  // some are missing from Text()
  std::string Text() const;                        // with a line that names the gap where there is one
  std::string LastLines(std::size_t lines) const;  // of what was kept

 private:
  std::size_t half_;
  std::uint64_t total_ = 0;
  std::string head_;
  std::string tail_;  // up to twice half_, cut back from time to time
};

}  // namespace slipway::process
