// Targets as text: what `fleet import` and `fleet add` write into targets/. Pure.
#pragma once

#include <string>
#include <string_view>

#include "workspace/calendar.h"

namespace slipway::fleet {

// A scalar of YAML, in double quotes where it could be read as anything else.
std::string Scalar(std::string_view text);

// `{ days: [sat], from: "02:00", to: "06:00" }`.
std::string WindowText(const workspace::Window& window);

}  // namespace slipway::fleet
