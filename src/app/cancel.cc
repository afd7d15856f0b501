#include <fmt/format.h>

#include "app/app.h"
#include "app/driving.h"

namespace slipway::app {

api::Answer<api::RunReport> App::Cancel(const api::CancelRequest& request, api::Watcher& watcher) {
  SLIPWAY_TRY(const engine::RunState state, RunOnRecord(session_, request.run));
  SLIPWAY_TRY(engine::Parts * parts, session_.Engine());
  const std::string& run = request.run;
  if (engine::IsTerminal(state.status)) {
    return std::unexpected(base::Error{base::ErrorKind::kRefused,
                                       fmt::format("{} is over: {}", run, engine::ToString(state.status)), "",
                                       state.status == engine::RunStatus::kRolledBack
                                           ? "slipway show " + run
                                           : fmt::format("slipway show {0} | slipway rollback {0}", run)});
  }
  if (engine::AnythingChanged(state) && (!request.leave_changes || request.reason.empty())) {
    return std::unexpected(base::Error{
        base::ErrorKind::kRefused, run + " has changed things, and a cancelled run leaves them as they are",
        "", fmt::format("slipway rollback {0} | slipway cancel {0} --leave-changes --reason …", run)});
  }
  SLIPWAY_CHECK_OK(engine::Signal(parts->store, run, "cancel_asked", session_.actor(), parts->clock.Now(),
                                  base::JsonObject{{"reason", request.reason}}));
  return DriveRun(session_, run, request.stay ? Patience::kStay : Patience::kReturn, Elsewhere::kFollow,
                  watcher);
}

}  // namespace slipway::app
