#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "app/app.h"
#include "app/driving.h"
#include "app/history.h"
#include "app/planning.h"
#include "app/views.h"

namespace slipway::app {

namespace {

using engine::RunState;
using engine::RunStatus;

base::Error No(std::string what, std::string next) {
  return {base::ErrorKind::kRefused, std::move(what), "", std::move(next)};
}

// Did `later` change what `run` changed? Without targets both speak of the procedure's own place.
std::optional<std::string> Shared(const RunState& run, const RunState& later) {
  const auto changed = [&](const std::string& target) {
    return std::ranges::any_of(later.instances, [&](const auto& entry) {
      const engine::Instance& i = entry.second;
      return i.target == target && engine::MayHaveChanged(i) && i.status != engine::StepStatus::kUndone;
    });
  };
  if (run.targets.empty()) {
    if (later.targets.empty() && later.procedure == run.procedure && changed("")) return "";
    return std::nullopt;
  }
  for (const std::string& target : run.targets) {
    if (std::ranges::find(later.targets, target) == later.targets.end()) continue;
    // A rollback changes what its parent had changed, though all of its own acts are undone.
    if (later.kind == engine::RunKind::kRollback || changed(target) || changed("")) return target;
  }
  return std::nullopt;
}

// A later rollback restored all that stood before it.
bool TakenBack(const std::vector<api::RunSummary>& runs, const api::RunSummary& run) {
  return std::ranges::any_of(runs, [&](const api::RunSummary& back) {
    return back.kind == "rollback" && back.parent == run.id && back.state == "rolled_back";
  });
}

// The state that was recorded before `run` is not what stood before a later run: restoring it would break
// that. Reads the rows of all runs, but only the events of those that came later in the same environment.
base::Status RequireNewest(journal::Store& store, const RunState& run) {
  SLIPWAY_TRY(const auto runs, AllRuns(store));
  for (const api::RunSummary& later : runs) {
    if (NumberOf(later.id) <= NumberOf(run.id) || later.environment != run.environment) continue;
    if (later.state == "rolled_back" && later.kind != "rollback") continue;
    if (TakenBack(runs, later) || (later.state == "rolled_back" && NumberOf(later.parent) > NumberOf(run.id)))
      continue;
    SLIPWAY_TRY(const RunState state, engine::LoadRun(store, later.id));
    if (engine::IsTerminal(state.status) && state.kind == engine::RunKind::kRollback && !BegunToUndo(state))
      continue;
    const auto target = Shared(run, state);
    if (!target) continue;
    if (later.parent == run.id && later.state == "rolled_back")
      return std::unexpected(
          No(run.id + " is rolled back already, by " + later.id, "slipway show " + later.id));
    return std::unexpected(No(fmt::format("{} changed {} after {}", later.id,
                                          target->empty() ? "the same things" : *target, run.id),
                              fmt::format("slipway rollback {} first, or deploy what shall run", later.id)));
  }
  return {};
}

base::Status Allowed(journal::Store& store, const RunState& state) {
  if (state.status == RunStatus::kRolledBack)
    return std::unexpected(No(state.id + " is rolled back already", "slipway show " + state.id));
  if (state.kind == engine::RunKind::kRollback)
    return std::unexpected(
        No(state.id + " is itself a rollback, of " + state.parent, "deploy the release that shall run"));
  if (!engine::AnythingChanged(state))
    return std::unexpected(No(state.id + " changed nothing", "slipway show " + state.id));
  return RequireNewest(store, state);
}

}  // namespace

api::Answer<api::RunReport> App::Rollback(const api::RollbackRequest& request, api::Watcher& watcher) {
  SLIPWAY_TRY(const RunState state, RunOnRecord(session_, request.run));
  SLIPWAY_TRY(engine::Parts * parts, session_.Engine());
  const Patience patience = request.stay ? Patience::kStay : Patience::kReturn;
  const std::string reason = request.reason.empty() ? "asked for by " + session_.actor() : request.reason;
  SLIPWAY_TRY(const plan::Plan plan, engine::LoadPlan(parts->store, state.plan));
  SLIPWAY_CHECK_OK(GiveSecrets(session_, plan.procedure, request.parameters));
  SLIPWAY_CHECK_OK(RequireSecrets(state, plan, request.parameters, "rollback"));
  if (!engine::IsTerminal(state.status)) {
    SLIPWAY_CHECK_OK(engine::Signal(parts->store, request.run, "rollback_asked", session_.actor(),
                                    parts->clock.Now(), base::JsonObject{{"reason", reason}}));
    return DriveRun(session_, request.run, patience, Elsewhere::kFollow, watcher);
  }
  SLIPWAY_CHECK_OK(Allowed(parts->store, state));
  engine::StartRequest start;
  start.plan = &plan;
  start.actor = session_.actor();
  start.kind = engine::RunKind::kRollback;
  start.parent = &state;
  start.reason = reason;
  SLIPWAY_TRY(const std::string run, engine::StartRun(*parts, start));
  return DriveRun(session_, run, patience, Elsewhere::kRefuse, watcher);
}

}  // namespace slipway::app
