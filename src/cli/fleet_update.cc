#include <fmt/format.h>

#include "cli/run_options.h"
#include "cli/verb.h"

namespace slipway::cli {

namespace {

constexpr std::string_view kProcedure = "procedures/update-customers.yaml";

}  // namespace

// Nothing but a short way to write `slipway run` of that procedure.
Exit FleetUpdate(Call& call) {
  ProcedureOptions procedure{.file = std::string(kProcedure)};
  RunOptions request;
  std::string to, customer, ring;
  Options options("fleet update",
                  fmt::format("Brings the customers' databases to a version, ring by ring: {}.", kProcedure));
  options.Text("--to", to, "VERSION", "the version every customer is to have")
      .Text("--customer", customer, "ID[,ID]", "only these")
      .Text("--ring", ring, "RING[,RING]", "only these rings")
      .Text("-e,--environment", procedure.environment, "ENV", "where; the lowest of the ladder when omitted");
  request.AddTo(options, "only say what each customer would get");
  options.Json();
  if (const auto over = Read(call, options)) return *over;
  if (to.empty())
    return Fail(call.out, base::Error{base::ErrorKind::kInvalid, "which version?", "--to",
                                      "slipway fleet update --to VERSION"});
  if (const auto here = IsHere(procedure.file); !here) return Fail(call.out, here.error());
  procedure.parameters = {"to=" + to};
  if (!customer.empty()) procedure.only.push_back("id=" + customer);
  if (!ring.empty()) procedure.only.push_back("labels.ring=" + ring);
  return RunProcedure(call, options, procedure, request);
}

}  // namespace slipway::cli
