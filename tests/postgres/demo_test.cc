// `slipway fleet demo` on a real server, with every figure counted.
#include <gmock/gmock.h>

#include "postgres/customer_lab.h"

namespace slipway::tests {
namespace {

using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;

Server& TheServer() {
  static Server server;
  return server;
}

class Demo : public testing::Test {
 protected:
  Said Run(const std::string& arguments) { return lab_.Slipway("fleet demo " + arguments); }
  void Up() {
    const Said said = Run("up --day 2026-11-21");
    ASSERT_EQ(said.exit, 0) << said.out;
  }
  std::string Ask(const std::string& sql) { return lab_.Ask("demo", sql); }
  std::string Statuses() {
    return Ask(
        "SELECT string_agg(n || ' ' || status, ', ' ORDER BY status) FROM (SELECT status, count(*) AS n FROM "
        "violations GROUP BY 1) s");
  }
  // All rows, without what differs from one making to the next: when a user was made, and the salts.
  std::string Rows() {
    return Ask(
        "SELECT md5(string_agg(t, '|' ORDER BY t)) FROM (SELECT e::text t FROM employees e UNION ALL SELECT "
        "v::text FROM "
        "violations v UNION ALL SELECT c::text FROM companies c UNION ALL SELECT t::text FROM "
        "training_contents t) a");
  }

  CustomerLab lab_{TheServer()};
};

TEST_F(Demo, HasItsFigures) {
  Up();
  EXPECT_EQ(Ask("SELECT string_agg(c.name || ' ' || n, ', ' ORDER BY c.id) FROM companies c JOIN (SELECT "
                "company_id, count(*) n "
                "FROM employees GROUP BY 1) e ON e.company_id = c.id"),
            "TechCorp 200, MedHealth 150, FinanceFirst 300, RetailMax 400, EduLearn 500");
  EXPECT_EQ(Ask("SELECT count(*) FROM employees"), "1550");
  EXPECT_EQ(Ask("SELECT count(*) || ' ' || count(DISTINCT program_id) FROM training_contents"), "10 10");
  EXPECT_EQ(Statuses(), "45 Active, 90 Resolved, 15 Under Review");
  EXPECT_EQ(Ask("SELECT string_agg(email || ' ' || role, ', ' ORDER BY id) FROM users"),
            "demo@securewatch.com admin, analyst@securewatch.com analyst, manager@securewatch.com manager, "
            "viewer@securewatch.com viewer");
  EXPECT_EQ(Ask("SELECT count(*) FROM violations WHERE seen_at > timestamptz '2026-11-21 00:00Z' - interval "
                "'90 days' AND "
                "seen_at <= timestamptz '2026-11-21 00:00Z'"),
            "150");
  EXPECT_EQ(Ask("SELECT max(seen_at) - min(seen_at) > interval '60 days' FROM violations"), "t");
  EXPECT_EQ(Ask("SELECT purpose FROM slipway.purpose"), "demo");
}

TEST_F(Demo, IsTheSameForTheSameSeedAndDayAndIsMadeAnewByReset) {
  lab_.Write("given", "Given-by-us-99x");
  ASSERT_EQ(lab_.Slipway("secrets set demo-user-viewer --from-file given").exit, 0);
  Up();
  const std::string rows = Rows();
  ASSERT_NE(rows, "");
  Ask("DELETE FROM violations; UPDATE users SET name = 'Visitor'");
  ASSERT_EQ(lab_.Slipway("secrets write demo-user-analyst before").exit, 0);
  const Said reset = Run("reset --day 2026-11-21");
  ASSERT_EQ(reset.exit, 0) << reset.out;
  EXPECT_EQ(Rows(), rows);
  EXPECT_EQ(Ask("SELECT count(*) FROM users WHERE name = 'Visitor'"), "0");
  ASSERT_EQ(lab_.Slipway("secrets write demo-user-analyst after").exit, 0);
  EXPECT_NE(lab_.Read("after"), lab_.Read("before"));
  ASSERT_EQ(lab_.Slipway("secrets write demo-user-viewer kept").exit, 0);
  EXPECT_EQ(lab_.Read("kept"), "Given-by-us-99x") << "what somebody gave stays";
  ASSERT_EQ(Run("reset --day 2026-11-21 --seed 2").exit, 0);
  EXPECT_NE(Rows(), rows);
  EXPECT_EQ(Statuses(), "45 Active, 90 Resolved, 15 Under Review");
}

TEST_F(Demo, RefreshArchivesWhatIsOldAndAddsFive) {
  Up();
  Said said = Run("refresh --day 2026-11-22");
  ASSERT_EQ(said.exit, 0) << said.out;
  EXPECT_EQ(Ask("SELECT count(*) FROM violations"), "155");
  EXPECT_EQ(Ask("SELECT count(*) FROM violations WHERE seen_at > '2026-11-21 00:00Z'"), "5");
  EXPECT_EQ(Ask("SELECT count(*) FROM violations WHERE seen_at > '2026-11-22 00:00Z'"), "0")
      << "in the future";
  EXPECT_EQ(Ask("SELECT count(*) FROM violations_archive"), "0");
  said = Run("refresh --day 2026-11-22");
  ASSERT_EQ(said.exit, 0) << said.out;
  EXPECT_EQ(Ask("SELECT count(*) FROM violations"), "155") << "a second time on one day adds nothing";
  const std::string old = Ask(
      "SELECT count(*) FROM violations WHERE seen_at < timestamptz '2026-12-21 00:00Z' - interval '60 days'");
  ASSERT_NE(old, "0");
  said = Run("refresh --day 2026-12-21 --keep 60d");
  ASSERT_EQ(said.exit, 0) << said.out;
  EXPECT_EQ(Ask("SELECT count(*) FROM violations_archive"), old);
  EXPECT_EQ(Ask("SELECT (SELECT count(*) FROM violations) + (SELECT count(*) FROM violations_archive)"),
            "160");
}

TEST_F(Demo, ARefreshPutsTheSchemaOnRecordOnlyWhereItMadeTheTableOfTheArchive) {
  const auto left_by = [&] {
    const std::string targets = lab_.Slipway("targets --json").out;
    const std::size_t fact = targets.find("\"schema\": {");
    return fact == targets.npos ? "nobody" : targets.substr(targets.find("\"run\": \"", fact) + 8, 2);
  };
  Up();
  EXPECT_EQ(left_by(), "R1");
  EXPECT_EQ(Run("refresh --day 2026-11-22").exit, 0);
  EXPECT_EQ(left_by(), "R2");
  EXPECT_EQ(Run("refresh --day 2026-11-23").exit, 0);
  EXPECT_EQ(left_by(), "R2");
}

TEST_F(Demo, ARefreshThatFailsMovesTheRowsBack) {
  Up();
  const std::string rows = Rows();
  lab_.Write("demo/refresh.sql", "INSERT INTO nowhere VALUES (1);\n");
  const Said said = Run("refresh --day 2026-12-21 --keep 60d");
  EXPECT_EQ(said.exit, 1) << said.out;
  EXPECT_THAT(said.out, HasSubstr("rolled_back"));
  EXPECT_EQ(Rows(), rows);
  EXPECT_EQ(Ask("SELECT count(*) FROM violations_archive"), "0");
}

TEST_F(Demo, DownRemovesItWithItsPasswords) {
  Up();
  ASSERT_EQ(Run("reset --day 2026-11-21").exit, 0);
  EXPECT_THAT(lab_.Slipway("secrets").out, HasSubstr("demo-user-viewer"));
  const Said said = Run("down");
  ASSERT_EQ(said.exit, 0) << said.out;
  EXPECT_EQ(lab_.Stands("demo"), "0 0");
  EXPECT_THAT(lab_.Slipway("secrets").out, Not(HasSubstr("demo")));
  EXPECT_EQ(Run("down").exit, 0) << "once more is harmless";
}

TEST_F(Demo, OneThatIsThereAlreadyAndOneThatIsNotThereAreToldWithTheCommandThatFits) {
  EXPECT_THAT(Run("refresh --day 2026-11-21").out,
              ContainsRegex("database \"demo\" does not exist .*; next: slipway fleet demo up"));
  ASSERT_EQ(Run("reset --day 2026-11-21").exit, 0) << "it makes one where there is none";
  const Said said = Run("up --day 2026-11-21");
  EXPECT_EQ(said.exit, 1) << said.out;
  EXPECT_THAT(said.out, ContainsRegex("there is a database `demo` already, marked as demo .*; next: slipway "
                                      "fleet demo reset \\| slipway fleet demo down"));
}

TEST_F(Demo, NoCommandTouchesADatabaseThatIsNotMarked) {
  lab_.Ask("postgres", "CREATE ROLE demo; GRANT demo TO slipway");
  lab_.Ask("postgres", "CREATE DATABASE demo OWNER slipway");
  Ask("CREATE TABLE violations (id int PRIMARY KEY, seen_at timestamptz); INSERT INTO violations VALUES (1, "
      "'2020-01-01'); "
      "ALTER TABLE violations OWNER TO slipway");
  for (const std::string command : {"reset --day 2026-11-21", "refresh --day 2026-11-21", "down"}) {
    const Said said = Run(command);
    EXPECT_EQ(said.exit, 1) << said.out;
    EXPECT_THAT(said.out, HasSubstr("not marked as demo")) << command;
  }
  const Said up = Run("up --day 2026-11-21");
  EXPECT_EQ(up.exit, 1) << "there is a database already";
  EXPECT_THAT(up.out, Not(HasSubstr("slipway fleet demo"))) << "no command would be any use";
  EXPECT_EQ(Ask("SELECT count(*) FROM violations"), "1");
  EXPECT_EQ(lab_.Stands("demo"), "1 1");
}

TEST_F(Demo, ACopyOfTheMarkIsNoMark) {
  Up();
  const std::string row = Ask("SELECT database FROM slipway.purpose");
  lab_.Ask("postgres", "ALTER DATABASE demo RENAME TO demo_before");
  lab_.Ask("postgres", "CREATE DATABASE demo TEMPLATE demo_before OWNER slipway");
  EXPECT_EQ(Ask("SELECT database FROM slipway.purpose"), row);
  const Said said = Run("down");
  EXPECT_EQ(said.exit, 1) << said.out;
  EXPECT_THAT(said.out, HasSubstr("not marked as demo"));
  lab_.Ask("postgres", "DROP DATABASE demo_before");
}

TEST_F(Demo, ATargetWithoutTheLabelIsNoDemonstration) {
  lab_.Write("targets/other.yaml", "- { id: other, kind: demo, attributes: { database: demo } }\n");
  const Said said = Run("down --demo other");
  EXPECT_NE(said.exit, 0);
  EXPECT_THAT(said.out, HasSubstr("no target"));
}

TEST_F(Demo, AResetThatIsKilledGoesOn) {
  Up();
  lab_.Write("demo/demo.sql",
             lab_.Read("demo/demo.sql") +
                 "SELECT pg_sleep(600) WHERE NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'go_on');\n");
  lab_.KillWhen("fleet demo reset --day 2026-11-21",
                "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'slipway "
                "R2/companies@demo%' AND wait_event = 'PgSleep'",
                "1");
  lab_.Ask("postgres", "CREATE ROLE go_on");
  const Said resumed = lab_.Slipway("resume R2");
  lab_.Ask("postgres", "DROP ROLE go_on");
  EXPECT_EQ(resumed.exit, 0) << resumed.out;
  EXPECT_EQ(Statuses(), "45 Active, 90 Resolved, 15 Under Review");
  EXPECT_EQ(lab_.Slipway("audit verify").exit, 0);
}

}  // namespace
}  // namespace slipway::tests
