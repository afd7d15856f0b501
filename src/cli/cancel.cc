#include "cli/report.h"
#include "cli/verb.h"

namespace slipway::cli {

Exit Cancel(Call& call) {
  api::CancelRequest request;
  bool no_wait = false;
  Options options(
      "cancel",
      "Stops the run, settles what is under way, lets its targets go and undoes nothing. Exits 0 once it "
      "is cancelled. To take back what it did: slipway rollback.");
  options.Required("RUN", request.run, "the run")
      .Flag("--leave-changes", request.leave_changes, "what it changed stays as it is")
      .Text("--reason", request.reason, "TEXT", "why; needed where something changed")
      .Flag("--no-wait", no_wait, "only ask; do not wait until it is cancelled")
      .Json();
  if (const auto over = Read(call, options)) return *over;
  request.stay = !no_wait;
  return Move(call, options, "cancelled",
              [&](api::Watcher& watcher) { return call.api.Cancel(request, watcher); });
}

}  // namespace slipway::cli
