#include "cli/report.h"
#include "cli/verb.h"

namespace slipway::cli {

Exit Rollback(Call& call) {
  api::RollbackRequest request;
  std::vector<std::string> secrets;
  bool no_wait = false;
  Options options(
      "rollback",
      "Restores what was recorded before the run acted, in reverse order, and puts its release on hold. "
      "A run that is over is rolled back by a new run. Exits 0 once it is rolled back.");
  options.Required("RUN", request.run, "the run")
      .Text("--reason", request.reason, "TEXT", "why; it stands in the log and beside the hold")
      .Texts("-p,--parameter", secrets, "NAME=@FILE", "a secret parameter; the log has none of them")
      .Flag("--no-wait", no_wait, "exit 4 where it waits for a person")
      .Json();
  if (const auto over = Read(call, options)) return *over;
  auto given = SplitParameters(secrets);
  if (!given) return Fail(call.out, given.error());
  request.parameters = *std::move(given);
  request.stay = !no_wait;
  return Move(call, options, "rolled_back",
              [&](api::Watcher& watcher) { return call.api.Rollback(request, watcher); });
}

}  // namespace slipway::cli
