// What a new run takes over from the run it tries again or takes back. Private to engine/.
#pragma once

#include <string>
#include <vector>

#include "engine/engine.h"

namespace slipway::engine {

// The targets that the new run holds: of a rollback those of its parent, of a retry those of its parent
// that did not go well through every phase, else all of the plan.
std::vector<std::string> TargetsOf(const StartRequest& request);

// What goes on record with the start of the run.
//
// A rollback: the acts it may have to take back, in the order in which they were intended, and what others
// gave that an undo may read. A retry: the phases, and phases of a target, that ended well and were not taken
// back; they are not done again, and what their steps gave can be read.
std::vector<Event> TakenOver(const StartRequest& request);

}  // namespace slipway::engine
