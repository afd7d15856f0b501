#include "app/app.h"
#include "app/planning.h"
#include "app/rehearsal.h"

namespace slipway::app {

api::Answer<api::SimulationReport> App::Simulate(const api::ProcedureRequest& request) {
  SLIPWAY_TRY(const plan::Plan plan, MakePlan(session_, request));
  SLIPWAY_TRY(const std::filesystem::path root, session_.Root());
  SLIPWAY_TRY(api::SimulationReport report, Rehearse(plan, session_.drivers(), models_, root));
  return report;
}

}  // namespace slipway::app
