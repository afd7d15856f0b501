// Migrations in the model: the database has the version afterwards.
#include <fmt/format.h>

#include "drivers/postgres/model.h"

namespace slipway::drivers::postgres {

ModelRun ModelMigrate() {
  return [](ModelServer& server, PgCall& call) {
    ModelDatabase& database = Look(server, call.database());
    database.version = call.Text("to");
    return Done({{"version", database.version}, {"files", base::JsonArray{}}, {"count", 0}},
                fmt::format("{} of the simulation is at {}", call.database(), database.version));
  };
}

ModelRun ModelDown() {
  return [](ModelServer& server, PgCall& call) {
    ModelDatabase& database = Look(server, call.database());
    database.version = call.Text("to");
    return Done({{"version", database.version}, {"files", base::JsonArray{}}, {"count", 0}},
                fmt::format("{} of the simulation is at {} again", call.database(), database.version));
  };
}

ModelRun ModelReversible() {
  return [](ModelServer& server, PgCall& call) {
    return Done({{"version", Look(server, call.database()).version}, {"files", base::JsonArray{}}},
                fmt::format("{} of the simulation can be taken back", call.database()));
  };
}

}  // namespace slipway::drivers::postgres
