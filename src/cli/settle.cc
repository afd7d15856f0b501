#include <fmt/format.h>

#include "api/json.h"
#include "cli/verb.h"

namespace slipway::cli {

Exit Settle(Call& call) {
  api::SettleRequest request;
  Options options("settle", "Says what became of an act that nobody else can judge.");
  options.Required("RUN", request.run, "the run")
      .Required("STEP", request.step, "`step`, or `step@target`")
      .Required(
          "HOW", request.how,
          "done: it happened, its checks still run; repeat: do the same again; failed: as if it had failed")
      .Text("--reason", request.reason, "TEXT", "how you know")
      .Json();
  if (const auto over = Read(call, options)) return *over;
  const auto settled = call.api.Settle(request);
  if (!settled) return Fail(call.out, settled.error());
  if (options.json()) {
    call.out.Json(api::ToJson(*settled));
    return Exit::kSucceeded;
  }
  call.out.Line(fmt::format("{} of {} is settled as {} by {}", settled->step, settled->run, request.how,
                            settled->actor),
                Style::kGood);
  if (!settled->driven) call.out.Line("  next: slipway resume " + settled->run);
  return Exit::kSucceeded;
}

}  // namespace slipway::cli
