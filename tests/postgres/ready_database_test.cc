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

}  // namespace
}  // namespace slipway::tests
