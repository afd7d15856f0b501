// What runs where: a fold over the runs, oldest first, and over what people said of an existing estate.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "app/app.h"
#include "app/history.h"
#include "app/remembered.h"
#include "base/text.h"

namespace slipway::app {

namespace {

struct Standing {
  std::map<std::string, std::string> releases;
  std::string run;
  std::optional<base::Time> since;
  std::string note;
};

// Reads every event of every run: what a rollback leaves is what stood before its parent, and no row says
// that. A row a target would have to be written with the events, and those name releases only through the
// plan.
class Estate {
 public:
  explicit Estate(journal::Store& store) : store_(store) {}

  base::Status Fold() {
    SLIPWAY_TRY(const auto runs, AllRuns(store_));
    SLIPWAY_TRY(const auto said, store_.ReadRun("", 0));
    auto next = said.begin();
    for (const api::RunSummary& run : runs) {
      // A run counts from when it ended: what was said before that is older.
      const base::Time at = run.finished_at.value_or(base::Time::max());
      for (; next != said.end() && next->at <= at; ++next) Adopt(*next);
      SLIPWAY_CHECK_OK(Add(run));
    }
    for (; next != said.end(); ++next) Adopt(*next);
    return {};
  }

  const Standing* Find(const std::string& target) const {
    const auto found = now_.find(target);
    return found == now_.end() ? nullptr : &found->second;
  }

 private:
  void Adopt(const journal::Event& event) {
    if (event.type != "target_adopted") return;
    Standing& standing = now_[base::GetString(event.data, "target")];
    standing = {};
    standing.releases["release"] = base::GetString(event.data, "release");
    standing.run = "adopted";
    standing.since = event.at;
  }

  base::Status Add(const api::RunSummary& run) {
    SLIPWAY_TRY(const engine::RunState state, engine::LoadRun(store_, run.id));
    if (state.targets.empty()) return {};
    SLIPWAY_TRY(const auto* releases, ReleasesOf(state.plan));
    if (releases->empty()) return {};
    for (const auto& [target, ended] : state.target_states) {
      Standing& standing = now_[target];
      if (state.kind != engine::RunKind::kRollback) before_[run.id][target] = standing;
      switch (ended.status) {
        case engine::TargetStatus::kSucceeded:
          // Succeeded for good only when the run did not take it back afterwards.
          standing = {*releases, run.id, ended.at, ""};
          break;
        case engine::TargetStatus::kRolledBack:
          if (state.kind == engine::RunKind::kRollback) standing = before_[state.parent][target];
          break;
        case engine::TargetStatus::kRefused:
          break;
        case engine::TargetStatus::kRunning:
        case engine::TargetStatus::kFailed:
        case engine::TargetStatus::kRollingBack:
        case engine::TargetStatus::kRollbackFailed:
          if (Touched(state, target))
            standing.note = fmt::format("{} ({}) changed it since", run.id, engine::ToString(ended.status));
          break;
      }
    }
    return {};
  }

  static bool Touched(const engine::RunState& state, const std::string& target) {
    return std::ranges::any_of(state.instances, [&](const auto& entry) {
      const engine::Instance& i = entry.second;
      return i.target == target && i.act.Intended() && i.act.changes &&
             i.act.state != engine::Act::State::kNotDone && i.status != engine::StepStatus::kUndone;
    });
  }

  base::Result<const std::map<std::string, std::string>*> ReleasesOf(const std::string& digest) {
    const auto known = plans_.find(digest);
    if (known != plans_.end()) return &known->second;
    SLIPWAY_TRY(const plan::Plan plan, engine::LoadPlan(store_, digest));
    std::map<std::string, std::string>& releases = plans_[digest];
    for (const auto& [parameter, release] : plan.releases) releases[parameter] = release.version;
    return &releases;
  }

  journal::Store& store_;
  std::map<std::string, Standing> now_;
  std::map<std::string, std::map<std::string, Standing>> before_;  // run -> target -> what stood before it
  std::map<std::string, std::map<std::string, std::string>> plans_;
};

api::TargetEntry EntryOf(const workspace::Target& target, const Standing* standing) {
  api::TargetEntry entry;
  entry.id = target.id;
  entry.kind = target.kind;
  entry.environment = target.environment;
  if (standing != nullptr) {
    entry.releases = standing->releases;
    entry.run = standing->run;
    entry.since = standing->since;
    entry.note = standing->note;
  }
  return entry;
}

}  // namespace

api::Answer<std::vector<api::TargetEntry>> App::Targets(const std::string& environment) {
  SLIPWAY_TRY(const workspace::Workspace* workspace, session_.Workspace());
  if (!environment.empty()) SLIPWAY_CHECK_OK(session_.Environment(environment));
  SLIPWAY_TRY(journal::Store * store, session_.StoreToRead());
  Estate estate(*store);
  SLIPWAY_CHECK_OK(estate.Fold());
  SLIPWAY_TRY(const auto locks, LocksOf(*store));
  SLIPWAY_TRY(const auto facts, FactsOf(*store));
  std::vector<api::TargetEntry> entries;
  for (const workspace::Target& target : workspace->targets) {
    if (!environment.empty() && !target.environment.empty() && target.environment != environment) continue;
    api::TargetEntry entry = EntryOf(target, estate.Find(target.id));
    if (const auto lock = locks.find(target.id); lock != locks.end()) entry.held_by = lock->second;
    if (const auto known = facts.find(target.id); known != facts.end()) entry.facts = known->second;
    entries.push_back(std::move(entry));
  }
  return entries;
}

api::Answer<api::TargetEntry> App::Adopt(const api::AdoptRequest& request) {
  SLIPWAY_TRY(const workspace::Workspace* workspace, session_.Workspace());
  const workspace::Target* target = workspace->FindTarget(request.target);
  if (target == nullptr) {
    std::vector<std::string> ids;
    for (const workspace::Target& t : workspace->targets) ids.push_back(t.id);
    const auto near = base::DidYouMean(request.target, ids);
    return std::unexpected(base::Error{
        base::ErrorKind::kInvalid, "there is no target " + base::Quote(request.target), "targets/",
        near ? fmt::format("slipway targets adopt {} {}", *near, request.release) : "slipway targets"});
  }
  SLIPWAY_TRY(const workspace::Release release, workspace::LoadRelease(*workspace, request.release));
  SLIPWAY_TRY(journal::Store * store, session_.Store());
  SLIPWAY_TRY(const auto locks, LocksOf(*store));
  if (const auto lock = locks.find(target->id); lock != locks.end()) {
    return std::unexpected(base::Error{base::ErrorKind::kRefused,
                                       fmt::format("{} is being changed by {}", target->id, lock->second), "",
                                       "slipway explain " + lock->second});
  }
  journal::Batch batch;
  batch.events.push_back({"", "target_adopted", session_.actor(), session_.clock().Now(),
                          base::JsonObject{{"target", target->id},
                                           {"release", release.version},
                                           {"digest", release.digest},
                                           {"reason", request.reason}}});
  SLIPWAY_TRY(const journal::Appended appended, store->Append(batch));
  static_cast<void>(appended);
  const Standing standing{{{"release", release.version}}, "adopted", batch.events.front().at, ""};
  return EntryOf(*target, &standing);
}

}  // namespace slipway::app
