#include "cli/procedure_options.h"
#include "cli/verb.h"

namespace slipway::cli {

Exit TellPlan(Call& call, const api::ProcedureRequest& request, bool json) {
  const auto plan = call.api.Plan(request);
  if (!plan) return Fail(call.out, plan.error());
  if (json)
    call.out.Json(plan->json);
  else
    call.out.Lines(plan->text);
  return Exit::kSucceeded;
}

Exit Plan(Call& call) {
  ProcedureOptions procedure;
  Options options("plan",
                  "Says what would be done, to what, why, and how it would be undone; prints the digest.");
  procedure.AddTo(options);
  options.Json();
  if (const auto over = Read(call, options)) return *over;
  const auto request = procedure.Request();
  if (!request) return Fail(call.out, request.error());
  return TellPlan(call, *request, options.json());
}

}  // namespace slipway::cli
