// postgres.provision and postgres.drop in the model: the same marks, in memory.
#include <fmt/format.h>

#include "drivers/postgres/customers/drop.h"
#include "drivers/postgres/customers/provision.h"
#include "drivers/postgres/model.h"
#include "drivers/postgres/session/connection.h"

namespace slipway::drivers::postgres {

namespace {

using base::JsonObject;

// Made in this world, not merely looked at.
bool IsMade(const ModelServer& server, const std::string& database) {
  const auto found = server.databases.find(database);
  return found != server.databases.end() && !found->second.found;
}

Outcome Provision(ModelServer& server, PgCall& call) {
  const std::string mark = CallerName(call.context), role = call.Text("role"), secret = call.Text("keep_as");
  if (IsMade(server, call.database()) && server.databases[call.database()].mark != mark)
    return NotDone("there is a database of another step", {{"database", call.database()}});
  if (server.roles.contains(role) && server.roles[role].mark != mark)
    return NotDone("there is a role of another step", {{"role", role}});
  if (auto kept = KeepPassword(call); !kept) return NotDone(base::ToString(kept.error()));
  server.roles[role] = {mark};
  if (!IsMade(server, call.database()))
    server.databases[call.database()] = {.mark = mark, .role = role, .purpose = call.Text("purpose")};
  return Done({{"database", call.database()}, {"role", role}, {"kept_as", secret}}, "made in the simulation");
}

Outcome Drop(ModelServer& server, PgCall& call) {
  const std::string secret = call.Text("keep_as");
  std::string mark = call.Text("made_by");
  if (mark.empty()) {
    if (const std::string why = WrongPurpose(server, call.with()); !why.empty()) return NotDone(why);
    if (const auto found = server.databases.find(call.database()); found != server.databases.end()) {
      mark = found->second.mark;
      for (const auto& [by, seed] : found->second.seeds) {
        if (seed.secret.empty() || secret.empty()) continue;
        if (auto forgotten = call.context.secrets.Remove(seed.secret, by);
            !forgotten && forgotten.error().kind != base::ErrorKind::kRefused)
          return Failed(base::ToString(forgotten.error()));
      }
    }
  }
  const std::string role = call.Text("role").empty() ? call.database() : call.Text("role");
  if (IsMade(server, call.database())) {
    if (server.databases[call.database()].mark != mark)
      return NotDone("another step made the database", {{"database", call.database()}});
    server.databases.erase(call.database());
  }
  if (server.roles.contains(role) && server.roles[role].mark == mark) server.roles.erase(role);
  if (!secret.empty()) {
    if (auto forgotten = call.context.secrets.Remove(secret, mark);
        !forgotten && forgotten.error().kind != base::ErrorKind::kRefused)
      return Failed(base::ToString(forgotten.error()));
  }
  return Done({{"version", ""}, {"schema", ""}}, "gone from the simulation");
}

}  // namespace

std::string WrongPurpose(ModelServer& server, const JsonObject& with) {
  const std::string purpose = base::GetString(with, "purpose");
  const auto found = server.databases.find(base::GetString(with, "database"));
  if (purpose.empty() || found == server.databases.end() || found->second.found ||
      found->second.purpose == purpose)
    return "";
  return "the database is not marked as " + purpose;
}

PgAction ModelProvision(std::shared_ptr<World> world) {
  PgAction action{.sheet = ProvisionAction().sheet, .run = InWorld(world, Provision)};
  action.prepare = [world](Prepared given, Context& context) -> base::Result<Prepared> {
    SLIPWAY_TRY(Prepared prepared, CompleteProvision(std::move(given), context));
    std::lock_guard lock(world->mutex);
    if (IsMade(world->Server(context), base::GetString(prepared.action.with, "database")))
      return base::Refused("there is such a database already");
    return prepared;
  };
  action.restored = [world](const Prepared& undone, Context& context) {
    std::lock_guard lock(world->mutex);
    const ModelServer& server = world->Server(context);
    const bool gone = !IsMade(server, base::GetString(undone.action.with, "database")) &&
                      !server.roles.contains(base::GetString(undone.action.with, "role"));
    return gone ? Done({}, "neither is there, as before") : NotDone("they are still there");
  };
  return action;
}

PgAction ModelDrop(std::shared_ptr<World> world) {
  return {.sheet = DropAction().sheet,
          .prepare = [](Prepared given, Context&) { return CompleteDrop(std::move(given)); },
          .run = InWorld(world, Drop)};
}

}  // namespace slipway::drivers::postgres
