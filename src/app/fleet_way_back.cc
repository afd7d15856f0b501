// `slipway fleet rollback`: which backup takes a customer back to a version, by what runs put on record.
//
// The run that counts is the first that began to take the customer away from the version since it last came
// to it: a retry backs up what the failed one left, and that is not the version any more.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "app/app.h"
#include "app/fleet_acts.h"
#include "app/history.h"
#include "app/observe.h"
#include "app/remembered.h"
#include "base/text.h"
#include "base/version.h"

namespace slipway::app {

namespace {

using base::JsonObject;

constexpr std::string_view kLoss = "postgres.loss";

struct Backup {
  std::string file, sha256;
  std::optional<base::Time> at;
};

// A run that began to take the customer away from the version.
struct Leaving {
  std::string run;
  std::string to;  // empty: it did not get there
  base::Time at;
  std::optional<Backup> backup;  // the last one that this run made before, and of that version
};

// The story of one customer, act by act, with an eye on one version.
class Story {
 public:
  Story(std::string customer, std::string version)
      : customer_(std::move(customer)), version_(std::move(version)) {}

  void Add(const engine::RunState& run) {
    std::optional<Backup> backup;
    for (const CustomerAct& act : ActsOn(run, customer_)) {
      NoteDeleted(run, act);
      if (act.uses == kBackup && act.Done()) backup = BackupOf(act);
      if (act.MovesSchema() && act.MayHaveHappened()) Migrated(run, act, backup);
      if (act.uses == kRestore && act.Done() && SameVersion(act.Output("version"), version_)) {
        before_restore_ = std::move(leaving_);
        leaving_.reset();
      }
      if (act.uses == kSwapBack && act.Done() && !SameVersion(act.Output("version"), version_) && !leaving_)
        leaving_ = std::move(before_restore_);
    }
  }

  const std::optional<Leaving>& leaving() const { return leaving_; }
  // The versions that runs took it away from, with the run; for whoever asked for another.
  const std::map<std::string, std::string>& left() const { return left_; }
  std::string DeletedBy(const std::string& backup) const {
    const auto found = deleted_.find(std::filesystem::path(backup).filename());
    return found == deleted_.end() ? "" : found->second;
  }

 private:
  static Backup BackupOf(const CustomerAct& act) {
    const auto at = base::ParseTime(act.Output("backup_at"));
    return {act.Output("backup"), act.Output("sha256"), at ? std::optional(*at) : std::nullopt};
  }

  void NoteDeleted(const engine::RunState& run, const CustomerAct& act) {
    for (const base::Json& file : base::GetArray(act.act->outputs, "deleted")) {
      if (!file.is_string()) continue;
      const std::filesystem::path path(std::string(base::View(file.get_string())));
      deleted_[path.filename()] =
          fmt::format("{}/{} at {}", run.id, act.instance->step, base::FormatTime(act.act->at));
    }
  }

  void Migrated(const engine::RunState& run, const CustomerAct& act, const std::optional<Backup>& backup) {
    const std::string before = base::GetString(act.act->prepared.prior, "version");
    const std::string after = act.Done() ? act.Output("version") : "";
    if (SameVersion(before, after)) return;
    if (!before.empty()) left_[before] = run.id;
    if (SameVersion(before, version_) && !leaving_) leaving_ = Leaving{run.id, after, act.act->at, backup};
    if (act.Done() && SameVersion(after, version_)) leaving_.reset();
  }

  const std::string customer_;
  const std::string version_;
  std::optional<Leaving> leaving_, before_restore_;
  std::map<std::string, std::string> left_;
  std::map<std::string, std::string> deleted_;  // file name -> by whom and when
};

api::Answer<Story> Told(journal::Store& store, const std::string& environment, const std::string& customer,
                        const std::string& version) {
  Story story(customer, version);
  SLIPWAY_TRY(const auto runs, AllRuns(store));
  for (const api::RunSummary& run : runs) {
    if (run.environment != environment) continue;
    SLIPWAY_TRY(const engine::RunState state, engine::LoadRun(store, run.id));
    story.Add(state);
  }
  return story;
}

base::Error Refusal(std::string what, std::string where, std::string next) {
  return {base::ErrorKind::kRefused, std::move(what), std::move(where), std::move(next)};
}

// Where the customer is already, or ahead of: then there is no way back.
base::Status CheckBehind(const api::FleetWayBackRequest& request, const api::TargetFact* now,
                         const std::optional<Leaving>& leaving) {
  if (now == nullptr || !now->value.is_string()) return {};
  const std::string version(base::View(now->value.get_string()));
  const auto has = base::ParseVersion(version), wanted = base::ParseVersion(request.to);
  if (!has || !wanted) return {};
  if (base::Precedence(*wanted, *has) > 0) {
    return std::unexpected(Refusal(
        fmt::format("{} has {}, and {} is newer: that is no way back", request.customer, version, request.to),
        "--to", fmt::format("slipway fleet update --to {} --customer {}", request.to, request.customer)));
  }
  // An update that died half way left the version as it was, and the database not.
  const bool half = leaving && leaving->to.empty();
  if (base::Precedence(*wanted, *has) == 0 && !half) {
    return std::unexpected(Refusal(
        fmt::format("{} has {} already, as {}/{} says", request.customer, version, now->run, now->step),
        "--to", "slipway fleet status"));
  }
  return {};
}

base::Error NoRecord(const api::FleetWayBackRequest& request, const Story& story) {
  std::vector<std::string> known;
  for (const auto& [version, run] : story.left()) known.push_back(fmt::format("{} ({})", version, run));
  return Refusal(fmt::format("no run on record took {} away from {}", request.customer, request.to), "--to",
                 known.empty() ? "slipway runs lists what was done"
                               : "on record is that it was taken away from " + base::Join(known, ", "));
}

base::Result<Backup> BackupToRestore(Session& session, const api::FleetWayBackRequest& request,
                                     const Story& story) {
  const Leaving& leaving = *story.leaving();
  const std::string by_hand = fmt::format(
      "slipway run procedures/rollback-customer.yaml -p customer={} -p to={} -p backup=FILE, with a backup "
      "that "
      "holds it",
      request.customer, request.to);
  if (!leaving.backup) {
    return std::unexpected(Refusal(fmt::format("{} took {} away from {} and made no backup before",
                                               leaving.run, request.customer, request.to),
                                   leaving.run, by_hand));
  }
  SLIPWAY_TRY(const std::filesystem::path root, session.Root());
  std::error_code ignored;
  if (std::filesystem::exists(root / leaving.backup->file, ignored)) return *leaving.backup;
  const std::string deleted = story.DeletedBy(leaving.backup->file);
  return std::unexpected(Refusal(fmt::format("the backup that {} made is gone{}", leaving.run,
                                             deleted.empty() ? ", and nothing on record says who deleted it"
                                                             : ": deleted by " + deleted),
                                 leaving.backup->file, by_hand));
}

// What the database says would be lost. Nothing is refused for the want of it: the run looks again, and a
// person agrees there.
void LookAtLoss(Session& session, const workspace::Workspace& workspace, const workspace::Target& target,
                api::FleetWayBack& back) {
  const auto look = [&]() -> base::Result<JsonObject> {
    SLIPWAY_TRY(const plan::Observation loss,
                ObservationOf(session, workspace, target.id, "loss", kLoss,
                              {{"connection", base::GetString(target.attributes, "connection")},
                               {"database", base::GetString(target.attributes, "database")},
                               {"backup", back.backup},
                               {"sha256", back.sha256}}));
    auto seen = Observe(session, {loss});
    if (!seen) return std::unexpected<base::Error>(std::move(seen).error());
    return base::GetObject(seen->at(target.id), "loss");
  };
  const auto seen = look();
  const std::string trouble = seen ? base::GetString(*seen, "unreachable") : base::ToString(seen.error());
  if (!trouble.empty()) {
    back.loss = "nobody knows what would be lost: " + trouble;
    return;
  }
  back.loss = base::GetString(*seen, "text");
  back.lost.emplace();
  for (const auto& [table, rows] : base::GetObject(*seen, "written"))
    back.lost->emplace_back(std::string(table),
                            rows.is_int64() ? std::optional(rows.get_int64()) : std::nullopt);
  if (const auto proven = base::ParseTime(base::GetString(*seen, "proven_at"))) back.proven_at = *proven;
}

}  // namespace

api::Answer<api::FleetWayBack> App::FindFleetWayBack(const api::FleetWayBackRequest& request) {
  SLIPWAY_TRY(const workspace::Workspace* workspace, session_.Workspace());
  const std::string environment =
      request.environment.empty() ? workspace->environments.front().name : request.environment;
  SLIPWAY_CHECK_OK(session_.Environment(environment));
  SLIPWAY_TRY(const workspace::Target* target, FindCustomer(*workspace, environment, request.customer));
  SLIPWAY_CHECK_OK(base::ParseVersion(request.to));
  SLIPWAY_TRY(journal::Store * store, session_.StoreToRead());
  SLIPWAY_TRY(const TargetFacts facts, FactsOf(*store));
  SLIPWAY_TRY(const Story story, Told(*store, environment, request.customer, request.to));
  const api::TargetFact* now = nullptr;
  if (const auto known = facts.find(request.customer); known != facts.end()) {
    if (const auto version = known->second.find("version"); version != known->second.end())
      now = &version->second;
  }
  SLIPWAY_CHECK_OK(CheckBehind(request, now, story.leaving()));
  if (!story.leaving()) return std::unexpected(NoRecord(request, story));
  SLIPWAY_TRY(const Backup backup, BackupToRestore(session_, request, story));
  api::FleetWayBack back{.customer = request.customer, .to = request.to, .run = story.leaving()->run};
  if (now != nullptr && now->value.is_string()) back.from = std::string(base::View(now->value.get_string()));
  back.left_at = story.leaving()->at;
  back.backup = backup.file;
  back.sha256 = backup.sha256;
  back.backup_at = backup.at;
  LookAtLoss(session_, *workspace, *target, back);
  return back;
}

}  // namespace slipway::app
