// The actions around backups in the model: files and databases in memory. A backup that nothing in the
// simulation made counts as there and good, as databases do.
#include <fmt/format.h>

#include <algorithm>

#include "base/bytes.h"
#include "drivers/postgres/backups/backups.h"
#include "drivers/postgres/backups/manifest.h"
#include "drivers/postgres/backups/sheets_backup.h"
#include "drivers/postgres/backups/stored.h"
#include "drivers/postgres/database/beside.h"
#include "drivers/postgres/model.h"
#include "drivers/postgres/session/connection.h"

namespace slipway::drivers::postgres {

namespace {

using base::JsonArray;
using base::JsonObject;

constexpr char kRestoredFrom[] = "restored from ";

std::int64_t OidOf(ModelServer& server, ModelDatabase& database) {
  if (database.oid == 0) database.oid = ++server.last_oid;
  return database.oid;
}

std::int64_t RowsOf(const ModelDatabase& database) {
  std::int64_t rows = 0;
  for (const auto& [table, count] : database.tables) rows += count;
  return rows;
}

ModelBackup& BackupOf(World& world, ModelServer& server, const PgCall& call) {
  const auto [found, fresh] = world.backups.try_emplace(call.Text("backup"));
  if (fresh) found->second = {Look(server, call.database()), call.context.clock.Now(), "", "", {}};
  return found->second;
}

Outcome Damaged(const PgCall& call) {
  return NotDone("the backup is damaged", {{"backup", call.Text("backup")}});
}

Outcome Backup(World& world, ModelServer& server, PgCall& call) {
  const std::string file = call.Text("file");
  const auto [found, fresh] = world.backups.try_emplace(file);
  if (fresh)
    found->second = {Look(server, call.database()),
                     call.context.clock.Now(),
                     CustomerOf(call.with()),
                     call.database(),
                     {}};
  const ModelBackup& backup = found->second;
  return Done({{"backup", file},
               {"backup_at", base::FormatTime(backup.taken_at)},
               {"version", backup.content.version},
               {"bytes", 0},
               {"sha256", base::Sha256Text(file)},
               {"rows", RowsOf(backup.content)},
               {"tables", static_cast<std::int64_t>(backup.content.tables.size())},
               {"deleted", JsonArray{}}},
              file + " of the simulation");
}

Outcome Prove(World& world, ModelServer& server, PgCall& call) {
  ModelBackup& backup = BackupOf(world, server, call);
  if (backup.damaged) return Damaged(call);
  backup.proven_at = call.context.clock.Now();
  return Done({{"proven", call.Text("backup")},
               {"proven_at", base::FormatTime(call.context.clock.Now())},
               {"version", backup.content.version},
               {"rows", RowsOf(backup.content)},
               {"tables", static_cast<std::int64_t>(backup.content.tables.size())},
               {"took", 0}},
              call.Text("backup") + " restores in the simulation");
}

Outcome Loss(World& world, ModelServer& server, PgCall& call) {
  const ModelBackup& backup = BackupOf(world, server, call);
  if (backup.damaged) return Damaged(call);
  return Done({{"written", JsonObject{}},
               {"text", "nothing was written in the simulation"},
               {"backup_at", base::FormatTime(backup.taken_at)},
               {"proven_at", ""},
               {"version", backup.content.version}},
              "nothing was written in the simulation");
}

base::Result<Prepared> PrepareRestore(ModelServer& server, Prepared prepared, const Context& context) {
  const JsonObject& with = prepared.action.with;
  ModelDatabase& now = Look(server, base::GetString(with, "database"));
  const std::int64_t oid = OidOf(server, now);
  prepared.prior = {{"oid", oid},
                    {"owner", now.role},
                    {"connection_limit", -1},
                    {"would_lose", "nothing was written in the simulation"},
                    {"lost", JsonObject{}}};
  prepared.undo = SwapBackFor(with, context, oid);
  return prepared;
}

// Has the name gone over to another database than the one that was recorded, and by this step?
bool IsSwapped(ModelServer& server, const PgCall& call) {
  ModelDatabase& now = Look(server, call.database());
  const auto ours = OurLineOf(now.comment);
  return OidOf(server, now) != base::GetInt(call.prepared.prior, "oid") && ours &&
         ours->mark == CallerName(call.context);
}

Outcome Restored(ModelServer& server, const PgCall& call, const ModelBackup& backup) {
  const std::string kept = Beside(call.database(), kBefore, InstanceTag(call.context, call.database()));
  const base::Time until = call.context.clock.Now() + base::Duration{call.Integer("keep_for")};
  return Done({{"version", Look(server, call.database()).version},
               {"backup", call.Text("backup")},
               {"backup_at", base::FormatTime(backup.taken_at)},
               {"kept", kept},
               {"kept_until", base::FormatTime(until)},
               {"rows", RowsOf(backup.content)},
               {"lost", JsonObject{}},
               {"schema", SchemaOf(Look(server, call.database()))}},
              fmt::format("{} is what {} holds in the simulation", call.database(), call.Text("backup")));
}

// Gives the name `call.database()` to `next`, and what has it the name `aside`.
void Exchange(ModelServer& server, const PgCall& call, const std::string& aside, ModelDatabase next) {
  const base::Time until = call.context.clock.Now() + base::Duration{call.Integer("keep_for")};
  ModelDatabase before = Look(server, call.database());
  before.comment = WithOurs(before.comment, CallerName(call.context), KeptText(until, call.database()));
  server.databases[aside] = std::move(before);
  server.databases[call.database()] = std::move(next);
}

Outcome Restore(World& world, ModelServer& server, PgCall& call) {
  const ModelBackup& backup = BackupOf(world, server, call);
  if (IsSwapped(server, call)) return Restored(server, call, backup);
  if (backup.damaged) return Damaged(call);
  const std::string tag = InstanceTag(call.context, call.database());
  const ModelDatabase& now = Look(server, call.database());
  if (now.oid != base::GetInt(call.prepared.prior, "oid"))
    return NotDone(call.database() + " is not the database any more that was to be replaced");
  ModelDatabase next = now;  // whose it is stays; what is in it does not
  next.version = backup.content.version;
  next.tables = backup.content.tables;
  next.oid = ++server.last_oid;
  next.comment = WithOurs(now.comment, CallerName(call.context), kRestoredFrom + call.Text("backup"));
  Exchange(server, call, Beside(call.database(), kBefore, tag), std::move(next));
  server.databases.erase(Beside(call.database(), kRestored, tag));
  return Restored(server, call, backup);
}

Outcome ProbeRestore(World& world, ModelServer& server, PgCall& call) {
  if (IsSwapped(server, call)) return Restored(server, call, BackupOf(world, server, call));
  server.databases.erase(Beside(call.database(), kRestored, InstanceTag(call.context, call.database())));
  return NotDone(call.database() + " is the database that it was");
}

Outcome SwapBack(World&, ModelServer& server, PgCall& call) {
  ModelDatabase& now = Look(server, call.database());
  const std::string undone = Beside(call.database(), kUndone, call.Text("tag"));
  server.databases.erase(Beside(call.database(), kRestored, call.Text("tag")));
  if (OidOf(server, now) != call.Integer("oid")) {
    const auto kept = server.databases.find(Beside(call.database(), kBefore, call.Text("tag")));
    if (kept == server.databases.end() || kept->second.oid != call.Integer("oid"))
      return NotDone("the database that was " + call.database() + " before is gone");
    ModelDatabase next = std::move(kept->second);
    next.comment = WithoutOurs(next.comment);
    server.databases.erase(kept);
    Exchange(server, call, undone, std::move(next));
  }
  const ModelDatabase& back = Look(server, call.database());
  JsonObject outputs{{"version", back.version}, {"schema", SchemaOf(back)}};
  if (server.databases.contains(undone)) outputs["kept"] = undone;
  return Done(std::move(outputs), call.database() + " is the database that it was");
}

Outcome Forget(World&, ModelServer& server, PgCall& call) {
  const std::string only = call.Text("kept");
  const base::Time now = call.context.clock.Now();
  JsonArray dropped, left;
  for (const JsonObject& note : call.progress) {
    const std::string name = base::GetString(note, "database");
    if (!server.databases.contains(name)) dropped.emplace_back(name);
  }
  if (const auto named = server.databases.find(only); named != server.databases.end()) {
    const auto kept = ReadKept(only, named->second.comment, call.database(), now);
    if (!kept)
      return NotDone(only + " is no database that slipway keeps of " + call.database(), {{"database", only}});
    if (!kept->past && !base::GetBool(call.with(), "early"))
      return NotDone(only + " is to be kept longer", {{"database", only}});
  }
  for (auto it = server.databases.begin(); it != server.databases.end();) {
    const auto kept = ReadKept(it->first, it->second.comment, call.database(), now);
    const bool due = kept && (only.empty() ? kept->past : it->first == only);
    if (kept && !due) left.emplace_back(it->first);
    if (due) {
      if (const auto noted = call.sink.Note({{"stage", "dropping"}, {"database", it->first}}); !noted)
        return Unknown(base::ToString(noted.error()));
      dropped.emplace_back(it->first);
    }
    it = due ? server.databases.erase(it) : std::next(it);
  }
  return Done({{"dropped", std::move(dropped)}, {"kept", std::move(left)}}, "forgotten in the simulation");
}

// The newest that the simulation made; else one that was there before it began.
base::Result<Prepared> PrepareProof(const World& world, Prepared prepared) {
  JsonObject& with = prepared.action.with;
  if (with.contains("backup")) return prepared;
  const std::string name = CustomerOf(with);
  std::string newest = base::GetString(with, "folder") + "/" + name + "_before.backup";
  base::Time at = base::Time::min();
  for (const auto& [file, backup] : world.backups) {
    if (!file.contains("/" + name + "_") || backup.taken_at < at) continue;
    newest = file;
    at = backup.taken_at;
  }
  with["backup"] = newest;
  return prepared;
}

// What the simulation made of them, as the folder would list it.
std::vector<StoredBackup> StoredOf(const World& world, const PgCall& call) {
  std::vector<StoredBackup> all;
  for (const auto& [file, backup] : world.backups) {
    if (!file.starts_with(call.Text("folder") + "/") || backup.customer != CustomerOf(call.with()) ||
        backup.database != call.database())
      continue;
    StoredBackup& one = all.emplace_back();
    one.path = file;
    one.manifest.taken_at = backup.taken_at;
    one.manifest.sha256 = base::Sha256Text(file);
    one.manifest.schema_version = backup.content.version;
    if (!backup.damaged) one.proven_at = backup.proven_at;
  }
  SortNewestFirst(all);
  return all;
}

Outcome Proven(World& world, ModelServer& server, PgCall& call) {
  const auto all = StoredOf(world, call);
  const auto made =
      std::ranges::find_if(all, [](const StoredBackup& one) { return one.proven_at.has_value(); });
  if (made != all.end()) {
    return Done({{"backup", made->path.string()},
                 {"backup_at", base::FormatTime(made->manifest.taken_at)},
                 {"proven_at", base::FormatTime(*made->proven_at)},
                 {"sha256", made->manifest.sha256},
                 {"version", made->manifest.schema_version}},
                made->path.string() + " was proven in the simulation");
  }
  for (const StoredBackup& one : all) {
    if (world.backups.at(one.path.string()).damaged)
      return NotDone(fmt::format("no backup of {} is proven", call.database()),
                     {{"backups", static_cast<std::int64_t>(all.size())}});
  }
  const std::string now = base::FormatTime(call.context.clock.Now());
  return Done({{"backup", fmt::format("{}/{}_before.backup", call.Text("folder"), CustomerOf(call.with()))},
               {"backup_at", now},
               {"proven_at", now},
               {"sha256", base::Sha256Text(call.database())},
               {"version", Look(server, call.database()).version}},
              "a proven backup is there in the simulation");
}

Outcome Prune(World& world, ModelServer&, PgCall& call) {
  const auto all = StoredOf(world, call);
  const base::Time before = call.context.clock.Now() - base::Duration{call.Integer("older_than")};
  JsonArray deleted;
  for (const JsonObject& note : call.progress) {
    const std::string name = base::GetString(note, "backup");
    if (!world.backups.contains(name)) deleted.emplace_back(name);
  }
  const auto chosen = Expendable(all, call.Integer("keep"), before);
  for (const StoredBackup* one : chosen) {
    const std::string name = one->path.string();
    if (const auto noted = call.sink.Note({{"stage", "deleting"}, {"backup", name}}); !noted)
      return Unknown(base::ToString(noted.error()));
    deleted.emplace_back(name);
    world.backups.erase(name);
  }
  const auto left = static_cast<std::int64_t>(all.size() - chosen.size());
  return Done({{"deleted", std::move(deleted)}, {"kept", left}, {"freed", 0}},
              fmt::format("{} are left in the simulation", left));
}

using WorldRun = Outcome (*)(World& world, ModelServer& server, PgCall& call);

std::function<Outcome(PgCall& call)> In(const std::shared_ptr<World>& world, WorldRun run) {
  return InWorld(world,
                 [world, run](ModelServer& server, PgCall& call) { return run(*world, server, call); });
}

}  // namespace

std::vector<PgAction> ModelBackupActions(std::shared_ptr<World> world) {
  PgAction restore{
      .sheet = RestoreSheet(), .prepare = {}, .run = In(world, Restore), .probe = {}, .restored = {}};
  restore.prepare = [world](Prepared prepared, Context& context) {
    std::lock_guard lock(world->mutex);
    return PrepareRestore(world->Server(context), std::move(prepared), context);
  };
  restore.probe = [world](PgCall& call) {
    std::lock_guard lock(world->mutex);
    return ProbeRestore(*world, world->Server(call.context), call);
  };
  restore.restored = [world](const Prepared& undone, Context& context) {
    std::lock_guard lock(world->mutex);
    ModelServer& server = world->Server(context);
    const bool same = OidOf(server, Look(server, base::GetString(undone.action.with, "database"))) ==
                      base::GetInt(undone.prior, "oid");
    return same ? Done({}, "the very database that it was") : NotDone("another database has the name");
  };
  PgAction prove{.sheet = ProveSheet(), .prepare = {}, .run = In(world, Prove), .probe = {}, .restored = {}};
  prove.prepare = [world](Prepared prepared, Context&) {
    std::lock_guard lock(world->mutex);
    return PrepareProof(*world, std::move(prepared));
  };
  return {{.sheet = BackupSheet(),
           .prepare = CompleteBackup,
           .run = In(world, Backup),
           .probe = {},
           .restored = {}},
          std::move(prove),
          {.sheet = LossSheet(), .prepare = {}, .run = In(world, Loss), .probe = {}, .restored = {}},
          std::move(restore),
          {.sheet = SwapBackSheet(),
           .prepare = SwapBackAction().prepare,
           .run = In(world, SwapBack),
           .probe = {},
           .restored = {}},
          {.sheet = ProvenSheet(), .prepare = {}, .run = In(world, Proven), .probe = {}, .restored = {}},
          {.sheet = PruneSheet(),
           .prepare = PruneAction().prepare,
           .run = In(world, Prune),
           .probe = {},
           .restored = {}},
          {.sheet = ForgetSheet(),
           // The proof that the real one asks for lies on disk.
           .prepare = [](Prepared prepared, Context&) -> base::Result<Prepared> {
             SLIPWAY_CHECK_OK(CheckForget(prepared.action.with));
             return prepared;
           },
           .run = In(world, Forget),
           .probe = {},
           .restored = {}}};
}

}  // namespace slipway::drivers::postgres
