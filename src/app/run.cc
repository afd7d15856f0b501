#include "app/app.h"
#include "app/driving.h"
#include "app/planning.h"

namespace slipway::app {

api::Answer<api::RunReport> App::Run(const api::RunRequest& request, api::Watcher& watcher) {
  SLIPWAY_TRY(const plan::Plan plan, MakePlan(session_, request.procedure));
  SLIPWAY_TRY(engine::Parts * parts, session_.Engine());
  if (!request.plan.empty()) SLIPWAY_CHECK_OK(RequireReviewed(session_, plan, request.plan));
  engine::StartRequest start;
  start.plan = &plan;
  start.actor = session_.actor();
  SLIPWAY_TRY(const std::string run, engine::StartRun(*parts, start));
  return DriveRun(session_, run, request.stay ? Patience::kStay : Patience::kReturn, Elsewhere::kRefuse,
                  watcher);
}

}  // namespace slipway::app
