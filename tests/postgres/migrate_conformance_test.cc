// The conformance suite of drivers over going forward and going back, on a real server and in the model.
#include <fmt/format.h>

#include <algorithm>
#include <fstream>

#include "drivers/conformance.h"
#include "drivers/postgres/backups/backups.h"
#include "drivers/postgres/model.h"
#include "postgres/canary.h"
#include "postgres/struck.h"

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

struct File {
  const char* path;
  const char* text;
};
// What a version did can be taken back, and a version is more than one file.
constexpr File kFiles[] = {
    {"v1.0.0/001_people.sql", "CREATE TABLE people (id int PRIMARY KEY);"},
    {"v2.0.0/001_team.sql", "CREATE TABLE team (id int);\nINSERT INTO team VALUES (1), (2);"},
    {"v2.0.0/001_team.down.sql", "DROP TABLE team;"},
    {"v2.0.0/002_name.sql", "ALTER TABLE people ADD COLUMN name text;"},
    {"v2.0.0/002_name.down.sql", "ALTER TABLE people DROP COLUMN name;"},
    {"v2.1.0/001_lead.sql", "ALTER TABLE team ADD COLUMN lead int;"},
    {"v2.1.0/001_lead.down.sql", "ALTER TABLE team DROP COLUMN lead;"},
};
// In a folder of its own: the same, but the way on and the way back end in an error.
constexpr File kBroken[] = {
    {"v2.1.0/001_lead.down.sql", "ALTER TABLE team DROP COLUMN lead;\nDROP TABLE never;"},
    {"v3.0.0/001_wrong.sql", "CREATE TABLE half (id int);\nUPDATE never SET id = 1;"},
};

Action To(const std::string& uses, const std::string& version) {
  return {uses, {{"database", "acme"}, {"to", version}}};
}

Action Broken(const std::string& uses, const std::string& version) {
  Action action = To(uses, version);
  action.with["folder"] = "broken";
  return action;
}

// At `version`, and with a backup that is proven.
class MigrateStage : public Stage {
 public:
  Driver& driver() override { return *driver_; }

 protected:
  void Begin(const std::string& version) {
    for (const char* folder : {"migrations", "broken"})
      for (const File& file : kFiles) Write(folder, file);
    for (const File& file : kBroken) Write("broken", file);
    Make(To("postgres.migrate", version));
    const Outcome backup = Make({"postgres.backup", {{"database", "acme"}, {"key", "${{ secrets.KEY }}"}}});
    Make({"postgres.prove",
          {{"database", "acme"}, {"backup", backup.outputs.at("backup")}, {"key", "${{ secrets.KEY }}"}}});
  }
  std::unique_ptr<Driver> driver_;

 private:
  void Write(const std::string& folder, const File& file) const {
    const std::filesystem::path path = dir() / folder / file.path;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << file.text;
  }
  Outcome Make(const Action& action) {
    NoNotes notes;
    const auto prepared = driver().Prepare(action, context());
    Outcome made =
        prepared ? driver().Run(*prepared, {}, notes, context()) : NotDone(base::ToString(prepared.error()));
    EXPECT_EQ(made.verdict, Verdict::kDone) << made.reason;
    return made;
  }
};

class RealMigrate final : public MigrateStage {
 public:
  explicit RealMigrate(const std::string& version) : spawner_(dir() / ".slipway") {
    driver_ = MakeDriver(Actions(spawner_));
    server_.MakeDatabase("acme");
    connection_ = tests::CanaryConnection(server_);
    Renew(std::chrono::minutes(2));
    Begin(version);
  }
  ~RealMigrate() override { driver_.reset(); }

  // Both books, and what they tell of; no other database is left.
  std::string World() override {
    return server_.Ask("acme",
                       "SELECT string_agg(format('%s %s %s of %s', path, state, done, statements), E'\\n' "
                       "ORDER BY path) FROM slipway.migrations") +
           "\nversions " +
           server_.Ask("acme",
                       "SELECT string_agg(version, ' ' ORDER BY version) FROM public.schema_migrations") +
           "\ncolumns " +
           server_.Ask("acme",
                       "SELECT string_agg(format('%s.%s', table_name, column_name), ' ' ORDER BY table_name, "
                       "column_name) FROM information_schema.columns WHERE table_schema = 'public' AND "
                       "table_name <> 'schema_migrations'") +
           "\ndatabases " +
           server_.Ask("postgres", "SELECT string_agg(datname, ' ' ORDER BY datname) FROM pg_database");
  }

  // Going back, after the first of two versions; going forward, after the first of a version's two files.
  void Half(const Prepared& prepared) override {
    tests::Struck struck(server_);
    connection_["port"] = std::to_string(struck.port());
    int left = prepared.action.uses == "postgres.down" ? 1 : 2;  // the books are opened in the first
    tests::KeptNotes notes(dir() / "notes");
    EXPECT_TRUE(struck.Dies([&](const std::string& sql) { return sql == "COMMIT" && --left == 0; },
                            tests::Side::kAfter, [&] { driver().Run(prepared, {}, notes, context()); }));
    connection_ = server_.Connection("canary");
    noted_ = notes.All();
  }

 private:
  tests::Server& server_ = TheServer();
  process::Spawner spawner_;
};

class ModelMigration final : public MigrateStage {
 public:
  explicit ModelMigration(const std::string& version) : world_(std::make_shared<postgres::World>()) {
    driver_ = MakeDriver(ModelActions(world_));
    connection_ = {{"driver", "postgres"}, {"host", "db.example.com"}, {"user", "canary"}};
    Renew(std::chrono::minutes(2));
    Begin(version);
  }

  std::string World() override {
    std::string text;
    for (const auto& [name, database] : world_->servers["db.example.com:"].databases)
      text += fmt::format("{} at {}\n", name, database.version);
    return text;
  }
  // One of two versions, whichever the way.
  void Half(const Prepared&) override {
    world_->servers["db.example.com:"].databases["acme"].version = "v2.0.0";
  }
  void GoAway() { world_->servers["db.example.com:"].away = true; }

 private:
  const std::shared_ptr<postgres::World> world_;
};

template <typename Kind>
std::vector<Case> Cases() {
  constexpr bool kReal = std::is_same_v<Kind, RealMigrate>;
  // There are no statements in the model that could be wrong.
  const auto go_away = [](Stage& stage) {
    if constexpr (!kReal) static_cast<Kind&>(stage).GoAway();
  };
  std::vector<Case> cases;
  auto add = [&](std::string name, const char* begins, Action action) -> Case& {
    Action refused = action;
    refused.with["database"] = std::string(64, 'a');  // PostgreSQL would cut it
    cases.push_back({.name = std::move(name),
                     .stage = [begins] { return std::make_unique<Kind>(begins); },
                     .action = action,
                     .refused = refused,
                     .secret = action});
    return cases.back();
  };
  Case& migrate = add("Migrate", "v1.0.0", To("postgres.migrate", "v2.1.0"));
  migrate.undo = To("postgres.down", "v1.0.0");
  migrate.refused = To("postgres.migrate", "v0.9.0");
  migrate.half = true;
  migrate.fails = Broken("postgres.migrate", "v3.0.0");
  if (!kReal) migrate.meanwhile = go_away;
  Case& down = add("Down", "v2.1.0", To("postgres.down", "v1.0.0"));
  down.undo = To("postgres.migrate", "v2.1.0");
  down.refused = To("postgres.down", "v9.0.0");
  down.half = true;
  down.fails = Broken("postgres.down", "v1.0.0");
  if (!kReal) down.meanwhile = go_away;
  Case& due = add("Due", "v1.0.0", To("postgres.due", "v2.1.0"));
  due.fails = To("postgres.due", "v0.9.0");
  Case& reversible = add("Reversible", "v2.1.0", To("postgres.reversible", "v1.0.0"));
  reversible.fails = To("postgres.reversible", "v9.0.0");
  return cases;
}

INSTANTIATE_TEST_SUITE_P(Postgres, Conformance, testing::ValuesIn(Cases<RealMigrate>()), CaseName);
INSTANTIATE_TEST_SUITE_P(PostgresModel, Conformance, testing::ValuesIn(Cases<ModelMigration>()), CaseName);

}  // namespace
}  // namespace slipway::drivers::postgres
