// The rehearsal behind `slipway simulate`: the plan runs against models of its drivers, once with nothing
// failing and once for each step with that step failing, and each time it is said whether the rollback
// restored the recorded state.
#pragma once

#include <filesystem>

#include "api/simulation.h"
#include "app/parts.h"
#include "base/result.h"
#include "drivers/driver.h"
#include "plan/plan.h"

namespace slipway::app {

// `drivers` are the real ones, of which only the sheets are used. Nothing outside is touched; time is
// simulated. The first two targets of the plan are rehearsed, and one for each step that these skip. Gates
// are taken to be open, people to say yes, or once to be late where their step has a timeout. Where no driver
// can look whether an undo restored anything, the step's `model` may say so.
base::Result<api::SimulationReport> Rehearse(const plan::Plan& plan, const drivers::Registry& drivers,
                                             const MakeModels& models, const std::filesystem::path& root);

}  // namespace slipway::app
