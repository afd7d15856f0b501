// Hints for names that are not known. Private to plan/.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/text.h"

namespace slipway::plan {

// "did you mean `x`?", else the few choices there are, else `otherwise`.
inline std::string Suggest(std::string_view word, std::span<const std::string> choices,
                           std::string otherwise = "") {
  if (auto near = base::DidYouMean(word, choices)) return "did you mean `" + *near + "`?";
  if (choices.empty() || choices.size() > 12) return otherwise;
  return "there is " + base::Join(choices, ", ");
}

// `a, b, c` of at most `most`, then how many more there are.
inline std::string Abbreviate(std::span<const std::string> names, std::size_t most) {
  if (names.size() <= most) return base::Join(names, ", ");
  return base::Join(names.first(most), ", ") + " and " + std::to_string(names.size() - most) + " more";
}

}  // namespace slipway::plan
