// What the targets say when the plan is made.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "app/session.h"
#include "plan/plan.h"

namespace slipway::app {

// Of a driver `DRIVER.action`; `with` gets the workspace's only connection of that driver where it names
// none. kInvalid: an argument does not fit.
base::Result<plan::Observation> ObservationOf(Session& session, const workspace::Workspace& workspace,
                                              std::string target, std::string step, std::string_view uses,
                                              base::JsonObject with);

// Runs each reading action, several at once. What cannot be read is a fact as well: {"unreachable": reason}.
api::Answer<plan::Facts> Observe(Session& session, const std::vector<plan::Observation>& observations);

// What each step would come to if it began now, as far as looking tells: of a reading action all that it
// says, of any other what Prepare says, which looks and is all that is done before a step is put on record.
api::Answer<std::vector<drivers::Outcome>> Foresee(Session& session,
                                                   const std::vector<plan::Observation>& steps);

}  // namespace slipway::app
