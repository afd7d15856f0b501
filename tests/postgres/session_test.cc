#include "drivers/postgres/session/session.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <stdlib.h>
#include <sys/socket.h>

#include <thread>

#include "base/environment.h"
#include "base/file.h"
#include "drivers/postgres/postgres.h"
#include "postgres/call.h"
#include "postgres/certificate.h"

namespace slipway::drivers::postgres {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

tests::Server& TheServer() {
  static tests::Server server({.tls = true});
  return server;
}

class PostgresSession : public testing::Test {
 protected:
  Session MustOpen(const std::string& database = "") {
    auto session = Session::Open(call_.context(), database);
    if (!session) throw std::runtime_error(ToString(session.error()));
    return *std::move(session);
  }
  SqlError Refused(const std::string& database = "") {
    auto session = Session::Open(call_.context(), database);
    EXPECT_FALSE(session);
    return session ? SqlError{} : session.error();
  }
  // Until a backend of the call is at work on something that has `text` in it.
  void AwaitAtWork(const std::string& text) {
    const std::string sql =
        "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND application_name = '" +
        CallerName(call_.context()) + "' AND query LIKE '%" + text + "%'";
    while (server_.Ask("postgres", sql) == "0") std::this_thread::sleep_for(5ms);
  }

  tests::Server& server_ = TheServer();
  tests::Call call_{server_};
};

TEST_F(PostgresSession, AnswersRowsAsText) {
  Session session = MustOpen();
  auto rows = session.Query("SELECT 1 + $1::int AS sum, $2::text AS name, true AS yes", {"2", std::nullopt});
  ASSERT_TRUE(rows) << ToString(rows.error());
  ASSERT_EQ(rows->size(), 1);
  EXPECT_EQ(rows->Column(0), "sum");
  EXPECT_EQ(rows->Integer(0, 0), 3);
  EXPECT_TRUE(rows->IsNull(0, 1));
  EXPECT_TRUE(rows->Boolean(0, 2));
  EXPECT_EQ(session.Query("SELECT 'Grüße'")->Text(0, 0), "Grüße");
}

TEST_F(PostgresSession, KnowsWhoItSpeaksTo) {
  Session session = MustOpen();
  EXPECT_EQ(session.version() / 10000, 15);
  EXPECT_THAT(session.version_text(), HasSubstr("15."));
  EXPECT_THAT(session.where(), HasSubstr("database postgres of 127.0.0.1:"));
  EXPECT_EQ(session.Query("SHOW application_name")->Text(0, 0), CallerName(call_.context()));
}

TEST_F(PostgresSession, AWrongPasswordIsRefusedAndNotShown) {
  call_.secrets()["pg"] = "wrong-hunter2";
  const SqlError error = Refused();
  EXPECT_EQ(error.kind, SqlFailure::kRefused);
  EXPECT_EQ(error.state, "28P01");
  EXPECT_THAT(error.message, HasSubstr("password authentication failed"));
  EXPECT_THAT(error.hint, HasSubstr("slipway.yaml"));
  EXPECT_THAT(ToString(error) + base::CanonicalJson(Evidence(error)).value(), Not(HasSubstr("hunter2")));
}

TEST_F(PostgresSession, APasswordThatTheServerRepeatsIsMasked) {
  call_.secrets()["pg"] = server_.password();
  Session session = MustOpen();
  const auto error =
      session.Query("DO $$ BEGIN RAISE EXCEPTION '" + server_.password() + "'; END $$").error();
  EXPECT_THAT(error.message, HasSubstr("***"));
  EXPECT_THAT(ToString(error), Not(HasSubstr(server_.password())));
}

TEST_F(PostgresSession, ADatabaseThatDoesNotExistIsToldByItsState) {
  const SqlError error = Refused("nosuch");
  EXPECT_EQ(error.kind, SqlFailure::kRefused);
  EXPECT_EQ(error.state, kNoSuchDatabase);
  EXPECT_THAT(ToString(error), HasSubstr("nosuch"));
}

TEST_F(PostgresSession, AServerThatIsDownIsUnreachable) {
  server_.Stop();
  const SqlError error = Refused();
  server_.Start();
  EXPECT_EQ(error.kind, SqlFailure::kUnreachable);
  EXPECT_EQ(error.state, "");
  EXPECT_THAT(error.message, HasSubstr("onnection refused"));
}

TEST_F(PostgresSession, AServerThatNeverAnswersIsUnreachable) {
  base::Fd silent(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  ASSERT_EQ(bind(silent.get(), reinterpret_cast<sockaddr*>(&address), size), 0);
  ASSERT_EQ(listen(silent.get(), 4), 0);
  ASSERT_EQ(getsockname(silent.get(), reinterpret_cast<sockaddr*>(&address), &size), 0);
  call_.connection()["port"] = std::to_string(ntohs(address.sin_port));
  call_.connection()["connect_timeout"] = "50ms";
  const SqlError error = Refused();
  EXPECT_EQ(error.kind, SqlFailure::kUnreachable);
  EXPECT_THAT(error.message, HasSubstr("did not answer within 50ms"));
}

TEST_F(PostgresSession, AHostWithoutAnAddressIsUnreachable) {
  call_.connection()["host"] = "no-such-host.invalid";
  const SqlError error = Refused();
  EXPECT_EQ(error.kind, SqlFailure::kUnreachable);
  EXPECT_THAT(error.message, HasSubstr("no-such-host.invalid"));
}

TEST_F(PostgresSession, WhatBecameOfAStatementIsUnknownWhenItsConnectionIsCut) {
  Session session = MustOpen();
  std::jthread other([&] {
    AwaitAtWork("pg_sleep");
    server_.Ask("postgres", "SELECT pg_terminate_backend(" + std::to_string(session.pid()) + ")");
  });
  const auto lost = session.Query("SELECT pg_sleep(60)");
  other.join();
  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error().kind, SqlFailure::kLost);
  EXPECT_EQ(lost.error().state, "57P01");
  EXPECT_EQ(session.Query("SELECT 1").error().kind, SqlFailure::kUnreachable);
}

TEST_F(PostgresSession, WhatBecameOfAStatementIsUnknownWhenTheServerIsKilled) {
  Session session = MustOpen();
  std::jthread other([&] {
    AwaitAtWork("pg_sleep");
    server_.Kill9();
  });
  const auto lost = session.Query("SELECT pg_sleep(60)");
  other.join();
  server_.Start();
  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error().kind, SqlFailure::kLost);
}

TEST_F(PostgresSession, AtItsDeadlineTheServerStopsTheStatement) {
  Session session = MustOpen();
  call_.context().deadline = base::SystemClock().Now() + 100ms;
  const auto stopped = session.Query("SELECT pg_sleep(60)");
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().kind, SqlFailure::kStopped);
  EXPECT_EQ(session.Query("SELECT 1").error().kind, SqlFailure::kStopped) << "its time is up";
}

TEST_F(PostgresSession, CancelledItStopsTheStatement) {
  Session session = MustOpen();
  std::jthread other([&] {
    AwaitAtWork("pg_sleep");
    call_.Cancel();
  });
  const auto stopped = session.Query("SELECT pg_sleep(60)");
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().kind, SqlFailure::kStopped);
}

TEST_F(PostgresSession, CancelledBeforehandItConnectsToNobody) {
  call_.Cancel();
  EXPECT_EQ(Refused().kind, SqlFailure::kStopped);
}

TEST_F(PostgresSession, ACertificateOfTheRightAuthorityIsTaken) {
  call_.connection()["host"] = "localhost";
  call_.connection()["sslmode"] = "verify-full";
  call_.connection()["sslrootcert"] = "ca.crt";  // the workspace of the call is the server's folder
  Session session = MustOpen();
  EXPECT_TRUE(session.tls());
  EXPECT_EQ(session.tls_version(), "TLSv1.3");
}

TEST_F(PostgresSession, ACertificateOfAnotherAuthorityIsRefused) {
  call_.connection()["sslmode"] = "verify-full";
  EXPECT_THAT(Refused().message, HasSubstr("certificate verify failed"))
      << "the system does not vouch for it";
  const tests::fs::path other = server_.folder() / "other";
  tests::fs::create_directory(other);
  tests::MakeCertificates(other, "another CA");
  call_.connection()["sslrootcert"] = "other/ca.crt";
  const SqlError error = Refused();
  EXPECT_EQ(error.kind, SqlFailure::kUnreachable);
  EXPECT_THAT(error.message, HasSubstr("certificate verify failed"));
  EXPECT_THAT(error.hint,
              HasSubstr("`sslmode` (verify-full) and `sslrootcert` (" + (other / "ca.crt").string()));
}

TEST_F(PostgresSession, AServerWithoutTlsIsRefusedWhereItIsWanted) {
  server_.Ask("postgres", "ALTER SYSTEM SET ssl = off");
  server_.Restart();
  call_.connection()["sslmode"] = "require";
  const SqlError error = Refused();
  server_.Ask("postgres", "ALTER SYSTEM SET ssl = on");
  server_.Restart();
  EXPECT_EQ(error.kind, SqlFailure::kUnreachable);
  EXPECT_THAT(error.message, HasSubstr("server does not support SSL"));
  EXPECT_EQ(error.hint, "`sslmode` (require) of this connection in slipway.yaml, and `ssl` of the server");
}

TEST_F(PostgresSession, AnErrorNamesItsLine) {
  Session session = MustOpen();
  const auto error = session.Query("SELECT 'äöü',\n  'ß',\n  nosuch").error();
  EXPECT_EQ(error.kind, SqlFailure::kStatement);
  EXPECT_EQ(error.state, "42703");
  EXPECT_EQ(error.line, 3);
  EXPECT_THAT(ToString(error), HasSubstr("SQLSTATE 42703, line 3 of the statement"));
  EXPECT_TRUE(session.Query("SELECT 1")) << "the session goes on";
}

TEST_F(PostgresSession, DetailAndHintAreKept) {
  Session session = MustOpen();
  ASSERT_TRUE(session.Execute("CREATE TEMP TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (7)"));
  const auto error = session.Query("INSERT INTO t VALUES (7)").error();
  EXPECT_EQ(error.state, "23505");
  EXPECT_EQ(error.detail, "Key (id)=(…) already exists");
  EXPECT_THAT(session.Query("SELECT lenght('x')").error().hint, HasSubstr("No function matches"));
}

TEST_F(PostgresSession, AnErrorHasNoValueOfARow) {
  Session session = MustOpen();
  ASSERT_TRUE(
      session.Execute("CREATE TEMP TABLE teams (id text PRIMARY KEY);"
                      "CREATE TEMP TABLE people (id text UNIQUE, age int NOT NULL CHECK (age > 0), team text "
                      "REFERENCES teams)"));
  ASSERT_TRUE(session.Execute("INSERT INTO people VALUES ('canary (one)', 7, NULL)"));
  for (const char* sql :
       {"INSERT INTO people VALUES ('canary (one)', 8, NULL)",
        "INSERT INTO people VALUES ('canary', NULL, NULL)", "INSERT INTO people VALUES ('canary', -1, NULL)",
        "INSERT INTO people VALUES ('a', 7, 'canary')", "UPDATE people SET age = id::int",
        "SELECT to_date(id, 'YYYY') FROM people"}) {
    const auto done = session.Execute(sql);
    ASSERT_FALSE(done) << sql;
    EXPECT_EQ(base::CanonicalJson(Evidence(done.error())).value().find("canary"), std::string::npos)
        << base::CanonicalJson(Evidence(done.error())).value();
    EXPECT_EQ(ToString(done.error()).find("canary"), std::string::npos);
    EXPECT_EQ(done.error().state.size(), 5U);
  }
}

TEST_F(PostgresSession, SeveralStatementsAreAllOrNothing) {
  const std::string database = server_.MakeDatabase("several");
  Session session = MustOpen(database);
  EXPECT_FALSE(session.Execute("CREATE TABLE one (id int); SELECT nosuch"));
  EXPECT_EQ(server_.Ask(database, "SELECT count(*) FROM pg_class WHERE relname = 'one'"), "0");
  EXPECT_EQ(session.Execute("CREATE TABLE one (id int); SELECT 5")->Integer(0, 0), 5);
}

TEST_F(PostgresSession, CopyIsRefusedAndTheSessionIsOver) {
  Session session = MustOpen();
  EXPECT_EQ(session.Query("COPY (SELECT 1) TO STDOUT").error().kind, SqlFailure::kLost);
  EXPECT_FALSE(session.Query("SELECT 1"));
}

TEST_F(PostgresSession, RowsComeOneByOne) {
  Session session = MustOpen();
  std::string taken;
  const auto count = session.Stream("SELECT i FROM generate_series(1, 100000) i", {}, [&](const Rows& row) {
    taken += row.Text(0, 0) + " ";
    return taken.size() < 6;
  });
  EXPECT_EQ(count, 100000);
  EXPECT_EQ(taken, "1 2 3 ");
}

TEST_F(PostgresSession, TheColumnsOfAStatementAreKnownWithoutCarryingItOut) {
  Session session = MustOpen();
  EXPECT_THAT(session.Columns("SELECT 1 AS a, 2 AS b").value(), ElementsAre("a", "b"));
  EXPECT_THAT(session.Columns("CREATE TABLE never (id int)").value(), IsEmpty());
  EXPECT_EQ(server_.Ask("postgres", "SELECT count(*) FROM pg_class WHERE relname = 'never'"), "0");
}

TEST_F(PostgresSession, NoticesAreKept) {
  Session session = MustOpen();
  ASSERT_TRUE(session.Execute("DROP TABLE IF EXISTS nosuch"));
  EXPECT_THAT(session.TakeNotices(), ElementsAre(HasSubstr("does not exist, skipping")));
  EXPECT_THAT(session.TakeNotices(), IsEmpty());
}

TEST_F(PostgresSession, AVerifierLetsTheRoleInAndThePasswordIsInNoLog) {
  Session session = MustOpen();
  const base::Secret password(std::string("correct-horse'\\battery"));
  const auto verifier = session.Verifier("horse", password);
  ASSERT_TRUE(verifier);
  ASSERT_TRUE(session.Execute("CREATE ROLE horse LOGIN PASSWORD " + QuoteText(*verifier)));
  call_.connection()["user"] = "horse";
  call_.secrets()["pg"] = password.Reveal();
  EXPECT_EQ(MustOpen().Query("SELECT current_user")->Text(0, 0), "horse");
  EXPECT_THAT(server_.Log(), HasSubstr("CREATE ROLE horse"));
  EXPECT_THAT(server_.Log(), Not(HasSubstr("battery")));
}

TEST_F(PostgresSession, BackendsOfAnEarlierAttemptAreEndedAndNoOthers) {
  Session earlier = MustOpen(), session = MustOpen();
  tests::Call other_call(server_, "R1/step@other");
  auto other = Session::Open(other_call.context());
  ASSERT_TRUE(other);
  ASSERT_TRUE(EndLeftovers(session, CallerName(call_.context())));
  EXPECT_FALSE(earlier.Query("SELECT 1"));
  EXPECT_TRUE(other->Query("SELECT 1"));
  EXPECT_TRUE(session.Query("SELECT 1"));
}

TEST_F(PostgresSession, TheEnvironmentCountsForNothing) {
  for (const std::string_view name : VariablesOfLibpq()) setenv(std::string(name).c_str(), "nonsense", 1);
  setenv("PGDATESTYLE", "SQL, DMY", 1);
  setenv("PGTZ", "Asia/Tokyo", 1);
  base::SetAside(VariablesOfLibpq());  // as the program does when it begins
  Session session = MustOpen();
  EXPECT_EQ(session.Query("SHOW DateStyle").value().Text(0, 0), "ISO, MDY");
  EXPECT_EQ(session.Query("SHOW TimeZone").value().Text(0, 0), server_.Ask("postgres", "SHOW TimeZone"));
}

TEST_F(PostgresSession, APasswordThatOnlyTheEnvironmentHasIsNotTaken) {
  setenv("PGPASSWORD", server_.password().c_str(), 1);
  base::SetAside(VariablesOfLibpq());
  call_.connection().erase("password");
  EXPECT_THAT(Refused().message, HasSubstr("no password supplied"));
}

TEST_F(PostgresSession, AConnectionIsCheckedBeforeItIsUsed) {
  auto say = [&](base::JsonObject document) {
    call_.connection() = std::move(document);
    const auto read = ReadConnection(call_.context());
    return read ? "" : base::ToString(read.error());
  };
  EXPECT_THAT(say({{"host", "h"}, {"user", "u"}, {"passwort", "hunter2"}}),
              HasSubstr("did you mean `password`?"));
  EXPECT_THAT(say({{"host", "h"}, {"user", "u"}, {"passwort", "hunter2"}}), Not(HasSubstr("hunter2")));
  EXPECT_THAT(say({{"user", "u"}}), HasSubstr("needs `host`"));
  EXPECT_THAT(say({{"host", "h"}}), HasSubstr("needs `user`"));
  EXPECT_THAT(say({{"host", "h"}, {"user", "u"}, {"port", "0"}}), HasSubstr("from 1 to 65535"));
  EXPECT_THAT(say({{"host", "h"}, {"user", "u"}, {"sslmode", "maybe"}}), HasSubstr("verify-full"));
}

TEST_F(PostgresSession, FarServersAreVerifiedUnlessTheConnectionSaysOtherwise) {
  auto mode = [&](const char* host) {
    call_.connection() = {{"host", host}, {"user", "u"}};
    return ReadConnection(call_.context()).value().sslmode;
  };
  EXPECT_EQ(mode("db.example.com"), "verify-full");
  EXPECT_EQ(mode("127.0.0.1"), "prefer");
  EXPECT_EQ(mode("/run/postgresql"), "prefer");
}

TEST_F(PostgresSession, EveryInstanceHasANameOfItsOwn) {
  const std::string long_name(100, 'x');
  tests::Call one(server_, "R1/" + long_name + "a"), two(server_, "R1/" + long_name + "b");
  EXPECT_NE(CallerName(one.context()), CallerName(two.context()));
  EXPECT_EQ(CallerName(one.context()).size(), 63u);
  EXPECT_THAT(CallerName(call_.context()), HasSubstr("slipway R1/step@acme #"));
  const std::string here = CallerName(call_.context());
  call_.context().store = "another store";
  EXPECT_NE(CallerName(call_.context()), here);
}

TEST(PostgresText, IsQuoted) {
  EXPECT_EQ(QuoteName("a\"b"), "\"a\"\"b\"");
  EXPECT_EQ(QuoteText("it's"), "'it''s'");
  EXPECT_EQ(QuoteText("a\\'b"), " E'a\\\\''b'");
  EXPECT_TRUE(CheckName("database", "acme"));
  EXPECT_FALSE(CheckName("database", ""));
  EXPECT_FALSE(CheckName("database", std::string(64, 'x')));
}

}  // namespace
}  // namespace slipway::drivers::postgres
