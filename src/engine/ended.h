// Private to engine/.
#pragma once

#include "engine/state.h"

namespace slipway::engine {

// For a run that has just come to its end for ever: nothing of it runs or waits any more. A look that was cut
// short and a person who was not asked any more are cancelled; a change that may or may not have happened, or
// that nobody has checked, is unknown and not guessed at.
void EndSteps(RunState& state);

}  // namespace slipway::engine
