// Putting a run on record, and the signals any process may send it.
#include <fmt/format.h>

#include <algorithm>

#include "engine/engine.h"
#include "engine/loop.h"
#include "engine/parent.h"
#include "engine/rows.h"

namespace slipway::engine {

namespace {

using base::JsonObject;

// What neither time nor a person at the gate can turn is refused before anything is done.
base::Status JudgeRefusals(Parts& parts, const plan::Plan& plan) {
  const procedure::Metadata& metadata = plan.procedure.metadata;
  const std::string what = metadata.version.empty() ? metadata.id : metadata.id + " " + metadata.version;
  if (plan.strict && metadata.status != procedure::Status::kPublished) {
    return base::Refused(what + " is not published, and " + plan.environment + " is strict",
                         plan.procedure.file, "have it reviewed, set `status: published`, and plan again");
  }
  if (plan.strict && !metadata.review_by.empty()) {
    SLIPWAY_TRY(const std::string today, workspace::LocalDate(plan.time_zone, parts.clock.Now()));
    if (metadata.review_by < today) {
      return base::Refused(fmt::format("{} was to be reviewed by {}, and {} is strict", what,
                                       metadata.review_by, plan.environment),
                           plan.procedure.file, "review it, set a new `review_by`, and plan again");
    }
  }
  if (const auto frozen = FrozenBy(plan, parts.workspace, nullptr, parts.clock.Now())) {
    return base::Refused(frozen->reason, "calendar " + frozen->calendar + " of " + plan.environment,
                         "run it after " + base::FormatTime(frozen->until));
  }
  SLIPWAY_TRY(const auto holds, parts.store.Scan(journal::Table::kHold));
  for (const auto& [parameter, release] : plan.releases) {
    for (const journal::Row& row : holds) {
      if (row.key != release.digest + " " + plan.environment) continue;
      std::string why;
      if (const auto hold = base::ParseJson(row.value); hold && hold->is_object()) {
        why = fmt::format(" since {} ({})", base::GetString(hold->get_object(), "run"),
                          base::GetString(hold->get_object(), "reason"));
      }
      return base::Refused(
          fmt::format("release {} is on hold in {}{}", release.version, plan.environment, why), "",
          fmt::format("deploy another release, or slipway holds lift {} -e {} --reason …", release.version,
                      plan.environment));
    }
  }
  return {};
}

// What it stands still for; of several, the one that ends last.
std::string WaitsFor(const RunState& run) {
  const auto last = std::ranges::max_element(
      run.waiting, {}, [](const Waiting& wait) { return wait.until.value_or(base::Time::max()); });
  if (last == run.waiting.end()) return "";
  std::string text = "; it waits for " + last->what;
  if (const std::string& whose = last->step.empty() ? last->target : last->step; !whose.empty())
    text += " of " + whose;
  if (!last->reason.empty()) text += ": " + last->reason;
  if (last->until) text += ", until " + base::FormatTime(*last->until);
  if (run.waiting.size() > 1) text += fmt::format(" (and for {} more)", run.waiting.size() - 1);
  return text;
}

// What moves it, and what ends it, so that it lets its targets go.
std::string WaysOut(const RunState& run, journal::Holder holder) {
  const std::string& id = run.id;
  const bool driven = holder == journal::Holder::kAlive;
  const std::string cancel =
      "slipway cancel " + id + (AnythingChanged(run) ? " --leave-changes --reason …" : "");
  if (run.status == RunStatus::kRollbackFailed && !driven)
    return fmt::format("slipway show {0} | slipway rollback {0} | {1}", id, cancel);
  if (run.status == RunStatus::kWaiting) {
    return fmt::format("slipway explain {0} | {1}{2}, then this again | slipway rollback {0}", id,
                       driven ? "" : "slipway resume " + id + " | ", cancel);
  }
  switch (holder) {
    case journal::Holder::kNobody:
      return fmt::format("slipway explain {0} | slipway resume {0} | slipway rollback {0} | {1}", id, cancel);
    case journal::Holder::kDead:
      return fmt::format("slipway resume {0} | slipway rollback {0}", id);
    case journal::Holder::kAlive:
      break;
  }
  return fmt::format("slipway explain {0} | slipway pause {0} | slipway rollback {0}", id);
}

// The run that keeps a target to itself: how it stands, who drives it, and what to do about it.
base::Error HeldBy(Parts& parts, const std::string& target, const std::string& id) {
  const auto events = parts.store.ReadRun(id, 0);
  const auto run = events ? Fold(*events) : std::unexpected(events.error());
  if (!run) {
    return base::Error{base::ErrorKind::kRefused,
                       fmt::format("target {} is held by {}, which cannot be read", target, id),
                       base::ToString(run.error()), "slipway audit verify"};
  }
  const journal::Holder holder = parts.store.HolderOf(id).value_or(journal::Holder::kNobody);
  std::string who = "which nobody drives";
  if (holder == journal::Holder::kAlive) who = "which another process drives";
  if (holder == journal::Holder::kDead && !events->empty())
    who = "whose process died after " + base::FormatTime(events->back().at);
  return base::Error{base::ErrorKind::kRefused,
                     fmt::format("target {} is held by {} ({}), {}{}", target, id, ToString(run->status), who,
                                 WaitsFor(*run)),
                     "", WaysOut(*run, holder)};
}

// A conflict on a lock says only that it is held; this says by whom.
base::Error ExplainLock(Parts& parts, const std::vector<std::string>& targets, base::Error error) {
  for (const std::string& target : targets) {
    const auto row = parts.store.Get(journal::Table::kLock, target);
    if (!row || !*row) continue;
    const auto lock = base::ParseJson(**row);
    if (!lock || !lock->is_object()) continue;
    return HeldBy(parts, target, base::GetString(lock->get_object(), "run"));
  }
  return error;
}

}  // namespace

base::Result<std::string> StartRun(Parts& parts, const StartRequest& request) {
  const plan::Plan& plan = *request.plan;
  if (request.kind != RunKind::kRollback) SLIPWAY_CHECK_OK(JudgeRefusals(parts, plan));
  const std::vector<std::string> targets = TargetsOf(request);
  JsonObject data{{"plan", plan.digest},
                  {"procedure", plan.procedure.metadata.id},
                  {"version", plan.procedure.metadata.version},
                  {"environment", plan.environment}};
  data["kind"] = request.kind == RunKind::kRun     ? "run"
                 : request.kind == RunKind::kRetry ? "retry"
                                                   : "rollback";
  data["parent"] = request.parent == nullptr ? "" : request.parent->id;
  if (!request.reason.empty()) data["reason"] = request.reason;
  data["targets"] = base::JsonArray(targets.begin(), targets.end());
  for (int attempt = 0; attempt < 1000; ++attempt) {
    SLIPWAY_TRY(const std::int64_t runs, parts.store.Count(journal::Table::kRun));
    const std::string id = "R" + std::to_string(runs + 1);
    const base::Time now = parts.clock.Now();
    journal::Batch batch;
    batch.events.push_back({id, "run_started", request.actor, now, data});
    for (Event& event : TakenOver(request))
      batch.events.push_back({id, std::move(event.type), "slipway", now, std::move(event.data)});
    if (request.kind == RunKind::kRollback) {
      batch.events.push_back(
          {id, "rollback_started", "slipway", now, JsonObject{{"scope", "all"}, {"reason", request.reason}}});
      for (const auto& [parameter, release] : plan.releases) {
        if (!TouchedAnything(*request.parent)) break;
        batch.events.push_back({id, "hold_placed", "slipway", now,
                                JsonObject{{"release", release.version},
                                           {"digest", release.digest},
                                           {"environment", plan.environment},
                                           {"target", ""},
                                           {"reason", request.reason}}});
      }
    }
    RunState state;
    for (const journal::NewEvent& event : batch.events) {
      SLIPWAY_CHECK_OK(
          Apply(state, {1, state.last_seq + 1, id, event.type, event.at, event.actor, event.data}));
    }
    std::string summary;
    batch.puts = Puts(summary, state, batch.events);
    batch.blobs.push_back(plan.bytes);
    auto appended = parts.store.Append(batch);
    if (appended) return id;
    if (appended.error().kind != base::ErrorKind::kConflict) return std::unexpected(appended.error());
    for (const std::string& target : targets) {
      SLIPWAY_TRY(const auto lock, parts.store.Get(journal::Table::kLock, target));
      if (lock) return std::unexpected(ExplainLock(parts, targets, appended.error()));
    }
  }
  return base::Fail(base::ErrorKind::kInternal, "no free run id in 1000 attempts");
}

base::Result<Driven> Drive(Parts& parts, std::string_view run, const DriveOptions& options) {
  SLIPWAY_TRY(const RunState before, LoadRun(parts.store, run));
  std::shared_ptr<const plan::Plan> plan = options.plan;
  if (plan == nullptr || plan->digest != before.plan) {
    SLIPWAY_TRY(plan::Plan read, LoadPlan(parts.store, before.plan));
    plan = std::make_shared<const plan::Plan>(std::move(read));
  }
  const bool over = IsTerminal(before.status);
  if (over) {
    SLIPWAY_TRY(const bool untold, Untold(parts, before));
    if (!untold) return Driven{before, plan};
  }
  SLIPWAY_TRY(auto lease, parts.store.TakeLease(run, options.actor, parts.clock.Now()));
  SLIPWAY_TRY(RunState state, LoadRun(parts.store, run));
  for (const auto& [name, planned] : plan->sheets) {
    const drivers::ActionSheet* sheet = parts.drivers.Sheet(name);
    if (over || (sheet != nullptr && drivers::ToJson(*sheet) == planned)) continue;
    return base::Refused(fmt::format("the action {} is no longer what it was when {} was planned", name, run),
                         std::string(run), "finish the run with the version of slipway that started it");
  }
  Loop loop(parts, *plan, std::move(state), std::move(lease), options);
  SLIPWAY_TRY(RunState driven, loop.Run());
  return Driven{std::move(driven), plan};
}

base::Result<bool> Untold(Parts& parts, const RunState& state) {
  if (parts.notifier == nullptr || state.occasion.empty() || state.notified.contains(state.occasion))
    return false;
  SLIPWAY_TRY(const journal::Holder holder, parts.store.HolderOf(state.id));
  if (holder != journal::Holder::kDead) return false;
  SLIPWAY_TRY(const plan::Plan plan, LoadPlan(parts.store, state.plan));
  return parts.notifier->Wanted(std::string(WhatOf(state.occasion)), plan);
}

base::Result<RunState> LoadRun(journal::Store& store, std::string_view run) {
  SLIPWAY_TRY(const auto events, store.ReadRun(run, 0));
  if (events.empty()) return base::Invalid("there is no run " + std::string(run), "", "slipway runs");
  return Fold(events);
}

base::Result<plan::Plan> LoadPlan(journal::Store& store, std::string_view digest) {
  SLIPWAY_TRY(const std::string bytes, store.Blob(digest));
  return plan::FromBytes(bytes, digest);
}

base::Result<std::vector<OpenRun>> LoadOpenRuns(journal::Store& store) {
  SLIPWAY_TRY(const auto rows, store.Scan(journal::Table::kOpen));
  std::map<std::string, std::shared_ptr<const plan::Plan>> plans;
  std::vector<OpenRun> runs;
  runs.reserve(rows.size());
  for (const journal::Row& row : rows) {
    SLIPWAY_TRY(RunState state, LoadRun(store, row.key));
    std::shared_ptr<const plan::Plan>& plan = plans[state.plan];
    if (plan == nullptr) {
      SLIPWAY_TRY(plan::Plan loaded, LoadPlan(store, state.plan));
      plan = std::make_shared<const plan::Plan>(std::move(loaded));
    }
    runs.push_back({std::move(state), plan});
  }
  std::ranges::sort(runs, {},
                    [](const OpenRun& run) { return std::pair(run.state.started_at, run.state.last_seq); });
  return runs;
}

base::Result<Decision> Foresee(const Parts& parts, const RunState& state, const plan::Plan& plan) {
  InHand hand;
  hand.observed[""] = "";
  return Decide({plan, parts.drivers, parts.workspace}, state, hand, parts.clock.Now());
}

base::Status Signal(journal::Store& store, std::string_view run, std::string_view type,
                    std::string_view actor, base::Time at, JsonObject data, std::vector<std::string> blobs) {
  journal::Batch batch;
  batch.blobs = std::move(blobs);
  batch.events.push_back({std::string(run), std::string(type), std::string(actor), at, data});
  for (int attempt = 0; attempt < 1000; ++attempt) {
    SLIPWAY_TRY(RunState state, LoadRun(store, run));
    std::string summary = SummaryText(state);
    batch.condition = journal::Condition{std::string(run), state.last_seq, 0};
    SLIPWAY_CHECK_OK(Apply(
        state, {1, state.last_seq + 1, std::string(run), std::string(type), at, std::string(actor), data}));
    batch.puts = Puts(summary, state, batch.events);
    const auto appended = store.Append(batch);
    if (appended) return {};
    if (appended.error().kind != base::ErrorKind::kConflict) return std::unexpected(appended.error());
  }
  return base::Fail(base::ErrorKind::kIo,
                    "the run is written to all the time; the signal did not get in between", std::string(run),
                    "try again");
}

bool AnythingChanged(const RunState& state) {
  return std::ranges::any_of(state.instances, [](const auto& entry) {
    return MayHaveChanged(entry.second) && entry.second.status != StepStatus::kUndone;
  });
}

}  // namespace slipway::engine
