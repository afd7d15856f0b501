#include "drivers/postgres/model.h"

#include <algorithm>

#include "base/bytes.h"
#include "drivers/postgres/findings.h"
#include "drivers/postgres/postgres.h"

namespace slipway::drivers {
namespace postgres {

ModelServer& World::Server(const Context& context) {
  std::string where;
  if (context.connection != nullptr)
    where = base::GetString(*context.connection, "host") + ":" + base::GetString(*context.connection, "port");
  return servers[where];
}

std::string SchemaOf(const ModelDatabase& database) {
  return base::Sha256Text("the schema of " + database.version);
}

ModelDatabase& Look(ModelServer& server, const std::string& name) {
  const auto [found, fresh] = server.databases.try_emplace(name);
  if (fresh) found->second.found = true;
  return found->second;
}

std::function<Outcome(PgCall& call)> InWorld(std::shared_ptr<World> world, ModelRun run) {
  return [world, run](PgCall& call) {
    std::lock_guard lock(world->mutex);
    return run(world->Server(call.context), call);
  };
}

namespace {

// The real action's sheet and what it sees of its arguments; `run` in the world.
PgAction Simulated(PgAction real, std::shared_ptr<World> world, ModelRun run) {
  return {.sheet = real.sheet, .prepare = real.prepare, .run = InWorld(world, run)};
}

// Unless the call is over before it begins, or the server is not there.
Outcome Reached(const PgAction& action, World& world, PgCall& call) {
  // A backup only reads, too, but what was not made is not there.
  const bool reads = action.sheet.effect == Effect::kReads && action.sheet.name != "postgres.backup";
  if (const std::string why = Stopped(call.context); !why.empty()) return reads ? Unknown(why) : NotDone(why);
  {
    std::lock_guard lock(world.mutex);
    if (!world.Server(call.context).away) return Done();
  }
  const SqlError error{.kind = SqlFailure::kUnreachable,
                       .message = "connection refused in the simulation",
                       .where = "database " + call.database()};
  if (action.sheet.name == "postgres.check") return NotReached(call, error);
  if (reads || !call.progress.empty()) return Unseen(error);
  return NotDone(ToString(error), Evidence(error));
}

}  // namespace

std::vector<PgAction> ModelActions(std::shared_ptr<World> world) {
  std::vector<PgAction> actions{
      Simulated(CheckAction(), world, ModelCheck()),
      Simulated(StatusAction(), world, ModelStatus()),
      Simulated(QueryAction(), world, ModelQuery()),
      Simulated(VerifyAction(), world, ModelVerify()),
      LintAction(),  // it reads files alone
      Simulated(DueAction(), world, ModelDue()),
      ModelMigrate(world),
      ModelDown(world),
      Simulated(ReversibleAction(), world, ModelReversible()),
      ModelProvision(world),
      ModelDrop(world),
  };
  for (PgAction& action : ModelSeedActions(world)) actions.push_back(std::move(action));
  for (PgAction& action : ModelBackupActions(world)) actions.push_back(std::move(action));
  for (PgAction& action : actions) {
    if (action.sheet.name == "postgres.lint") continue;
    action.run = [action, world](PgCall& call) {
      const Outcome reached = Reached(action, *world, call);
      return reached.verdict == Verdict::kDone ? action.run(call) : reached;
    };
  }
  return actions;
}

}  // namespace postgres

std::unique_ptr<Driver> PostgresModel() {
  return postgres::MakeDriver(postgres::ModelActions(std::make_shared<postgres::World>()));
}

}  // namespace slipway::drivers
