// What a run did to each customer, as a person reads it.
#pragma once

#include "api/fleet.h"
#include "cli/verb.h"

namespace slipway::cli {

// A line a customer, how many of each state, and what does the rest.
void TellFleet(Terminal& out, const api::FleetReport& report);

// The same of a verification: the worst verdict of each, and all that did not pass. What nobody looked at is
// unknown.
void TellVerified(Terminal& out, const api::FleetReport& report);

}  // namespace slipway::cli
