// postgres.down and postgres.reversible on a real server: what was migrated is taken back whole, version by
// version, or not at all.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <array>
#include <fstream>
#include <iostream>

#include "drivers/postgres/postgres.h"
#include "postgres/backup_lab.h"
#include "postgres/struck.h"

namespace slipway::drivers::postgres {
namespace {

using testing::HasSubstr;

tests::Server& TheServer() {
  static tests::Server server;
  return server;
}

class PostgresDown : public tests::BackupLab {
 protected:
  PostgresDown() : BackupLab(TheServer()) {
    MakeCustomer("acme");
    File("v1.0.0/001_people.sql", "CREATE TABLE people (id int PRIMARY KEY);");
    File("v2.0.0/001_name.sql", "ALTER TABLE people ADD COLUMN name text;");
    File("v2.0.0/001_name.down.sql", "ALTER TABLE people DROP COLUMN name;");
    File("v2.0.0/002_team.sql", "CREATE TABLE team (id int);\nINSERT INTO team VALUES (1);");
    File("v2.0.0/002_team.down.sql", "-- after what refers to it\nDROP TABLE team;");
    File("v2.1.0/001_lead.sql", "ALTER TABLE team ADD COLUMN lead int;");
    File("v2.1.0/001_lead.down.sql", "ALTER TABLE team DROP COLUMN lead;");
    EXPECT_EQ(Do("postgres.migrate", "v2.1.0").verdict, Verdict::kDone);
    EXPECT_EQ(Prove("acme", MustBackUp("acme")).verdict, Verdict::kDone);
  }

  void File(const std::string& path, const std::string& text) const {
    std::filesystem::create_directories((workspace_ / "migrations" / path).parent_path());
    std::ofstream(workspace_ / "migrations" / path) << text;
  }
  void Remove(const std::string& path) const { std::filesystem::remove(workspace_ / "migrations" / path); }
  Outcome Do(const std::string& uses, const std::string& to) {
    return CallOf("R4/step@acme")->Do(*whole_, uses, {{"database", "acme"}, {"to", to}});
  }
  Outcome Down(const std::string& to) { return Do("postgres.down", to); }
  // What the books say and what is there: `v1.0.0 v2.0.0 v2.1.0 | name team lead`.
  std::string Stands() const {
    return Ask("acme",
               "SELECT (SELECT string_agg(version, ' ' ORDER BY version) FROM schema_migrations) || ' | ' || "
               "coalesce((SELECT string_agg(column_name, ' ' ORDER BY column_name) FROM "
               "information_schema.columns WHERE "
               "table_name IN ('people', 'team') AND column_name <> 'id'), '') || "
               "CASE WHEN to_regclass('team') IS NULL THEN '' ELSE ' team' END || ' | ' || (SELECT count(*) "
               "FROM slipway.migrations)");
  }
  static constexpr char kAll[] = "v1.0.0 v2.0.0 v2.1.0 | lead name team | 4";
  static constexpr char kTwo[] = "v1.0.0 v2.0.0 | name team | 3";
  static constexpr char kOne[] = "v1.0.0 |  | 1";

  std::unique_ptr<Driver> whole_ = tests::MakePostgres();
};

TEST_F(PostgresDown, TakesVersionsBackTheLastOneFirst) {
  EXPECT_EQ(Stands(), kAll);
  Outcome outcome = Down("v2.0.0");
  ASSERT_EQ(outcome.verdict, Verdict::kDone) << outcome.reason;
  EXPECT_EQ(Stands(), kTwo);
  outcome = Down("v1.0.0");
  ASSERT_EQ(outcome.verdict, Verdict::kDone) << outcome.reason;
  EXPECT_EQ(Stands(), kOne);
  EXPECT_EQ(outcome.outputs.at("version"), "v1.0.0");
  EXPECT_EQ(base::GetArray(outcome.outputs, "files"),
            (base::JsonArray{"v2.0.0/002_team.sql", "v2.0.0/001_name.sql"}));
  EXPECT_EQ(Down("v1.0.0").outputs.at("count"), 0) << "again there is nothing to do";
  EXPECT_EQ(Do("postgres.migrate", "v2.1.0").verdict, Verdict::kDone) << "and forward again";
  EXPECT_EQ(Stands(), kAll);
}

TEST_F(PostgresDown, TellsWhatSchemaItLeft) {
  const auto seen = [&] {
    return base::GetString(
        CallOf("R5/step@acme")->Do(*whole_, "postgres.verify", {{"database", "acme"}}).outputs,
        "schema_seen");
  };
  const std::string before = seen();
  const Outcome down = Down("v1.0.0");
  EXPECT_NE(base::GetString(down.outputs, "schema"), before);
  EXPECT_EQ(base::GetString(down.outputs, "schema"), seen());
  EXPECT_FALSE(Down("v1.0.0").outputs.contains("schema")) << "there was nothing to do";
  EXPECT_EQ(base::GetString(Do("postgres.migrate", "v2.1.0").outputs, "schema"), before);
}

TEST_F(PostgresDown, SeveralVersionsGoInOneCall) {
  const Outcome seen = Do("postgres.reversible", "v1.0.0");
  EXPECT_EQ(
      base::GetArray(seen.outputs, "files"),
      (base::JsonArray{"v2.1.0/001_lead.down.sql", "v2.0.0/002_team.down.sql", "v2.0.0/001_name.down.sql"}));
  EXPECT_EQ(Down("v1.0.0").verdict, Verdict::kDone);
  EXPECT_EQ(Stands(), kOne);
}

TEST_F(PostgresDown, AFileWithoutADownFileIsNotReversibleAndThatIsSaidFirst) {
  Remove("v2.0.0/001_name.down.sql");
  for (const char* uses : {"postgres.reversible", "postgres.down"}) {
    const Outcome outcome = Do(uses, "v1.0.0");
    EXPECT_EQ(outcome.verdict, Verdict::kNotDone);
    EXPECT_THAT(
        outcome.reason,
        HasSubstr("v2.0.0/001_name.sql is not reversible: there is no v2.0.0/001_name.down.sql beside it"));
    EXPECT_THAT(outcome.reason, HasSubstr("slipway fleet rollback"));
  }
  EXPECT_EQ(Stands(), kAll);
  EXPECT_EQ(Down("v2.0.0").verdict, Verdict::kDone) << "what is above it can be";
}

TEST_F(PostgresDown, OneThatFailsLeavesItsVersionWholeAndSaysWhere) {
  File("v2.0.0/001_name.down.sql",
       "ALTER TABLE people DROP COLUMN name;\nALTER TABLE people DROP COLUMN never;\n");
  const Outcome outcome = Down("v1.0.0");
  EXPECT_EQ(outcome.verdict, Verdict::kUnknown) << "v2.1.0 is gone";
  EXPECT_TRUE(outcome.finished);
  EXPECT_THAT(outcome.reason,
              HasSubstr("v2.0.0/001_name.down.sql, statement 2 of 2, line 2: column \"never\""));
  EXPECT_THAT(outcome.reason, HasSubstr("1 files were taken back before"));
  EXPECT_EQ(outcome.outputs.at("version"), "v2.0.0");
  EXPECT_EQ(Stands(), kTwo);
  File("v2.0.0/001_name.down.sql", "ALTER TABLE people DROP COLUMN name;");
  EXPECT_EQ(Down("v1.0.0").verdict, Verdict::kDone);
  EXPECT_EQ(Stands(), kOne);
}

TEST_F(PostgresDown, WithoutAProvenBackupNothingIsTakenBack) {
  for (const std::string& file : Files()) {
    if (file.ends_with(".proven.json")) std::filesystem::remove(Path("backups/" + file));
  }
  const Outcome outcome = Down("v2.0.0");
  EXPECT_EQ(outcome.verdict, Verdict::kNotDone);
  EXPECT_THAT(outcome.reason,
              HasSubstr("what v2.1.0 and later wrote would go, and no backup of acme is proven"));
  EXPECT_EQ(Stands(), kAll);
}

TEST_F(PostgresDown, WhatChangedSinceItWasPreparedIsNotRun) {
  auto call = CallOf("R4/down@acme");
  const auto prepared = call->Prepare(*whole_, "postgres.down", {{"database", "acme"}, {"to", "v2.0.0"}});
  ASSERT_TRUE(prepared) << base::ToString(prepared.error());
  File("v2.1.0/001_lead.down.sql", "DROP TABLE people;");
  const Outcome outcome = call->Run(*whole_, *prepared);
  EXPECT_EQ(outcome.verdict, Verdict::kNotDone);
  EXPECT_THAT(outcome.reason, HasSubstr("was changed since the step was prepared"));
  EXPECT_EQ(Stands(), kAll);
}

TEST_F(PostgresDown, WhatIsNoWayBackIsRefused) {
  EXPECT_THAT(Down("v9.0.0").reason,
              HasSubstr("v9.0.0 is not a version that slipway brought this database to; it has v2.1.0"));
  File("v2.1.0/001_lead.sql", "ALTER TABLE team ADD COLUMN lead bigint;");
  EXPECT_THAT(Down("v2.0.0").reason,
              HasSubstr("v2.1.0/001_lead.sql was changed since it was applied by slipway R4/"));
  File("v2.1.0/001_lead.sql", "ALTER TABLE team ADD COLUMN lead int;");
  File("v2.1.0/001_lead.down.sql", "DROP INDEX CONCURRENTLY nothing;");
  EXPECT_THAT(Down("v2.0.0").reason,
              HasSubstr("a version is taken back in one transaction, and this cannot run in it"));
  EXPECT_EQ(Stands(), kAll);
}

TEST_F(PostgresDown, AVersionThatIsHalfDoneIsNotTakenBack) {
  File("v2.2.0/001_half.sql",
       "CREATE TABLE half (id int);\nCREATE INDEX CONCURRENTLY half_id ON half (id);\nSELECT 1 / 0;\n");
  File("v2.2.0/001_half.down.sql", "DROP TABLE half;");
  EXPECT_NE(Do("postgres.migrate", "v2.2.0").verdict, Verdict::kDone);
  const Outcome outcome = Down("v2.1.0");
  EXPECT_EQ(outcome.verdict, Verdict::kNotDone);
  EXPECT_THAT(outcome.reason, HasSubstr("v2.2.0/001_half.sql is half done by slipway R4/"));
}

TEST_F(PostgresDown, OneWhoseFirstStatementMayHaveHappenedOutsideATransactionIsHalfDone) {
  File("v2.2.0/001_index.sql", "CREATE INDEX CONCURRENTLY team_lead ON team (lead);");
  File("v2.2.0/001_index.down.sql", "DROP INDEX team_lead;");
  tests::Struck struck(server_);
  auto call = CallOf("R4/migrate@acme");
  const auto prepared = call->Prepare(*whole_, "postgres.migrate", {{"database", "acme"}, {"to", "v2.2.0"}});
  ASSERT_TRUE(prepared) << base::ToString(prepared.error());
  call->connection()["port"] = std::to_string(struck.port());
  ASSERT_TRUE(struck.Dies([](const std::string& sql) { return sql.contains("CREATE INDEX CONCURRENTLY"); },
                          tests::Side::kAfter, [&] { call->Run(*whole_, *prepared); }));
  const Outcome outcome = Down("v2.1.0");
  EXPECT_EQ(outcome.verdict, Verdict::kNotDone);
  EXPECT_THAT(outcome.reason, HasSubstr("0 of its statements, and perhaps one more"));
  EXPECT_EQ(Do("postgres.migrate", "v2.2.0").verdict, Verdict::kDone);
  EXPECT_EQ(Down("v2.1.0").verdict, Verdict::kDone);
  EXPECT_EQ(Stands(), kAll);
}

TEST_F(PostgresDown, KilledAtEveryStatementAVersionIsThereOrGoneAndTheNextAttemptEndsIt) {
  tests::Struck struck(server_);
  auto call = CallOf("R4/down@acme");
  call->connection()["port"] = std::to_string(struck.port());
  const auto prepare = [&] {
    return call->Prepare(*whole_, "postgres.down", {{"database", "acme"}, {"to", "v1.0.0"}});
  };
  const auto forward = [&] { return Do("postgres.migrate", "v2.1.0").verdict == Verdict::kDone; };
  const auto first = prepare();
  ASSERT_TRUE(first) << base::ToString(first.error());
  const std::vector<std::string> sent = struck.Undisturbed([&] { call->Run(*whole_, *first); });
  ASSERT_EQ(Stands(), kOne);
  ASSERT_TRUE(forward());
  const std::vector<tests::Point> points = tests::EveryPoint(sent);
  for (const tests::Point& point : points) {
    SCOPED_TRACE(tests::Told(point, sent));
    const auto prepared = prepare();
    ASSERT_TRUE(prepared) << base::ToString(prepared.error());
    ASSERT_TRUE(struck.DiesAt(point, [&] { call->Run(*whole_, *prepared); }));
    ASSERT_EQ(Stands(), (std::array{kAll, kTwo, kOne}.at(tests::CommitsAt(point, sent))));
    call->Renew(std::chrono::minutes(1));
    const Outcome outcome = call->Run(*whole_, *prepared);
    ASSERT_EQ(outcome.verdict, Verdict::kDone) << outcome.reason;
    ASSERT_EQ(Stands(), kOne);
    ASSERT_TRUE(forward());
  }
  std::cout << fmt::format("{} points, before and after each of {} statements\n", points.size(), sent.size());
}

}  // namespace
}  // namespace slipway::drivers::postgres
