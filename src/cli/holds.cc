#include <fmt/format.h>

#include "api/json.h"
#include "cli/moment.h"
#include "cli/table.h"
#include "cli/verb.h"

namespace slipway::cli {

Exit Holds(Call& call) {
  Options options("holds",
                  "Releases that were rolled back and must not be deployed until somebody lifts the hold.");
  options.Json();
  if (const auto over = Read(call, options)) return *over;
  const auto holds = call.api.Holds();
  if (!holds) return Fail(call.out, holds.error());
  if (options.json()) {
    call.out.Json(api::ToJson(*holds));
    return Exit::kSucceeded;
  }
  Table table({"RELEASE", "ENVIRONMENT", "TARGET", "SINCE", "RUN", "REASON"});
  for (const api::Hold& hold : *holds) {
    table.Add({hold.release, hold.environment, hold.target.empty() ? "all" : hold.target, Moment(hold.since),
               hold.run, hold.reason});
  }
  if (table.empty())
    call.out.Line("no holds");
  else
    table.Write(call.out);
  return Exit::kSucceeded;
}

Exit HoldsLift(Call& call) {
  api::LiftRequest request;
  Options options("holds lift", "Allows a held release again. Who and why stands in the log.");
  options.Required("RELEASE", request.release, "its version or digest")
      .Text("-e,--environment", request.environment, "ENV", "where, if it is held in several")
      .Text("--target", request.target, "TARGET", "only for this target")
      .Text("--reason", request.reason, "TEXT", "why it may be deployed after all; required")
      .Json();
  if (const auto over = Read(call, options)) return *over;
  const auto lifted = call.api.Lift(request);
  if (!lifted) return Fail(call.out, lifted.error());
  if (options.json()) {
    call.out.Json(api::ToJson(*lifted));
    return Exit::kSucceeded;
  }
  for (const api::Hold& hold : *lifted) {
    call.out.Line(fmt::format("{} may be deployed to {}{} again", hold.release, hold.environment,
                              hold.target.empty() ? "" : " (" + hold.target + ")"),
                  Style::kGood);
  }
  return Exit::kSucceeded;
}

}  // namespace slipway::cli
