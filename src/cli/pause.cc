#include "cli/report.h"
#include "cli/verb.h"

namespace slipway::cli {

Exit Pause(Call& call) {
  api::ResumeRequest request;
  bool no_wait = false;
  Options options("pause",
                  "Lets the steps under way finish and starts no more. Exits 0 once the run is paused.");
  options.Required("RUN", request.run, "the run")
      .Flag("--no-wait", no_wait, "only ask; do not wait until it is paused")
      .Json();
  if (const auto over = Read(call, options)) return *over;
  request.stay = !no_wait;
  return Move(call, options, "paused",
              [&](api::Watcher& watcher) { return call.api.Pause(request, watcher); });
}

}  // namespace slipway::cli
