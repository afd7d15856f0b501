// The conformance suite of drivers over the postgres driver on a real server, and over its model.
#include <fmt/format.h>

#include <fstream>

#include "drivers/conformance.h"
#include "drivers/postgres/model.h"
#include "drivers/postgres/postgres.h"
#include "postgres/canary.h"
#include "postgres/struck.h"

namespace slipway::drivers::postgres {
namespace {

using base::JsonObject;

tests::Server& TheServer() {
  static tests::Server server;
  return server;
}

enum class Begins { kPlain, kProvisioned, kSeeded, kArchived };

constexpr char kStaff[] = "id,name\n1,Ada\n2,Bob\n";

// Secrets of its own beside those that the suite gives: what a step keeps belongs to the world.
class PostgresStage : public Stage {
 public:
  explicit PostgresStage(std::unique_ptr<Driver> driver) : driver_(std::move(driver)) {}
  Driver& driver() override { return *driver_; }

  base::Result<base::Secret> Put(std::string_view name, const base::Secret& value,
                                 std::string_view) override {
    return kept_.emplace(name, value).first->second;
  }
  // No password is given for a user; that of the connection is the suite's.
  base::Result<base::Secret> Get(std::string_view name) override {
    if (name == "acme_admin" && !kept_.contains(std::string(name))) return base::Invalid("no such secret");
    return Stage::Get(name);
  }
  base::Status Remove(std::string_view name, std::string_view) override {
    kept_.erase(std::string(name));
    return {};
  }

  // What others do meanwhile.
  virtual void GoAway() = 0;   // the server is not there any more
  virtual void Outdate() = 0;  // the server is of PostgreSQL 15 at best, and acme at v0.9.0
  virtual void Squat() = 0;    // somebody makes a database fresh
  void Rewrite() { std::ofstream(dir() / "staff.csv") << kStaff << "3,Cy\n"; }

 protected:
  void WriteFiles() {
    std::ofstream(dir() / "staff.csv") << kStaff;
    std::ofstream(dir() / "torn.csv") << "id,first name\n";
    for (const auto& [folder, sql] : {std::pair("migrations", "CREATE TABLE people (id int PRIMARY KEY);"),
                                      std::pair("broken", "CREATE TABLE people (id int PRIMARY KEY")}) {
      std::filesystem::create_directories(dir() / folder / "v1.0.0");
      std::ofstream(dir() / folder / "v1.0.0" / "001_people.sql") << sql;
    }
  }
  std::string Kept() const {
    std::string names;
    for (const auto& [name, value] : kept_) names += "secret " + name + "\n";
    return names;
  }
  std::unique_ptr<Driver> driver_;

 private:
  std::map<std::string, base::Secret> kept_;
};

Action Seeding() { return {"postgres.seed", {{"database", "acme"}, {"file", "staff.csv"}}}; }

// One of the two is old.
Action Archiving() {
  return {"postgres.archive",
          {{"database", "acme"},
           {"table", "events"},
           {"column", "at"},
           {"older_than", "90d"},
           {"as_of", "2026-11-21"},
           {"into", "old_events"}}};
}

Action User() {
  return {"postgres.admin_user",
          {{"database", "acme"},
           {"email", "ada@acme.example"},
           {"name", "Ada"},
           {"secret", "acme_admin"},
           {"cost", "10"}}};
}

Action Provisioning() {
  return {"postgres.provision",
          {{"database", "fresh"}, {"role", "fresh_app"}, {"keep_as", "fresh_password"}}};
}

class RealPostgres final : public PostgresStage {
 public:
  explicit RealPostgres(Begins with) : PostgresStage(tests::MakePostgres()) {
    if (server_.Ask("postgres", "SELECT 1 FROM pg_database WHERE datname = 'acme'").empty())
      server_.MakeDatabase("acme");
    server_.Ask("postgres", "DROP DATABASE IF EXISTS fresh");
    server_.Ask("postgres", "DROP ROLE IF EXISTS fresh_app");
    connection_ = tests::CanaryConnection(server_);
    Renew(std::chrono::minutes(2));
    if (with == Begins::kProvisioned) EXPECT_EQ(Do(Provisioning()).verdict, Verdict::kDone);
    WriteFiles();
    server_.Ask(
        "acme",
        "DROP SCHEMA IF EXISTS slipway CASCADE; "
        "DROP TABLE IF EXISTS staff, users, events, old_events, schema_migrations; "
        "CREATE TABLE events (id int PRIMARY KEY, at timestamptz); INSERT INTO events VALUES (1, "
        "'2026-01-01'), (2, '2026-11-01'); "
        "CREATE TABLE staff (id int PRIMARY KEY, name text); "
        "CREATE TABLE users (id serial PRIMARY KEY, email text, name text, role text, password_hash text)");
    if (with == Begins::kSeeded) EXPECT_EQ(Do(Seeding()).verdict, Verdict::kDone);
    if (with == Begins::kArchived) EXPECT_EQ(Do(Archiving()).verdict, Verdict::kDone);
  }

  std::string World() override {
    return "staff " + server_.Ask("acme", "SELECT count(*) FROM staff") + " users " +
           server_.Ask("acme", "SELECT count(*) FROM users") + " events " +
           server_.Ask("acme", "SELECT count(*) FROM events") + " " +
           server_.Ask(
               "postgres",
               "SELECT string_agg(t, E'\\n' ORDER BY t) FROM ("
               "SELECT format('%s owner %s', datname, pg_get_userbyid(datdba)) t FROM pg_database UNION ALL "
               "SELECT rolname FROM pg_roles) w");
  }
  void GoAway() override { connection_["port"] = "1"; }
  // The role stands, the database does not.
  void Half(const Prepared& prepared) override {
    tests::Struck struck(server_);
    connection_["port"] = std::to_string(struck.port());
    tests::KeptNotes notes(dir() / "notes");
    EXPECT_TRUE(struck.Dies([](const std::string& sql) { return sql.starts_with("CREATE DATABASE"); },
                            tests::Side::kBefore, [&] { driver().Run(prepared, {}, notes, context()); }));
    connection_ = tests::CanaryConnection(server_);
    noted_ = notes.All();
  }
  void Outdate() override {
    server_.Ask(
        "acme",
        "CREATE TABLE schema_migrations (version text); INSERT INTO schema_migrations VALUES ('v0.9.0')");
  }
  void Squat() override { server_.MakeDatabase("fresh"); }

 private:
  tests::Server& server_ = TheServer();
};

class ModelPostgres final : public PostgresStage {
 public:
  explicit ModelPostgres(Begins with) : ModelPostgres(std::make_shared<postgres::World>()) {
    if (with == Begins::kProvisioned) EXPECT_EQ(Do(Provisioning()).verdict, Verdict::kDone);
    if (with == Begins::kSeeded) EXPECT_EQ(Do(Seeding()).verdict, Verdict::kDone);
    if (with == Begins::kArchived) EXPECT_EQ(Do(Archiving()).verdict, Verdict::kDone);
  }
  std::string World() override {
    std::string text = Kept();
    for (const auto& [where, server] : world_->servers) {
      for (const auto& [name, database] : server.databases) {
        if (!database.found) text += fmt::format("database {} for {}\n", name, database.role);
        for (const auto& [mark, seed] : database.seeds) text += fmt::format("{} in {}\n", seed.content, name);
      }
      for (const auto& [name, role] : server.roles) text += fmt::format("role {}\n", name);
    }
    return text;
  }
  void GoAway() override { server().away = true; }
  void Outdate() override {
    server().version = "15.4";
    server().databases["acme"].version = "v0.9.0";
  }
  void Squat() override { server().databases["fresh"].mark = "somebody"; }

 private:
  explicit ModelPostgres(std::shared_ptr<postgres::World> world)
      : PostgresStage(MakeDriver(ModelActions(world))), world_(std::move(world)) {
    connection_ = {{"driver", "postgres"}, {"host", "db.example.com"}, {"user", "canary"}};
    WriteFiles();
  }
  void Half(const Prepared&) override { server().roles["fresh_app"] = {CallerName(context())}; }
  ModelServer& server() { return world_->servers["db.example.com:"]; }

  const std::shared_ptr<postgres::World> world_;
};

Action With(Action action, JsonObject more) {
  for (const auto& [name, value] : more) action.with[name] = value;
  return action;
}

template <typename Kind>
std::vector<Case> Cases() {
  constexpr bool kReal = std::is_same_v<Kind, RealPostgres>;
  const auto begins = [](Begins with) { return [with] { return std::make_unique<Kind>(with); }; };
  const auto outdate = [](Stage& stage) { static_cast<Kind&>(stage).Outdate(); };
  const std::string long_name(64, 'a');  // PostgreSQL would cut it
  std::vector<Case> cases;
  // Where nothing else is said it fails because the server is gone.
  auto add = [&](std::string name, Action action) -> Case& {
    cases.push_back({.name = std::move(name),
                     .stage = begins(Begins::kPlain),
                     .action = action,
                     .fails = action,
                     .meanwhile = [](Stage& stage) { static_cast<Kind&>(stage).GoAway(); },
                     .refused = With(action, {{"database", long_name}}),
                     .secret = action});
    return cases.back();
  };
  auto fails = [](Case& what, Action action, std::function<void(Stage&)> meanwhile = {}) {
    what.fails = std::move(action);
    what.meanwhile = std::move(meanwhile);
  };

  const Action check{"postgres.check", {{"may", base::JsonArray{"createdb"}}}};
  add("Check", check).refused = With(check, {{"may", base::JsonArray{"createbd"}}});
  fails(add("CheckVersion", check), With(check, {{"min_version", "99"}}), outdate);
  add("Status", {"postgres.status", {{"database", "acme"}}});
  const Action query{"postgres.query",
                     {{"database", "acme"}, {"sql", "SELECT 1"}, {"expect", JsonObject{{"value", "1"}}}}};
  const Action echo{"postgres.query",
                    {{"database", "acme"},
                     {"sql", "SELECT $1 AS x, left($1, 5000), length($1)"},
                     {"params", base::JsonArray{"before ${{ secrets.T }} after"}}}};
  add("Query", query).secret = echo;
  if (kReal) {
    fails(add("QueryOther", query), With(query, {{"sql", "SELECT 2"}}));
    cases.back().refused = With(query, {{"file", "one.sql"}});
    cases.back().secret = echo;
  }
  const Action verify{"postgres.verify", {{"database", "acme"}}};
  add("Verify", verify);
  fails(add("VerifyVersion", verify), With(verify, {{"version", "v1.0.0"}}), outdate);
  Case& lint = add("Lint", {"postgres.lint", {{"to", "v1.0.0"}}});
  fails(lint, {"postgres.lint", {{"folder", "broken"}}});
  lint.refused.reset();
  add("Seed", Seeding());
  Case& seed = add("SeedOfAFileThatChanges", Seeding());
  fails(seed, Seeding(), [](Stage& stage) { static_cast<Kind&>(stage).Rewrite(); });
  seed.refused = With(Seeding(), {{"file", "torn.csv"}});
  add("AdminUser", User()).refused = With(User(), {{"email", "ada"}});
  Case& provision = add("Provision", Provisioning());
  fails(provision, Provisioning(), [](Stage& stage) { static_cast<Kind&>(stage).Squat(); });
  provision.refused = With(Provisioning(), {{"role", "pg_fresh"}});
  provision.half = true;

  tests::Call call("/tmp", {}, "R1/step@target");
  call.context().store = "";
  const std::string mark = CallerName(call.context());
  const Action drop = With({"postgres.drop", Provisioning().with}, {{"made_by", mark}});
  Case& dropped = add("Drop", drop);
  dropped.stage = begins(Begins::kProvisioned);
  dropped.undo = Provisioning();
  fails(dropped, With(drop, {{"made_by", "slipway R9/step@target"}}));
  Case& taken = add("TakeBack", {"postgres.take_back", {{"database", "acme"}, {"made_by", mark}}});
  taken.stage = begins(Begins::kSeeded);
  taken.undo = Seeding();
  add("Archive", Archiving()).refused = With(Archiving(), {{"as_of", "yesterday"}});
  Case& back = add("Unarchive",
                   {"postgres.unarchive",
                    {{"database", "acme"}, {"table", "events"}, {"into", "old_events"}, {"made_by", mark}}});
  back.stage = begins(Begins::kArchived);
  back.undo = Archiving();
  return cases;
}

INSTANTIATE_TEST_SUITE_P(Postgres, Conformance, testing::ValuesIn(Cases<RealPostgres>()), CaseName);
INSTANTIATE_TEST_SUITE_P(PostgresModel, Conformance, testing::ValuesIn(Cases<ModelPostgres>()), CaseName);

}  // namespace
}  // namespace slipway::drivers::postgres
