#include "invariants.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "audit/verify.h"
#include "engine/rows.h"
#include "engine/state.h"

namespace slipway::sim {

namespace {

using Broken = std::vector<std::string>;

std::string NameOf(const journal::Event& event) {
  const std::string key =
      engine::InstanceKey(base::GetString(event.data, "step"), base::GetString(event.data, "target"));
  return event.run + "/" + (base::GetBool(event.data, "undo") ? "undo:" : "") + key;
}

// The tree, the rows and the columns, with the very code of `audit verify`.
void CheckLog(journal::Store& store, Broken& broken) {
  engine::EngineProjection projection;
  const auto report = audit::Verify(store, {.projection = &projection});
  if (!report) return broken.push_back(base::ToString(report.error()));
  for (const audit::Problem& problem : report->problems)
    broken.push_back(fmt::format("the log: {}: {}", problem.where, problem.what));
}

void CheckEffects(const std::vector<journal::Event>& events, const drivers::FakeWorld& world,
                  Broken& broken) {
  std::set<std::string> intended;
  std::map<std::string, std::string> changing;  // name -> action
  for (const journal::Event& event : events) {
    const std::string name = NameOf(event);
    if (event.type == "intent") {
      intended.insert(name);
      if (base::GetString(event.data, "effect") != "changes") continue;
      const base::JsonObject& prepared = base::GetObject(event.data, "prepared");
      const base::JsonObject& action = base::GetObject(prepared, "action");
      const std::string uses = base::GetString(action, "uses");
      // What stood already when it was prepared leaves no mark.
      const std::string wanted = base::GetString(base::GetObject(action, "with"), "value");
      if (uses != "fake.ensure" || wanted != base::GetString(base::GetObject(prepared, "prior"), "value"))
        changing[name] = uses;
    }
    const bool counted = event.type == "outcome" || event.type == "probed";
    if (!counted || base::GetString(event.data, "verdict") != "done") continue;
    const auto act = changing.find(name);
    // An undo may find that there is nothing to take back; an act forward must have left a mark.
    if (act == changing.end() || base::GetBool(event.data, "undo")) continue;
    if (world.EffectsOf(name, act->second) == 0)
      broken.push_back(fmt::format("{} counts as done and never was ({} #{})", name, event.type, event.seq));
  }
  for (const drivers::FakeEffect& effect : world.Effects()) {
    if (!intended.contains(effect.instance))
      broken.push_back("an effect without an intent: " + effect.instance);
  }
  for (const std::string& twice : world.DoubleEffects()) broken.push_back("done twice: " + twice);
  for (const drivers::FakeEffect& stale : world.StaleEffects())
    broken.push_back("done by a process that had lost the run: " + stale.instance);
}

void CheckRuns(const std::vector<journal::Event>& events, journal::Store& store, Broken& broken) {
  std::map<std::string, engine::RunState> runs;
  for (const journal::Event& event : events) {
    if (event.run.empty()) continue;
    engine::RunState& state = runs[event.run];
    const engine::RunStatus before = state.status;
    const bool terminal = state.last_seq != 0 && engine::IsTerminal(before);
    if (const auto applied = engine::Apply(state, event); !applied)
      broken.push_back(base::ToString(applied.error()));
    if (terminal && state.status != before)
      broken.push_back(event.run + " was over and changed its state at " + event.type);
  }
  for (const auto& [id, state] : runs) {
    if (!engine::IsTerminal(state.status)) continue;
    for (const auto& [key, instance] : state.instances) {
      using enum engine::StepStatus;
      const auto open = {kPending, kRunning, kWaiting, kUndoing};
      if (std::ranges::find(open, instance.status) != open.end())
        broken.push_back(fmt::format("{} is over, and {} is {}", id, key, engine::ToString(instance.status)));
    }
  }
  const auto locks = store.Scan(journal::Table::kLock);
  for (const journal::Row& lock : *locks) {
    const auto value = base::ParseJson(lock.value);
    const std::string holder = value ? base::GetString(value->get_object(), "run") : "";
    if (!runs.contains(holder) || engine::IsTerminal(runs[holder].status))
      broken.push_back(fmt::format("{} is locked by {}, which is over", lock.key, holder));
  }
}

}  // namespace

std::vector<std::string> BrokenInvariants(journal::Store& store, const drivers::FakeWorld& world) {
  Broken broken;
  CheckLog(store, broken);
  const auto events = store.Read(1, 1'000'000);
  if (!events) return {base::ToString(events.error())};
  CheckEffects(*events, world, broken);
  CheckRuns(*events, store, broken);
  return broken;
}

}  // namespace slipway::sim
