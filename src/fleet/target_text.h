// Targets as text: what `fleet import` and `fleet add` write into targets/. Pure.
#pragma once

#include <string>
#include <string_view>

#include "fleet/policies.h"
#include "workspace/calendar.h"

namespace slipway::fleet {

// A scalar of YAML, in double quotes where it could be read as anything else.
std::string Scalar(std::string_view text);

// How young the proof of a backup must be for data of such a customer to go for good; empty: it says nothing.
std::string ProvenWithin(const Policy* policy);

// `{ days: [sat], from: "02:00", to: "06:00" }`.
std::string WindowText(const workspace::Window& window);

}  // namespace slipway::fleet
