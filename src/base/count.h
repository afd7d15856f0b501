// A number and what is counted, as it is said: `1 customer`, `2 customers`.
#pragma once

#include <fmt/format.h>

#include <concepts>
#include <string>
#include <string_view>

namespace slipway::base {

// `one`: an English noun whose plural ends in -s.
std::string Counted(std::integral auto count, std::string_view one) {
  return fmt::format("{} {}{}", count, one, count == 1 ? "" : "s");
}

}  // namespace slipway::base
