// The conformance suite of drivers over the actions around backups, on a real server and in the model.
#include <fmt/format.h>

#include <numeric>
#include <set>

#include "drivers/conformance.h"
#include "drivers/postgres/backups.h"
#include "drivers/postgres/beside.h"
#include "drivers/postgres/model.h"
#include "postgres/server.h"

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

enum class Begins { kOneBackup, kTwoBackups, kProven };

class BackupStage : public Stage {
 public:
  Driver& driver() override { return *driver_; }

 protected:
  explicit BackupStage(Begins with) : with_(with) { clock_ = &clock_of_its_own_; }

  void MakeBackups() {
    Make(Backup(), kFile);
    if (with_ == Begins::kProven) Make(Of("postgres.prove", kFile));
    if (with_ != Begins::kTwoBackups) return;
    clock_->Sleep(std::chrono::seconds(1));
    Make(Backup(), kNewer);
  }
  // Backups are part of the world where they are what is acted on.
  bool BackupsCount() const { return with_ == Begins::kTwoBackups; }
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

  const Begins with_;
  StandingClock clock_of_its_own_;
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
    static const bool made = [this] {
      connection_ = server_.Connection();
      connection_["host"] = server_.folder().string();  // trusted there, so that the role can be made
      Renew(std::chrono::minutes(2));
      Session session = Session::Open(context()).value();
      const std::string verifier = session.Verifier("canary", base::Secret(std::string(kCanary))).value();
      return session.Execute("CREATE ROLE canary SUPERUSER LOGIN PASSWORD " + QuoteText(verifier))
          .has_value();
    }();
    EXPECT_TRUE(made);
    connection_ = server_.Connection("canary");
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
               "SELECT string_agg(format('%s %s', oid, datname), ', ' ORDER BY datname) FROM pg_database "
               "WHERE datname NOT LIKE '%\\_\\_undone\\_%'") +
           " rows " + server_.Ask("acme", "SELECT count(*) FROM staff") + Backups();
  }

  void Half(const Prepared&) override {
    server_.Ask("postgres", fmt::format("CREATE DATABASE {} TEMPLATE template0",
                                        Beside("acme", kRestored, InstanceTag(context(), "acme"))));
  }

 private:
  std::string Backups() const {
    std::set<std::string> names;
    if (!BackupsCount()) return "";
    for (const auto& entry : std::filesystem::directory_iterator(dir() / "backups"))
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
        text += fmt::format("{} {} rows {}\n", database.oid, name, database.tables.at("staff"));
    for (const auto& [file, backup] : world_->backups)
      if (BackupsCount()) text += file + "\n";
    return text;
  }

  void Half(const Prepared&) override {
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
  auto add = [&](std::string name, Action action) -> Case& {
    cases.push_back(
        {.name = std::move(name), .stage = stage(Begins::kOneBackup), .action = action, .secret = action});
    return cases.back();
  };
  add("Backup", Backup());
  Case& prove = add("Prove", Of("postgres.prove", kFile));
  if (kReal) prove.fails = Of("postgres.prove", "backups/missing.backup");
  Case& loss = add("Loss", Of("postgres.loss", kFile));
  if (kReal) loss.fails = Of("postgres.loss", "backups/missing.backup");
  add("Restore", Of("postgres.restore", kFile)).half = true;
  Case& proven = add("Proven", {"postgres.proven", {{"database", "acme"}}});
  proven.stage = stage(Begins::kProven);
  if (kReal) proven.fails = Action{"postgres.proven", {{"database", "acme"}, {"name", "other"}}};
  Case& prune = add("Prune", {"postgres.prune", {{"database", "acme"}, {"keep", "1"}, {"older_than", "0s"}}});
  prune.stage = stage(Begins::kTwoBackups);
  prune.for_good = true;
  return cases;
}

INSTANTIATE_TEST_SUITE_P(Postgres, Conformance, testing::ValuesIn(Cases<RealBackups>()), CaseName);
INSTANTIATE_TEST_SUITE_P(PostgresModel, Conformance, testing::ValuesIn(Cases<ModelBackups>()), CaseName);

}  // namespace
}  // namespace slipway::drivers::postgres
