// What `slipway fleet status` says of a customer's schema, on a real server: the program, the procedures of a
// fleet, and somebody who changes a customer's database by hand.
#include <gmock/gmock.h>

#include "base/text.h"
#include "postgres/customer_lab.h"

namespace slipway::tests {
namespace {

using testing::HasSubstr;
using testing::Not;

Server& TheServer() {
  static Server server;
  return server;
}

class Drift : public testing::Test {
 protected:
  Drift() { Must("fleet add --config customers/acme.json"); }

  void Must(const std::string& arguments) {
    const Said said = lab_.Slipway(arguments);
    EXPECT_EQ(said.exit, 0) << said.out;
  }
  Said Verify(const std::string& more = "") {
    return lab_.Slipway("fleet verify --customer acme --slow-statements 0s" + more);
  }
  // The line of the customer.
  std::string Status() {
    for (const std::string& line : base::Split(lab_.Slipway("fleet status").out, '\n'))
      if (line.starts_with("acme")) return line;
    return "";
  }

  CustomerLab lab_{TheServer()};
};

TEST_F(Drift, IsSeenByVerifyAndGoneWithWhatMadeIt) {
  EXPECT_THAT(Status(), HasSubstr(" none "));
  lab_.Ask("acme", "CREATE INDEX by_hand ON employees (id)");
  EXPECT_THAT(Status(), HasSubstr(" none ")) << "no database is asked";
  const Said seen = Verify();
  EXPECT_EQ(seen.exit, 0) << seen.out;
  EXPECT_THAT(seen.out, HasSubstr("warn drift: the schema is not as it was after R1/migrate"));
  EXPECT_THAT(Status(), HasSubstr(" differs since "));
  EXPECT_THAT(lab_.Slipway("fleet status").out, HasSubstr("1 not as slipway left them"));
  lab_.Ask("acme", "DROP INDEX by_hand");
  EXPECT_THAT(Verify().out, Not(HasSubstr("drift")));
  EXPECT_THAT(Status(), HasSubstr(" none "));
  EXPECT_EQ(lab_.Slipway("audit verify").exit, 0);
}

TEST_F(Drift, IsSeenByALookThatFailsForAnotherReason) {
  lab_.Ask("acme", "CREATE INDEX by_hand ON employees (id)");
  const Said failed = Verify(" --to v2.2.0");
  EXPECT_EQ(failed.exit, 1);
  EXPECT_THAT(failed.out, testing::ContainsRegex("acme +startup +fail +v2.1.0 +fail version"));
  EXPECT_THAT(Status(), HasSubstr(" differs since "));
}

TEST_F(Drift, IsNoneAfterAnUpdate) {
  Must("fleet update --customer acme --to v2.2.0");
  EXPECT_THAT(Status(), HasSubstr(" none "));
  EXPECT_THAT(Verify().out, HasSubstr("R3 succeeded"));
  EXPECT_THAT(Status(), HasSubstr(" none "));
}

TEST_F(Drift, ThatAnUpdateTakesOverIsToldBeforeAndNotForgottenAfterwards) {
  lab_.Ask("acme", "CREATE INDEX by_hand ON employees (id)");
  const std::string told = "somebody changed the schema of acme by hand after R1/migrate";
  EXPECT_THAT(lab_.Slipway("fleet update --customer acme --to v2.2.0 --dry-run").out, HasSubstr(told));
  Must("fleet update --customer acme --to v2.2.0");
  EXPECT_THAT(Status(), HasSubstr(" none, was before R2 "));
  EXPECT_THAT(lab_.Slipway("fleet report R2").out,
              HasSubstr("warn drift before: somebody had changed the schema after R1/migrate"));
  EXPECT_THAT(Verify().out, Not(HasSubstr("warn drift")));
  EXPECT_THAT(Status(), HasSubstr(" none, was before R2 ")) << "a look does not make it undone";
  EXPECT_THAT(lab_.Slipway("fleet update --customer acme --to v2.2.0 --dry-run").out, Not(HasSubstr(told)));
  EXPECT_EQ(lab_.Slipway("audit verify").exit, 0);
  lab_.Write("migrations/v9.0.0/001_by_hand.sql", "DROP INDEX by_hand;\n");
  Must("fleet update --customer acme --to v9.0.0");
  EXPECT_THAT(Status(), HasSubstr(" none "));
}

TEST_F(Drift, IsUnknownAfterAPersonSettledUntilALook) {
  const std::string procedure = lab_.Read("procedures/update-customers.yaml");
  lab_.Write("procedures/update-customers.yaml",
             std::string(procedure).replace(procedure.find("on_failure: stop"), 16, "on_failure: pause"));
  lab_.Write("migrations/v9.0.0/001_good.sql", "ALTER TABLE employees ADD COLUMN one text;\n");
  lab_.Write("migrations/v9.0.0/002_bad.sql", "ALTER TABLE nowhere ADD COLUMN two text;\n");
  EXPECT_EQ(lab_.Slipway("fleet update --customer acme --to v9.0.0 --no-wait").exit, 4);
  lab_.Ask("acme",
           "CREATE TABLE nowhere (two text); UPDATE slipway.migrations SET state = 'applied' WHERE version = "
           "'v9.0.0'; INSERT INTO schema_migrations (version, description) VALUES ('v9.0.0', 'by hand')");
  Must("settle R2 migrate@acme done --reason by-hand");
  EXPECT_THAT(Status(), HasSubstr(" unknown "));
  Must("resume R2");
  EXPECT_THAT(Status(), HasSubstr(" v9.0.0 "));
  EXPECT_THAT(Status(), HasSubstr(" none "));
  lab_.Ask("acme", "DROP TABLE nowhere");
  EXPECT_THAT(Verify().out, HasSubstr("warn drift: the schema is not as it was after R2/verify"));
  EXPECT_EQ(lab_.Slipway("audit verify").exit, 0);
}

TEST_F(Drift, ADryRunOfALookShowsThePlanAndLooksAtNothing) {
  const Said said = Verify(" --dry-run");
  EXPECT_EQ(said.exit, 0) << said.out;
  EXPECT_THAT(said.out, HasSubstr("Plan sha256:"));
  EXPECT_THAT(lab_.Slipway("runs").out, Not(HasSubstr("R2")));
}

}  // namespace
}  // namespace slipway::tests
