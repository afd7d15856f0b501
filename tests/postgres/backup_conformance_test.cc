// The conformance suite of drivers over the actions around backups, on a real server and in the model.
#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <numeric>
#include <set>

#include "drivers/conformance.h"
#include "drivers/postgres/backups/backups.h"
#include "drivers/postgres/database/beside.h"
#include "drivers/postgres/model.h"
#include "postgres/canary.h"

namespace slipway::drivers::postgres {
namespace {

using base::JsonObject;

tests::Server& TheServer() {
  static tests::Server server;
  return server;
}

// The name of a backup holds the second in which it is prepared.
struct StandingClock final : base::Clock {
  base::Time Now() override { return now; }
  void Sleep(base::Duration how_long) override { now += how_long; }
  base::Time now = base::SystemClock().Now();
};

struct NoNotes final : Sink {
  base::Status Note(JsonObject) override { return {}; }
};

Action Backup() { return {"postgres.backup", {{"database", "acme"}, {"key", "${{ secrets.KEY }}"}}}; }

Action Of(const std::string& uses, const std::string& backup) {
  Action action{uses, {{"database", "acme"}, {"backup", backup}}};
  if (uses != "postgres.loss") action.with["key"] = "${{ secrets.KEY }}";
  return action;
}

// Where every stage has a backup of acme, and some a second one.
constexpr char kFile[] = "backups/acme_20260101_000000_0a1b2c3d.backup";
constexpr char kNewer[] = "backups/acme_20260102_000000_0a1b2c3d.backup";

enum class Begins { kOneBackup, kTwoBackups, kProven, kTwoReplaced };

class BackupStage : public Stage {
 public:
  Driver& driver() override { return *driver_; }
  virtual void GoAway() = 0;  // the server is not there any more
  virtual void Damage() = 0;  // the backup lost some of its bytes

 protected:
  explicit BackupStage(Begins with) : with_(with) { clock_ = &clock_of_its_own_; }

  void MakeBackups() {
    Make(Backup(), kFile);
    if (with_ == Begins::kProven) Make(Of("postgres.prove", kFile));
    if (with_ == Begins::kTwoReplaced) Replace();
    if (with_ != Begins::kTwoBackups) return;
    clock_->Sleep(std::chrono::seconds(1));
    Make(Backup(), kNewer);
  }
  // Backups are part of the world where they are what is acted on.
  bool BackupsCount() const { return with_ == Begins::kTwoBackups; }
  // So are databases by their names where it is they that go, and else as the very ones that they were.
  bool NamesCount() const { return with_ == Begins::kTwoReplaced; }
  // What the one of `postgres.forget` that goes first is called.
  std::string FirstKept() const { return *std::ranges::min_element(kept_); }
  std::unique_ptr<Driver> driver_;

 private:
  // `file`: the name that the cases know it under.
  void Make(const Action& action, const char* file = nullptr) {
    NoNotes notes;
    auto prepared = driver().Prepare(action, context());
    ASSERT_TRUE(prepared) << base::ToString(prepared.error());
    if (file != nullptr) prepared->action.with["file"] = file;
    const Outcome made = driver().Run(*prepared, {}, notes, context());
    EXPECT_EQ(made.verdict, Verdict::kDone) << made.reason;
  }

  // Twice, and so long ago that neither is to be kept any longer.
  void Replace() {
    Action restore = Of("postgres.restore", kFile);
    restore.with["keep_for"] = "1s";
    const std::string instance = context().instance;
    for (const char* step : {"R0/first@target", "R0/second@target"}) {
      context().instance = step;
      Make(restore);
      kept_.push_back(Beside("acme", kBefore, InstanceTag(context(), "acme")));
    }
    context().instance = instance;
    clock_->Sleep(std::chrono::seconds(2));
  }

  const Begins with_;
  StandingClock clock_of_its_own_;
  std::vector<std::string> kept_;
};

class RealBackups final : public BackupStage {
 public:
  explicit RealBackups(Begins with) : BackupStage(with), spawner_(dir() / ".slipway") {
    driver_ = MakeDriver(Actions(spawner_));
    for (const char* like : {"acme__%", "acme"}) {
      std::string name;
      while (!(name = server_.Ask(
                   "postgres", fmt::format("SELECT datname FROM pg_database WHERE datname LIKE '{}'", like)))
                  .empty())
        server_.Ask("postgres", fmt::format("DROP DATABASE \"{}\" WITH (FORCE)", name));
    }
    server_.MakeDatabase("acme");
    server_.Ask("acme", "CREATE TABLE staff (id int PRIMARY KEY); INSERT INTO staff VALUES (1), (2)");
    connection_ = tests::CanaryConnection(server_);
    Renew(std::chrono::minutes(2));
    MakeBackups();
    server_.Ask("acme", "INSERT INTO staff VALUES (3)");
    while (server_.Ask("acme", "SELECT n_tup_ins FROM pg_stat_user_tables WHERE relname = 'staff'") != "3") {
    }
  }
  ~RealBackups() override { driver_.reset(); }

  // What is kept of an undone restore is no part of what the undo gives back.
  std::string World() override {
    return server_.Ask(
               "postgres",
               fmt::format("SELECT string_agg(format('%s %s', {}, datname), ', ' ORDER BY datname) FROM "
                           "pg_database WHERE datname NOT LIKE '%\\_\\_undone\\_%'",
                           NamesCount() ? "''" : "oid")) +
           " rows " + server_.Ask("acme", "SELECT count(*) FROM staff") + Backups();
  }

  void GoAway() override { connection_["port"] = "1"; }
  void Damage() override { std::filesystem::resize_file(dir() / kFile, 100); }
  // Something else has the folder's name.
  void TakeFolder() {
    std::filesystem::rename(dir() / "backups", dir() / "elsewhere");
    std::ofstream(dir() / "backups") << "a file";
  }

  void Half(const Prepared& prepared) override {
    if (prepared.action.uses == "postgres.forget") {
      noted_ = {{{"stage", "dropping"}, {"database", FirstKept()}}};
      server_.Ask("postgres", fmt::format("DROP DATABASE \"{}\"", FirstKept()));
      return;
    }
    server_.Ask("postgres", fmt::format("CREATE DATABASE {} TEMPLATE template0",
                                        Beside("acme", kRestored, InstanceTag(context(), "acme"))));
  }

 private:
  std::string Backups() const {
    std::set<std::string> names;
    if (!BackupsCount()) return "";
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(dir() / "backups", error))
      names.insert(" " + entry.path().filename().string());
    return std::accumulate(names.begin(), names.end(), std::string());
  }

  tests::Server& server_ = TheServer();
  process::Spawner spawner_;
};

class ModelBackups final : public BackupStage {
 public:
  explicit ModelBackups(Begins with) : BackupStage(with), world_(std::make_shared<postgres::World>()) {
    driver_ = MakeDriver(ModelActions(world_));
    connection_ = {{"driver", "postgres"}, {"host", "db.example.com"}, {"user", "canary"}};
    Renew(std::chrono::minutes(2));
    acme().found = true;
    acme().tables["staff"] = 2;
    acme().oid = 16'384;
    MakeBackups();
    acme().tables["staff"] = 3;
  }

  std::string World() override {
    std::string text;
    for (const auto& [name, database] : server().databases)
      if (!name.contains(kUndone))
        text += fmt::format("{} {} rows {}\n", NamesCount() ? 0 : database.oid, name,
                            database.tables.at("staff"));
    for (const auto& [file, backup] : world_->backups)
      if (BackupsCount()) text += file + "\n";
    return text;
  }

  void GoAway() override { server().away = true; }
  void Damage() override { world_->backups.at(kFile).damaged = true; }

  void Half(const Prepared& prepared) override {
    if (prepared.action.uses == "postgres.forget") {
      noted_ = {{{"stage", "dropping"}, {"database", FirstKept()}}};
      server().databases.erase(FirstKept());
      return;
    }
    server().databases[Beside("acme", kRestored, InstanceTag(context(), "acme"))].tables["staff"] = 0;
  }

 private:
  ModelServer& server() { return world_->servers["db.example.com:"]; }
  ModelDatabase& acme() { return server().databases["acme"]; }
  const std::shared_ptr<postgres::World> world_;
};

template <typename Kind>
std::vector<Case> Cases() {
  constexpr bool kReal = std::is_same_v<Kind, RealBackups>;
  const auto stage = [](Begins with) { return [with] { return std::make_unique<Kind>(with); }; };
  std::vector<Case> cases;
  // Where nothing else is said it fails because the backup is damaged.
  auto add = [&](std::string name, Action action) -> Case& {
    Action refused = action;
    refused.with["database"] = std::string(64, 'a');  // PostgreSQL would cut it
    cases.push_back({.name = std::move(name),
                     .stage = stage(Begins::kOneBackup),
                     .action = action,
                     .fails = action,
                     .meanwhile = [](Stage& there) { static_cast<Kind&>(there).Damage(); },
                     .refused = refused,
                     .secret = action});
    return cases.back();
  };
  Case& backup = add("Backup", Backup());
  backup.meanwhile = [](Stage& stage) { static_cast<Kind&>(stage).GoAway(); };
  backup.makes = true;
  add("Prove", Of("postgres.prove", kFile));
  add("Loss", Of("postgres.loss", kFile));
  add("Restore", Of("postgres.restore", kFile)).half = true;
  add("Proven", {"postgres.proven", {{"database", "acme"}}}).stage = stage(Begins::kProven);
  const Action pruning{"postgres.prune", {{"database", "acme"}, {"keep", "1"}, {"older_than", "0s"}}};
  Case& prune = add("Prune", pruning);
  prune.stage = stage(Begins::kTwoBackups);
  prune.refused->with = {{"database", "acme"}, {"keep", "0"}};
  prune.for_good = true;
  if constexpr (kReal) {
    prune.meanwhile = [](Stage& stage) { static_cast<Kind&>(stage).TakeFolder(); };
  } else {
    prune.fails.reset();
    prune.never_fails = "what is in memory can be deleted";
  }
  Case& forget = add("Forget", {"postgres.forget", {{"database", "acme"}}});
  forget.stage = stage(Begins::kTwoReplaced);
  forget.fails = Action{"postgres.forget", {{"database", "acme"}, {"kept", "acme"}}};
  forget.meanwhile = {};
  forget.refused = Action{"postgres.forget", {{"database", "acme"}, {"early", true}}};
  forget.for_good = forget.half = true;
  return cases;
}

INSTANTIATE_TEST_SUITE_P(Postgres, Conformance, testing::ValuesIn(Cases<RealBackups>()), CaseName);
INSTANTIATE_TEST_SUITE_P(PostgresModel, Conformance, testing::ValuesIn(Cases<ModelBackups>()), CaseName);

}  // namespace
}  // namespace slipway::drivers::postgres
