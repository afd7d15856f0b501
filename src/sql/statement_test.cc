#include "sql/statement.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace slipway::sql {
namespace {

using testing::ElementsAre;

std::string Outside(std::string_view statement) { return Classify(statement).outside; }

TEST(SetsSession, IsWhatHoldsBeyondItsTransaction) {
  for (const char* yes :
       {"SET search_path = app", "set SESSION work_mem TO '1MB'", "SET ROLE app", "RESET ALL",
        "SET TIME ZONE 'UTC'", "SELECT pg_catalog.set_config('search_path', '', false)",
        "/* a */ SELECT set_config('a.b', 'c', false)"})
    EXPECT_TRUE(SetsSession(yes)) << yes;
  for (const char* no :
       {"SET LOCAL search_path = app", "SET TRANSACTION READ ONLY", "SET CONSTRAINTS ALL DEFERRED",
        "SELECT app.set_config('a')", "SELECT 1", "UPDATE t SET a = 1", "ALTER ROLE r SET a = 1"})
    EXPECT_FALSE(SetsSession(no)) << no;
}

TEST(Statement, ItsCommandIsToldWithoutModifiers) {
  const std::pair<std::string_view, std::string_view> kCases[] = {
      {"create or replace temp view v as select 1", "create view"},
      {"CREATE UNIQUE INDEX CONCURRENTLY a ON t (b)", "create index"},
      {"/* x */ Alter Table t ADD a int", "alter table"},
      {"CREATE MATERIALIZED VIEW v AS SELECT 1", "create materialized view"},
      {"DROP FOREIGN TABLE IF EXISTS f", "drop foreign table"},
      {"CREATE GLOBAL TEMPORARY TABLE t ()", "create table"},
      {"(SELECT 1)", "select"},
      {"WITH x AS (SELECT 1) DELETE FROM t", "with"},
      {"", ""},
      {"create", "create "},
  };
  for (const auto& [text, command] : kCases) EXPECT_EQ(Classify(text).command, command) << text;
}

TEST(Statement, ObjectsAreNamedAsTheServerStoresThem) {
  EXPECT_THAT(Classify("CREATE TABLE IF NOT EXISTS App.Users (id int)").objects,
              ElementsAre(Name{"app", "users"}));
  EXPECT_THAT(Classify("ALTER TABLE IF EXISTS ONLY \"App\".\"a\"\"B\" ADD c int").objects,
              ElementsAre(Name{"App", "a\"B"}));
  EXPECT_THAT(Classify("DROP TABLE IF EXISTS a, s.b CASCADE").objects,
              ElementsAre(Name{"", "a"}, Name{"s", "b"}));
  EXPECT_THAT(Classify("ALTER TYPE s.mood ADD VALUE 'x'").objects, ElementsAre(Name{"s", "mood"}));
  EXPECT_THAT(Classify("DROP INDEX CONCURRENTLY IF EXISTS s.i").objects, ElementsAre(Name{"s", "i"}));
  EXPECT_THAT(Classify("CREATE TABLE \"" + std::string(62, 'a') + "é\" ()").objects,
              ElementsAre(Name{"", std::string(62, 'a')}));
  EXPECT_THAT(Classify("CREATE TYPE db.s.t AS ENUM ()").objects, ElementsAre(Name{"s", "t"}));
}

TEST(Statement, AnIndexIsNamedWithItsTable) {
  const Kind named =
      Classify("CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS Idx ON ONLY s.T USING btree (a)");
  EXPECT_THAT(named.objects, ElementsAre(Name{"s", "idx"}));  // an index lives where its table does
  EXPECT_EQ(named.table, (Name{"s", "t"}));
  const Kind nameless = Classify("CREATE INDEX ON t (a)");
  EXPECT_THAT(nameless.objects, ElementsAre(Name{}));
  EXPECT_EQ(nameless.table, (Name{"", "t"}));
}

TEST(Statement, TransactionControlIsSeen) {
  const std::pair<std::string_view, Control> kCases[] = {
      {"BEGIN", Control::kBegin},
      {"begin work", Control::kBegin},
      {"START TRANSACTION READ ONLY", Control::kBegin},
      {"COMMIT", Control::kCommit},
      {"END TRANSACTION", Control::kCommit},
      {"COMMIT AND NO CHAIN", Control::kCommit},
      {"COMMIT AND CHAIN", Control::kOther},
      {"ROLLBACK", Control::kRollback},
      {"ABORT WORK", Control::kRollback},
      {"ROLLBACK TRANSACTION TO SAVEPOINT a", Control::kSavepoint},
      {"SAVEPOINT a", Control::kSavepoint},
      {"RELEASE a", Control::kSavepoint},
      {"PREPARE TRANSACTION 'x'", Control::kOther},
      {"COMMIT PREPARED 'x'", Control::kOther},
      {"PREPARE p AS SELECT 1", Control::kNone},
      {"SET TRANSACTION READ ONLY", Control::kNone},
      {"SELECT 'BEGIN'", Control::kNone},
  };
  for (const auto& [text, control] : kCases) EXPECT_EQ(Classify(text).control, control) << text;
  EXPECT_EQ(Classify("BEGIN TRANSACTION ISOLATION LEVEL SERIALIZABLE").modes, "ISOLATION LEVEL SERIALIZABLE");
  EXPECT_EQ(Classify("BEGIN").modes, "");
}

TEST(Statement, WhatCannotRunInATransactionIsToldWithItsName) {
  for (const char* text : {"CREATE INDEX CONCURRENTLY a ON t (b)",
                           "DROP INDEX CONCURRENTLY a",
                           "REINDEX TABLE CONCURRENTLY t",
                           "REINDEX (VERBOSE, CONCURRENTLY) INDEX i",
                           "REINDEX SCHEMA public",
                           "REINDEX DATABASE d",
                           "ALTER TYPE mood ADD VALUE 'x'",
                           "VACUUM",
                           "VACUUM (ANALYZE) t",
                           "CREATE DATABASE d",
                           "DROP DATABASE d",
                           "CREATE TABLESPACE s LOCATION '/x'",
                           "DROP TABLESPACE s",
                           "ALTER SYSTEM SET work_mem = '1MB'",
                           "ALTER TABLE p DETACH PARTITION s.c CONCURRENTLY",
                           "CLUSTER",
                           "CLUSTER VERBOSE",
                           "ALTER DATABASE d SET TABLESPACE s",
                           "CREATE SUBSCRIPTION s CONNECTION '' PUBLICATION p",
                           "DROP SUBSCRIPTION s",
                           "ALTER SUBSCRIPTION s REFRESH PUBLICATION",
                           "ALTER SUBSCRIPTION s SET PUBLICATION p",
                           "DISCARD ALL",
                           "DO $$ BEGIN LOOP UPDATE t SET a = 1; COMMIT; END LOOP; END $$",
                           "DO LANGUAGE plpgsql $x$ BEGIN ROLLBACK AND CHAIN; END $x$"})
    EXPECT_NE(Outside(text), "") << text;
  EXPECT_EQ(Outside("CREATE UNIQUE INDEX CONCURRENTLY a ON t (b)"), "CREATE INDEX CONCURRENTLY");
  EXPECT_TRUE(Classify("VACUUM").refused);
  EXPECT_FALSE(Classify("ALTER TYPE mood ADD VALUE 'x'").refused);
}

TEST(Statement, WhatOnlyLooksLikeItMayRunInATransaction) {
  for (const char* text :
       {"CREATE INDEX a ON t (b)", "CREATE INDEX \"concurrently\" ON t (b)", "REINDEX TABLE t",
        "REINDEX (CONCURRENTLY false) TABLE t", "ALTER TYPE mood RENAME VALUE 'add value' TO 'y'",
        "ANALYZE t", "REFRESH MATERIALIZED VIEW CONCURRENTLY v", "ALTER TABLE p DETACH PARTITION c",
        "ALTER TABLE p DETACH PARTITION c FINALIZE", "CLUSTER t USING i", "CLUSTER VERBOSE t",
        "ALTER DATABASE d SET work_mem = '1MB'",
        "CREATE SUBSCRIPTION s CONNECTION '' PUBLICATION p WITH (create_slot = false)",
        "ALTER SUBSCRIPTION s SET PUBLICATION p WITH (refresh = false)", "ALTER SUBSCRIPTION s DISABLE",
        "DISCARD TEMP", "SELECT 'VACUUM'",
        "DO $$ BEGIN CREATE TEMP TABLE t (a int) ON COMMIT DROP; RAISE 'COMMIT;'; -- COMMIT;\n END $$"})
    EXPECT_EQ(Outside(text), "") << text;
}

}  // namespace
}  // namespace slipway::sql
