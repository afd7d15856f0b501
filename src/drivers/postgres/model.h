// The model of the postgres driver, for simulation: servers in memory that behave. The same sheets, and for
// each action a function on a World. Nothing sleeps and nothing is random, so a simulated run is a function
// of its seed.
//
// To add an action: model_x.cc with a function of the form below, and its line in model.cc.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "drivers/postgres/actions.h"

namespace slipway::drivers::postgres {

struct ModelRole {
  std::string mark;  // CallerName of the step that made it
};

// What one step put into a database.
struct ModelSeed {
  std::string content, sha256;
  std::string secret;                        // that the step kept; empty: none
  std::map<std::string, std::int64_t> rows;  // by table, as far as the files tell
};

struct ModelDatabase {
  bool found = false;   // not made here: somebody looked at it, so it is taken to have been there
  std::string mark;     // as above; empty: it is not finished
  std::string role;     // that it was made for
  std::string purpose;  // as it was provisioned
  std::string version;
  std::map<std::string, std::int64_t> tables;  // rows by name
  std::map<std::string, ModelSeed> seeds;      // by the mark of the step
  std::int64_t oid = 0;                        // 0: nobody has asked for it yet
  std::string comment;                         // lines of beside.h
};

// A test may say that a server is not there, or which PostgreSQL it is.
struct ModelServer {
  bool away = false;
  std::string version;  // empty: one that will do
  std::map<std::string, ModelDatabase> databases;
  std::map<std::string, ModelRole> roles;
  std::int64_t last_oid = 16'384;
};

struct ModelBackup {
  ModelDatabase content;
  base::Time taken_at;
  std::string customer, database;       // empty: nothing in the simulation made it
  std::optional<base::Time> proven_at;  // nullopt: never
  bool damaged = false;                 // so a test may say
};

// Thread-safe: each call holds the mutex.
struct World {
  std::mutex mutex;
  // Guarded by mutex:
  std::map<std::string, ModelServer> servers;  // by host and port
  std::map<std::string, ModelBackup> backups;  // by path in the workspace

  ModelServer& Server(const Context& context);
};

// Of its version: what migrations make of it.
std::string SchemaOf(const ModelDatabase& database);

// The database, which is taken to have been there when nothing in this world made it.
ModelDatabase& Look(ModelServer& server, const std::string& name);

using ModelRun = std::function<Outcome(ModelServer& server, PgCall& call)>;

// `run` in the world.
std::function<Outcome(PgCall& call)> InWorld(std::shared_ptr<World> world, ModelRun run);

ModelRun ModelCheck();
ModelRun ModelStatus();
ModelRun ModelQuery();
ModelRun ModelVerify();
ModelRun ModelReversible();
ModelRun ModelDue();

// Whole actions: what they prepare differs from the real one, too.
PgAction ModelMigrate(std::shared_ptr<World> world);
PgAction ModelDown(std::shared_ptr<World> world);
PgAction ModelProvision(std::shared_ptr<World> world);
PgAction ModelDrop(std::shared_ptr<World> world);
// Why the database is not to be touched for `purpose` of the arguments; empty: it is. One that nothing here
// made is taken to be what it should be.
std::string WrongPurpose(ModelServer& server, const base::JsonObject& with);

std::vector<PgAction> ModelSeedActions(std::shared_ptr<World> world);
std::vector<PgAction> ModelBackupActions(std::shared_ptr<World> world);

std::vector<PgAction> ModelActions(std::shared_ptr<World> world);

}  // namespace slipway::drivers::postgres
