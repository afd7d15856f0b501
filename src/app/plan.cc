#include "plan/plan.h"

#include "app/app.h"
#include "app/planning.h"

namespace slipway::app {

base::Result<api::PlanReport> ShowPlan(Session& session, const plan::Plan& plan) {
  SLIPWAY_TRY(journal::Store * store, session.Store());
  SLIPWAY_CHECK_OK(KeepPlan(session, plan));
  api::PlanReport report;
  report.digest = plan.digest;
  report.procedure = plan.procedure.metadata.id;
  report.environment = plan.environment;
  report.store = store->Id();
  report.text = plan::Print(plan);
  // Two clones must never believe that they share locks and holds, so the store is named beside the digest.
  const std::size_t digest = report.text.rfind("Plan sha256:");
  report.text.insert(digest == std::string::npos ? report.text.size() : digest,
                     "Store " + report.store + "\n");
  report.json = plan::ToJson(plan);
  report.json.as_object()["store"] = report.store;
  return report;
}

api::Answer<api::PlanReport> App::Plan(const api::ProcedureRequest& request) {
  SLIPWAY_TRY(const plan::Plan plan, MakePlan(session_, request));
  return ShowPlan(session_, plan);
}

}  // namespace slipway::app
