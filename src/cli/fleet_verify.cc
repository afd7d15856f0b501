#include <fmt/format.h>

#include "api/json.h"
#include "cli/fleet_report.h"
#include "cli/procedure_options.h"
#include "cli/report.h"
#include "cli/run_options.h"

namespace slipway::cli {

namespace {

constexpr std::string_view kProcedure = "procedures/verify-customers.yaml";

}  // namespace

// `slipway run` of that procedure, and a table of what was seen.
Exit FleetVerify(Call& call) {
  ProcedureOptions procedure{.file = std::string(kProcedure)};
  RunOptions wanted;
  std::string to, customer, ring, slow_statements;
  Options options(
      "fleet verify",
      fmt::format("Looks at the customers' databases and changes nothing: {}. Exits 0 only where all was "
                  "looked at and none failed.",
                  kProcedure));
  options.Text("--to", to, "VERSION", "the version that each must have; whatever it has when omitted")
      .Text("--customer", customer, "ID[,ID]", "only these")
      .Text("--ring", ring, "RING[,RING]", "only these rings")
      .Text("--slow-statements", slow_statements, "DURATION",
            "fail where a statement takes longer on average; 0s does not look")
      .Text("-e,--environment", procedure.environment, "ENV", "where; the lowest of the ladder when omitted");
  wanted.AddTo(options, "only show the plan");
  options.Json();
  if (const auto over = Read(call, options)) return *over;
  if (const auto here = IsHere(procedure.file); !here) return Fail(call.out, here.error());
  if (!to.empty()) procedure.parameters.push_back("version=" + to);
  if (!slow_statements.empty()) procedure.parameters.push_back("slow_statements=" + slow_statements);
  if (!customer.empty()) procedure.only.push_back("id=" + customer);
  if (!ring.empty()) procedure.only.push_back("labels.ring=" + ring);
  auto filled = procedure.Request();
  if (!filled) return Fail(call.out, filled.error());
  if (wanted.dry_run) return TellPlan(call, *filled, options.json());
  const api::RunRequest request{
      .procedure = *std::move(filled), .plan = wanted.plan, .stay = Stays(call.out, wanted.no_wait)};
  return MoveAndTell(
      call, options, "succeeded", [&](api::Watcher& watcher) { return call.api.Run(request, watcher); },
      [&](const api::RunReport& moved) {
        const auto report = call.api.FleetReportOn(moved.run.id);
        if (options.json() && report) return call.out.Json(api::ToJson(*report));
        if (!options.json()) TellRun(call.out, moved);
        if (!report) return call.out.Error(report.error());
        TellVerified(call.out, *report);
      });
}

}  // namespace slipway::cli
