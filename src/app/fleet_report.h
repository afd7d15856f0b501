// What a run did to each of its customers, from the run's events: as a value, and as files in `reports/`.
#pragma once

#include <string>

#include "api/fleet.h"
#include "app/session.h"
#include "plan/plan.h"

namespace slipway::app {

bool IsOfCustomers(const plan::Plan& plan);

// A ring that the plan did not read is told as `workspace` has it now; whether the run can be tried again, as
// `store` has it now.
api::FleetReport MakeFleetReport(journal::Store& store, const engine::RunState& state, const plan::Plan& plan,
                                 const workspace::Workspace& workspace);

// Writes `reports/RUN-PROCEDURE.md`, `.txt` and `.json`, each in one go, and names them in the report.
base::Status WriteFleetReport(const std::filesystem::path& root, api::FleetReport& report);

// Writes the report of a run over customers, after the run was driven as far as it goes. Answers what is to
// be told of that; nothing for other runs. That it cannot be written changes nothing of the run.
std::string TellFleet(Session& session, const engine::Driven& driven);

}  // namespace slipway::app
