// The postgres actions that only look, on a real server.
#include <gmock/gmock.h>

#include "drivers/postgres/postgres.h"
#include "drivers/postgres/session/session.h"
#include "postgres/call.h"

namespace slipway::drivers::postgres {
namespace {

using base::Json;
using base::JsonArray;
using base::JsonObject;
using testing::HasSubstr;
using testing::Not;

tests::Server& TheServer() {
  static tests::Server server;
  return server;
}

class PostgresLooks : public testing::Test {
 protected:
  Outcome Do(const std::string& uses, JsonObject with) { return call_.Do(*driver_, uses, std::move(with)); }
  // The verdict and the words of one check.
  static std::string Check(const Outcome& outcome, std::string_view name) {
    for (const Json& check : base::GetArray(outcome.evidence, "checks"))
      if (base::GetString(check.get_object(), "check") == name)
        return base::GetString(check.get_object(), "verdict") + ": " +
               base::GetString(check.get_object(), "seen");
    return "";
  }
  // From here on as a role that may do nothing in particular.
  void BecomeNobody() {
    server_.Ask("postgres", "DROP ROLE IF EXISTS nobody; CREATE ROLE nobody LOGIN PASSWORD 'nothing'");
    call_.connection() = server_.Connection("nobody");
    call_.secrets()["pg"] = "nothing";
  }

  tests::Server& server_ = TheServer();
  std::string database_ = server_.MakeDatabase("acme");
  tests::Call call_{server_};
  std::unique_ptr<Driver> driver_ = tests::MakePostgres();
};

TEST_F(PostgresLooks, AFitServerPassesEveryCheck) {
  const Outcome outcome =
      Do("postgres.check",
         {{"min_version", "15"}, {"may", JsonArray{"connect", "create", "createdb", "createrole"}}});
  EXPECT_EQ(outcome.verdict, Verdict::kDone) << outcome.reason;
  EXPECT_THAT(Check(outcome, "version"), HasSubstr("pass: PostgreSQL 15."));
  EXPECT_EQ(Check(outcome, "may createdb"), "pass: role postgres may create databases");
  EXPECT_THAT(Check(outcome, "connections"), HasSubstr("of 40 in use"));
  EXPECT_EQ(base::GetInt(outcome.outputs, "max_connections"), 40);
}

TEST_F(PostgresLooks, AServerThatIsTooOldFails) {
  const Outcome outcome = Do("postgres.check", {{"min_version", "16.1"}});
  EXPECT_EQ(outcome.verdict, Verdict::kNotDone);
  EXPECT_THAT(outcome.reason, HasSubstr("fail version: PostgreSQL 15."));
}

TEST_F(PostgresLooks, AConnectionInClearFailsWhereTlsIsAskedFor) {
  const Outcome outcome = Do("postgres.check", {{"tls", true}});
  EXPECT_EQ(outcome.verdict, Verdict::kNotDone);
  EXPECT_EQ(Check(outcome, "tls"), "fail: the connection is in clear");
}

TEST_F(PostgresLooks, ARightThatTheRoleLacksFails) {
  BecomeNobody();
  const Outcome outcome = Do("postgres.check", {{"may", JsonArray{"connect", "createdb", "monitor"}}});
  EXPECT_EQ(outcome.verdict, Verdict::kNotDone);
  EXPECT_THAT(Check(outcome, "may connect"), HasSubstr("pass"));
  EXPECT_EQ(Check(outcome, "may createdb"), "fail: role nobody may not create databases");
  EXPECT_THAT(Check(outcome, "may monitor"), HasSubstr("fail"));
}

TEST_F(PostgresLooks, FewConnectionsLeftIsAWarningAndThenAFailure) {
  JsonObject with{{"connections_warn", "1%"}, {"connections_fail", "95%"}};
  const Outcome warned = Do("postgres.check", with);
  EXPECT_EQ(warned.verdict, Verdict::kDone) << "a warning passes";
  // A backend of the test before may be on its way out.
  EXPECT_THAT(warned.reason, testing::ContainsRegex("warn connections: [1-9] of 40"));
  with["connections_fail"] = "2%";
  EXPECT_EQ(Do("postgres.check", with).verdict, Verdict::kNotDone);
}

TEST_F(PostgresLooks, AServerThatIsDownFailsAndTheRestIsUnknown) {
  server_.Stop();
  const Outcome outcome = Do("postgres.check", {{"min_version", "15"}, {"tls", true}});
  const Outcome status = Do("postgres.status", {{"database", "acme"}});
  server_.Start();
  EXPECT_EQ(outcome.verdict, Verdict::kNotDone);
  EXPECT_THAT(Check(outcome, "reachable"), HasSubstr("fail"));
  EXPECT_EQ(Check(outcome, "version"), "unknown: nobody could look");
  EXPECT_EQ(Check(outcome, "tls"), "unknown: nobody could look");
  EXPECT_EQ(status.verdict, Verdict::kUnknown) << "that a server is down says nothing about a database";
}

TEST_F(PostgresLooks, AWrongPasswordFailsTheCheck) {
  call_.secrets()["pg"] = "wrong-hunter2";
  const Outcome outcome = Do("postgres.check", {});
  EXPECT_EQ(outcome.verdict, Verdict::kNotDone);
  EXPECT_EQ(base::GetString(base::GetObject(outcome.evidence, "error"), "sqlstate"), "28P01");
}

TEST_F(PostgresLooks, ARightNobodyHasHeardOfIsRefused) {
  EXPECT_THAT(Do("postgres.check", {{"may", JsonArray{"createdbs"}}}).reason,
              HasSubstr("did you mean `createdb`?"));
  EXPECT_THAT(Do("postgres.check", {{"min_version", "new"}}).reason, HasSubstr("such as 15 or 15.4"));
}

TEST_F(PostgresLooks, ADatabaseThatIsNotThereIsAFactAndNoFailure) {
  const Outcome outcome = Do("postgres.status", {{"database", "nosuch"}});
  EXPECT_EQ(outcome.verdict, Verdict::kDone) << outcome.reason;
  EXPECT_EQ(outcome.outputs.at("exists"), false);
  EXPECT_EQ(outcome.outputs.at("version"), "");
}

TEST_F(PostgresLooks, ADatabaseWithoutRecordsHasNoVersion) {
  const Outcome outcome = Do("postgres.status", {{"database", database_}});
  EXPECT_EQ(outcome.outputs.at("exists"), true);
  EXPECT_EQ(outcome.outputs.at("version"), "");
  EXPECT_GT(base::GetInt(outcome.outputs, "size"), 1'000'000);
}

TEST_F(PostgresLooks, TheHighestVersionCountsAndNotTheLatestRecord) {
  server_.Ask(
      database_,
      "CREATE TABLE schema_migrations (version varchar(50) PRIMARY KEY, applied_at timestamp DEFAULT now());"
      "INSERT INTO schema_migrations VALUES ('v1.10.0', '2026-01-01'), ('v1.9.0', '2026-02-01'), ('old', "
      "now())");
  const Outcome outcome = Do("postgres.status", {{"database", database_}});
  EXPECT_EQ(outcome.outputs.at("version"), "v1.10.0");
  EXPECT_EQ(outcome.outputs.at("version_from"), "public.schema_migrations");
  EXPECT_EQ(base::GetArray(outcome.evidence, "records_that_are_no_version").size(), 1u);
}

TEST_F(PostgresLooks, SlipwaysOwnLedgerComesFirstAndHalfAVersionDoesNotCount) {
  server_.Ask(
      database_,
      "CREATE TABLE schema_migrations (version text); INSERT INTO schema_migrations VALUES ('v9.9.9');"
      "CREATE SCHEMA slipway; CREATE TABLE slipway.migrations (version text, file text, state text);"
      "INSERT INTO slipway.migrations VALUES ('v1.0.0', 'a', 'applied'), ('v1.1.0', 'a', 'applied'),"
      " ('v1.1.0', 'b', 'running')");
  const Outcome outcome = Do("postgres.status", {{"database", database_}});
  EXPECT_EQ(outcome.outputs.at("version"), "v1.0.0");
  EXPECT_EQ(outcome.outputs.at("version_from"), "slipway.migrations");
}

TEST_F(PostgresLooks, RecordsThatAreNoVersionsAreUnknownAndNotNone) {
  server_.Ask(
      database_,
      "CREATE TABLE schema_migrations (version text); INSERT INTO schema_migrations VALUES ('20260101')");
  const Outcome outcome = Do("postgres.status", {{"database", database_}});
  EXPECT_EQ(outcome.verdict, Verdict::kUnknown);
  EXPECT_THAT(outcome.reason, HasSubstr("`20260101`"));
}

TEST_F(PostgresLooks, ALedgerThatMayNotBeReadIsUnknown) {
  server_.Ask(database_, "CREATE TABLE schema_migrations (version text)");
  BecomeNobody();
  const Outcome outcome = Do("postgres.status", {{"database", database_}});
  EXPECT_EQ(outcome.verdict, Verdict::kUnknown);
  EXPECT_THAT(outcome.reason, HasSubstr("permission denied for table schema_migrations"));
}

}  // namespace
}  // namespace slipway::drivers::postgres
