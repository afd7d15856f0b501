#include "cli/run_options.h"

#include <filesystem>

#include "cli/report.h"

namespace slipway::cli {

void RunOptions::AddTo(Options& options, std::string_view dry_run_help) {
  options.Text("--plan", plan, "DIGEST", "only if the plan is the one with this digest: what was reviewed")
      .Flag("--no-wait", no_wait, "exit 4 where the run waits for a person or a time")
      .Flag("--dry-run", dry_run, dry_run_help);
}

base::Status IsHere(const std::string& procedure) {
  if (std::filesystem::exists(procedure)) return {};
  return base::Invalid("there is no such procedure here", procedure,
                       "put one there, and go to the folder that holds slipway.yaml (or -C DIR)");
}

Exit RunProcedure(Call& call, const Options& options, const ProcedureOptions& procedure,
                  const RunOptions& wanted) {
  auto filled = procedure.Request();
  if (!filled) return Fail(call.out, filled.error());
  if (wanted.dry_run) return TellPlan(call, *filled, options.json());
  const api::RunRequest request{
      .procedure = *std::move(filled), .plan = wanted.plan, .stay = Stays(call.out, wanted.no_wait)};
  return Move(call, options, "succeeded",
              [&](api::Watcher& watcher) { return call.api.Run(request, watcher); });
}

}  // namespace slipway::cli
