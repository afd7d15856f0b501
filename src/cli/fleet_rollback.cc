#include <fmt/format.h>

#include "api/json.h"
#include "cli/moment.h"
#include "cli/run_options.h"
#include "cli/table.h"
#include "cli/verb.h"

namespace slipway::cli {

namespace {

constexpr std::string_view kProcedure = "procedures/rollback-customer.yaml";
constexpr std::string_view kDown = "procedures/migrate-down.yaml";

void TellLoss(Terminal& out, const api::FleetWayBack& back) {
  out.Line(fmt::format("{} goes back from {} to {}, which {} took it away from at {}", back.customer,
                       back.from.empty() ? "no version on record" : back.from, back.to, back.run,
                       Moment(back.left_at)));
  out.Line(fmt::format("backup  {}, of {}, {}", back.backup, Moment(back.backup_at),
                       back.proven_at ? "proven at " + Moment(back.proven_at) : "not proven yet"));
  out.Line("lost    " + back.loss, Style::kCare);
  if (!back.lost || back.lost->empty()) return;
  Table table({"TABLE", "WRITTEN SINCE, AT LEAST"});
  for (const auto& [name, rows] : *back.lost) table.Add({name, rows ? std::to_string(*rows) : "unknown"});
  table.Write(out);
}

// The plan with what the text says before it.
Exit TellJson(Call& call, const ProcedureOptions& procedure, const api::FleetWayBack& back) {
  const auto request = procedure.Request();
  if (!request) return Fail(call.out, request.error());
  auto plan = call.api.Plan(*request);
  if (!plan) return Fail(call.out, plan.error());
  plan->json.as_object()["way_back"] = api::ToJson(back);
  call.out.Json(plan->json);
  return Exit::kSucceeded;
}

// The plan, and beside it why nothing can go back where the look at the database says so: the run would fail
// of it.
Exit TellWayDown(Call& call, const ProcedureOptions& procedure, const api::FleetWayBackRequest& wanted,
                 bool json) {
  const auto request = procedure.Request();
  if (!request) return Fail(call.out, request.error());
  const auto plan = call.api.Plan(*request);
  if (!plan) return Fail(call.out, plan.error());
  if (json)
    call.out.Json(plan->json);
  else
    call.out.Lines(plan->text);
  for (const base::Json& target : base::GetArray(plan->json.get_object(), "targets")) {
    for (const auto& seen : base::GetObject(target.get_object(), "facts")) {
      const std::string why = base::GetString(seen.value().get_object(), "unreachable");
      if (why.empty()) continue;
      Fail(call.out, base::Error{base::ErrorKind::kRefused,
                                 fmt::format("{} does not go back to {} by its down-migrations: {}",
                                             wanted.customer, wanted.to, why),
                                 "step " + std::string(seen.key()),
                                 fmt::format("slipway fleet rollback --customer {} --to {}, by its backup",
                                             wanted.customer, wanted.to)});
      return Exit::kFailed;
    }
  }
  return Exit::kSucceeded;
}

}  // namespace

// The log says which backup; the rest is `slipway run` of that procedure.
Exit FleetRollback(Call& call) {
  ProcedureOptions procedure{.file = std::string(kProcedure)};
  api::FleetWayBackRequest wanted;
  RunOptions request;
  Options options(
      "fleet rollback",
      fmt::format("Takes one customer back to a version it had, by the backup that the run made which took "
                  "it away: {}. What would be lost is shown, and a person agrees in the run.",
                  kProcedure));
  std::string by = "backup";
  options.Text("--customer", wanted.customer, "ID", "the customer")
      .Text("--to", wanted.to, "VERSION", "the version it is to have again")
      .Text("--by", by, "backup|down",
            fmt::format(
                "backup: what was recorded, and what was written since is lost (the default); down: the "
                "down-migrations, {}",
                kDown))
      .Text("-e,--environment", wanted.environment, "ENV", "where; the lowest of the ladder when omitted");
  request.AddTo(options, "only say which backup, what would be lost and what would be done");
  options.Json();
  if (const auto over = Read(call, options)) return *over;
  if (wanted.customer.empty() || wanted.to.empty())
    return Fail(call.out, base::Error{base::ErrorKind::kInvalid,
                                      wanted.customer.empty() ? "which customer?" : "to which version?",
                                      wanted.customer.empty() ? "--customer" : "--to",
                                      "slipway fleet rollback --customer ID --to VERSION"});
  if (by != "backup" && by != "down")
    return Fail(call.out, base::Error{base::ErrorKind::kInvalid, "`" + by + "` is no way back", "--by",
                                      "backup or down"});
  if (by == "down") procedure.file = kDown;
  if (const auto here = IsHere(procedure.file); !here) return Fail(call.out, here.error());
  procedure.environment = wanted.environment;
  procedure.parameters = {"customer=" + wanted.customer, "to=" + wanted.to};
  if (by == "down" && request.dry_run) return TellWayDown(call, procedure, wanted, options.json());
  if (by == "down") return RunProcedure(call, options, procedure, request);
  const auto back = call.api.FindFleetWayBack(wanted);
  if (!back) return Fail(call.out, back.error());
  if (!options.json()) TellLoss(call.out, *back);
  procedure.parameters.push_back("backup=" + back->backup);
  procedure.parameters.push_back("sha256=" + back->sha256);
  if (request.dry_run && options.json()) return TellJson(call, procedure, *back);
  return RunProcedure(call, options, procedure, request);
}

}  // namespace slipway::cli
