#include "cli/report.h"
#include "cli/verb.h"

namespace slipway::cli {

Exit Resume(Call& call) {
  api::ResumeRequest request;
  std::vector<std::string> secrets;
  bool no_wait = false;
  Options options("resume", "Goes on with a run that is paused, waiting, or whose process died.");
  options.Required("RUN", request.run, "the run")
      .Texts("-p,--parameter", secrets, "NAME=@FILE", "a secret parameter; the log has none of them")
      .Flag("--no-wait", no_wait, "exit 4 where the run waits for a person or a time")
      .Json();
  if (const auto over = Read(call, options)) return *over;
  auto given = SplitParameters(secrets);
  if (!given) return Fail(call.out, given.error());
  request.parameters = *std::move(given);
  request.stay = Stays(call.out, no_wait);
  return Move(call, options, "succeeded",
              [&](api::Watcher& watcher) { return call.api.Resume(request, watcher); });
}

}  // namespace slipway::cli
