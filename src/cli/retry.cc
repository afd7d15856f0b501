#include "cli/resume_options.h"
#include "cli/verb.h"

namespace slipway::cli {

Exit Retry(Call& call) {
  ResumeOptions said;
  Options options(
      "retry",
      "Starts a new run of the same plan for what did not end well: targets, and phases without targets.");
  options.Required("RUN", said.run, "a run that is over");
  said.AddTo(options);
  if (const auto over = Read(call, options)) return *over;
  const auto request = said.Request(call.out);
  if (!request) return Fail(call.out, request.error());
  return Move(call, options, "succeeded",
              [&](api::Watcher& watcher) { return call.api.Retry(*request, watcher); });
}

}  // namespace slipway::cli
