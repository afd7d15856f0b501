#include "engine/rows.h"

#include <fmt/format.h>

#include <algorithm>

#include "journal/lease.h"

namespace slipway::engine {

namespace {

using base::JsonObject;
using journal::Put;
using journal::Table;

std::string Canonical(const base::Json& value) {
  auto text = base::CanonicalJson(value);
  return text ? *std::move(text) : std::string();
}

std::string LockText(const RunState& state) { return Canonical(JsonObject{{"run", state.id}}); }

std::string HoldText(const JsonObject& data, const std::string& run, base::Time at) {
  JsonObject row = data;
  row["run"] = run;
  row["at"] = base::Millis(at);
  return Canonical(row);
}

// The row of each fact that an event tells about a target.
void VisitFacts(std::string_view run, const JsonObject& data, base::Time at,
                const std::function<void(std::string key, std::string value)>& visit) {
  for (const auto& fact : base::GetObject(data, "facts")) {
    visit(FactKey(base::GetString(data, "target"), fact.key()),
          Canonical(JsonObject{{"value", fact.value()},
                               {"run", run},
                               {"step", base::GetString(data, "step")},
                               {"at", base::Millis(at)}}));
  }
}

}  // namespace

std::string FactKey(std::string_view target, std::string_view name) {
  return std::string(target) + " " + std::string(name);
}

JsonObject Summary(const RunState& state) {
  JsonObject targets;
  for (std::size_t i = 0; i < kTargetStatuses; ++i) {
    if (state.target_counts[i] > 0) targets[ToString(static_cast<TargetStatus>(i))] = state.target_counts[i];
  }
  if (state.targets.size() > state.target_states.size()) {
    targets["pending"] = static_cast<std::int64_t>(state.targets.size() - state.target_states.size());
  }
  JsonObject row;
  row["id"] = state.id;
  row["procedure"] = state.procedure;
  row["version"] = state.version;
  row["environment"] = state.environment;
  row["state"] = ToString(state.status);
  row["plan"] = state.plan;
  row["kind"] = state.kind == RunKind::kRun ? "run" : state.kind == RunKind::kRetry ? "retry" : "rollback";
  row["parent"] = state.parent;
  row["reason"] = state.reason;
  row["started_at"] = base::Millis(state.started_at);
  if (state.finished_at)
    row["finished_at"] = base::Millis(*state.finished_at);
  else
    row["finished_at"] = nullptr;
  row["targets"] = std::move(targets);
  return row;
}

std::string SummaryText(const RunState& state) { return Canonical(Summary(state)); }

std::string HoldKey(const JsonObject& hold) {
  std::string key = base::GetString(hold, "digest") + " " + base::GetString(hold, "environment");
  if (const std::string target = base::GetString(hold, "target"); !target.empty()) key += "/" + target;
  return key;
}

std::vector<Put> Puts(std::string& summary, const RunState& after,
                      const std::vector<journal::NewEvent>& events) {
  std::vector<Put> puts;
  const bool fresh = summary.empty();
  std::string now = SummaryText(after);
  if (now != summary)
    puts.push_back({fresh ? Put::Mode::kInsert : Put::Mode::kSet, Table::kRun, after.id, now});
  if (fresh) {
    puts.push_back({Put::Mode::kSet, Table::kOpen, after.id, "{}"});
    for (const std::string& target : after.targets) {
      puts.push_back({Put::Mode::kInsert, Table::kLock, target, LockText(after)});
    }
  }
  for (const journal::NewEvent& event : events) {
    if (event.type == "hold_placed") {
      puts.push_back(
          {Put::Mode::kSet, Table::kHold, HoldKey(event.data), HoldText(event.data, after.id, event.at)});
    }
    VisitFacts(after.id, event.data, event.at, [&](std::string key, std::string value) {
      puts.push_back({Put::Mode::kSet, Table::kFact, std::move(key), std::move(value)});
    });
  }
  if (IsTerminal(after.status) && now != summary) {
    puts.push_back({Put::Mode::kErase, Table::kOpen, after.id, ""});
    for (const std::string& target : after.targets)
      puts.push_back({Put::Mode::kErase, Table::kLock, target, ""});
  }
  summary = std::move(now);
  return puts;
}

base::Status EngineProjection::Apply(const journal::Event& event) {
  if (event.type == "hold_lifted") {
    rows_.erase({Table::kHold, HoldKey(event.data)});
    return {};
  }
  if (event.run.empty()) return {};
  if (event.type == "hold_placed") {
    rows_[{Table::kHold, HoldKey(event.data)}] = HoldText(event.data, event.run, event.at);
  }
  VisitFacts(event.run, event.data, event.at, [&](const std::string& key, std::string value) {
    rows_[{Table::kFact, key}] = std::move(value);
  });
  if (event.type == journal::kLeaseTaken) {
    SLIPWAY_TRY(std::string row, journal::LeaseRow(event));
    rows_[{Table::kLease, event.run}] = std::move(row);
  }
  auto [it, fresh] = open_.try_emplace(event.run);
  if (fresh && rows_.contains({Table::kRun, event.run})) {
    // A terminal run's state is no longer kept: nothing that comes after changes its row.
    open_.erase(it);
    return {};
  }
  RunState& state = it->second;
  SLIPWAY_CHECK_OK(engine::Apply(state, event));
  if (IsTerminal(state.status)) {
    rows_[{Table::kRun, event.run}] = SummaryText(state);
    open_.erase(it);
  }
  return {};
}

base::Status EngineProjection::Rows(
    const std::function<void(Table, std::string_view, std::string_view)>& visit) {
  for (const auto& [key, value] : rows_) visit(key.first, key.second, value);
  for (const auto& [id, state] : open_) {
    visit(Table::kRun, id, SummaryText(state));
    visit(Table::kOpen, id, "{}");
    for (const std::string& target : state.targets) visit(Table::kLock, target, LockText(state));
  }
  return {};
}

}  // namespace slipway::engine
