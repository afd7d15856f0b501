#include "cli/resume_options.h"
#include "cli/verb.h"

namespace slipway::cli {

namespace {

// Every open run, oldest first. None is waited for: the next would have to wait with it.
Exit ResumeAll(Call& call, const Options& options) {
  const auto open = call.api.OpenRuns();
  if (!open) return Fail(call.out, open.error());
  if (open->empty() && !options.json()) call.out.Line("no run is open");
  Moves moves(call, options);
  for (const api::OpenRun& run : *open) {
    const bool on = moves.Add(run.next, [&](api::Watcher& watcher) -> api::Answer<api::RunReport> {
      if (run.left_alone.empty()) return call.api.Resume({run.id, {}, false, true}, watcher);
      SLIPWAY_TRY(api::RunDetails details, call.api.Show(run.id));
      return api::RunReport{std::move(details), "left alone: " + run.left_alone};
    });
    if (!on) break;
  }
  return moves.Finish();
}

}  // namespace

Exit Resume(Call& call) {
  ResumeOptions said;
  Options options(
      "resume",
      "Goes on with a run that is paused, waiting, or whose process died. Without RUN: with every run "
      "that is not over, that nobody drives and that waits for no person, one after the other.");
  options.Optional("RUN", said.run, "the run");
  said.AddTo(options);
  if (const auto over = Read(call, options)) return *over;
  const auto request = said.Request(call.out);
  if (!request) return Fail(call.out, request.error());
  if (said.run.empty() && !request->parameters.empty())
    return Fail(call.out, base::Error{base::ErrorKind::kInvalid, "a parameter is given to one run", "-p",
                                      "slipway resume RUN -p NAME=@FILE"});
  if (said.run.empty()) return ResumeAll(call, options);
  return Move(call, options, "succeeded",
              [&](api::Watcher& watcher) { return call.api.Resume(*request, watcher); });
}

}  // namespace slipway::cli
