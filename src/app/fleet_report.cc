#include "app/fleet_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "app/app.h"
#include "app/fleet_acts.h"
#include "app/remembered.h"
#include "app/retry.h"
#include "app/views.h"
#include "base/text.h"

namespace slipway::app {

namespace {

constexpr char kUnknown[] = "unknown";

// Every for_each phase is done of it.
bool WholeDone(const engine::RunState& state, const plan::Plan& plan, const std::string& customer) {
  return std::ranges::all_of(plan.procedure.phases, [&](const procedure::Phase& phase) {
    return !phase.for_each || state.phases_ended.contains(phase.id) ||
           state.phases_ended.contains(engine::InstanceKey(phase.id, customer));
  });
}

using Waits = std::map<std::string_view, const engine::Waiting*>;  // by target

std::string WhatFor(const engine::Waiting& wait) {
  return "waits for " + wait.what + (wait.reason.empty() ? "" : ": " + wait.reason) +
         (wait.until ? ", until " + base::FormatTime(*wait.until) : "");
}

std::string WhyNotStarted(const engine::RunState& state, const Waits& waits, const std::string& customer) {
  if (engine::IsTerminal(state.status)) return "the run ended before it began";
  const auto found = waits.find(customer);
  return found == waits.end() ? "its turn has not come" : WhatFor(*found->second);
}

// Nothing of it failed; it stopped because somebody cancelled the run.
bool CutShort(const engine::RunState& state, const engine::TargetState& target, const std::string& customer) {
  using enum engine::StepStatus;
  if (target.status == engine::TargetStatus::kRunning) return engine::IsTerminal(state.status);
  if (target.status != engine::TargetStatus::kFailed || state.status != engine::RunStatus::kCancelled)
    return false;
  const auto any = [&](engine::StepStatus status) {
    return std::ranges::any_of(state.instances, [&](const auto& one) {
      return one.second.target == customer && one.second.status == status;
    });
  };
  return any(kCancelled) && !any(kFailed);
}

void FillState(const engine::RunState& state, const plan::Plan& plan, const Waits& waits,
               api::FleetReportRow& row) {
  const bool over = engine::IsTerminal(state.status);
  const auto found = state.target_states.find(row.id);
  if (found == state.target_states.end()) {
    row.state = "not_started";
    row.reason = WhyNotStarted(state, waits, row.id);
    return;
  }
  row.state = engine::ToString(found->second.status);
  row.reason = found->second.reason;
  if (CutShort(state, found->second, row.id)) {
    row.state = "cancelled";
    row.reason = state.reason;
  }
  if (found->second.status == engine::TargetStatus::kSucceeded && !WholeDone(state, plan, row.id))
    row.state = over ? "unfinished" : "running";
  if (const auto wait = waits.find(row.id); row.state == "running" && wait != waits.end()) {
    row.state = "waiting";
    row.reason = WhatFor(*wait->second);
  }
}

// Rolled back, a customer has all the same what its procedure says may stay.
void FillLeft(const engine::RunState& state, api::FleetReportRow& row) {
  if (row.state != "rolled_back" && row.state != "rollback_failed") return;
  for (const auto& [key, instance] : state.instances) {
    if (instance.target != row.id || instance.status != engine::StepStatus::kLeft) continue;
    if (!row.reason.empty()) row.reason += "; ";
    row.reason += "left in place: " + instance.step + ": " + instance.reason;
  }
}

std::string RingOf(const plan::PlannedTarget& target, const workspace::Workspace& workspace) {
  constexpr char kRing[] = "ring";
  if (const auto ring = target.labels.find(kRing); ring != target.labels.end()) return ring->second;
  const workspace::Target* now = workspace.FindTarget(target.id);
  const auto ring = now == nullptr ? target.labels.end() : now->labels.find(kRing);
  return now == nullptr || ring == now->labels.end() ? "" : ring->second;
}

// A verification begins anew; what its service answered and what a program saw is told behind it.
void FillChecks(const CustomerAct& act, api::FleetReportRow& row) {
  if (act.uses == kVerify) row.checks.clear();
  for (const base::Json& item : base::GetArray(act.act->evidence, "checks")) {
    if (!item.is_object()) continue;
    const base::JsonObject& one = item.get_object();
    // A program does not know what it was asked for; its step does.
    const std::string name = act.uses == kProgram ? act.instance->step : base::GetString(one, "check");
    row.checks.push_back({name, base::GetString(one, "verdict"), base::GetString(one, "seen")});
  }
}

std::optional<base::Time> When(const CustomerAct& act, std::string_view output) {
  const auto time = base::ParseTime(act.Output(output));
  return time ? std::optional(*time) : std::nullopt;
}

// `changed`: an act before this one may have changed it, so that what is seen is no longer how it was.
void FillAct(const CustomerAct& act, bool& changed, api::FleetReportRow& row) {
  const bool looked = act.uses == kStatus || act.uses == kVerify || act.uses == kBackup;
  if (looked && !act.Output("version").empty()) row.to = act.Output("version");
  if (act.MovesSchema() && row.from.empty()) row.from = base::GetString(act.act->prepared.prior, "version");
  if (looked && !changed && row.from.empty()) row.from = row.to;
  if (act.act->changes && act.MayHaveHappened()) {
    changed = true;
    // What says nothing of versions leaves what is known; a version that nobody saw is none.
    if (!act.Done())
      row.to = kUnknown;
    else if (!act.Output("version").empty())
      row.to = act.Output("version");
  }
  if (act.uses == kVerify || act.uses == kAsk || act.uses == kProgram) FillChecks(act, row);
  if (!act.Done()) return;
  const std::string recorded = base::GetString(act.act->prepared.action.with, "sha256");
  if (act.uses == kBackup || act.uses == kRestore) {
    row.backup = act.Output("backup");
    row.backup_sha256 = act.uses == kBackup ? act.Output("sha256") : recorded;
    row.backup_at = When(act, "backup_at");
  }
  if (act.uses == kRestore || act.uses == kSwapBack) row.kept = act.Output("kept");
  if (act.uses == kProve) {
    row.proven_at = When(act, "proven_at");
    row.prove_took = base::Duration{base::GetInt(act.act->outputs, "took")};
    if (row.backup.empty()) {
      row.backup = act.Output("proven");
      row.backup_sha256 = recorded;
    }
  }
}

// What the look saw beside what it was measured by before. Nothing, where nobody can tell: status says that.
void FillDrift(const CustomerAct& act, const std::map<std::string, api::TargetFact>& facts,
               api::FleetReportRow& row) {
  const std::string_view drift = DriftOf(facts, act.Output("schema_seen"), act.act->at);
  if (drift == "unknown") return;
  const api::TargetFact& left = facts.at(kSchema);
  if (left.at == act.act->at) return;  // this look is the measure
  row.checks.push_back({"drift", drift == "none" ? "pass" : "warn",
                        fmt::format("the schema {} as it was after {}/{}", drift == "none" ? "is" : "is not",
                                    left.run, left.step)});
}

void FillActs(const engine::RunState& state, const TargetFacts& facts, api::FleetReport& report) {
  const CustomerActs all = ActsOf(state);
  for (api::FleetReportRow& row : report.customers) {
    const auto acts = all.find(row.id);
    if (acts == all.end()) continue;
    bool changed = false;
    std::string drifted;
    for (const CustomerAct& act : acts->second) {
      FillAct(act, changed, row);
      if (const std::string after = act.Output(kSchemaDrifted); !after.empty()) drifted = after;
      if (const auto known = facts.find(row.id); act.uses == kVerify && known != facts.end())
        FillDrift(act, known->second, row);
      const auto& from = act.instance->started_at;
      const auto& to = act.instance->finished_at;
      if (from && (!row.started_at || *from < *row.started_at)) row.started_at = from;
      if (to && (!row.finished_at || *to > *row.finished_at)) row.finished_at = to;
    }
    if (!drifted.empty()) {
      row.checks.push_back(
          {"drift before", "warn",
           fmt::format("somebody had changed the schema after {}; that is still there, and the "
                       "measure from now on",
                       drifted)});
    }
  }
}

std::string NextOf(journal::Store& store, const engine::RunState& state, const api::FleetReport& report) {
  const bool all = std::ranges::all_of(
      report.customers, [](const api::FleetReportRow& row) { return row.state == "succeeded"; });
  if (state.status == engine::RunStatus::kRollbackFailed) return "slipway rollback " + state.id;
  if (!report.over) return "slipway resume " + state.id;
  return all || OnlyRefused(state) || !MayBeRetried(store, state) ? "" : "slipway retry " + state.id;
}

}  // namespace

bool IsOfCustomers(const plan::Plan& plan) {
  return std::ranges::any_of(plan.targets,
                             [](const plan::PlannedTarget& target) { return target.kind == kCustomerKind; });
}

api::FleetReport MakeFleetReport(journal::Store& store, const engine::RunState& state, const plan::Plan& plan,
                                 const workspace::Workspace& workspace) {
  api::FleetReport report;
  report.run = SummaryOf(state);
  report.requester = state.requester;
  report.over = engine::IsTerminal(state.status);
  Waits waits;
  for (const engine::Waiting& wait : state.waiting) waits.emplace(wait.target, &wait);
  for (const plan::PlannedTarget& target : plan.targets) {
    // A retry leaves out what had gone well.
    if (target.kind != kCustomerKind || std::ranges::find(state.targets, target.id) == state.targets.end())
      continue;
    api::FleetReportRow& row = report.customers.emplace_back();
    row.id = target.id;
    row.ring = RingOf(target, workspace);
    FillState(state, plan, waits, row);
    FillLeft(state, row);
  }
  const auto facts = FactsOf(store);
  FillActs(state, facts.value_or(TargetFacts{}), report);
  for (const api::FleetReportRow& row : report.customers) ++report.by_state[row.state];
  report.next = NextOf(store, state, report);
  return report;
}

std::string TellFleet(Session& session, const engine::Driven& driven) {
  const auto write = [&]() -> base::Result<std::string> {
    if (!IsOfCustomers(*driven.plan)) return std::string();
    SLIPWAY_TRY(journal::Store * store, session.Store());
    const auto workspace = session.Settings();
    if (!workspace) return std::unexpected<base::Error>(workspace.error());
    api::FleetReport report = MakeFleetReport(*store, driven.state, *driven.plan, **workspace);
    SLIPWAY_TRY(const std::filesystem::path root, session.Root());
    SLIPWAY_CHECK_OK(WriteFleetReport(root, report));
    return report.files.front() + " tells of every customer";
  };
  auto written = write();
  return written ? *std::move(written) : "the report was not written: " + base::ToString(written.error());
}

api::Answer<api::FleetReport> App::FleetReportOn(const std::string& run) {
  SLIPWAY_TRY(journal::Store * store, session_.StoreToRead());
  SLIPWAY_TRY(const engine::RunState state, engine::LoadRun(*store, run));
  SLIPWAY_TRY(const plan::Plan plan, engine::LoadPlan(*store, state.plan));
  if (!IsOfCustomers(plan))
    return std::unexpected(
        base::Error{base::ErrorKind::kInvalid, run + " covers no customers", "", "slipway show " + run});
  SLIPWAY_TRY(const workspace::Workspace* workspace, session_.Settings());
  api::FleetReport report = MakeFleetReport(*store, state, plan, *workspace);
  SLIPWAY_TRY(const std::filesystem::path root, session_.Root());
  SLIPWAY_CHECK_OK(WriteFleetReport(root, report));
  return report;
}

}  // namespace slipway::app
