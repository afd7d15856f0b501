// Which runs can be tried again.
#pragma once

#include "base/result.h"
#include "engine/state.h"
#include "journal/store.h"

namespace slipway::app {

// kRefused, with what to do instead: it is not over, it succeeded, it is a rollback, or what it did was taken
// back since.
base::Status MayBeRetried(journal::Store& store, const engine::RunState& run);

// All that did not go well was never begun, since it is not what was planned any more: what is planned again.
bool OnlyRefused(const engine::RunState& run);

}  // namespace slipway::app
