// postgres.verify on a real server.
#include <gmock/gmock.h>

#include <thread>

#include "drivers/postgres/postgres.h"
#include "postgres/call.h"

namespace slipway::drivers::postgres {
namespace {

using namespace std::chrono_literals;
using base::Json;
using base::JsonArray;
using base::JsonObject;
using testing::HasSubstr;
using testing::Not;

tests::Server& TheServer() {
  static tests::Server server({.settings = {{"shared_preload_libraries", "pg_stat_statements"}}});
  return server;
}

// A statement under way in a session of somebody else's, ended with the object.
class SlowQuery {
 public:
  SlowQuery(tests::Server& server, const std::string& database) : server_(server) {
    thread_ = std::jthread([&server, database] {
      try {
        server.Ask(database, "SELECT pg_sleep(600), 'hunter2'");
      } catch (const std::exception&) {  // it was ended
      }
    });
    while (Pid().empty()) std::this_thread::sleep_for(5ms);
    std::this_thread::sleep_for(10ms);  // longer than the thresholds of the tests
  }
  ~SlowQuery() { server_.Ask("postgres", "SELECT pg_terminate_backend(" + Pid() + ")"); }
  std::string Pid() const {
    return server_.Ask("postgres",
                       "SELECT pid FROM pg_stat_activity WHERE query LIKE '%pg_sleep(600)%' AND state = "
                       "'active' AND pid <> pg_backend_pid()");
  }

 private:
  tests::Server& server_;
  std::jthread thread_;
};

class PostgresVerify : public testing::Test {
 protected:
  Outcome Verify(JsonObject with = {}) {
    with["database"] = database_;
    return call_.Do(*driver_, "postgres.verify", std::move(with));
  }
  static std::string Check(const Outcome& outcome, std::string_view name) {
    for (const Json& check : base::GetArray(outcome.evidence, "checks"))
      if (base::GetString(check.get_object(), "check") == name)
        return base::GetString(check.get_object(), "verdict") + ": " +
               base::GetString(check.get_object(), "seen");
    return "";
  }
  void Do(const std::string& sql) { server_.Ask(database_, sql); }

  tests::Server& server_ = TheServer();
  std::string database_ = server_.MakeDatabase("verified");
  tests::Call call_{server_};
  std::unique_ptr<Driver> driver_ = tests::MakePostgres();
};

TEST_F(PostgresVerify, AHealthyDatabasePasses) {
  Do("CREATE TABLE schema_migrations (version text); INSERT INTO schema_migrations VALUES ('v2.1.0');"
     "CREATE TABLE employees (id int); INSERT INTO employees VALUES (1), (2)");
  const Outcome outcome = Verify({{"version", "v2.1.0"},
                                  {"tables", JsonObject{{"employees", JsonObject{{"min", "1"}, {"max", 2}}},
                                                        {"public.employees", JsonObject{{"count", 2}}}}}});
  EXPECT_EQ(outcome.verdict, Verdict::kDone) << outcome.reason;
  EXPECT_EQ(outcome.outputs.at("version"), "v2.1.0");
  EXPECT_EQ(base::GetInt(base::GetObject(outcome.outputs, "tables"), "employees"), 2);
  EXPECT_EQ(Check(outcome, "constraints"), "pass: all are validated");
}

TEST_F(PostgresVerify, AnotherVersionFails) {
  EXPECT_EQ(Check(Verify({{"version", "v2.1.0"}}), "version"), "fail: none is on record, v2.1.0 is expected");
  Do("CREATE TABLE schema_migrations (version text); INSERT INTO schema_migrations VALUES ('v2.0.0')");
  const Outcome outcome = Verify({{"version", "v2.1.0"}});
  EXPECT_EQ(outcome.verdict, Verdict::kNotDone);
  EXPECT_EQ(Check(outcome, "version"), "fail: v2.0.0 by public.schema_migrations, v2.1.0 is expected");
}

TEST_F(PostgresVerify, TooFewRowsFailAndSoDoesAMissingTable) {
  Do("CREATE TABLE employees (id int)");
  const Outcome outcome = Verify({{"tables", JsonObject{{"employees", JsonObject{{"min", 1}}},
                                                        {"violations", JsonObject{{"min", 0}}}}}});
  EXPECT_EQ(outcome.verdict, Verdict::kNotDone);
  EXPECT_EQ(Check(outcome, "rows of employees"), "fail: 0, at least 1 expected");
  EXPECT_EQ(Check(outcome, "rows of violations"), "fail: there is no such table");
}

TEST_F(PostgresVerify, AConstraintThatIsNotValidatedFailsUnlessAWarningWillDo) {
  Do("CREATE TABLE t (id int); ALTER TABLE t ADD CONSTRAINT positive CHECK (id > 0) NOT VALID");
  const Outcome outcome = Verify();
  EXPECT_EQ(outcome.verdict, Verdict::kNotDone);
  EXPECT_EQ(Check(outcome, "constraints"), "fail: not validated: positive of t");
  const Outcome warned = Verify({{"not_validated", "warn"}});
  EXPECT_EQ(warned.verdict, Verdict::kDone);
  EXPECT_THAT(warned.reason, HasSubstr("warn constraints"));
}

TEST_F(PostgresVerify, AnIndexLeftInvalidFails) {
  Do("CREATE TABLE t (id int); INSERT INTO t VALUES (1), (1)");
  EXPECT_THROW(Do("CREATE UNIQUE INDEX CONCURRENTLY t_id ON t (id)"), std::runtime_error);
  const Outcome outcome = Verify();
  EXPECT_EQ(outcome.verdict, Verdict::kNotDone);
  EXPECT_EQ(Check(outcome, "indexes"), "fail: left invalid: t_id of t");
}

TEST_F(PostgresVerify, ASlowQueryIsToldWithoutItsText) {
  const SlowQuery slow(server_, database_);
  const Outcome warned = Verify({{"slow_warn", "1ms"}, {"slow_fail", "1h"}});
  EXPECT_EQ(warned.verdict, Verdict::kDone);
  EXPECT_THAT(Check(warned, "slow queries"),
              HasSubstr("warn: pid " + slow.Pid() + ", role postgres, active for"));
  const Outcome failed = Verify({{"slow_warn", "1ms"}, {"slow_fail", "2ms"}});
  EXPECT_EQ(failed.verdict, Verdict::kNotDone);
  EXPECT_THAT(base::CanonicalJson(failed.evidence).value(), Not(HasSubstr("hunter2")));
}

TEST_F(PostgresVerify, SessionsThatTheRoleMayNotSeeAreUnknown) {
  server_.Ask("postgres", "DROP ROLE IF EXISTS nobody; CREATE ROLE nobody LOGIN PASSWORD 'nothing'");
  const SlowQuery slow(server_, database_);
  call_.connection() = server_.Connection("nobody");
  call_.secrets()["pg"] = "nothing";
  const Outcome outcome = Verify();
  EXPECT_EQ(outcome.verdict, Verdict::kUnknown);
  EXPECT_THAT(Check(outcome, "slow queries"), HasSubstr("unknown: 1 sessions of other roles are hidden"));
}

TEST_F(PostgresVerify, WhatTheServerDoesNotTrackIsUnknown) {
  server_.Ask("postgres", "ALTER SYSTEM SET track_activities = off");
  server_.Ask("postgres", "ALTER SYSTEM SET track_counts = off");
  server_.Ask("postgres", "ALTER SYSTEM SET pg_stat_statements.track = 'none'");
  server_.Ask("postgres", "SELECT pg_reload_conf()");
  Do("CREATE EXTENSION pg_stat_statements");
  Do("SELECT pg_stat_statements_reset()");
  while (server_.Ask("postgres", "SHOW track_counts") != "off") std::this_thread::sleep_for(5ms);
  std::jthread sleeper([&] {
    try {
      Do("SELECT pg_sleep(600)");
    } catch (const std::exception&) {  // it was ended
    }
  });
  const std::string there = "FROM pg_stat_activity WHERE datname = 'verified' AND pid <> pg_backend_pid()";
  while (server_.Ask("postgres", "SELECT count(*) " + there) != "1") std::this_thread::sleep_for(5ms);
  const Outcome outcome = Verify({{"slow_statements", "1h"}});
  server_.Ask("postgres", "SELECT pg_terminate_backend(pid) " + there);
  for (const char* name : {"track_activities", "track_counts", "pg_stat_statements.track"})
    server_.Ask("postgres", std::string("ALTER SYSTEM RESET ") + name);
  server_.Ask("postgres", "SELECT pg_reload_conf()");
  while (server_.Ask("postgres", "SHOW track_counts") != "on") std::this_thread::sleep_for(5ms);
  EXPECT_EQ(outcome.verdict, Verdict::kUnknown);
  EXPECT_EQ(Check(outcome, "slow queries"),
            "unknown: 1 sessions do not say what they do (track_activities is off)");
  EXPECT_EQ(Check(outcome, "dead rows"), "unknown: the server does not count them (track_counts is off)");
  EXPECT_EQ(Check(outcome, "slow statements"),
            "unknown: the server does not count them (pg_stat_statements.track is none)");
}

TEST_F(PostgresVerify, RowsThatAPolicyHidesAreNotCountedAsNone) {
  server_.Ask("postgres", "DROP ROLE IF EXISTS nobody; CREATE ROLE nobody LOGIN PASSWORD 'nothing'");
  Do("CREATE TABLE employees AS SELECT 1 AS id; ALTER TABLE employees ENABLE ROW LEVEL SECURITY; "
     "GRANT SELECT ON employees TO nobody");
  call_.connection() = server_.Connection("nobody");
  call_.secrets()["pg"] = "nothing";
  const Outcome outcome = Verify({{"tables", JsonObject{{"employees", JsonObject{{"max", 0}}}}}});
  EXPECT_THAT(Check(outcome, "rows of employees"),
              HasSubstr("unknown: query would be affected by row-level"));
}

TEST_F(PostgresVerify, StatementsAreJudgedWhereTheExtensionIsAndUnknownWhereItIsNot) {
  const Outcome without = Verify({{"slow_statements", "1s"}});
  EXPECT_EQ(without.verdict, Verdict::kUnknown);
  EXPECT_EQ(Check(without, "slow statements"),
            "unknown: the extension pg_stat_statements is not installed in this database");
  Do("CREATE EXTENSION pg_stat_statements");
  Do("SELECT pg_stat_statements_reset()");
  Do("SELECT pg_sleep(0.02)");
  EXPECT_EQ(Verify({{"slow_statements", "1h"}}).verdict, Verdict::kDone);
  EXPECT_THAT(Check(Verify({{"slow_statements", "10ms"}}), "slow statements"), HasSubstr("fail: queryid"));
  EXPECT_EQ(Check(Verify(), "slow statements"), "") << "not asked for";
}

TEST_F(PostgresVerify, DeadRowsAreAWarning) {
  Do("CREATE TABLE churned (id int); INSERT INTO churned SELECT generate_series(1, 20000); DELETE FROM "
     "churned");
  while (server_.Ask(database_,
                     "SELECT n_dead_tup > 15000 FROM pg_stat_user_tables WHERE relname = 'churned'") != "t")
    std::this_thread::sleep_for(10ms);  // counted a moment after the session ended
  const Outcome outcome = Verify();
  EXPECT_EQ(outcome.verdict, Verdict::kDone);
  EXPECT_THAT(Check(outcome, "dead rows"), HasSubstr("warn: churned (20000 of 20000)"));
}

TEST_F(PostgresVerify, TheDatabasesOwnLimitOfConnectionsCounts) {
  server_.Ask("postgres", "ALTER DATABASE verified CONNECTION LIMIT 1");
  const Outcome outcome = Verify();
  EXPECT_EQ(outcome.verdict, Verdict::kNotDone);
  EXPECT_THAT(Check(outcome, "connections of the database"), HasSubstr("fail: 1 of 1 in use"));
  EXPECT_THAT(Check(outcome, "connections"), HasSubstr("pass"));
}

TEST_F(PostgresVerify, ADatabaseThatIsOpenToEveryRoleIsNotPrivate) {
  EXPECT_THAT(Check(Verify({{"private", true}}), "private"),
              HasSubstr("fail: every role of the server may connect"));
  server_.Ask("postgres", "REVOKE CONNECT ON DATABASE verified FROM PUBLIC");
  EXPECT_THAT(Check(Verify({{"private", true}}), "private"), HasSubstr("pass"));
}

TEST_F(PostgresVerify, WhatTakesTooLongIsUnknownAndTheRestIsStillLookedAt) {
  Do("CREATE VIEW endless AS SELECT 1 AS one FROM pg_sleep(60)");
  const Outcome outcome =
      Verify({{"tables", JsonObject{{"endless", JsonObject{{"min", 1}}}}}, {"timeout", "100ms"}});
  EXPECT_EQ(outcome.verdict, Verdict::kUnknown);
  EXPECT_THAT(Check(outcome, "rows of endless"),
              HasSubstr("unknown: canceling statement due to statement timeout"));
  EXPECT_THAT(Check(outcome, "indexes"), HasSubstr("pass"));
}

TEST_F(PostgresVerify, WhatIsExpectedIsCheckedFirst) {
  EXPECT_THAT(Verify({{"version", "latest"}}).reason, HasSubstr("latest"));
  EXPECT_THAT(Verify({{"tables", JsonObject{{"t", JsonObject{{"least", 1}}}}}}).reason,
              HasSubstr("`tables` says of `t`"));
  EXPECT_THAT(Verify({{"tables", JsonArray{"t"}}}).reason, HasSubstr("`tables` is a map"));
}

}  // namespace
}  // namespace slipway::drivers::postgres
