#include "cli/procedure_options.h"
#include "cli/report.h"
#include "cli/verb.h"

namespace slipway::cli {

Exit Run(Call& call) {
  ProcedureOptions procedure;
  api::RunRequest request;
  bool no_wait = false;
  bool dry_run = false;
  Options options("run", "Does what the procedure says, step by step, and puts everything on record.");
  procedure.AddTo(options);
  options
      .Text("--plan", request.plan, "DIGEST",
            "only if the plan is the one with this digest: what was reviewed")
      .Flag("--no-wait", no_wait, "exit 4 where the run waits for a person or a time")
      .Flag("--dry-run", dry_run, "the same as `slipway plan`")
      .Json();
  if (const auto over = Read(call, options)) return *over;
  auto filled = procedure.Request();
  if (!filled) return Fail(call.out, filled.error());
  if (dry_run) return TellPlan(call, *filled, options.json());
  request.procedure = *std::move(filled);
  request.stay = Stays(call.out, no_wait);
  return Move(call, options, "succeeded",
              [&](api::Watcher& watcher) { return call.api.Run(request, watcher); });
}

}  // namespace slipway::cli
