// What is remembered of a target after an outcome: the outputs that its sheet marks `recorded`, whatever the
// verdict. An act that failed half way, and a look that found something wrong, may know how the target stands
// all the same.
//
// How acts left a target and what looks saw of it are compared by their names. `X` is how an act left it,
// `X_before` how that act had found it, `X_seen` what a look saw:
// - what a look saw is the measure, `X`, where nothing is on record of how it was left;
// - an act that found something else than was on record gets the output `X_drifted`, `RUN/STEP` of what had
//   left it, else an empty one, and that is remembered: what the act leaves is the measure from then on.
#pragma once

#include <string>

#include "base/json.h"
#include "drivers/action.h"
#include "journal/store.h"

namespace slipway::engine {

base::JsonObject FactsOf(journal::Store& store, const drivers::ActionSheet& sheet, const std::string& target,
                         base::JsonObject& outputs);

}  // namespace slipway::engine
