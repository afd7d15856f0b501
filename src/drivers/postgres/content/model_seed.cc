// postgres.seed, postgres.admin_user and postgres.take_back in the model: the same record of who put what
// there.
#include <fmt/format.h>

#include "drivers/postgres/content/archive_rows.h"
#include "drivers/postgres/content/content.h"
#include "drivers/postgres/content/seed.h"
#include "drivers/postgres/customers/provision.h"
#include "drivers/postgres/model.h"
#include "drivers/postgres/session/connection.h"

namespace slipway::drivers::postgres {

namespace {

using base::JsonObject;

Outcome Tell(const ModelSeed& seed) {
  JsonObject rows;
  std::int64_t count = 0;
  for (const auto& [table, inserted] : seed.rows) {
    rows[table] = inserted;
    count += inserted;
  }
  return Done({{"rows", std::move(rows)}, {"count", count}}, seed.content + " is in the simulation");
}

Outcome PutSeed(ModelServer& server, PgCall& call) {
  if (const std::string why = WrongPurpose(server, call.with()); !why.empty()) return NotDone(why);
  ModelDatabase& database = Look(server, call.database());
  const std::string mark = CallerName(call.context);
  auto content = ReadContent(call.context.workspace, call.with());
  if (!content) return NotDone(base::ToString(content.error()));
  if (content->sha256 != base::GetString(call.prepared.prior, "sha256"))
    return NotDone(content->name + " was changed since the step was prepared", {{"where", content->name}});
  if (const auto own = database.seeds.find(mark); own != database.seeds.end()) return Tell(own->second);
  for (const auto& [other, seed] : database.seeds) {
    if (seed.sha256 == content->sha256)
      return Done({{"rows", JsonObject{}}, {"count", 0}}, content->name + " was put there already");
  }
  ModelSeed& seed = database.seeds[mark] = {content->name, content->sha256, "", {}};
  for (const ContentFile& file : content->files) {
    for (const ContentRows& rows : file.rows) seed.rows[rows.table] += std::max<std::int64_t>(rows.count, 0);
  }
  for (const auto& [table, count] : seed.rows) database.tables[table] += count;
  return Tell(seed);
}

Outcome PutUser(ModelServer& server, PgCall& call) {
  if (const std::string why = WrongPurpose(server, call.with()); !why.empty()) return NotDone(why);
  ModelDatabase& database = Look(server, call.database());
  const std::string mark = CallerName(call.context);
  if (!database.seeds.contains(mark)) {
    // What is kept already is the password, whatever a simulation takes for it.
    auto kept = call.context.secrets.Put(call.Text("secret"), NewPassword(call.context.random), mark);
    if (!kept && kept.error().kind != base::ErrorKind::kRefused) return NotDone(base::ToString(kept.error()));
    database.seeds[mark] = {"user " + call.Text("email"), "", call.Text("secret"), {{call.Text("table"), 1}}};
    ++database.tables[call.Text("table")];
  }
  return Done({{"email", call.Text("email")}, {"role", call.Text("role")}, {"kept_as", call.Text("secret")}},
              call.Text("email") + " may sign in to the simulation");
}

Outcome TakeBack(ModelServer& server, PgCall& call) {
  const std::string mark = call.Text("made_by");
  JsonObject rows = call.progress.empty() ? JsonObject{} : base::GetObject(call.progress.back(), "rows");
  // A database that is gone has taken its rows along.
  if (const auto database = server.databases.find(call.database()); database != server.databases.end()) {
    if (const auto seed = database->second.seeds.find(mark); seed != database->second.seeds.end()) {
      for (const auto& [table, count] : seed->second.rows) rows[table] = count;
      if (const auto noted = call.sink.Note({{"begun", true}, {"rows", rows}}); !noted)
        return NotDone(base::ToString(noted.error()));
      for (const auto& [table, count] : seed->second.rows) {
        std::int64_t& left = database->second.tables[table];
        left -= count;
        if (left == 0) database->second.tables.erase(table);
      }
      database->second.seeds.erase(seed);
    }
  }
  if (const std::string secret = call.Text("forget"); !secret.empty()) {
    auto forgotten = call.context.secrets.Remove(secret, mark);
    if (!forgotten && forgotten.error().kind != base::ErrorKind::kRefused)
      return Failed(base::ToString(forgotten.error()));
  }
  return Done({{"rows", std::move(rows)}}, "gone from the simulation");
}

// Which rows are old nobody can tell here: one is.
Outcome Archive(ModelServer& server, PgCall& call) {
  if (const std::string why = WrongPurpose(server, call.with()); !why.empty()) return NotDone(why);
  Look(server, call.database()).seeds[CallerName(call.context)] = {
      "archive of " + call.Text("table"), "", "", {{call.Text("into"), 1}}};
  return Done(
      {{"count", 1}, {"into", call.Text("into")}, {"schema", SchemaOf(Look(server, call.database()))}},
      "moved in the simulation");
}

Outcome Unarchive(ModelServer& server, PgCall& call) {
  Look(server, call.database()).seeds.erase(call.Text("made_by"));
  return Done({{"count", 1}}, "moved back in the simulation");
}

}  // namespace

std::vector<PgAction> ModelSeedActions(std::shared_ptr<World> world) {
  const auto restored = [world](const Prepared& undone, Context& context) {
    std::lock_guard lock(world->mutex);
    const ModelServer& server = world->Server(context);
    const auto database = server.databases.find(base::GetString(undone.action.with, "database"));
    const bool there = database != server.databases.end() && undone.undo &&
                       database->second.seeds.contains(base::GetString(undone.undo->with, "made_by"));
    return there ? NotDone("the rows are still there") : Done({}, "the rows are gone");
  };
  return {
      {.sheet = SeedAction().sheet,
       .prepare = CompleteSeed,
       .run = InWorld(world, PutSeed),
       .restored = restored},
      {.sheet = AdminUserAction().sheet,
       .prepare = CompleteAdminUser,
       .run = InWorld(world, PutUser),
       .restored = restored},
      {.sheet = TakeBackAction().sheet, .run = InWorld(world, TakeBack)},
      {.sheet = ArchiveAction().sheet,
       .prepare = CompleteArchive,
       .run = InWorld(world, Archive),
       .restored = restored},
      {.sheet = UnarchiveAction().sheet, .run = InWorld(world, Unarchive)},
  };
}

}  // namespace slipway::drivers::postgres
