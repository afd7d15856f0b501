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
  EXPECT_THAT(seen.out, HasSubstr("warn drift: the schema is not as R1/migrate left it"));
  EXPECT_THAT(Status(), HasSubstr(" differs since "));
  EXPECT_THAT(lab_.Slipway("fleet status").out, HasSubstr("1 not as slipway left them"));
  lab_.Ask("acme", "DROP INDEX by_hand");
  EXPECT_THAT(Verify().out, Not(HasSubstr("drift")));
  EXPECT_THAT(Status(), HasSubstr(" none "));
  EXPECT_EQ(lab_.Slipway("audit verify").exit, 0);
}

TEST_F(Drift, IsSeenByALookThatFailsForAnotherReason) {
  lab_.Ask("acme", "CREATE INDEX by_hand ON employees (id)");
  EXPECT_EQ(Verify(" --to v2.2.0").exit, 1);
  EXPECT_THAT(Status(), HasSubstr(" differs since "));
}

TEST_F(Drift, IsNoneAfterAnUpdate) {
  Must("fleet update --customer acme --to v2.2.0");
  EXPECT_THAT(Status(), HasSubstr(" none "));
  EXPECT_THAT(Verify().out, HasSubstr("R3 succeeded"));
  EXPECT_THAT(Status(), HasSubstr(" none "));
}

TEST_F(Drift, ADryRunOfALookShowsThePlanAndLooksAtNothing) {
  const Said said = Verify(" --dry-run");
  EXPECT_EQ(said.exit, 0) << said.out;
  EXPECT_THAT(said.out, HasSubstr("Plan sha256:"));
  EXPECT_THAT(lab_.Slipway("runs").out, Not(HasSubstr("R2")));
}

}  // namespace
}  // namespace slipway::tests
