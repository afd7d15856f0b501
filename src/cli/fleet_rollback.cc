#include <fmt/format.h>

#include <filesystem>

#include "api/json.h"
#include "cli/moment.h"
#include "cli/procedure_options.h"
#include "cli/report.h"
#include "cli/table.h"
#include "cli/verb.h"

namespace slipway::cli {

namespace {

constexpr std::string_view kProcedure = "procedures/rollback-customer.yaml";

void TellLoss(Terminal& out, const api::FleetWayBack& back) {
  out.Line(fmt::format("{} goes back from {} to {}, which {} took it away from at {}", back.customer,
                       back.from.empty() ? "no version on record" : back.from, back.to, back.run,
                       Moment(back.left_at)));
  out.Line(fmt::format("backup  {}, of {}, {}", back.backup, Moment(back.backup_at),
                       back.proven_at ? "proven at " + Moment(back.proven_at) : "not proven yet"));
  out.Line("lost    " + back.loss, Style::kCare);
  if (back.lost.empty()) return;
  Table table({"TABLE", "WRITTEN SINCE, AT LEAST"});
  for (const auto& [name, rows] : back.lost) table.Add({name, rows ? std::to_string(*rows) : "unknown"});
  table.Write(out);
}

}  // namespace

// The log says which backup; the rest is `slipway run` of that procedure.
Exit FleetRollback(Call& call) {
  ProcedureOptions procedure{.file = std::string(kProcedure)};
  api::FleetWayBackRequest wanted;
  api::RunRequest request;
  bool no_wait = false, dry_run = false;
  Options options(
      "fleet rollback",
      fmt::format("Takes one customer back to a version it had, by the backup that the run made which took "
                  "it away: {}. What would be lost is shown, and a person agrees in the run.",
                  kProcedure));
  options.Text("--customer", wanted.customer, "ID", "the customer")
      .Text("--to", wanted.to, "VERSION", "the version it is to have again")
      .Text("-e,--environment", wanted.environment, "ENV", "where; the lowest of the ladder when omitted")
      .Text("--plan", request.plan, "DIGEST",
            "only if the plan is the one with this digest: what was reviewed")
      .Flag("--no-wait", no_wait, "exit 4 where the run waits for a person or a time")
      .Flag("--dry-run", dry_run, "only say which backup, what would be lost and what would be done")
      .Json();
  if (const auto over = Read(call, options)) return *over;
  if (wanted.customer.empty() || wanted.to.empty())
    return Fail(call.out, base::Error{base::ErrorKind::kInvalid,
                                      wanted.customer.empty() ? "which customer?" : "to which version?",
                                      wanted.customer.empty() ? "--customer" : "--to",
                                      "slipway fleet rollback --customer ID --to VERSION"});
  if (!std::filesystem::exists(procedure.file)) {
    return Fail(call.out,
                base::Error{base::ErrorKind::kInvalid, "there is no such procedure here", procedure.file,
                            "put one there, and go to the folder that holds slipway.yaml (or -C DIR)"});
  }
  const auto back = call.api.FleetWayBack(wanted);
  if (!back) return Fail(call.out, back.error());
  if (!options.json()) TellLoss(call.out, *back);
  procedure.environment = wanted.environment;
  procedure.parameters = {"customer=" + wanted.customer, "to=" + wanted.to, "backup=" + back->backup,
                          "sha256=" + back->sha256};
  auto filled = procedure.Request();
  if (!filled) return Fail(call.out, filled.error());
  if (dry_run) return TellPlan(call, *filled, options.json());
  request.procedure = *std::move(filled);
  request.stay = Stays(call.out, no_wait);
  return Move(call, options, "succeeded",
              [&](api::Watcher& watcher) { return call.api.Run(request, watcher); });
}

}  // namespace slipway::cli
