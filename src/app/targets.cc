// `slipway targets`: what runs where, from the runs and what the store remembers.
#include <fmt/format.h>

#include "app/app.h"
#include "app/estate.h"
#include "app/remembered.h"
#include "base/text.h"

namespace slipway::app {

namespace {

api::TargetEntry EntryOf(const workspace::Target& target, const Standing& standing) {
  api::TargetEntry entry;
  entry.id = target.id;
  entry.kind = target.kind;
  entry.environment = target.environment;
  entry.releases = standing.releases;
  entry.run = standing.run;
  entry.since = standing.since;
  entry.note = standing.note;
  return entry;
}

}  // namespace

api::Answer<std::vector<api::TargetEntry>> App::Targets(const std::string& environment) {
  SLIPWAY_TRY(const workspace::Workspace* workspace, session_.Workspace());
  if (!environment.empty()) SLIPWAY_CHECK_OK(session_.Environment(environment));
  SLIPWAY_TRY(journal::Store * store, session_.StoreToRead());
  SLIPWAY_TRY(const std::filesystem::path state, session_.StateDir());
  std::set<std::string> ids;
  for (const workspace::Target& target : workspace->targets) ids.insert(target.id);
  SLIPWAY_TRY(const Standings standings, StandingsOf(*store, state, ids));
  SLIPWAY_TRY(const auto locks, LocksOf(*store));
  SLIPWAY_TRY(const auto facts, FactsOf(*store));
  std::vector<api::TargetEntry> entries;
  for (const workspace::Target& target : workspace->targets) {
    if (!environment.empty() && !target.environment.empty() && target.environment != environment) continue;
    api::TargetEntry entry = EntryOf(target, standings.at(target.id));
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
  return EntryOf(*target, standing);
}

}  // namespace slipway::app
