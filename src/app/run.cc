#include "app/app.h"
#include "app/driving.h"
#include "app/planning.h"

namespace slipway::app {

api::Answer<api::RunReport> App::Run(const api::RunRequest& request, api::Watcher& watcher) {
  SLIPWAY_TRY(plan::Plan made, MakePlan(session_, request.procedure));
  const auto plan = std::make_shared<const plan::Plan>(std::move(made));
  SLIPWAY_TRY(engine::Parts * parts, session_.Engine());
  if (!request.plan.empty()) SLIPWAY_CHECK_OK(RequireReviewed(session_, *plan, request.plan));
  engine::StartRequest start;
  start.plan = plan.get();
  start.actor = session_.actor();
  SLIPWAY_TRY(const std::string run, engine::StartRun(*parts, start));
  return DriveRun(session_, run, request.stay ? Patience::kStay : Patience::kReturn, Elsewhere::kRefuse,
                  watcher, plan);
}

}  // namespace slipway::app
