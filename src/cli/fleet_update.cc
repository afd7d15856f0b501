#include <fmt/format.h>

#include <filesystem>

#include "cli/procedure_options.h"
#include "cli/report.h"
#include "cli/verb.h"

namespace slipway::cli {

namespace {

constexpr std::string_view kProcedure = "procedures/update-customers.yaml";

}  // namespace

// Nothing but a short way to write `slipway run` of that procedure.
Exit FleetUpdate(Call& call) {
  ProcedureOptions procedure{.file = std::string(kProcedure)};
  api::RunRequest request;
  std::string to, customer, ring;
  bool no_wait = false, dry_run = false;
  Options options("fleet update",
                  fmt::format("Brings the customers' databases to a version, ring by ring: {}.", kProcedure));
  options.Text("--to", to, "VERSION", "the version every customer is to have")
      .Text("--customer", customer, "ID[,ID]", "only these")
      .Text("--ring", ring, "RING[,RING]", "only these rings")
      .Text("-e,--environment", procedure.environment, "ENV", "where; the lowest of the ladder when omitted")
      .Text("--plan", request.plan, "DIGEST",
            "only if the plan is the one with this digest: what was reviewed")
      .Flag("--no-wait", no_wait, "exit 4 where the run waits for a person or a time")
      .Flag("--dry-run", dry_run, "only say what each customer would get")
      .Json();
  if (const auto over = Read(call, options)) return *over;
  if (to.empty())
    return Fail(call.out, base::Error{base::ErrorKind::kInvalid, "which version?", "--to",
                                      "slipway fleet update --to VERSION"});
  if (!std::filesystem::exists(procedure.file)) {
    return Fail(call.out,
                base::Error{base::ErrorKind::kInvalid, "there is no such procedure here", procedure.file,
                            "put one there, and go to the folder that holds slipway.yaml (or -C DIR)"});
  }
  procedure.parameters = {"to=" + to};
  if (!customer.empty()) procedure.only.push_back("id=" + customer);
  if (!ring.empty()) procedure.only.push_back("labels.ring=" + ring);
  auto filled = procedure.Request();
  if (!filled) return Fail(call.out, filled.error());
  if (dry_run) return TellPlan(call, *filled, options.json());
  request.procedure = *std::move(filled);
  request.stay = Stays(call.out, no_wait);
  return Move(call, options, "succeeded",
              [&](api::Watcher& watcher) { return call.api.Run(request, watcher); });
}

}  // namespace slipway::cli
