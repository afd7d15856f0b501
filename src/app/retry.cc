#include "app/retry.h"

#include <fmt/format.h>

#include "app/history.h"

namespace slipway::app {

namespace {

// What a rollback took back later cannot be gone on from, neither in this run nor in one that it goes on
// from.
base::Status RequireStanding(journal::Store& store, const engine::RunState& run) {
  SLIPWAY_TRY(const auto runs, AllRuns(store));
  std::string line = run.id;  // of runs, each the parent of the one before
  for (auto later = runs.rbegin(); later != runs.rend(); ++later) {
    if (later->id != line) continue;
    for (const api::RunSummary& back : runs) {
      if (back.kind != "rollback" || back.parent != line) continue;
      return base::Refused(fmt::format("{} took back what {} did", back.id, line), "",
                           "plan and run it anew: slipway run");
    }
    line = later->parent;
  }
  return {};
}

}  // namespace

base::Status MayBeRetried(journal::Store& store, const engine::RunState& run) {
  if (!engine::IsTerminal(run.status)) {
    return base::Refused(fmt::format("{} is {}, not over", run.id, engine::ToString(run.status)), "",
                         run.status == engine::RunStatus::kRollbackFailed
                             ? "slipway rollback " + run.id
                             : fmt::format("slipway explain {0} | slipway resume {0}", run.id));
  }
  if (run.kind == engine::RunKind::kRollback)
    return base::Refused(run.id + " is a rollback, and it is not tried again so", "",
                         "slipway show " + run.id);
  if (run.status == engine::RunStatus::kSucceeded)
    return base::Refused(run.id + " succeeded: nothing of it failed", "", "slipway show " + run.id);
  return RequireStanding(store, run);
}

bool OnlyRefused(const engine::RunState& run) {
  std::size_t refused = 0, succeeded = 0;
  for (const auto& [target, state] : run.target_states) {
    if (state.status == engine::TargetStatus::kRefused) ++refused;
    if (state.status == engine::TargetStatus::kSucceeded) ++succeeded;
  }
  return refused > 0 && refused + succeeded == run.target_states.size();
}

}  // namespace slipway::app
