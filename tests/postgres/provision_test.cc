// postgres.provision and postgres.drop on a real server.
#include <gmock/gmock.h>

#include <fstream>
#include <thread>

#include "drivers/postgres/database/own_rows.h"
#include "drivers/postgres/postgres.h"
#include "drivers/postgres/session/session.h"
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

class PostgresProvision : public testing::Test {
 protected:
  PostgresProvision() {
    server_.Ask("postgres", "DROP DATABASE IF EXISTS acme WITH (FORCE)");
    for (const char* role : {"acme", "other", "manager"})
      server_.Ask("postgres", std::string("DROP ROLE IF EXISTS ") + role);
  }

  static JsonObject With(JsonObject more = {}) {
    JsonObject with{{"database", "acme"}, {"keep_as", "acme_password"}};
    for (const auto& [key, value] : more) with[key] = value;
    return with;
  }
  Prepared Prepare(JsonObject more = {}) {
    auto prepared = call_.Prepare(*driver_, "postgres.provision", With(std::move(more)));
    if (!prepared) throw std::runtime_error(base::ToString(prepared.error()));
    return *prepared;
  }
  Prepared Provision(JsonObject more = {}) {
    const Prepared prepared = Prepare(std::move(more));
    const Outcome outcome = call_.Run(*driver_, prepared);
    EXPECT_EQ(outcome.verdict, Verdict::kDone) << outcome.reason;
    return prepared;
  }
  Outcome Drop(const Prepared& provisioned) {
    return call_.Do(*driver_, provisioned.undo->uses, provisioned.undo->with);
  }
  // As `user` with the password of `secret`.
  SqlResult<Rows> As(const std::string& user, const std::string& database, const std::string& sql) {
    tests::Call call(server_.folder(), server_.Connection(user, "theirs"));
    call.secrets()["theirs"] = user == "acme" ? call_.secrets()["acme_password"] : "other-password";
    auto session = Session::Open(call.context(), database);
    if (!session) return std::unexpected(session.error());
    return session->Query(sql);
  }
  // The first value of the answer, or what went wrong.
  std::string Said(const std::string& user, const std::string& sql) {
    auto rows = As(user, "acme", sql);
    return rows ? rows->Text(0, 0) : ToString(rows.error());
  }
  std::string Admin(const std::string& sql, const std::string& database = "postgres") {
    return server_.Ask(database, sql);
  }
  // Everything of acme that is on the server, and the password.
  std::string Stands() {
    std::string stands;
    if (Admin("SELECT count(*) FROM pg_database WHERE datname = 'acme'") == "1") stands += "database ";
    if (Admin("SELECT count(*) FROM pg_roles WHERE rolname = 'acme'") == "1") stands += "role ";
    if (call_.secrets().contains("acme_password")) stands += "password ";
    return stands;
  }

  tests::Server& server_ = TheServer();
  tests::Call call_{server_, "R7/provision@acme"};
  const std::string mark_ = CallerName(call_.context());
  std::unique_ptr<Driver> driver_ = tests::MakePostgres();
};

TEST_F(PostgresProvision, TheRoleHasADatabaseOfItsOwnAndNothingElse) {
  Provision({{"connection_limit", 7}});
  EXPECT_EQ(Said("acme", "SELECT current_schema()"), "public");
  EXPECT_TRUE(As("acme", "acme", "CREATE TABLE staff (id int)"));
  EXPECT_THAT(Said("acme", "CREATE DATABASE more"), HasSubstr("42501"));
  EXPECT_THAT(Said("acme", "CREATE ROLE more"), HasSubstr("42501"));
  EXPECT_THAT(Said("acme", "CREATE SCHEMA more"), HasSubstr("42501"));
  EXPECT_THAT(Said("acme", "DROP DATABASE acme"), HasSubstr("42501"));
  EXPECT_EQ(Admin("SELECT rolconnlimit FROM pg_roles WHERE rolname = 'acme'"), "7");
  EXPECT_EQ(Admin("SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = 'acme'"), "postgres");
}

TEST_F(PostgresProvision, NobodyElseMayConnectOrCreateThere) {
  Provision();
  Admin("CREATE ROLE other LOGIN PASSWORD 'other-password'");
  EXPECT_TRUE(As("other", "postgres", "SELECT 1"));
  EXPECT_THAT(Said("other", "SELECT 1"), HasSubstr("42501"));
  EXPECT_EQ(Admin("SELECT has_schema_privilege('public', 'public', 'CREATE')", "acme"), "f");
  EXPECT_EQ(call_.Do(*driver_, "postgres.verify", {{"database", "acme"}, {"private", true}}).verdict,
            Verdict::kDone);
}

TEST_F(PostgresProvision, TheClearPasswordIsKeptAndNowhereElse) {
  const Prepared prepared = Provision();
  const std::string password = call_.secrets()["acme_password"];
  EXPECT_EQ(password.size(), 43u);
  EXPECT_EQ(password.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"),
            std::string::npos);
  EXPECT_THAT(server_.Log(), HasSubstr("CREATE ROLE \"acme\""));
  EXPECT_THAT(server_.Log(), Not(HasSubstr(password)));
  EXPECT_THAT(base::CanonicalJson(ToJson(prepared)).value(), Not(HasSubstr(password)));
  EXPECT_THAT(Admin("SELECT rolpassword FROM pg_authid WHERE rolname = 'acme'"), HasSubstr("SCRAM-SHA-256$"));
}

TEST_F(PostgresProvision, WhatTheConnectionsRoleMakesThereTheCustomersRoleMayUse) {
  Provision();
  Admin("CREATE TABLE staff (id serial, name text)", "acme");
  EXPECT_TRUE(As("acme", "acme", "INSERT INTO staff (name) VALUES ('Ada')"));
  EXPECT_EQ(Said("acme", "SELECT count(*) FROM staff"), "1");
}

TEST_F(PostgresProvision, ARoleThatOwnsNothingReadsAndWritesRowsAndNoMore) {
  Provision({{"owns", "nothing"}});
  Admin("CREATE TABLE staff (id serial, name text)", "acme");
  EXPECT_TRUE(As("acme", "acme", "INSERT INTO staff (name) VALUES ('Ada')"));
  EXPECT_THAT(Said("acme", "DROP TABLE staff"), HasSubstr("42501"));
  EXPECT_THAT(Said("acme", "CREATE TABLE more (id int)"), HasSubstr("42501"));
}

TEST_F(PostgresProvision, TheRoleMayOwnTheDatabaseAndHaveASchemaOfAnotherName) {
  Provision({{"owns", "database"}, {"search_path", JsonArray{"app", "public"}}});
  EXPECT_EQ(Admin("SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = 'acme'"), "acme");
  EXPECT_EQ(Said("acme", "SHOW search_path"), "app, public");
  EXPECT_TRUE(As("acme", "acme", "CREATE TABLE staff (id int)"));
  EXPECT_EQ(Admin("SELECT to_regclass('app.staff') IS NOT NULL", "acme"), "t");
}

TEST_F(PostgresProvision, WhatIsThereAlreadyIsRefused) {
  Admin("CREATE ROLE acme");
  EXPECT_THAT(call_.Prepare(*driver_, "postgres.provision", With()).error().what,
              HasSubstr("there is a role `acme` already"));
  Admin("CREATE DATABASE acme");
  const auto refused = call_.Prepare(*driver_, "postgres.provision", With());
  EXPECT_EQ(refused.error().kind, base::ErrorKind::kRefused);
  EXPECT_THAT(refused.error().what, HasSubstr("there is a database `acme` already"));
}

TEST_F(PostgresProvision, WhatAppearedSinceItWasPreparedIsLeftAlone) {
  const Prepared prepared = Prepare();
  Admin("CREATE ROLE acme");
  const Outcome outcome = call_.Run(*driver_, prepared);
  EXPECT_EQ(outcome.verdict, Verdict::kNotDone);
  EXPECT_THAT(outcome.reason, HasSubstr("a role `acme` that this step did not make"));
  EXPECT_EQ(Stands(), "role ");
}

TEST_F(PostgresProvision, WhatAppearsInTheMiddleIsLeftAloneToo) {
  const Prepared prepared = Prepare();
  call_.before_put = [&] { Admin("CREATE ROLE acme"); };
  const Outcome outcome = call_.Run(*driver_, prepared);
  EXPECT_EQ(outcome.verdict, Verdict::kNotDone);
  EXPECT_THAT(outcome.reason, HasSubstr("42710"));
  EXPECT_EQ(Stands(), "role ") << "and the password that no role has is forgotten";
}

TEST_F(PostgresProvision, ASecretOfSomebodyElseIsNotReplaced) {
  const Prepared prepared = Prepare();
  call_.secrets()["acme_password"] = "of somebody else";
  const Outcome outcome = call_.Run(*driver_, prepared);
  EXPECT_EQ(outcome.verdict, Verdict::kNotDone);
  EXPECT_THAT(outcome.reason, HasSubstr("is kept already"));
  EXPECT_EQ(call_.secrets()["acme_password"], "of somebody else");
  EXPECT_EQ(Stands(), "password ");
  EXPECT_EQ(Drop(prepared).verdict, Verdict::kDone);
  EXPECT_EQ(call_.secrets()["acme_password"], "of somebody else");
}

// What a process that was killed may have left, one state after the other.
class PostgresHalf : public PostgresProvision, public testing::WithParamInterface<int> {
 protected:
  void Leave(int steps) {
    if (steps >= 1) ASSERT_TRUE(call_.Put("acme_password", base::Secret("of-the-first-attempt"), mark_));
    if (steps >= 2) {
      Session session = Session::Open(call_.context()).value();
      const std::string verifier = session.Verifier("acme", base::Secret("of-the-first-attempt")).value();
      ASSERT_TRUE(session.Execute("CREATE ROLE acme LOGIN PASSWORD " + QuoteText(verifier) +
                                  "; COMMENT ON ROLE acme IS " + QuoteText(mark_)));
    }
    if (steps >= 3) Admin("CREATE DATABASE acme OWNER acme TEMPLATE template0");
  }
};

TEST_P(PostgresHalf, IsCompletedByARepeat) {
  const Prepared prepared = Prepare();
  Leave(GetParam());
  const Outcome outcome = call_.Run(*driver_, prepared);
  EXPECT_EQ(outcome.verdict, Verdict::kDone) << outcome.reason;
  EXPECT_EQ(Stands(), "database role password ");
  EXPECT_TRUE(As("acme", "acme", "CREATE TABLE staff (id int)"));
  EXPECT_EQ(Admin("SELECT has_database_privilege('public', 'acme', 'CONNECT')"), "f");
  EXPECT_EQ(call_.Run(*driver_, prepared).verdict, Verdict::kDone) << "and a third attempt finds it whole";
}

TEST_P(PostgresHalf, IsTakenBack) {
  const Prepared prepared = Prepare();
  Leave(GetParam());
  const Outcome outcome = Drop(prepared);
  EXPECT_EQ(outcome.verdict, Verdict::kDone) << outcome.reason;
  EXPECT_EQ(Stands(), "");
  EXPECT_EQ(driver_->Restored(prepared, call_.context()).verdict, Verdict::kDone);
}

INSTANTIATE_TEST_SUITE_P(Left, PostgresHalf, testing::Values(0, 1, 2, 3));

TEST_F(PostgresProvision, AServerKilledInTheMiddleLeavesItUnknownAndARepeatCompletesIt) {
  const Prepared prepared = Prepare();
  call_.before_put = [&] { server_.Kill9(); };
  const Outcome lost = call_.Run(*driver_, prepared);
  EXPECT_EQ(lost.verdict, Verdict::kUnknown) << lost.reason;
  EXPECT_FALSE(lost.finished);
  server_.Start();
  const Outcome outcome = call_.Run(*driver_, prepared);
  EXPECT_EQ(outcome.verdict, Verdict::kDone) << outcome.reason;
  EXPECT_TRUE(As("acme", "acme", "SELECT 1"));
}

TEST_F(PostgresProvision, AnEarlierAttemptThatStillLivesIsEnded) {
  const Prepared prepared = Prepare();
  Session earlier = Session::Open(call_.context()).value();
  ASSERT_TRUE(earlier.Execute("BEGIN; CREATE ROLE acme"));
  const Outcome outcome = call_.Run(*driver_, prepared);
  EXPECT_EQ(outcome.verdict, Verdict::kDone) << outcome.reason;
  EXPECT_FALSE(earlier.Query("COMMIT"));
}

TEST_F(PostgresProvision, ItTakesNoSuperuser) {
  Admin("CREATE ROLE manager LOGIN CREATEDB CREATEROLE PASSWORD 'other-password'");
  call_.connection() = server_.Connection("manager");
  call_.secrets()["pg"] = "other-password";
  const Prepared prepared = Provision();
  EXPECT_TRUE(As("acme", "acme", "CREATE TABLE staff (id int)"));
  EXPECT_TRUE(As("manager", "acme", "CREATE TABLE more (id int)"));
  EXPECT_TRUE(As("acme", "acme", "SELECT * FROM more"));
  const Outcome dropped = Drop(prepared);
  EXPECT_EQ(dropped.verdict, Verdict::kDone) << dropped.reason;
  EXPECT_EQ(Stands(), "");
}

TEST_F(PostgresProvision, ARoleThatMayNotIsRefusedBeforehand) {
  Admin("CREATE ROLE manager LOGIN CREATEDB PASSWORD 'other-password'");
  call_.connection() = server_.Connection("manager");
  call_.secrets()["pg"] = "other-password";
  EXPECT_THAT(base::ToString(call_.Prepare(*driver_, "postgres.provision", With()).error()),
              HasSubstr("role manager may not create roles"));
}

TEST_F(PostgresProvision, WhatIsAskedIsCheckedFirst) {
  auto say = [&](JsonObject more) {
    return base::ToString(call_.Prepare(*driver_, "postgres.provision", With(std::move(more))).error());
  };
  EXPECT_THAT(say({{"database", std::string(64, 'x')}}), HasSubstr("too long for a database"));
  EXPECT_THAT(say({{"role", "pg_mine"}}), HasSubstr("PostgreSQL's own"));
  EXPECT_THAT(say({{"keep_as", "Not an id"}}), HasSubstr("no name of a secret"));
  EXPECT_THAT(say({{"connection_limit", -2}}), HasSubstr("`connection_limit`"));
  EXPECT_THAT(say({{"search_path", JsonArray{}}}), HasSubstr("at least one schema"));
}

TEST_F(PostgresProvision, NamesAreNeverPartsOfStatements) {
  const Prepared prepared = Prepare({{"database", "acme\"; DROP ROLE postgres; --"}, {"role", "acme"}});
  EXPECT_EQ(call_.Run(*driver_, prepared).verdict, Verdict::kDone);
  EXPECT_EQ(Admin("SELECT count(*) FROM pg_database WHERE datname LIKE 'acme\"; DROP%'"), "1");
  EXPECT_EQ(Drop(prepared).verdict, Verdict::kDone);
}

TEST_F(PostgresProvision, WhereSomebodyIsConnectedNothingIsDropped) {
  const Prepared prepared = Provision();
  tests::Call theirs(server_.folder(), server_.Connection("acme", "theirs"), "app");
  theirs.secrets()["theirs"] = call_.secrets()["acme_password"];
  auto session = Session::Open(theirs.context(), "acme");
  ASSERT_TRUE(session);
  const Outcome outcome = Drop(prepared);
  EXPECT_EQ(outcome.verdict, Verdict::kNotDone);
  EXPECT_THAT(outcome.reason, HasSubstr("somebody is connected to database acme: pid"));
  EXPECT_EQ(Stands(), "database role password ");
}

TEST_F(PostgresProvision, WhoIsAboutToLeaveIsWaitedFor) {
  const Prepared prepared = Provision();
  tests::Call theirs(server_.folder(), server_.Connection("acme", "theirs"), "app");
  theirs.secrets()["theirs"] = call_.secrets()["acme_password"];
  auto session = Session::Open(theirs.context(), "acme");
  ASSERT_TRUE(session);
  const std::jthread leaving([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    session = std::unexpected(SqlError{});
  });
  const Outcome outcome = Drop(prepared);
  EXPECT_EQ(outcome.verdict, Verdict::kDone) << outcome.reason;
}

TEST_F(PostgresProvision, WhereRowsAppearedNothingIsDropped) {
  const Prepared prepared = Provision();
  ASSERT_TRUE(As("acme", "acme", "CREATE TABLE staff AS SELECT generate_series(1, 3) id"));
  const Outcome outcome = Drop(prepared);
  EXPECT_EQ(outcome.verdict, Verdict::kNotDone);
  EXPECT_THAT(outcome.reason, HasSubstr("rows that slipway did not put there: public.staff (3 rows)"));
  EXPECT_EQ(Stands(), "database role password ");
}

TEST_F(PostgresProvision, NoMoreRowsAreTakenForSlipwaysOwnThanItPutThere) {
  const Prepared prepared = Provision();
  {
    Session session = Session::Open(call_.context(), "acme").value();
    const auto transaction = [&](const std::string& sql) {
      EXPECT_TRUE(session.Execute("BEGIN; " + sql));
      EXPECT_TRUE(RememberOwnRows(session));
      EXPECT_TRUE(session.Execute("COMMIT"));
    };
    transaction("CREATE TABLE staff AS SELECT generate_series(1, 5) id; CREATE TABLE notes (id int)");
    transaction("SELECT 1");  // the counters of the one before may not be reported yet
    transaction("SAVEPOINT s; INSERT INTO staff SELECT generate_series(6, 100); ROLLBACK TO s");
    transaction("INSERT INTO notes SELECT generate_series(1, 50)");
    transaction("TRUNCATE notes");
    EXPECT_EQ(Admin("SELECT string_agg(format('%s %s', name, rows), ' ' ORDER BY name) FROM slipway.own_rows",
                    "acme"),
              "public.notes 0 public.staff 5");
  }
  Admin("INSERT INTO notes VALUES (1)", "acme");
  EXPECT_THAT(Drop(prepared).reason, HasSubstr("rows that slipway did not put there: public.notes (1 rows)"));
}

TEST_F(PostgresProvision, RowsOfSlipwaysOwnStepsAreNobodysLoss) {
  const Prepared prepared = Provision();
  {
    Session session = Session::Open(call_.context(), "acme").value();
    ASSERT_TRUE(
        session.Execute("BEGIN; CREATE TABLE staff AS SELECT generate_series(1, 5) id; "
                        "DELETE FROM staff WHERE id > 3; CREATE TABLE schema_migrations (version text); "
                        "INSERT INTO schema_migrations VALUES ('v1.0.0')"));
    const auto remembered = RememberOwnRows(session);
    ASSERT_TRUE(remembered) << ToString(remembered.error());
    ASSERT_TRUE(session.Execute("COMMIT; INSERT INTO staff VALUES (4)"));
  }
  EXPECT_THAT(Drop(prepared).reason, HasSubstr("public.staff (1 rows)"));
  Admin("DELETE FROM staff WHERE id = 4", "acme");
  const Outcome outcome = Drop(prepared);
  EXPECT_EQ(outcome.verdict, Verdict::kDone) << outcome.reason;
  EXPECT_EQ(Stands(), "");
}

TEST_F(PostgresProvision, WhatMigrationsPutThereIsSlipwaysOwn) {
  const tests::fs::path folder = server_.folder() / "migrations" / "v1.0.0";
  tests::fs::create_directories(folder);
  std::ofstream(folder / "001_staff.sql")
      << "CREATE TABLE staff (id int); INSERT INTO staff VALUES (1), (2);";
  for (const char* owns : {"schema", "database", "nothing"}) {
    const Prepared prepared = Provision({{"owns", owns}});
    const Outcome migrated = call_.Do(*driver_, "postgres.migrate",
                                      {{"database", "acme"}, {"to", "v1.0.0"}, {"folder", "migrations"}});
    ASSERT_EQ(migrated.verdict, Verdict::kDone) << migrated.reason;
    ASSERT_TRUE(As("acme", "acme", "INSERT INTO staff VALUES (3)"));
    EXPECT_THAT(Drop(prepared).reason, HasSubstr("public.staff (1 rows)"));
    Admin("DELETE FROM staff WHERE id = 3", "acme");
    const Outcome outcome = Drop(prepared);
    EXPECT_EQ(outcome.verdict, Verdict::kDone) << outcome.reason;
  }
}

// The ledger is made for a role that may not create schemas, and stays writable whoever migrates next.
TEST_F(PostgresProvision, TheCustomersOwnRoleMayMigrateWhateverItOwns) {
  const tests::fs::path folder = server_.folder() / "own";
  const auto write = [&](const char* version, const char* sql) {
    tests::fs::create_directories(folder / version);
    std::ofstream(folder / version / "001_staff.sql") << sql;
  };
  write("v1.0.0", "CREATE TABLE staff (id int); INSERT INTO staff VALUES (1);");
  write("v1.1.0", "ALTER TABLE staff ADD COLUMN name text;");
  write("v1.2.0", "ALTER TABLE staff ADD COLUMN team text;");
  const auto migrate = [&](const char* to, JsonObject more = {}) {
    more["database"] = "acme";
    more["to"] = to;
    more["folder"] = "own";
    const Outcome outcome = call_.Do(*driver_, "postgres.migrate", std::move(more));
    EXPECT_EQ(outcome.verdict, Verdict::kDone) << outcome.reason;
  };
  for (const bool super : {true, false}) {
    if (!super) {
      Admin("CREATE ROLE manager LOGIN CREATEDB CREATEROLE PASSWORD 'other-password'");
      call_.connection() = server_.Connection("manager");
      call_.secrets()["pg"] = "other-password";
    }
    for (const char* owns : {"schema", "database"}) {
      const Prepared prepared = Provision({{"owns", owns}});
      migrate("v1.0.0", {{"role", "acme"}});
      migrate("v1.1.0", {{"role", "acme"}});
      EXPECT_EQ(Admin("SELECT tableowner FROM pg_tables WHERE tablename = 'staff'", "acme"), "acme");
      migrate("v1.2.0");
      EXPECT_EQ(Admin("SELECT count(*) FROM slipway.migrations WHERE state = 'applied'", "acme"), "3");
      const Outcome dropped = Drop(prepared);
      EXPECT_EQ(dropped.verdict, Verdict::kDone) << dropped.reason;
    }
    // A ledger that the database's owner made first.
    const Prepared prepared = Provision();
    migrate("v1.0.0");
    Admin("ALTER TABLE staff OWNER TO acme", "acme");
    migrate("v1.1.0", {{"role", "acme"}});
    const Outcome dropped = Drop(prepared);
    EXPECT_EQ(dropped.verdict, Verdict::kDone) << dropped.reason;
  }
}

TEST_F(PostgresProvision, ADatabaseThatItDidNotMakeIsNeverDropped) {
  const Prepared prepared = Prepare();
  Admin("CREATE DATABASE acme");
  EXPECT_THAT(Drop(prepared).reason, HasSubstr("database acme was not made by `slipway R7/provision@acme"));
  Admin("COMMENT ON DATABASE acme IS 'slipway R8/provision@acme #000000000000'");
  EXPECT_EQ(Drop(prepared).verdict, Verdict::kNotDone);
  EXPECT_EQ(Admin("SELECT count(*) FROM pg_database WHERE datname = 'acme'"), "1");
}

TEST_F(PostgresProvision, DroppingTwiceIsHarmlessAndAHalfDropIsFinished) {
  const Prepared prepared = Provision();
  Admin("DROP DATABASE acme");  // as far as an attempt that was killed
  EXPECT_EQ(Drop(prepared).verdict, Verdict::kDone);
  EXPECT_EQ(Stands(), "");
  EXPECT_EQ(Drop(prepared).verdict, Verdict::kDone);
}

TEST_F(PostgresProvision, ADropThatWasCutShortByTheServerIsFinished) {
  const Prepared prepared = Provision();
  Admin("UPDATE pg_database SET datconnlimit = -2 WHERE datname = 'acme'");  // as DROP DATABASE leaves it
  const Outcome outcome = Drop(prepared);
  EXPECT_EQ(outcome.verdict, Verdict::kDone) << outcome.reason;
  EXPECT_EQ(Stands(), "");
}

}  // namespace
}  // namespace slipway::drivers::postgres
