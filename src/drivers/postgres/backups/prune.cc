// postgres.proven and postgres.prune: what is left of a customer's backups, and what may go.
#include <fmt/format.h>

#include <algorithm>

#include "base/file.h"
#include "base/text.h"
#include "drivers/postgres/backups/backups.h"
#include "drivers/postgres/backups/proof.h"
#include "drivers/postgres/backups/sheets_backup.h"
#include "drivers/postgres/backups/stored.h"

namespace slipway::drivers::postgres {
namespace {

namespace fs = std::filesystem;
using base::JsonArray;
using base::JsonObject;
using base::Result;

Result<std::vector<StoredBackup>> AllOf(const PgCall& call) {
  SLIPWAY_TRY(const fs::path folder, base::Inside(call.context.workspace, call.Text("folder")));
  return StoredBackups(folder, CustomerOf(call.with()), call.database());
}

std::string InWorkspace(const PgCall& call, const StoredBackup& backup) {
  return (fs::path(call.Text("folder")) / backup.path.filename()).string();
}

Outcome RunProven(PgCall& call) {
  const auto all = AllOf(call);
  if (!all) return Unknown(base::ToString(all.error()));
  const auto found =
      ProvenWithin(*all, call.database(), base::Duration{call.Integer("within")}, call.context.clock.Now());
  if (!found) {
    return NotDone(found.error().what,
                   {{"folder", call.Text("folder")}, {"backups", static_cast<std::int64_t>(all->size())}});
  }
  const std::string file = InWorkspace(call, *found);
  return Done({{"backup", file},
               {"backup_at", base::FormatTime(found->manifest.taken_at)},
               {"proven_at", base::FormatTime(*found->proven_at)},
               {"sha256", found->manifest.sha256},
               {"version", found->manifest.schema_version}},
              fmt::format("{} was proven at {}", file, base::FormatTime(*found->proven_at)));
}

Result<Prepared> PreparePrune(Prepared prepared, Context&) {
  if (base::GetInt(prepared.action.with, "keep") < 1) return base::Invalid("`keep` is at least 1", "keep");
  return prepared;
}

// One prune. Each file is noted before it goes, so that what an attempt that died has deleted is told too.
class Prune {
 public:
  explicit Prune(PgCall& call) : call_(call) {}

  Outcome Run() {
    if (const std::string why = Stopped(call_.context); !why.empty()) return NotDone(why);
    const auto all = AllOf(call_);
    if (!all) return Stop(all.error());
    CountEarlier(*all);
    const base::Time before = call_.context.clock.Now() - base::Duration{call_.Integer("older_than")};
    const auto chosen = Expendable(*all, call_.Integer("keep"), before);
    for (const StoredBackup* one : chosen) {
      JsonObject note{{"stage", "deleting"},
                      {"backup", InWorkspace(call_, *one)},
                      {"bytes", one->manifest.bytes},
                      {"sha256", one->manifest.sha256},
                      {"taken_at", base::FormatTime(one->manifest.taken_at)}};
      if (const auto noted = call_.sink.Note(note); !noted) return Stop(noted.error());
      Count(note);
      if (const auto gone = DeleteBackup(one->path); !gone) return Stop(gone.error());
    }
    const auto left = static_cast<std::int64_t>(all->size() - chosen.size());
    Outcome done = Done({{"deleted", names_}, {"kept", left}, {"freed", freed_}},
                        names_.empty() ? fmt::format("nothing is past its retention; {} are there", left)
                                       : fmt::format("{} deleted, {} are left", names_.size(), left));
    done.evidence = {{"deleted", evidence_}};
    return done;
  }

 private:
  // What an attempt before this one noted and did not get to is still there.
  void CountEarlier(const std::vector<StoredBackup>& all) {
    for (const JsonObject& note : call_.progress) {
      const std::string name = base::GetString(note, "backup");
      const bool there =
          std::ranges::any_of(all, [&](const StoredBackup& one) { return InWorkspace(call_, one) == name; });
      if (!there) Count(note);
    }
  }

  void Count(const JsonObject& note) {
    base::Json name(base::GetString(note, "backup"));
    if (std::ranges::find(names_, name) != names_.end()) return;  // noted by several attempts
    names_.push_back(std::move(name));
    freed_ += base::GetInt(note, "bytes");
    evidence_.emplace_back(note);
  }

  Outcome Stop(const base::Error& error) const {
    JsonObject evidence{{"error", error.what}, {"where", error.where}, {"deleted", evidence_}};
    return names_.empty() ? NotDone(base::ToString(error), std::move(evidence))
                          : Unknown(base::ToString(error), std::move(evidence));
  }

  PgCall& call_;
  JsonArray names_, evidence_;
  std::int64_t freed_ = 0;
};

}  // namespace

PgAction ProvenAction() {
  return {.sheet = ProvenSheet(), .prepare = {}, .run = RunProven, .probe = {}, .restored = {}};
}

PgAction PruneAction() {
  return {.sheet = PruneSheet(),
          .prepare = PreparePrune,
          .run = [](PgCall& call) { return Prune(call).Run(); },
          .probe = {},
          .restored = {}};
}

}  // namespace slipway::drivers::postgres
