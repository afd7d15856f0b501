// postgres.seed and postgres.take_back on a real server.
#include <gmock/gmock.h>

#include <fstream>

#include "drivers/postgres/session/connection.h"
#include "postgres/call.h"

namespace slipway::drivers::postgres {
namespace {

using base::JsonObject;
using testing::HasSubstr;
using testing::Not;
namespace fs = std::filesystem;

tests::Server& TheServer() {
  static tests::Server server;
  return server;
}

class PostgresSeed : public testing::Test {
 protected:
  PostgresSeed() {
    server_.Ask(
        database_,
        "CREATE TABLE programs (id serial PRIMARY KEY, title text UNIQUE, minutes int DEFAULT 5); "
        "CREATE TABLE staff (id int PRIMARY KEY, boss int REFERENCES staff, name text); "
        "CREATE TABLE cases (id serial PRIMARY KEY, staff_id int REFERENCES staff ON DELETE CASCADE); "
        "INSERT INTO programs (title) VALUES ('Theirs')");
    fs::remove_all(server_.folder() / "content");
  }
  void Write(const std::string& file, const std::string& text) {
    fs::create_directories(server_.folder() / "content");
    std::ofstream(server_.folder() / "content" / file) << text;
  }
  JsonObject With(JsonObject more = {}) {
    more["database"] = database_;
    if (!more.contains("file")) more["folder"] = "content";
    return more;
  }
  Prepared Seeded() {
    auto prepared = call_.Prepare(*driver_, "postgres.seed", With());
    EXPECT_TRUE(prepared);
    const Outcome outcome = call_.Run(*driver_, *prepared);
    EXPECT_EQ(outcome.verdict, Verdict::kDone) << outcome.reason;
    return *prepared;
  }
  Outcome Undo(const Prepared& prepared) {
    return call_.Do(*driver_, prepared.undo->uses, prepared.undo->with);
  }
  Outcome Seed(const std::string& sql) {
    Write("a.sql", sql);
    return call_.Do(*driver_, "postgres.seed", With());
  }
  std::string Ask(const std::string& sql) { return server_.Ask(database_, sql); }
  std::string Count(const std::string& table) { return Ask("SELECT count(*) FROM " + table); }

  tests::Server& server_ = TheServer();
  std::string database_ = server_.MakeDatabase("seeded");
  tests::Call call_{server_, "R7/content@acme"};
  std::unique_ptr<Driver> driver_ = tests::MakePostgres();
};

TEST_F(PostgresSeed, PutsSqlCsvAndJsonThereAndSaysHowManyRowsInWhichTable) {
  Write("1_staff.csv", "id,name,boss\n1,\"Ada, Countess\",\n2,,1\n3,\"\",1\n");
  Write("2.json",
        R"({"programs": [{"title": "Phishing", "minutes": 20}, {"title": "Theirs", "minutes": 1}]})");
  Write("3.sql",
        "INSERT INTO cases (staff_id) SELECT 1 FROM generate_series(1, current_setting('seed.cases')::int);\n"
        "COPY programs (title, minutes) FROM stdin;\nPasskeys\t10\n\\.\n");
  const Outcome outcome = call_.Do(*driver_, "postgres.seed", With({{"params", JsonObject{{"cases", "4"}}}}));
  ASSERT_EQ(outcome.verdict, Verdict::kDone) << outcome.reason;
  EXPECT_EQ(base::CanonicalJson(outcome.outputs),
            R"({"count":9,"rows":{"public.cases":4,"public.programs":2,"public.staff":3}})");
  EXPECT_THAT(outcome.reason, HasSubstr("3 rows into public.staff"));
  EXPECT_EQ(Ask("SELECT string_agg(coalesce(name, 'NULL'), '|' ORDER BY id) FROM staff"),
            "Ada, Countess|NULL|");
  EXPECT_EQ(Ask("SELECT minutes FROM programs WHERE title = 'Theirs'"), "5") << "what is there already stays";
  EXPECT_EQ(Ask("SELECT count(*) FROM slipway.own_rows WHERE name LIKE '%temp%'"), "0");
}

TEST_F(PostgresSeed, TheUndoDeletesExactlyWhatItInserted) {
  Write("1.sql",
        "INSERT INTO staff VALUES (1, NULL, 'a'), (2, 1, 'b'); INSERT INTO programs (title) VALUES ('Ours')");
  const Prepared prepared = Seeded();
  Ask("INSERT INTO programs (title) VALUES ('Since')");
  EXPECT_NE(driver_->Restored(prepared, call_.context()).verdict, Verdict::kDone);
  const Outcome undone = Undo(prepared);
  ASSERT_EQ(undone.verdict, Verdict::kDone) << undone.reason;
  EXPECT_EQ(base::CanonicalJson(undone.outputs), R"({"rows":{"public.programs":1,"public.staff":2}})");
  EXPECT_EQ(Ask("SELECT string_agg(title, ',' ORDER BY title) FROM programs"), "Since,Theirs");
  EXPECT_EQ(Count("staff"), "0");
  EXPECT_EQ(Count("slipway.seeded_rows"), "0");
  EXPECT_EQ(driver_->Restored(prepared, call_.context()).verdict, Verdict::kDone);
  EXPECT_EQ(Undo(prepared).verdict, Verdict::kDone) << "and once more is harmless";
}

TEST_F(PostgresSeed, TheUndoRefusesWhereARowWasChangedSince) {
  Write("1.sql", "INSERT INTO staff VALUES (1, NULL, 'a'), (2, 1, 'b')");
  const Prepared prepared = Seeded();
  Ask("UPDATE staff SET name = 'Beatrice' WHERE id = 2");
  const Outcome undone = Undo(prepared);
  EXPECT_EQ(undone.verdict, Verdict::kNotDone);
  EXPECT_THAT(undone.reason, HasSubstr("1 row of public.staff"));
  EXPECT_EQ(Count("staff"), "2");
}

TEST_F(PostgresSeed, TheUndoTakesNoRowOfAnybodyElseAlong) {
  Write("1.sql", "INSERT INTO staff VALUES (1, NULL, 'a')");
  const Prepared prepared = Seeded();
  Ask("INSERT INTO cases (staff_id) VALUES (1), (1)");
  const Outcome undone = Undo(prepared);
  EXPECT_EQ(undone.verdict, Verdict::kNotDone);
  EXPECT_THAT(undone.reason, HasSubstr("2 rows of public.cases"));
  EXPECT_EQ(Count("staff") + Count("cases"), "12");
}

TEST_F(PostgresSeed, ARoleThatMayMakeNothingSeedsAndTakesBackAsWell) {
  Ask("DROP ROLE IF EXISTS writer; CREATE ROLE writer; GRANT INSERT, SELECT, DELETE ON programs TO writer; "
      "GRANT USAGE ON SEQUENCE programs_id_seq TO writer");
  Write("a.sql", "INSERT INTO programs (title) VALUES ('Ours');");
  const auto prepared = call_.Prepare(*driver_, "postgres.seed", With({{"role", "writer"}}));
  ASSERT_TRUE(prepared) << base::ToString(prepared.error());
  const Outcome seeded = call_.Run(*driver_, *prepared);
  EXPECT_EQ(seeded.verdict, Verdict::kDone) << seeded.reason;
  EXPECT_EQ(Count("programs"), "2");
  JsonObject undo = prepared->undo->with;
  undo["role"] = "writer";
  const Outcome undone = call_.Do(*driver_, "postgres.take_back", undo);
  EXPECT_EQ(undone.verdict, Verdict::kDone) << undone.reason;
  EXPECT_EQ(Count("programs"), "1");
  Ask("DROP OWNED BY writer");
}

TEST_F(PostgresSeed, WhereNobodyMayRecordItTheMissingGrantIsTold) {
  Ask("DROP ROLE IF EXISTS guest; CREATE ROLE guest LOGIN PASSWORD 'other-password'; GRANT INSERT, SELECT ON "
      "programs TO guest; GRANT USAGE ON SEQUENCE programs_id_seq TO guest");
  Write("a.sql", "INSERT INTO programs (title) VALUES ('Ours');");
  call_.connection() = server_.Connection("guest");
  call_.secrets()["pg"] = "other-password";
  const Outcome seeded = call_.Do(*driver_, "postgres.seed", With({{"role", "guest"}}));
  EXPECT_EQ(seeded.verdict, Verdict::kNotDone);
  EXPECT_THAT(seeded.reason,
              HasSubstr("guest may not make the tables in which slipway records what it does"));
  EXPECT_THAT(seeded.reason, HasSubstr("GRANT CREATE ON DATABASE"));
  EXPECT_EQ(Count("programs"), "1");
  Ask("DROP OWNED BY guest");
}

TEST_F(PostgresSeed, TheSameContentIsPutThereOnce) {
  Write("1.sql", "INSERT INTO programs (title) VALUES ('Ours')");
  Seeded();
  tests::Call later(server_, "R8/content@acme");
  const Outcome again = later.Do(*driver_, "postgres.seed", With());
  ASSERT_EQ(again.verdict, Verdict::kDone) << again.reason;
  EXPECT_EQ(again.outputs.at("count"), 0);
  EXPECT_THAT(again.reason, HasSubstr("R7/content@acme"));
  EXPECT_EQ(Count("programs"), "2");
  Undo(*later.Prepare(*driver_, "postgres.seed", With()));
  EXPECT_EQ(Count("programs"), "2") << "the undo of nothing takes nothing back";
}

TEST_F(PostgresSeed, AFailureLeavesNothingAndSaysWhere) {
  Write("1.sql", "INSERT INTO staff VALUES (1, NULL, 'a');\n\nINSERT INTO staff VALUES (1, NULL, 'b')");
  const Outcome outcome = call_.Do(*driver_, "postgres.seed", With());
  EXPECT_EQ(outcome.verdict, Verdict::kNotDone);
  EXPECT_THAT(outcome.reason, HasSubstr("content/1.sql:3"));
  EXPECT_THAT(outcome.reason, HasSubstr("23505"));
  EXPECT_EQ(Count("staff"), "0");
  EXPECT_EQ(Ask("SELECT to_regclass('slipway.seeds') IS NULL"), "t");
}

TEST_F(PostgresSeed, WhatDoesMoreThanInsertIsRefusedWhole) {
  EXPECT_THAT(Seed("DO $$ BEGIN UPDATE programs SET minutes = 1; END $$").reason,
              HasSubstr("changes or deletes rows"));
  EXPECT_THAT(Seed("DO $$ BEGIN CREATE TABLE more (id int); END $$").reason,
              HasSubstr("makes or alters public.more"));
  EXPECT_THAT(Seed("DO $$ BEGIN TRUNCATE programs; END $$").reason,
              HasSubstr("makes or alters public.programs"));
  EXPECT_THAT(Seed("WITH d AS (DELETE FROM programs RETURNING 1) SELECT * FROM d").reason,
              HasSubstr("changes or deletes rows"));
  EXPECT_THAT(Seed("DO $$ BEGIN INSERT INTO programs (title) VALUES ('x'); RAISE 'no'; EXCEPTION WHEN OTHERS "
                   "THEN NULL; END $$")
                  .reason,
              HasSubstr("found again"));
  EXPECT_EQ(Count("programs"), "1");
  EXPECT_EQ(Ask("SELECT minutes FROM programs"), "5");
  EXPECT_EQ(Ask("SELECT to_regclass('more') IS NULL"), "t");
}

TEST_F(PostgresSeed, ATableWithoutAPrimaryKeyIsRefused) {
  Ask("CREATE TABLE loose (a int)");
  EXPECT_THAT(Seed("INSERT INTO loose VALUES (1)").reason, HasSubstr("public.loose has no primary key"));
  EXPECT_EQ(Count("loose"), "0");
}

TEST_F(PostgresSeed, ContentThatChangedSinceItWasPreparedIsNotPutThere) {
  Write("1.sql", "INSERT INTO programs (title) VALUES ('Ours')");
  const auto prepared = call_.Prepare(*driver_, "postgres.seed", With());
  Write("1.sql", "INSERT INTO programs (title) VALUES ('Other')");
  const Outcome outcome = call_.Run(*driver_, *prepared);
  EXPECT_EQ(outcome.verdict, Verdict::kNotDone);
  EXPECT_THAT(outcome.reason, HasSubstr("changed since the step was prepared"));
  EXPECT_EQ(Count("programs"), "1");
}

TEST_F(PostgresSeed, RowsItPutThereAreSlipwaysOwn) {
  Write("1.sql", "INSERT INTO programs (title) VALUES ('Ours'), ('Too')");
  const Prepared prepared = Seeded();
  EXPECT_EQ(Ask("SELECT rows FROM slipway.own_rows WHERE name = 'public.programs'"), "2");
  Undo(prepared);
  EXPECT_EQ(Ask("SELECT rows FROM slipway.own_rows WHERE name = 'public.programs'"), "0");
}

TEST_F(PostgresSeed, WhereTheServerIsGoneAnEarlierAttemptIsNotForgotten) {
  Write("1.sql", "INSERT INTO programs (title) VALUES ('Ours')");
  const Prepared prepared = Seeded();
  tests::Call lost(server_.folder(), server_.Connection("nobody"), "R7/content@acme");
  struct NoNotes final : Sink {
    base::Status Note(JsonObject) override { return {}; }
  } notes;
  const std::vector<JsonObject> begun{{{"begun", true}}};
  EXPECT_EQ(driver_->Run(prepared, begun, notes, lost.context()).verdict, Verdict::kUnknown);
  EXPECT_EQ(driver_->Run(prepared, {}, notes, lost.context()).verdict, Verdict::kNotDone);
}

}  // namespace
}  // namespace slipway::drivers::postgres
