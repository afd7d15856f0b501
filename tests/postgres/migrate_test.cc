// postgres.migrate on a real server: order, the ledger, what runs outside a transaction, and every way to
// fail.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <fstream>
#include <iostream>
#include <thread>

#include "drivers/postgres/postgres.h"
#include "postgres/call.h"
#include "postgres/struck.h"

namespace slipway::drivers::postgres {
namespace {

using namespace std::chrono_literals;
using base::JsonObject;
using testing::HasSubstr;

tests::Server& TheServer() {
  static tests::Server server;
  return server;
}

class PostgresMigrate : public testing::Test {
 protected:
  PostgresMigrate() {
    std::string name = "/tmp/slipway-migrate-XXXXXX";
    root_ = mkdtemp(name.data());
    Renew();
    File("v1.0.0/001_people.sql", "CREATE TABLE people (id int PRIMARY KEY, name text, team text);");
    File("v1.0.0/002_some.sql", "INSERT INTO people VALUES (1, 'ann', 'a'), (2, 'bob', 'a');");
  }
  ~PostgresMigrate() override { std::filesystem::remove_all(root_); }

  void Renew() {
    call_.Renew(1min);
    call_.context().workspace = root_;
    call_.context().state_dir = root_ / ".slipway";
  }
  void File(const std::string& path, const std::string& text) {
    std::filesystem::create_directories((root_ / "migrations" / path).parent_path());
    std::ofstream(root_ / "migrations" / path) << text;
  }
  void Remove(const std::string& path) { std::filesystem::remove(root_ / "migrations" / path); }
  // The version on record, as a look finds it.
  std::string Installed() {
    return base::GetString(call_.Do(*driver_, "postgres.status", {{"database", database_}}).outputs,
                           "version");
  }
  Outcome Migrate(const std::string& to, JsonObject with = {}) {
    with["database"] = database_;
    with["to"] = to;
    return call_.Do(*driver_, "postgres.migrate", std::move(with));
  }
  // The digest of the schema as a look finds it.
  std::string Seen() {
    return base::GetString(call_.Do(*driver_, "postgres.verify", {{"database", database_}}).outputs,
                           "schema_seen");
  }
  static std::string Left(const Outcome& outcome) { return base::GetString(outcome.outputs, "schema"); }
  base::Result<Prepared> Prepare(const std::string& to) {
    return call_.Prepare(*driver_, "postgres.migrate", {{"database", database_}, {"to", to}});
  }
  std::string Ask(const std::string& sql) { return TheServer().Ask(database_, sql); }
  // `path state done`, a line a file.
  std::string Ledger() {
    return Ask(
        "SELECT string_agg(format('%s %s %s', path, state, done), E'\n' ORDER BY path) FROM "
        "slipway.migrations");
  }
  std::string Index(const std::string& name) {
    return Ask("SELECT coalesce((SELECT indisvalid::text FROM pg_index WHERE indexrelid = to_regclass('" +
               name + "')), 'none')");
  }

  std::filesystem::path root_;
  std::string database_ = TheServer().MakeDatabase("acme");
  tests::Call call_{TheServer()};
  std::unique_ptr<Driver> driver_ = tests::MakePostgres();
};

TEST_F(PostgresMigrate, FilesRunInTheOrderOfTheirVersionsOnceEach) {
  File("v1.10.0/001_late.sql", "ALTER TABLE people ADD COLUMN late text;");
  File("v1.9.0/001_early.sql", "ALTER TABLE people ADD COLUMN early text;");
  Outcome outcome = Migrate("v1.9.0");
  ASSERT_EQ(outcome.verdict, Verdict::kDone) << outcome.reason;
  EXPECT_EQ(outcome.outputs.at("version"), "v1.9.0");
  EXPECT_EQ(outcome.outputs.at("count"), 3);
  outcome = Migrate("v1.10.0");
  ASSERT_EQ(outcome.verdict, Verdict::kDone) << outcome.reason;
  EXPECT_EQ(outcome.outputs.at("count"), 1);
  EXPECT_EQ(
      Ask("SELECT string_agg(column_name, ',' ORDER BY ordinal_position) FROM information_schema.columns "
          "WHERE table_name = 'people'"),
      "id,name,team,early,late");
  outcome = Migrate("v1.10.0");
  EXPECT_EQ(outcome.verdict, Verdict::kDone);
  EXPECT_EQ(outcome.outputs.at("count"), 0);
  EXPECT_EQ(Ask("SELECT string_agg(version, ',' ORDER BY applied_at, version) FROM schema_migrations"),
            "v1.0.0,v1.9.0,v1.10.0");
  EXPECT_EQ(Ask("SELECT count(*) FROM people"), "2");
}

TEST_F(PostgresMigrate, AFileThatFailsLeavesNothingOfItselfAndSaysWhere) {
  File("v1.1.0/001_fine.sql", "ALTER TABLE people ADD COLUMN fine int;");
  File("v1.1.0/002_wrong.sql",
       "ALTER TABLE people ADD COLUMN half int;\n\n-- no such table\nUPDATE\n  peopel SET id = 1;\n");
  const Outcome outcome = Migrate("v1.1.0");
  EXPECT_EQ(outcome.verdict, Verdict::kUnknown);
  EXPECT_TRUE(outcome.finished);
  EXPECT_THAT(outcome.reason,
              HasSubstr("v1.1.0/002_wrong.sql, statement 2 of 2, line 5: relation \"peopel\" does not "
                        "exist (SQLSTATE 42P01"));
  EXPECT_THAT(outcome.reason, HasSubstr("the database has v1.0.0 and 1 file more"));
  EXPECT_EQ(outcome.outputs.at("version"), "v1.0.0") << "of which nothing is missing";
  EXPECT_EQ(Ledger(),
            "v1.0.0/001_people.sql applied 1\nv1.0.0/002_some.sql applied 1\nv1.1.0/001_fine.sql applied 1\n"
            "v1.1.0/002_wrong.sql failed 0");
  EXPECT_EQ(Ask("SELECT count(*) FROM information_schema.columns WHERE column_name = 'half'"), "0");
  EXPECT_EQ(Ask("SELECT max(version) FROM schema_migrations"), "v1.0.0") << "half a version is none";
  const Outcome again = Migrate("v1.1.0");
  EXPECT_EQ(again.verdict, Verdict::kNotDone);
  EXPECT_THAT(again.reason, HasSubstr("the database has v1.0.0 and 1 file more")) << "of the attempt before";
  // Mended, it goes on where it stopped.
  File("v1.1.0/002_wrong.sql", "ALTER TABLE people ADD COLUMN half int;");
  EXPECT_EQ(Migrate("v1.1.0").outputs.at("count"), 1);
}

TEST_F(PostgresMigrate, AFileOfNothingButCommentsIsOnRecordLikeAnyOther) {
  File("v1.1.0/001_nothing.sql", "-- nothing any more\n");
  File("v1.1.0/002_fine.sql", "ALTER TABLE people ADD COLUMN fine int;");
  File("v1.2.0/001_nothing.sql", "BEGIN; COMMIT;");
  ASSERT_EQ(Migrate("v1.2.0").verdict, Verdict::kDone);
  EXPECT_EQ(Installed(), "v1.2.0");
  EXPECT_THAT(Ledger(), HasSubstr("v1.1.0/001_nothing.sql applied 0\nv1.1.0/002_fine.sql applied 1\n"
                                  "v1.2.0/001_nothing.sql applied 0"));
  EXPECT_EQ(Migrate("v1.2.0").outputs.at("count"), 0);
}

TEST_F(PostgresMigrate, WhereTheRecordsAreNoVersionsNothingIsDue) {
  Ask("CREATE TABLE schema_migrations (version text); INSERT INTO schema_migrations VALUES ('20240101')");
  for (const char* action : {"postgres.migrate", "postgres.due"}) {
    const Outcome outcome = call_.Do(*driver_, action, {{"database", database_}, {"to", "v1.0.0"}});
    EXPECT_NE(outcome.verdict, Verdict::kDone) << action;
    EXPECT_THAT(outcome.reason, HasSubstr("are no versions, such as `20240101`")) << action;
  }
  EXPECT_EQ(Ask("SELECT to_regclass('people')"), "");
}

TEST_F(PostgresMigrate, WhatAFileSetsHoldsToItsEndAndNotForTheNext) {
  File("v1.1.0/001_app.sql",
       "CREATE SCHEMA app;\nSET search_path = app;\nBEGIN;\nSET LOCAL work_mem = '2MB';\n"
       "CREATE TABLE inside AS SELECT current_setting('work_mem') AS work;\nCOMMIT;\n"
       "CREATE INDEX CONCURRENTLY inside_work ON inside (work);\n"
       "INSERT INTO inside SELECT current_setting('work_mem') FROM people_of_nobody;\n");
  File("v1.1.0/002_next.sql", "CREATE TABLE outside (id int);");
  ASSERT_EQ(Migrate("v1.1.0").verdict, Verdict::kUnknown) << "there is no such table yet";
  EXPECT_EQ(Ask("SELECT to_regclass('app.inside_work')"), "app.inside_work");
  Ask("CREATE TABLE app.people_of_nobody AS SELECT 1");
  const Outcome outcome = Migrate("v1.1.0");
  ASSERT_EQ(outcome.verdict, Verdict::kDone) << outcome.reason;
  EXPECT_EQ(Ask("SELECT string_agg(work, ' ' ORDER BY work) FROM app.inside"), "2MB 4MB");
  EXPECT_EQ(Ask("SELECT to_regclass('public.outside')"), "outside");
}

TEST_F(PostgresMigrate, ABackslashIsABackslashWhateverTheDatabaseSays) {
  Ask("ALTER DATABASE acme SET standard_conforming_strings = off");
  File("v1.0.0/003_path.sql", "INSERT INTO people VALUES (3, 'C:\\temp', 'it\\'); -- '");
  ASSERT_EQ(Migrate("v1.0.0").verdict, Verdict::kDone);
  EXPECT_EQ(Ask("SELECT name || ' ' || team FROM people WHERE id = 3"), "C:\\temp it\\");
}

TEST_F(PostgresMigrate, TheLockIsKeptHoweverLongAStatementTakes) {
  Ask("ALTER DATABASE acme SET idle_session_timeout = '200ms'");
  File("v1.1.0/001_long.sql",
       "SELECT pg_sleep(1);\nCREATE TABLE held AS SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' "
       "AND database = (SELECT oid FROM pg_database WHERE datname = current_database());");
  const Outcome outcome = Migrate("v1.1.0");
  ASSERT_EQ(outcome.verdict, Verdict::kDone) << outcome.reason;
  EXPECT_EQ(Ask("SELECT count FROM held"), "1");
}

TEST_F(PostgresMigrate, OneThatRunsOutOfTimeSaysInWhichStatement) {
  File("v1.1.0/001_slow.sql", "ALTER TABLE people ADD COLUMN slow int;\nDO $$ BEGIN LOOP END LOOP; END $$;");
  ASSERT_EQ(Migrate("v1.0.0").verdict, Verdict::kDone);
  call_.Renew(1s);
  call_.context().workspace = root_;
  call_.context().state_dir = root_ / ".slipway";
  const Outcome outcome = Migrate("v1.1.0");
  EXPECT_THAT(outcome.reason, HasSubstr("v1.1.0/001_slow.sql, statement 2 of 2, line 2: stopped: the server "
                                        "cancelled the statement"));
  EXPECT_EQ(Ask("SELECT count(*) FROM information_schema.columns WHERE column_name = 'slow'"), "0");
}

TEST_F(PostgresMigrate, OneThatRunsOutOfTimeSaysWhichVersionTheDatabaseHasByThen) {
  File("v1.1.0/001_fine.sql", "ALTER TABLE people ADD COLUMN fine int;");
  File("v1.2.0/001_slow.sql", "SELECT pg_sleep(60);");
  ASSERT_EQ(Migrate("v1.0.0").verdict, Verdict::kDone);
  call_.Renew(1s);
  call_.context().workspace = root_;
  call_.context().state_dir = root_ / ".slipway";
  const Outcome outcome = Migrate("v1.2.0");
  EXPECT_THAT(outcome.reason, HasSubstr("the database has v1.1.0"));
  EXPECT_EQ(base::GetString(outcome.outputs, "version"), "v1.1.0");
  Renew();
  EXPECT_EQ(Left(outcome), Seen());
}

TEST_F(PostgresMigrate, AFileOfWhichNothingIsDoneMayBeRenamedOrRemovedAndTheVersionCounts) {
  File("v1.1.0/001_fine.sql", "ALTER TABLE people ADD COLUMN fine int;");
  File("v1.1.0/002_wrong.sql", "UPDATE peopel SET id = 1;");
  File("v1.1.0/003_never.sql", "SELECT 1;");
  ASSERT_EQ(Migrate("v1.1.0").verdict, Verdict::kUnknown);
  Remove("v1.1.0/002_wrong.sql");
  File("v1.1.0/002_right.sql", "UPDATE people SET fine = 1;");
  Outcome outcome = Migrate("v1.1.0");
  ASSERT_EQ(outcome.verdict, Verdict::kDone) << outcome.reason;
  EXPECT_THAT(outcome.reason,
              HasSubstr("v1.1.0/002_wrong.sql, of which nothing was done, is off the ledger"));
  EXPECT_EQ(Installed(), "v1.1.0");
  // The last one fails, and is given up: without it the version is whole.
  File("v1.2.0/001_fine.sql", "ALTER TABLE people ADD COLUMN more int;");
  File("v1.2.0/002_wrong.sql", "SELECT 1 / 0;");
  ASSERT_EQ(Migrate("v1.2.0").verdict, Verdict::kUnknown);
  EXPECT_EQ(Installed(), "v1.1.0");
  Remove("v1.2.0/002_wrong.sql");
  outcome = Migrate("v1.2.0");
  ASSERT_EQ(outcome.verdict, Verdict::kDone) << outcome.reason;
  EXPECT_EQ(outcome.outputs.at("version"), "v1.2.0");
  EXPECT_EQ(Installed(), "v1.2.0");
  EXPECT_EQ(Ask("SELECT string_agg(version, ',' ORDER BY version) FROM schema_migrations"),
            "v1.0.0,v1.1.0,v1.2.0");
}

TEST_F(PostgresMigrate, AFileThatIsHalfDoneAndGoneIsRefused) {
  File("v1.1.0/001_half.sql",
       "ALTER TABLE people ADD COLUMN half int;\nCREATE INDEX CONCURRENTLY i ON people (name);\nSELECT 1 / "
       "0;");
  ASSERT_EQ(Migrate("v1.1.0").verdict, Verdict::kUnknown);
  Remove("v1.1.0/001_half.sql");
  File("v1.1.0/001_other.sql", "SELECT 1;");
  const auto refused = Prepare("v1.1.0");
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().what, HasSubstr("v1.1.0/001_half.sql is half done by slipway R1/"));
  EXPECT_THAT(refused.error().what, HasSubstr("not among the migrations any more"));
  EXPECT_EQ(Installed(), "v1.0.0");
}

TEST_F(PostgresMigrate, TellsWhatSchemaItLeftWhereSomethingWasDue) {
  const Outcome first = Migrate("v1.0.0");
  EXPECT_TRUE(Left(first).starts_with("sha256:")) << first.reason;
  EXPECT_EQ(Seen(), Left(first));
  EXPECT_FALSE(Migrate("v1.0.0").outputs.contains("schema")) << "an idle customer costs nothing";
  Ask("CREATE INDEX by_hand ON people (team)");
  EXPECT_NE(Seen(), Left(first));
  Ask("DROP INDEX by_hand");
  EXPECT_EQ(Seen(), Left(first));
  File("v1.1.0/001_next.sql", "ALTER TABLE people ADD COLUMN next int DEFAULT 1;");
  const Outcome second = Migrate("v1.1.0");
  EXPECT_EQ(Seen(), Left(second));
  for (const char* changed : {"ALTER next SET DEFAULT 2", "ALTER next SET NOT NULL", "ALTER next TYPE bigint",
                              "ADD CHECK (next > 0)"}) {
    Ask(std::string("ALTER TABLE people ") + changed);
    EXPECT_NE(Seen(), Left(second)) << changed;
    Ask("ALTER TABLE people DROP COLUMN next");
    EXPECT_EQ(Seen(), Left(first)) << "where the column stood is no difference";
    Ask("ALTER TABLE people ADD COLUMN next int DEFAULT 1");
    EXPECT_EQ(Seen(), Left(second));
  }
  Ask("CREATE VIEW names AS SELECT name FROM people");
  EXPECT_NE(Seen(), Left(second));
}

TEST_F(PostgresMigrate, HalfWayItTellsTheSchemaThatItLeft) {
  ASSERT_EQ(Migrate("v1.0.0").verdict, Verdict::kDone);
  const std::string before = Seen();
  File("v1.1.0/001_next.sql", "ALTER TABLE people ADD COLUMN next int;");
  File("v1.1.0/002_wrong.sql", "ALTER TABLE nobody ADD COLUMN next int;");
  const Outcome outcome = Migrate("v1.1.0");
  EXPECT_TRUE(outcome.finished) << outcome.reason;
  EXPECT_NE(Left(outcome), before);
  EXPECT_EQ(Left(outcome), Seen());
}

TEST_F(PostgresMigrate, AnAppliedFileMayNotChangeAndNoneIsAddedBehind) {
  ASSERT_EQ(Migrate("v1.0.0").verdict, Verdict::kDone);
  File("v1.0.0/002_some.sql", "INSERT INTO people VALUES (3, 'eve', 'b');");
  EXPECT_THAT(Prepare("v1.0.0").error().what,
              HasSubstr("v1.0.0/002_some.sql was changed since it was applied by slipway R1/"));
  File("v1.0.0/002_some.sql", "INSERT INTO people VALUES (1, 'ann', 'a'), (2, 'bob', 'a');");
  File("v1.0.0/003_more.sql", "SELECT 1;");
  EXPECT_THAT(Prepare("v1.0.0").error().what, HasSubstr("was added to a version that is applied"));
}

TEST_F(PostgresMigrate, OnlyAVersionThatIsThereAndNotBehind) {
  EXPECT_THAT(Prepare("v1.0.1").error().what, HasSubstr("there is no version"));
  EXPECT_THAT(Prepare("v1.0.1").error().next, HasSubstr("v1.0.0"));
  ASSERT_EQ(Migrate("v1.0.0").verdict, Verdict::kDone);
  File("v0.9.0/001_old.sql", "SELECT 1;");
  EXPECT_THAT(Prepare("v0.9.0").error().what, HasSubstr("the database has v1.0.0, which is newer"));
}

TEST_F(PostgresMigrate, WhatChangedBetweenPrepareAndRunIsNotRun) {
  auto prepared = Prepare("v1.0.0");
  ASSERT_TRUE(prepared);
  File("v1.0.0/002_some.sql", "DROP TABLE people;");
  const Outcome outcome = call_.Run(*driver_, *prepared);
  EXPECT_EQ(outcome.verdict, Verdict::kNotDone);
  EXPECT_THAT(outcome.reason, HasSubstr("was changed since the step was prepared"));
  EXPECT_EQ(Ask("SELECT to_regclass('people') IS NULL"), "t");
}

TEST_F(PostgresMigrate, WhereNothingWasDueTheDatabaseIsLookedAtOnceMore) {
  ASSERT_EQ(Migrate("v1.0.0").verdict, Verdict::kDone);
  auto prepared = Prepare("v1.0.0");
  ASSERT_TRUE(prepared);
  EXPECT_EQ(call_.Run(*driver_, *prepared).verdict, Verdict::kDone);
  Ask("DELETE FROM slipway.migrations WHERE path = 'v1.0.0/002_some.sql'");
  Ask("UPDATE slipway.migrations SET state = 'failed'");
  const Outcome outcome = call_.Run(*driver_, *prepared);
  EXPECT_EQ(outcome.verdict, Verdict::kNotDone);
  EXPECT_THAT(outcome.reason, HasSubstr("was added since the step was prepared"));
}

TEST_F(PostgresMigrate, ADatabaseThatWasMigratedBeforeSlipwayIsTakenAsItIs) {
  Ask("CREATE TABLE people (id int PRIMARY KEY, name text, team text)");
  Ask("CREATE TABLE schema_migrations (version varchar(50) PRIMARY KEY, applied_at timestamp DEFAULT now(), "
      "description text)");
  Ask("INSERT INTO schema_migrations VALUES ('v1.0.0')");
  File("v1.1.0/001_next.sql", "ALTER TABLE people ADD COLUMN next int;");
  const Outcome outcome = Migrate("v1.1.0");
  ASSERT_EQ(outcome.verdict, Verdict::kDone) << outcome.reason;
  EXPECT_EQ(outcome.outputs.at("count"), 1);
  EXPECT_THAT(Ledger(), HasSubstr("v1.0.0/001_people.sql applied 0"));
}

TEST_F(PostgresMigrate, WhatSomebodyElseRecordedSinceIsNotAppliedASecondTime) {
  ASSERT_EQ(Migrate("v1.0.0").verdict, Verdict::kDone);
  File("v1.1.0/001_one.sql", "INSERT INTO people VALUES (3, 'cid', 'b');");
  File("v1.2.0/001_two.sql", "ALTER TABLE people ADD COLUMN two int;");
  Ask("INSERT INTO people VALUES (4, 'by', 'hand')");
  Ask("INSERT INTO schema_migrations (version) VALUES ('v1.1.0')");
  Outcome outcome = Migrate("v1.2.0");
  EXPECT_EQ(outcome.verdict, Verdict::kNotDone);
  EXPECT_THAT(outcome.reason, HasSubstr("public.schema_migrations has v1.1.0, and slipway's ledger v1.0.0"));
  Ask("TRUNCATE slipway.migrations");
  EXPECT_EQ(Installed(), "v1.1.0");
  outcome = Migrate("v1.2.0");
  ASSERT_EQ(outcome.verdict, Verdict::kDone) << outcome.reason;
  EXPECT_EQ(outcome.outputs.at("count"), 1);
  EXPECT_EQ(Ask("SELECT count(*) FROM people"), "3") << "nothing of v1.1.0 is done again";
  EXPECT_THAT(Ledger(), HasSubstr("v1.1.0/001_one.sql applied 0\nv1.2.0/001_two.sql applied 1"));
}

TEST_F(PostgresMigrate, WhatCannotRunInATransactionRunsOutsideAndAnInvalidIndexIsClearedAway) {
  File("v1.1.0/001_team.sql",
       "ALTER TABLE people ADD COLUMN badge int;\nCREATE UNIQUE INDEX CONCURRENTLY one_a_team ON people "
       "(team);\n");
  const Outcome outcome = Migrate("v1.1.0");
  EXPECT_TRUE(outcome.finished);
  EXPECT_THAT(outcome.reason, HasSubstr("statement 2 of 2, line 2: could not create unique index"));
  EXPECT_THAT(outcome.reason, HasSubstr("the invalid index one_a_team was dropped"));
  EXPECT_EQ(Index("one_a_team"), "none");
  EXPECT_THAT(Ledger(), HasSubstr("v1.1.0/001_team.sql failed 1"));
  Ask("UPDATE people SET team = 'b' WHERE id = 2");
  const Outcome again = Migrate("v1.1.0");
  ASSERT_EQ(again.verdict, Verdict::kDone) << again.reason;
  EXPECT_EQ(Index("one_a_team"), "true");
}

TEST_F(PostgresMigrate, CopyTakesItsDataFromTheFile) {
  File("v1.1.0/001_rows.sql",
       "COPY people (id, name) FROM stdin;\n7\tzoe\n8\t\\N\n\\.\nUPDATE people SET team = 'c' WHERE id = "
       "7;\n");
  const Outcome outcome = Migrate("v1.1.0");
  ASSERT_EQ(outcome.verdict, Verdict::kDone) << outcome.reason;
  EXPECT_EQ(Ask("SELECT string_agg(coalesce(name, '-'), ',' ORDER BY id) FROM people"), "ann,bob,zoe,-");
}

TEST_F(PostgresMigrate, WhoeverMigratesIsNamedToTheSecondWhoComes) {
  File("v1.1.0/001_slow.sql", "SELECT pg_sleep(600);");
  tests::Call other(TheServer(), "R7/migrate@acme");
  other.context().workspace = root_;
  auto prepared = other.Prepare(*driver_, "postgres.migrate", {{"database", database_}, {"to", "v1.1.0"}});
  ASSERT_TRUE(prepared);
  std::jthread first([&] { other.Run(*driver_, *prepared); });
  const std::string slow = "SELECT count(*) FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(600)'";
  while (Ask(slow) == "0") std::this_thread::sleep_for(10ms);
  const Outcome second = Migrate("v1.1.0");
  EXPECT_EQ(second.verdict, Verdict::kNotDone);
  EXPECT_THAT(second.reason, HasSubstr("is being migrated by slipway R7/migrate@acme"));
  other.Cancel();
}

TEST_F(PostgresMigrate, ALockThatSomebodyHoldsIsWaitedForAndThenNamed) {
  ASSERT_EQ(Migrate("v1.0.0").verdict, Verdict::kDone);
  File("v1.1.0/001_alter.sql", "ALTER TABLE people ADD COLUMN x int;");
  std::jthread holder([&] {
    try {
      TheServer().Ask(database_, "BEGIN; LOCK TABLE people; SELECT pg_sleep(600)");
    } catch (const std::exception&) {  // it was ended
    }
  });
  const std::string held =
      "SELECT count(*) FROM pg_locks WHERE relation = to_regclass('people') AND granted AND mode = "
      "'AccessExclusiveLock'";
  while (Ask(held) == "0") std::this_thread::sleep_for(10ms);
  const Outcome refused = Migrate("v1.1.0", {{"lock_timeout", "50ms"}, {"lock_attempts", 2}});
  EXPECT_EQ(refused.verdict, Verdict::kNotDone);
  EXPECT_THAT(refused.reason, HasSubstr("SQLSTATE 55P03"));
  Ask("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE relation = to_regclass('people') AND mode = "
      "'AccessExclusiveLock'");
  EXPECT_EQ(Migrate("v1.1.0").verdict, Verdict::kDone);
}

// Whatever it dies of: the ledger describes the database, and the next attempt ends it.
TEST_F(PostgresMigrate, KilledAtEveryStatementTheNextAttemptDoesWhatIsLeftAndNothingTwice) {
  File("v1.0.0/001_people.sql", "CREATE TABLE people (id serial PRIMARY KEY, name text, team text);");
  File("v1.0.0/002_some.sql",
       "INSERT INTO people (name, team) SELECT 'p' || n, 't' || n FROM generate_series(1, 20) n;");
  File("v1.1.0/001_both.sql",
       "INSERT INTO people (name) VALUES ('once');\nCREATE INDEX CONCURRENTLY by_team ON people (team);\n"
       "INSERT INTO people (name) VALUES ('twice');\n");
  File("v1.1.0/002_vacuum.sql", "VACUUM people;");
  tests::Struck struck(TheServer());
  call_.connection()["port"] = std::to_string(struck.port());
  const auto first = Prepare("v1.1.0");
  ASSERT_TRUE(first) << base::ToString(first.error());
  const std::vector<std::string> sent = struck.Undisturbed([&] { call_.Run(*driver_, *first); });
  const auto expect_whole = [&] {
    EXPECT_EQ(Ask("SELECT count(*) FROM people"), "22");
    EXPECT_EQ(Index("by_team"), "true");
    EXPECT_EQ(Ask("SELECT count(*) FROM slipway.migrations WHERE state = 'applied'"), "4");
    EXPECT_EQ(Ask("SELECT string_agg(version, ',' ORDER BY version) FROM schema_migrations"),
              "v1.0.0,v1.1.0");
  };
  expect_whole();
  const std::vector<tests::Point> points = tests::EveryPoint(sent);
  for (const tests::Point& point : points) {
    SCOPED_TRACE(tests::Told(point, sent));
    TheServer().MakeDatabase(database_);
    Renew();
    const auto prepared = Prepare("v1.1.0");
    ASSERT_TRUE(prepared) << base::ToString(prepared.error());
    ASSERT_TRUE(struck.DiesAt(point, [&] { call_.Run(*driver_, *prepared); }));
    const Outcome outcome = call_.Run(*driver_, *prepared);
    ASSERT_EQ(outcome.verdict, Verdict::kDone) << outcome.reason;
    expect_whole();
    ASSERT_FALSE(HasFailure());
  }
  std::cout << fmt::format("{} points, before and after each of {} statements\n", points.size(), sent.size());
}

TEST_F(PostgresMigrate, AConnectionCutInAnyStatementIsSettledByTheLedger) {
  File("v1.1.0/001_cut.sql",
       "INSERT INTO people VALUES (10, 'ten', 'x');\nSELECT pg_terminate_backend(pg_backend_pid()) WHERE "
       "to_regclass('cut') IS NULL;\n");
  const Outcome outcome = Migrate("v1.1.0");
  // It cuts itself off each time, and nothing of it is ever done.
  EXPECT_EQ(outcome.verdict, Verdict::kUnknown);
  EXPECT_FALSE(outcome.finished);
  EXPECT_EQ(Ask("SELECT count(*) FROM people WHERE id = 10"), "0");
  Ask("CREATE TABLE cut ()");
  EXPECT_EQ(Migrate("v1.1.0").verdict, Verdict::kDone);
  EXPECT_EQ(Ask("SELECT count(*) FROM people WHERE id = 10"), "1");
}

}  // namespace
}  // namespace slipway::drivers::postgres
