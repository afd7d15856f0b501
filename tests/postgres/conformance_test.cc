// The conformance suite of drivers over the postgres driver on a real server, and over its model.
#include <fmt/format.h>

#include <fstream>

#include "drivers/conformance.h"
#include "drivers/postgres/model.h"
#include "drivers/postgres/postgres.h"
#include "postgres/canary.h"

namespace slipway::drivers::postgres {
namespace {

using base::JsonObject;

tests::Server& TheServer() {
  static tests::Server server;
  return server;
}

struct NoNotes final : Sink {
  base::Status Note(JsonObject) override { return {}; }
};

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

 protected:
  std::string Kept() const {
    std::string names;
    for (const auto& [name, value] : kept_) names += "secret " + name + "\n";
    return names;
  }
  // The world is set up and looked at with time of its own.
  Outcome Do(const Action& action) {
    Renew(std::chrono::minutes(2));
    NoNotes notes;
    auto prepared = driver_->Prepare(action, context());
    return prepared ? driver_->Run(*prepared, {}, notes, context())
                    : NotDone(base::ToString(prepared.error()));
  }
  std::unique_ptr<Driver> driver_;

 private:
  std::map<std::string, base::Secret> kept_;
};

enum class Begins { kPlain, kProvisioned, kSeeded };

constexpr char kStaff[] = "id,name\n1,Ada\n2,Bob\n";

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
    std::ofstream(dir() / "staff.csv") << kStaff;
    server_.Ask(
        "acme",
        "DROP SCHEMA IF EXISTS slipway CASCADE; DROP TABLE IF EXISTS staff, users, events, old_events; "
        "CREATE TABLE events (id int PRIMARY KEY, at timestamptz); INSERT INTO events VALUES (1, "
        "'2026-01-01'), (2, '2026-11-01'); "
        "CREATE TABLE staff (id int PRIMARY KEY, name text); "
        "CREATE TABLE users (id serial PRIMARY KEY, email text, name text, role text, password_hash text)");
    if (with == Begins::kSeeded) EXPECT_EQ(Do(Seeding()).verdict, Verdict::kDone);
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

 private:
  tests::Server& server_ = TheServer();
};

class ModelPostgres final : public PostgresStage {
 public:
  explicit ModelPostgres(Begins with) : ModelPostgres(std::make_shared<postgres::World>()) {
    if (with == Begins::kProvisioned) EXPECT_EQ(Do(Provisioning()).verdict, Verdict::kDone);
    if (with == Begins::kSeeded) EXPECT_EQ(Do(Seeding()).verdict, Verdict::kDone);
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

 private:
  explicit ModelPostgres(std::shared_ptr<postgres::World> world)
      : PostgresStage(MakeDriver(ModelActions(world))), world_(std::move(world)) {
    connection_ = {{"driver", "postgres"}, {"host", "db.example.com"}, {"user", "canary"}};
    std::ofstream(dir() / "staff.csv") << kStaff;
  }
  void Half(const Prepared&) override {
    world_->servers["db.example.com:"].roles["fresh_app"] = {CallerName(context())};
  }

  const std::shared_ptr<postgres::World> world_;
};

template <typename Kind>
std::vector<Case> Cases() {
  constexpr bool kReal = std::is_same_v<Kind, RealPostgres>;
  const auto stage = [] { return std::make_unique<Kind>(Begins::kPlain); };
  std::vector<Case> cases;
  auto add = [&](std::string name, Action action) -> Case& {
    cases.push_back({.name = std::move(name), .stage = stage, .action = action, .secret = action});
    return cases.back();
  };
  Case& check = add("Check", {"postgres.check", {{"may", base::JsonArray{"createdb"}}}});
  if (kReal) check.fails = Action{"postgres.check", {{"min_version", "99"}}};
  add("Status", {"postgres.status", {{"database", "acme"}}});
  JsonObject one{{"database", "acme"}, {"sql", "SELECT 1"}, {"expect", JsonObject{{"value", "1"}}}};
  JsonObject two = one, echo = one;
  two["sql"] = "SELECT 2";
  echo = {{"database", "acme"},
          {"sql", "SELECT $1 AS x, left($1, 5000), length($1)"},
          {"params", base::JsonArray{"before ${{ secrets.T }} after"}}};
  Case& query = add("Query", {"postgres.query", one});
  query.secret = Action{"postgres.query", echo};
  if (kReal) query.fails = Action{"postgres.query", two};
  Case& verify = add("Verify", {"postgres.verify", {{"database", "acme"}}});
  if (kReal) verify.fails = Action{"postgres.verify", {{"database", "acme"}, {"version", "v1.0.0"}}};
  add("Seed", Seeding());
  add("AdminUser", User());
  add("Provision", Provisioning()).half = true;
  Action drop{"postgres.drop", Provisioning().with};
  tests::Call call("/tmp", {}, "R1/step@target");
  call.context().store = "";
  drop.with["made_by"] = CallerName(call.context());
  Case& dropped = add("Drop", drop);
  dropped.stage = [] { return std::make_unique<Kind>(Begins::kProvisioned); };
  dropped.undo = Provisioning();
  Action take_back{"postgres.take_back", {{"database", "acme"}, {"made_by", drop.with["made_by"]}}};
  Case& taken = add("TakeBack", take_back);
  taken.stage = [] { return std::make_unique<Kind>(Begins::kSeeded); };
  taken.undo = Seeding();
  add("Archive", Archiving());
  return cases;
}

INSTANTIATE_TEST_SUITE_P(Postgres, Conformance, testing::ValuesIn(Cases<RealPostgres>()), CaseName);
INSTANTIATE_TEST_SUITE_P(PostgresModel, Conformance, testing::ValuesIn(Cases<ModelPostgres>()), CaseName);

}  // namespace
}  // namespace slipway::drivers::postgres
