#include "app/driving.h"

#include <fmt/format.h>

#include "app/checkpoints.h"
#include "app/describe.h"
#include "app/fleet_report.h"
#include "app/views.h"
#include "journal/lease.h"

namespace slipway::app {

namespace {

constexpr base::Duration kPoll{100};

bool Over(engine::RunStatus status) {
  return engine::IsTerminal(status) || status == engine::RunStatus::kPaused ||
         status == engine::RunStatus::kRollbackFailed;
}

// Steps are shown without what they gave: it may be long, and this is done for every event of the run.
void Show(const journal::Event& event, const engine::RunState& state, api::Watcher& watcher) {
  if (const std::string step = base::GetString(event.data, "step"); !step.empty()) {
    const std::string key = engine::InstanceKey(step, base::GetString(event.data, "target"));
    if (const auto found = state.instances.find(key); found != state.instances.end()) {
      const api::LogLine line{event.seq, event.at, event.actor, event.type, key, Describe(event), {}};
      const api::StepView view = StepOf(found->second, "", Outputs::kLeftOut);
      return watcher.OnEvent(line, SummaryOf(state), &view);
    }
  }
  watcher.OnEvent(LineOf(event), SummaryOf(state), nullptr);
}

// Shows what another process does until it has the run in a state of rest, dies, or the watcher has seen
// enough. True when the run is at rest.
base::Result<bool> Follow(Session& session, engine::RunState& state, api::Watcher& watcher) {
  SLIPWAY_TRY(journal::Store * store, session.StoreToRead());
  for (;;) {
    SLIPWAY_TRY(const auto events, store->ReadRun(state.id, state.last_seq));
    for (const journal::Event& event : events) {
      SLIPWAY_CHECK_OK(engine::Apply(state, event));
      Show(event, state, watcher);
    }
    if (Over(state.status)) return true;
    if (watcher.Tick()) return true;
    SLIPWAY_TRY(const Driver driver, DriverOf(session, state.id));
    if (!driver.alive) return false;
    session.clock().Sleep(kPoll);
  }
}

api::RunReport Report(const engine::Driven& driven) {
  api::RunReport report;
  report.run = DetailsOf(driven.state, driven.plan.get());
  return report;
}

base::Result<api::RunReport> Report(Session& session, const engine::RunState& state) {
  SLIPWAY_TRY(journal::Store * store, session.StoreToRead());
  const auto plan = engine::LoadPlan(*store, state.plan);
  api::RunReport report;
  report.run = DetailsOf(state, plan ? &*plan : nullptr);
  if (!plan) report.note = "its plan cannot be read: " + base::ToString(plan.error());
  return report;
}

}  // namespace

base::Result<Driver> DriverOf(Session& session, const std::string& run) {
  SLIPWAY_TRY(journal::Store * store, session.StoreToRead());
  SLIPWAY_TRY(const auto row, store->Get(journal::Table::kLease, run));
  if (!row) return Driver{false, "nobody"};
  SLIPWAY_TRY(const journal::LeaseHolder holder, journal::ParseLeaseRow(*row));
  const std::string process = fmt::format("process {} on {}", holder.pid, holder.host);
  const std::string since = base::FormatTime(holder.since);
  SLIPWAY_TRY(const journal::Holder held, store->HolderOf(run));
  switch (held) {
    case journal::Holder::kAlive:
      return Driver{true, process + ", since " + since};
    case journal::Holder::kDead:
      return Driver{false, fmt::format("nobody; {} had it since {} and died", process, since)};
    case journal::Holder::kNobody:
      return Driver{false, fmt::format("nobody; {} had it since {} and let it go", process, since)};
  }
  return Driver{};
}

base::Result<engine::RunState> RunOnRecord(Session& session, const std::string& run) {
  SLIPWAY_TRY(journal::Store * store, session.StoreToRead());
  return engine::LoadRun(*store, run);
}

api::Answer<api::RunReport> ReportOn(Session& session, const std::string& run) {
  SLIPWAY_TRY(const engine::RunState state, RunOnRecord(session, run));
  return Report(session, state);
}

api::Answer<api::RunReport> DriveRun(Session& session, const std::string& run, Patience patience,
                                     Elsewhere elsewhere, api::Watcher& watcher,
                                     std::shared_ptr<const plan::Plan> plan) {
  SLIPWAY_TRY(engine::Parts * parts, session.Engine());
  engine::DriveOptions options;
  options.plan = std::move(plan);
  options.stay = patience == Patience::kStay;
  options.actor = session.actor();
  options.on_event = [&](const journal::Event& event, const engine::RunState& state) {
    Show(event, state, watcher);
  };
  options.pause = [&watcher] { return watcher.Tick(); };
  for (;;) {
    auto driven = engine::Drive(*parts, run, options);
    if (driven) {
      api::RunReport report = Report(*driven);
      // A run may wait for days: what it did so far is signed now.
      if (const auto kept = KeepCheckpoint(session); !kept)
        report.note = "the checkpoint was not kept: " + base::ToString(kept.error());
      if (const std::string told = TellFleet(session, *driven); !told.empty())
        report.note += (report.note.empty() ? "" : "; ") + told;
      return report;
    }
    SLIPWAY_TRY(const Driver driver, DriverOf(session, run));
    if (driven.error().kind != base::ErrorKind::kRefused || elsewhere == Elsewhere::kRefuse || !driver.alive)
      return std::unexpected(driven.error());
    SLIPWAY_TRY(engine::RunState state, engine::LoadRun(parts->store, run));
    bool enough = patience == Patience::kReturn;
    if (!enough) {
      SLIPWAY_TRY(enough, Follow(session, state, watcher));
    }
    if (!enough) continue;
    SLIPWAY_TRY(api::RunReport report, Report(session, state));
    if (!Over(state.status)) report.note = "driven by " + driver.who;
    return report;
  }
}

}  // namespace slipway::app
