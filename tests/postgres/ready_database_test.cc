// A first database, and trouble with the connections to one: the procedures of procedures/fleet on a real
// server.
#include <gmock/gmock.h>

#include "postgres/customer_lab.h"

namespace slipway::tests {
namespace {

using testing::HasSubstr;
using testing::Not;

Server& TheServer() {
  static Server server;
  return server;
}

class ReadyDatabase : public testing::Test {
 protected:
  ReadyDatabase() {
    lab_.Write("targets/ledger.yaml",
               "apiVersion: slipway/v1\nkind: Targets\ntargets:\n  - id: ledger\n    kind: database\n    "
               "attributes: "
               "{ connection: db-127-0-0-1-" +
                   std::to_string(lab_.server().port()) + ", database: acme, role: acme }\n");
  }
  Said New(const std::string& more) {
    return lab_.Slipway("run procedures/new-database.yaml -p database=ledger -p to=v2.0.0 " + more);
  }

  CustomerLab lab_{TheServer()};
};

TEST_F(ReadyDatabase, HasSchemaRowsAndAPasswordNobodyTyped) {
  const Said said = New("-p tables=employees,training_programs -p extensions=plpgsql");
  ASSERT_EQ(said.exit, 0) << said.out;
  EXPECT_EQ(lab_.Stands("acme"), "1 1");
  EXPECT_EQ(lab_.Ask("acme", "SELECT count(*) > 0 FROM training_programs"), "t");
  EXPECT_THAT(lab_.Slipway("secrets").out, HasSubstr("database-ledger"));
  EXPECT_EQ(lab_.Slipway("audit verify").exit, 0);
}

TEST_F(ReadyDatabase, AnExtensionThatTheServerLacksStopsItBeforeAnythingIsMade) {
  const Said said = New("-p tables=employees -p extensions=plpgsql,no_such_extension");
  EXPECT_EQ(said.exit, 1) << said.out;
  EXPECT_THAT(said.out, HasSubstr("missing: no_such_extension"));
  EXPECT_EQ(lab_.Stands("acme"), "0 0");
}

TEST_F(ReadyDatabase, ATableThatNoMigrationMadeTakesAllOfItBack) {
  const Said said = New("-p tables=employees,forgotten");
  EXPECT_EQ(said.exit, 1) << said.out;
  EXPECT_THAT(said.out, HasSubstr("missing: forgotten"));
  EXPECT_EQ(lab_.Stands("acme"), "0 0");
  EXPECT_THAT(lab_.Slipway("secrets").out, Not(HasSubstr("database-ledger")));
}

TEST_F(ReadyDatabase, IsTakenBackInSimulationWhateverFails) {
  const Said said = lab_.Slipway(
      "simulate procedures/new-database.yaml -p database=ledger -p to=v2.0.0 -p tables=employees");
  EXPECT_EQ(said.exit, 0) << said.out;
}

TEST_F(ReadyDatabase, TroubleWithItsConnectionsIsFoundRelievedAndProvenOver) {
  TheServer().Ask("postgres", "GRANT pg_monitor TO slipway");
  ASSERT_EQ(lab_.Slipway("fleet add --config customers/acme.json").exit, 0);
  const Said run =
      lab_.Slipway("run --no-wait procedures/connection-trouble.yaml -p customer=acme -p incident=INC-7");
  EXPECT_THAT(run.out, HasSubstr("R2")) << run.out;
  const auto answer = [this](const std::string& step) {
    const Said said = lab_.Slipway("confirm R2 " + step);
    EXPECT_EQ(said.exit, 0) << said.out;
    lab_.Slipway("resume --no-wait R2");
  };
  answer("decide@acme --field cause=leak --field way=end-idle-sessions");
  answer("end@acme --check all --field ended=3");
  answer("restart@acme --check all");
  answer("served@acme --check all");
  EXPECT_THAT(lab_.Slipway("show R2 --json").out, HasSubstr("\"state\": \"succeeded\""));
}

TEST_F(ReadyDatabase, TroubleOfADatabaseThatIsGoneEndsWithWhatIsInTheWay) {
  ASSERT_EQ(lab_.Slipway("fleet add --config customers/acme.json").exit, 0);
  TheServer().Ask("postgres", "DROP DATABASE acme WITH (FORCE)");
  const Said run =
      lab_.Slipway("run --no-wait procedures/connection-trouble.yaml -p customer=acme -p incident=INC-7");
  EXPECT_EQ(run.exit, 1) << run.out;
  EXPECT_THAT(run.out, HasSubstr("database \"acme\" does not exist"));
}

// What is done to customers' databases that are in trouble, the customer `acme` having v2.0.0.
class Trouble : public ReadyDatabase {
 protected:
  void SetUp() override {
    const Said said = lab_.Slipway("fleet add --config customers/acme.json --to v2.0.0");
    ASSERT_EQ(said.exit, 0) << said.out;
  }
  void Answer(const std::string& run, const std::string& step) {
    const Said said = lab_.Slipway("confirm " + run + " " + step + " --check all");
    EXPECT_EQ(said.exit, 0) << said.out;
    last_ = lab_.Slipway("resume --no-wait " + run);
  }
  std::string State(const std::string& run) { return lab_.Slipway("show " + run + " --json").out; }
  std::string Now() {
    return lab_.Ask("postgres",
                    "SELECT to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')");
  }
  // Its newest backup, by a run that has nothing else to do.
  std::string BackedUp() {
    EXPECT_EQ(lab_.Slipway("fleet update --to v2.0.0 --customer acme").exit, 0);
    for (const auto& file : fs::directory_iterator(lab_.folder() / "backups"))
      if (file.path().extension() == ".backup") return "backups/" + file.path().filename().string();
    return "";
  }

  Said last_;
};

TEST_F(Trouble, AMigrationThatFailedIsAppliedOnceItsCauseIsMended) {
  lab_.Ask("acme",
           "INSERT INTO employees (email, name, department) VALUES ('a@x.example', 'Kim', 'Sales'), "
           "('b@x.example', 'Kim', 'Sales')");
  ASSERT_EQ(lab_.Slipway("fleet update --to v2.1.0 --customer acme").exit, 1);
  last_ = lab_.Slipway("run --no-wait procedures/migration-failure.yaml -p customer=acme -p to=v2.1.0");
  EXPECT_EQ(last_.exit, 4) << last_.out;
  lab_.Ask("acme", "UPDATE employees SET name = 'Kim B.' WHERE email = 'b@x.example'");
  Answer("R3", "cause@acme --field cause=duplicates");
  EXPECT_EQ(last_.exit, 0) << last_.out;
  EXPECT_EQ(lab_.Ask("acme", "SELECT count(*) FROM schema_migrations WHERE version = 'v2.1.0'"), "1");
}

TEST_F(Trouble, WhatIsNotMendedFailsAgainAndIsBackedUpAllTheSame) {
  lab_.Ask("acme",
           "INSERT INTO employees (email, name, department) VALUES ('a@x.example', 'Kim', 'Sales'), "
           "('b@x.example', 'Kim', 'Sales')");
  lab_.Slipway("run --no-wait procedures/migration-failure.yaml -p customer=acme -p to=v2.1.0");
  Answer("R2", "cause@acme --field cause=unknown");
  EXPECT_EQ(last_.exit, 1) << last_.out;
  EXPECT_THAT(last_.out, HasSubstr("003_names_unique.sql"));
  EXPECT_FALSE(fs::is_empty(lab_.folder() / "backups"));
}

TEST_F(Trouble, DamagedDataIsKeptAndReplacedByABackupFromBefore) {
  lab_.Ask("acme", "INSERT INTO employees (email, name) VALUES ('a@x.example', 'Before')");
  const std::string backup = BackedUp(), since = Now();
  lab_.Ask("acme", "UPDATE employees SET name = 'Damaged'");
  lab_.Ask("acme", "INSERT INTO employees (email, name) VALUES ('b@x.example', 'After')");
  last_ = lab_.Slipway(
      "run --no-wait procedures/data-corruption.yaml -p customer=acme -p incident=INC-7 -p since=" + since +
      " -p backup=" + backup + " -p to=v2.0.0");
  EXPECT_EQ(last_.exit, 4) << last_.out;
  Answer("R3", "stop-writes");
  Answer("R3", "tell --field channel=mail");
  Answer("R3", "decide@acme --field scope=names --field way=restore");
  EXPECT_EQ(lab_.Ask("acme", "SELECT count(*) FROM employees WHERE name = 'Damaged'"), "0") << last_.out;
  EXPECT_EQ(lab_.Ask("acme", "SELECT count(*) FROM employees WHERE name = 'Before'"), "1");
  EXPECT_EQ(lab_.Ask("postgres", "SELECT count(*) FROM pg_database WHERE datname LIKE 'acme\\_\\_before%'"),
            "1");
  bool emergency = false;
  for (const auto& file : fs::directory_iterator(lab_.folder() / "backups"))
    emergency = emergency || file.path().filename().string().starts_with("acme-emergency_");
  EXPECT_TRUE(emergency);
  Answer("R3", "works");
  EXPECT_EQ(last_.exit, 0) << last_.out;
}

TEST_F(Trouble, ABackupFromAfterTheDamageIsRefusedBeforeAnybodyDecides) {
  const std::string since = Now(), backup = BackedUp();
  lab_.Slipway("run --no-wait procedures/data-corruption.yaml -p customer=acme -p incident=INC-7 -p since=" +
               since + " -p backup=" + backup + " -p to=v2.0.0");
  Answer("R3", "stop-writes");
  Answer("R3", "tell --field channel=mail");
  EXPECT_THAT(State("R3"), HasSubstr("\"state\": \"paused\"")) << last_.out;
  EXPECT_THAT(last_.out, HasSubstr("older@acme"));
}

TEST_F(Trouble, RowsThatAreRepairedReplaceNothing) {
  const std::string backup = BackedUp(), since = Now();
  lab_.Slipway("run --no-wait procedures/data-corruption.yaml -p customer=acme -p incident=INC-7 -p since=" +
               since + " -p backup=" + backup + " -p to=v2.0.0");
  Answer("R3", "stop-writes");
  Answer("R3", "tell --field channel=mail");
  Answer("R3", "decide@acme --field scope=names --field way=repair-rows");
  Answer("R3", "repair@acme --field rows=1");
  Answer("R3", "works");
  EXPECT_EQ(last_.exit, 0) << last_.out;
  EXPECT_EQ(lab_.Ask("postgres", "SELECT count(*) FROM pg_database WHERE datname LIKE 'acme\\_\\_before%'"),
            "0");
}

TEST_F(Trouble, InSimulationAllThatCanGoBackDoes) {
  const Said back =
      lab_.Slipway("simulate procedures/rollback-customer.yaml -p customer=acme -p to=v2.0.0 -p backup=b");
  EXPECT_EQ(back.exit, 0) << back.out;
  const Said failed =
      lab_.Slipway("simulate procedures/migration-failure.yaml -p customer=acme -p to=v2.1.0");
  EXPECT_THAT(failed.out, HasSubstr("nothing fails        succeeded"));
  EXPECT_THAT(failed.out, HasSubstr("backup@acme   fails                restored"));
  EXPECT_THAT(failed.out, HasSubstr("migrate@acme is not undone"));
  const Said damaged = lab_.Slipway(
      "simulate procedures/data-corruption.yaml -p customer=acme -p incident=INC-7 -p "
      "since=2026-11-21T06:56Z -p "
      "backup=b -p to=v2.0.0");
  EXPECT_THAT(damaged.out, HasSubstr("nothing fails        succeeded"));
  EXPECT_THAT(damaged.out, HasSubstr("older@acme       fails                restored"));
  EXPECT_THAT(damaged.out, HasSubstr("restore@acme     failed after acting  restored"));
}

}  // namespace
}  // namespace slipway::tests
