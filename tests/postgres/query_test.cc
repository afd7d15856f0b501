// postgres.query on a real server.
#include <gmock/gmock.h>

#include <fstream>

#include "drivers/postgres/postgres.h"
#include "postgres/call.h"

namespace slipway::drivers::postgres {
namespace {

using base::JsonArray;
using base::JsonObject;
using testing::HasSubstr;
using testing::Not;

tests::Server& TheServer() {
  static tests::Server server;
  return server;
}

class PostgresQuery : public testing::Test {
 protected:
  PostgresQuery() {
    server_.Ask(database_,
                "CREATE TABLE staff (id int, name text); INSERT INTO staff VALUES (1, 'Ada'), (2, 'Björn'), "
                "(3, NULL)");
  }
  Outcome Ask(const std::string& sql, JsonObject more = {}) {
    more["database"] = database_;
    more["sql"] = sql;
    return call_.Do(*driver_, "postgres.query", std::move(more));
  }
  std::string Staff() { return server_.Ask(database_, "SELECT count(*) FROM staff"); }

  tests::Server& server_ = TheServer();
  std::string database_ = server_.MakeDatabase("asked");
  tests::Call call_{server_};
  std::unique_ptr<Driver> driver_ = tests::MakePostgres();
};

TEST_F(PostgresQuery, RowsAreText) {
  const Outcome outcome = Ask("SELECT id, name FROM staff ORDER BY id");
  ASSERT_EQ(outcome.verdict, Verdict::kDone) << outcome.reason;
  EXPECT_EQ(
      base::CanonicalJson(outcome.outputs),
      R"({"count":3,"rows":[{"id":"1","name":"Ada"},{"id":"2","name":"Björn"},{"id":"3","name":null}],"value":"1"})");
}

TEST_F(PostgresQuery, ParametersStandBesideTheStatement) {
  const Outcome outcome =
      Ask("SELECT id FROM staff WHERE name = $1",
          {{"params", JsonArray{"Ada' OR true --"}}, {"expect", JsonObject{{"empty", true}}}});
  EXPECT_EQ(outcome.verdict, Verdict::kDone) << outcome.reason;
  EXPECT_EQ(Ask("SELECT id FROM staff WHERE name = $1", {{"params", JsonArray{"Ada"}}}).outputs.at("value"),
            "1");
}

TEST_F(PostgresQuery, TheAnswerIsCompared) {
  auto expect = [&](const std::string& sql, JsonObject expected) { return Ask(sql, {{"expect", expected}}); };
  EXPECT_EQ(expect("SELECT count(*) FROM staff", {{"value", "3"}}).verdict, Verdict::kDone);
  EXPECT_EQ(expect("SELECT 1 FROM staff", {{"rows", "3"}}).verdict, Verdict::kDone);
  EXPECT_EQ(expect("SELECT 1 FROM staff", {{"empty", "false"}}).verdict, Verdict::kDone);
  EXPECT_THAT(expect("SELECT count(*) FROM staff", {{"value", "4"}}).reason,
              HasSubstr("it answered `3`, `4` was expected"));
  EXPECT_THAT(expect("SELECT 1 FROM staff", {{"rows", 2}}).reason,
              HasSubstr("it answered 3 rows, 2 were expected"));
  EXPECT_THAT(expect("SELECT id, name FROM staff ORDER BY id DESC", {{"empty", true}}).reason,
              HasSubstr("it answered 3 rows, none was expected; the first: id 3, name NULL"));
  EXPECT_THAT(expect("SELECT id, name FROM staff", {{"value", "1"}}).reason,
              HasSubstr("one value was expected"));
  const Outcome null = expect("SELECT NULL", {{"value", "NULL"}});
  EXPECT_EQ(null.verdict, Verdict::kNotDone) << "NULL is no text";
}

TEST_F(PostgresQuery, AStatementThatChangesIsRefusedByTheServer) {
  const Outcome outcome = Ask("INSERT INTO staff VALUES (4, 'Eve') RETURNING id");
  EXPECT_EQ(outcome.verdict, Verdict::kNotDone);
  EXPECT_THAT(outcome.reason, HasSubstr("cannot execute INSERT in a read-only transaction (SQLSTATE 25006"));
  EXPECT_EQ(Staff(), "3");
}

TEST_F(PostgresQuery, WhatActsInATransactionThatMayOnlyReadIsRefusedByItsName) {
  for (const char* call : {"pg_terminate_backend(pid)", "pg_notify('a', 'b')", "pg_advisory_lock(pid)"}) {
    const Outcome outcome =
        Ask(std::string("SELECT ") + call + " FROM pg_stat_activity WHERE pid <> pg_backend_pid()");
    EXPECT_EQ(outcome.verdict, Verdict::kNotDone) << call;
    EXPECT_THAT(outcome.reason, HasSubstr("which acts whatever the transaction may do")) << call;
  }
}

TEST_F(PostgresQuery, AStatementWithoutRowsIsNotCarriedOut) {
  for (const char* sql : {"DELETE FROM staff", "COMMIT", "VACUUM", "SET default_transaction_read_only = off",
                          "COPY staff TO PROGRAM 'cat > /dev/null'"}) {
    const Outcome outcome = Ask(sql);
    EXPECT_EQ(outcome.verdict, Verdict::kNotDone) << sql;
    EXPECT_THAT(outcome.reason, HasSubstr("postgres.query only reads")) << sql;
  }
  EXPECT_EQ(Staff(), "3");
}

TEST_F(PostgresQuery, SeveralStatementsAreRefused) {
  const Outcome outcome = Ask("SELECT 1; COMMIT; DELETE FROM staff");
  EXPECT_EQ(outcome.verdict, Verdict::kNotDone);
  EXPECT_THAT(outcome.reason, HasSubstr("multiple commands"));
  EXPECT_EQ(Staff(), "3");
}

TEST_F(PostgresQuery, AMistakeIsToldWithItsLine) {
  const Outcome outcome = Ask("SELECT id\n  FROM stuff");
  EXPECT_EQ(outcome.verdict, Verdict::kNotDone);
  EXPECT_THAT(outcome.reason,
              HasSubstr("relation \"stuff\" does not exist (SQLSTATE 42P01, line 2 of the statement)"));
  EXPECT_EQ(base::GetString(outcome.evidence, "sqlstate"), "42P01");
}

TEST_F(PostgresQuery, AStatementThatTakesTooLongIsUnknown) {
  const Outcome outcome = Ask("SELECT pg_sleep(60)", {{"timeout", "50ms"}});
  EXPECT_EQ(outcome.verdict, Verdict::kUnknown);
  EXPECT_THAT(outcome.reason, HasSubstr("statement timeout"));
}

TEST_F(PostgresQuery, AllRowsAreCountedAndTheFirstAreKept) {
  const Outcome outcome =
      Ask("SELECT i, repeat('x', 1000000) FROM generate_series(1, 50) i", {{"max_rows", 10}});
  ASSERT_EQ(outcome.verdict, Verdict::kDone) << outcome.reason;
  EXPECT_EQ(outcome.outputs.at("count"), 50);
  EXPECT_EQ(base::GetArray(outcome.outputs, "rows").size(), 10u);
  EXPECT_LT(base::CanonicalJson(outcome.outputs)->size(), 100'000u);
}

TEST_F(PostgresQuery, TheStatementMayStandInAFile) {
  std::ofstream(server_.folder() / "count.sql") << "-- how many\nSELECT count(*) FROM staff;\n";
  const Outcome outcome =
      call_.Do(*driver_, "postgres.query", {{"database", database_}, {"file", "count.sql"}});
  EXPECT_EQ(outcome.verdict, Verdict::kDone) << outcome.reason;
  EXPECT_EQ(outcome.outputs.at("value"), "3");
  EXPECT_EQ(call_.Do(*driver_, "postgres.query", {{"database", database_}, {"file", "nosuch.sql"}}).verdict,
            Verdict::kUnknown);
}

TEST_F(PostgresQuery, ARowThatShouldNotBeThereIsShownWithoutItsSecrets) {
  call_.secrets()["T"] = "hush-hush-hush";
  const Outcome outcome = Ask("SELECT 7 AS id, $1 AS token", {{"params", JsonArray{"${{ secrets.T }}"}},
                                                              {"expect", JsonObject{{"empty", true}}}});
  EXPECT_THAT(outcome.reason, HasSubstr("the first: id 7, token "));
  EXPECT_THAT(outcome.reason, Not(HasSubstr("hush-hush")));
}

TEST_F(PostgresQuery, ASecretIsHiddenBeforeAnythingIsCut) {
  const std::string secret(3000, 's');
  call_.secrets()["T"] = secret + "tail";
  const Outcome outcome = Ask("SELECT repeat('a', 4000) || $1", {{"params", JsonArray{"${{ secrets.T }}"}}});
  ASSERT_EQ(outcome.verdict, Verdict::kDone) << outcome.reason;
  EXPECT_THAT(base::CanonicalJson(outcome.outputs).value(), Not(HasSubstr("ssss")));
}

TEST_F(PostgresQuery, WhatIsAskedIsCheckedFirst) {
  EXPECT_THAT(call_.Do(*driver_, "postgres.query", {{"database", database_}}).reason,
              HasSubstr("either `sql` or `file`"));
  EXPECT_THAT(Ask("SELECT 1", {{"expect", JsonObject{{"row", 1}}}}).reason, HasSubstr("`expect` is one of"));
  EXPECT_THAT(Ask("SELECT 1", {{"expect", JsonObject{{"rows", "some"}}}}).reason,
              HasSubstr("`expect` is one of"));
}

}  // namespace
}  // namespace slipway::drivers::postgres
