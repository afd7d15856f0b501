// Migrations in the model: the database has the version afterwards. Which one it had before is known where
// the simulation brought it there, and then it only goes the way that the action goes.
#include <fmt/format.h>

#include "base/version.h"
#include "drivers/postgres/findings.h"
#include "drivers/postgres/migrations/migrating.h"
#include "drivers/postgres/model.h"

namespace slipway::drivers::postgres {
namespace {

using base::JsonArray;
using base::JsonObject;

// Where `to` lies, seen from what the database has; equivalent as well where one of the two is not known.
std::weak_ordering Way(const std::string& has, const std::string& to) {
  const auto from = base::ParseVersion(has), wanted = base::ParseVersion(to);
  return from && wanted ? base::Precedence(*wanted, *from) : std::weak_ordering::equivalent;
}

base::Status MayGoForward(const std::string& has, const std::string& to) {
  if (Way(has, to) >= 0) return {};
  return base::Refused(fmt::format("the database has {}, which is newer than {}", has, to), "to",
                       "a migration goes forward; to go back, restore a backup");
}

base::Status MayGoBack(const std::string& has, const std::string& to) {
  if (Way(has, to) <= 0) return {};
  return base::Refused(
      fmt::format("{} is not a version that slipway brought this database to; it has {}", to, has), "to",
      "slipway fleet status shows which it has");
}

// What `real` is in the world, where `may` has nothing against it.
PgAction Moves(PgAction real, std::shared_ptr<World> world,
               base::Status (*may)(const std::string& has, const std::string& to), std::string_view told) {
  real.prepare = [world, may](Prepared prepared, Context& context) -> base::Result<Prepared> {
    const JsonObject& with = prepared.action.with;
    std::lock_guard lock(world->mutex);
    const std::string has = Look(world->Server(context), base::GetString(with, "database")).version;
    SLIPWAY_CHECK_OK(may(has, base::GetString(with, "to")));
    prepared.prior = {{"version", has},
                      {"schema", SchemaOf(Look(world->Server(context), base::GetString(with, "database")))}};
    return prepared;
  };
  real.run = InWorld(world, [told](ModelServer& server, PgCall& call) {
    ModelDatabase& database = Look(server, call.database());
    database.version = call.Text("to");
    JsonObject outputs{
        {"version", database.version}, {"files", JsonArray{}}, {"count", 0}, {"schema", SchemaOf(database)}};
    return WithSchemaBefore(
        call, Done(std::move(outputs),
                   fmt::format("{} of the simulation is at {}{}", call.database(), database.version, told)));
  });
  return real;
}

}  // namespace

PgAction ModelMigrate(std::shared_ptr<World> world) {
  return Moves(MigrateAction(), std::move(world), MayGoForward, "");
}

PgAction ModelDown(std::shared_ptr<World> world) {
  return Moves(DownAction(), std::move(world), MayGoBack, " again");
}

ModelRun ModelDue() {
  return [](ModelServer& server, PgCall& call) {
    const std::string has = Look(server, call.database()).version;
    if (const auto may = MayGoForward(has, call.Text("to")); !may) return Unseen(may.error());
    return Done({{"version", has},
                 {"files", base::JsonArray{}},
                 {"statements", 0},
                 {"adopted", 0},
                 {"withdrawn", base::JsonArray{}},
                 {"findings", base::JsonArray{}},
                 {"errors", 0},
                 {"destroys", ""},
                 {"schema_seen", SchemaOf(Look(server, call.database()))}},
                fmt::format("{} of the simulation has no statements to show", call.database()));
  };
}

ModelRun ModelReversible() {
  return [](ModelServer& server, PgCall& call) {
    const std::string has = Look(server, call.database()).version;
    if (const auto may = MayGoBack(has, call.Text("to")); !may) return Unseen(may.error());
    return Done({{"version", has}, {"files", JsonArray{}}},
                fmt::format("{} of the simulation can be taken back", call.database()));
  };
}

}  // namespace slipway::drivers::postgres
