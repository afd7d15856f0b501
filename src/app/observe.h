// What the targets say when the plan is made.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "app/session.h"
#include "plan/plan.h"

namespace slipway::app {

// Runs each reading action, several at once. target -> step -> outputs; what cannot be read is a fact as
// well: {"unreachable": reason}.
api::Answer<std::map<std::string, base::JsonObject>> Observe(
    Session& session, const std::vector<plan::Observation>& observations);

}  // namespace slipway::app
