// Moving a run that is on record: resume, pause, retry.
#include <fmt/format.h>

#include <algorithm>

#include "app/app.h"
#include "app/driving.h"
#include "app/history.h"
#include "app/planning.h"
#include "app/retry.h"
#include "app/views.h"
#include "engine/planned.h"

namespace slipway::app {

namespace {

Patience PatienceOf(bool stay) { return stay ? Patience::kStay : Patience::kReturn; }

base::Error AlreadyOver(const engine::RunState& state) {
  const std::string_view status = engine::ToString(state.status);
  const bool again =
      state.kind != engine::RunKind::kRollback && state.status != engine::RunStatus::kSucceeded;
  return {base::ErrorKind::kRefused, fmt::format("{} is over: {}", state.id, status), "",
          again ? fmt::format("slipway retry {0} | slipway show {0}", state.id) : "slipway show " + state.id};
}

bool Rests(const engine::RunState& state) {
  return engine::IsTerminal(state.status) || state.status == engine::RunStatus::kRollbackFailed;
}

base::Error NoFurther(const engine::RunState& state) {
  if (state.status == engine::RunStatus::kRollbackFailed) {
    return base::Error{base::ErrorKind::kRefused,
                       state.id + " is parked: its rollback failed" +
                           (state.reason.empty() ? "" : " (" + state.reason + ")"),
                       "", "slipway rollback " + state.id + " tries it once more"};
  }
  if (engine::IsTerminal(state.status)) return AlreadyOver(state);
  return base::Error{base::ErrorKind::kRefused, state.id + " is paused", "", "slipway resume " + state.id};
}

// Nothing moves it before a person has spoken.
bool WaitsForPeople(const engine::Decision& decision) {
  return decision.events.empty() && decision.jobs.empty() && !decision.soon && !decision.waits.empty() &&
         std::ranges::all_of(decision.waits, [](const engine::Waiting& wait) {
           return wait.what == "confirm" || wait.what == "settle" || wait.what == "approvals";
         });
}

base::Result<api::OpenRun> Judge(Session& session, engine::Parts& parts, const engine::OpenRun& run) {
  const std::string& id = run.state.id;
  SLIPWAY_TRY(const Driver driver, DriverOf(session, id));
  if (driver.alive) return api::OpenRun{id, "driven by " + driver.who, "slipway explain " + id};
  SLIPWAY_TRY(const bool untold, engine::Untold(parts, run.state));
  if (untold) return api::OpenRun{id, "", ""};
  constexpr std::string_view kWaits = "it waits for a person";
  if (run.state.status == engine::RunStatus::kRollbackFailed)
    return api::OpenRun{id, std::string(kWaits), "slipway rollback " + id};
  if (run.state.status == engine::RunStatus::kPaused || run.state.pause_asked)
    return api::OpenRun{id, std::string(kWaits),
                        fmt::format("slipway resume {0} | slipway rollback {0}", id)};
  SLIPWAY_TRY(const engine::Decision decision, engine::Foresee(parts, run.state, *run.plan));
  if (WaitsForPeople(decision)) return api::OpenRun{id, std::string(kWaits), decision.waits.front().next};
  return api::OpenRun{id, "", ""};
}

}  // namespace

api::Answer<std::vector<api::OpenRun>> App::OpenRuns() {
  std::vector<api::OpenRun> open;
  SLIPWAY_TRY(const bool here, session_.HasStore());
  if (!here) return open;
  SLIPWAY_TRY(engine::Parts * parts, session_.Engine());
  // Those that came to their end, and nobody was told.
  SLIPWAY_TRY(const auto orphans, parts->store.Orphans());
  for (const std::string& run : orphans) {
    const auto state = engine::LoadRun(parts->store, run);
    if (!state || !engine::IsTerminal(state->status)) continue;
    SLIPWAY_TRY(const bool untold, engine::Untold(*parts, *state));
    if (untold) open.push_back({run, "", ""});
  }
  SLIPWAY_TRY(const auto runs, engine::LoadOpenRuns(parts->store));
  for (const engine::OpenRun& run : runs) {
    SLIPWAY_TRY(api::OpenRun judged, Judge(session_, *parts, run));
    open.push_back(std::move(judged));
  }
  return open;
}

api::Answer<api::RunReport> App::Resume(const api::ResumeRequest& request, api::Watcher& watcher) {
  SLIPWAY_TRY(const engine::RunState state, RunOnRecord(session_, request.run));
  SLIPWAY_TRY(engine::Parts * parts, session_.Engine());
  const bool paused = state.status == engine::RunStatus::kPaused || state.pause_asked;
  SLIPWAY_TRY(const bool untold, engine::Untold(*parts, state));
  // Where it rests it may still be that people have to be told so.
  const bool rests = Rests(state) || (request.unasked && paused);
  if (rests && !untold) return std::unexpected(NoFurther(state));
  if (!rests) {
    SLIPWAY_TRY(const plan::Plan plan, engine::LoadPlan(parts->store, state.plan));
    SLIPWAY_CHECK_OK(GiveSecrets(session_, plan.procedure, request.parameters));
    SLIPWAY_CHECK_OK(RequireSecrets(state, plan, request.parameters, "resume"));
  }
  // A pause that was asked for is answered by the resume itself; a cancel is obeyed.
  if (state.cancel_asked && !rests) watcher.OnNotice(PendingOf(state));
  if (paused && !rests) {
    SLIPWAY_CHECK_OK(
        engine::Signal(parts->store, request.run, "resumed", session_.actor(), parts->clock.Now(), {}));
  }
  auto report = DriveRun(session_, request.run, PatienceOf(request.stay), Elsewhere::kRefuse, watcher);
  if (report && untold && report->note.empty())
    report->note = "people are told only now: its process died before";
  return report;
}

api::Answer<api::RunReport> App::Pause(const api::ResumeRequest& request, api::Watcher& watcher) {
  SLIPWAY_TRY(const engine::RunState state, RunOnRecord(session_, request.run));
  SLIPWAY_TRY(engine::Parts * parts, session_.Engine());
  if (engine::IsTerminal(state.status) || state.status == engine::RunStatus::kRollbackFailed)
    return std::unexpected(AlreadyOver(state));
  if (state.status == engine::RunStatus::kPaused) {
    return std::unexpected(base::Error{base::ErrorKind::kRefused, request.run + " is paused already", "",
                                       "slipway resume " + request.run});
  }
  SLIPWAY_CHECK_OK(
      engine::Signal(parts->store, request.run, "pause_asked", session_.actor(), parts->clock.Now(), {}));
  return DriveRun(session_, request.run, PatienceOf(request.stay), Elsewhere::kFollow, watcher);
}

api::Answer<api::RunReport> App::Retry(const api::ResumeRequest& request, api::Watcher& watcher) {
  SLIPWAY_TRY(const engine::RunState parent, RunOnRecord(session_, request.run));
  SLIPWAY_TRY(engine::Parts * parts, session_.Engine());
  SLIPWAY_CHECK_OK(MayBeRetried(parts->store, parent));
  SLIPWAY_TRY(const plan::Plan plan, engine::LoadPlan(parts->store, parent.plan));
  SLIPWAY_CHECK_OK(GiveSecrets(session_, plan.procedure, request.parameters));
  SLIPWAY_CHECK_OK(RequireSecrets(parent, plan, request.parameters, "retry"));
  if (const std::string changed = engine::ChangedSincePlan(plan, *parts->workspace, parts->root);
      !changed.empty()) {
    return std::unexpected(
        base::Error{base::ErrorKind::kRefused, changed, parent.id, "plan and run it anew: slipway run"});
  }
  engine::StartRequest start;
  start.plan = &plan;
  start.actor = session_.actor();
  start.kind = engine::RunKind::kRetry;
  start.parent = &parent;
  SLIPWAY_TRY(const std::string run, engine::StartRun(*parts, start));
  return DriveRun(session_, run, PatienceOf(request.stay), Elsewhere::kRefuse, watcher);
}

}  // namespace slipway::app
