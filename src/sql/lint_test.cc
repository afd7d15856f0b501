#include "sql/lint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "base/file.h"
#include "base/text.h"
#include "sql/rules.h"

namespace slipway::sql {
namespace {

using testing::HasSubstr;
using testing::Not;

struct File {
  std::string_view version;
  std::string_view text;
};

std::vector<Migration> Files(std::initializer_list<File> files) {
  std::vector<Migration> migrations;
  for (const File& file : files) {
    const std::string path = std::string(file.version) + "/001_a.sql";
    migrations.push_back({.version = *base::ParseVersion(file.version),
                          .path = path,
                          .file = path,
                          .text = std::string(file.text)});
  }
  return migrations;
}

// `line:column rule`, separated by `, `; those of a later version begin with it.
std::string Found(const std::vector<Migration>& files, const LintOptions& options = {}) {
  std::string out;
  for (const base::Diagnostic& d : Lint(files, options)) {
    out += out.empty() ? "" : ", ";
    if (d.file != files[0].path) out += d.file.substr(0, d.file.find('/')) + " ";
    out += std::to_string(d.at.line) + ":" + std::to_string(d.at.column) + " " +
           (d.rule.empty() ? d.what : d.rule);
  }
  return out;
}
std::string Found(std::string_view text) { return Found(Files({{"v2.0.0", text}})); }

struct Case {
  std::string_view bad;
  std::string_view found;
  std::string_view safe;
};

// Each with its safe form beside it, which is silent.
constexpr Case kCases[] = {
    {"BEGIN;\nCREATE INDEX CONCURRENTLY i ON t (a);\nCOMMIT;", "2:1 concurrently-in-transaction",
     "BEGIN; SELECT 1; COMMIT; CREATE INDEX CONCURRENTLY i ON t (a);"},
    {"DO $$ BEGIN\n  VACUUM t; END $$", "2:3 concurrently-in-transaction", "VACUUM t"},
    {"CREATE TABLE p (a int) PARTITION BY LIST (a);\nCREATE INDEX CONCURRENTLY i ON p (a)",
     "2:1 refused-on-partitioned", "CREATE TABLE p (a int) PARTITION BY LIST (a); CREATE INDEX i ON p (a)"},
    {"CREATE TABLE p (a int) PARTITION BY LIST (a);\nALTER TABLE p ADD FOREIGN KEY (a) REFERENCES r NOT "
     "VALID",
     "2:15 refused-on-partitioned", "ALTER TABLE p1 ADD FOREIGN KEY (a) REFERENCES r NOT VALID"},
    {"a;\nCOMMIT;", "2:1 unbalanced-transaction", "BEGIN; a; COMMIT;"},
    {"BEGIN; a;\n ROLLBACK;", "2:2 rollback-in-file", "BEGIN; SAVEPOINT s; a; ROLLBACK TO s; COMMIT;"},
    {"-- nothing\n", "1:1 no-statements", "SELECT 1;"},
    {"BEGIN; COMMIT;", "1:1 no-statements", "BEGIN; SELECT 1; COMMIT;"},

    {"a;\n  create unique index i on t (a)", "2:3 index-not-concurrent",
     "CREATE UNIQUE INDEX CONCURRENTLY i ON t (a)"},
    {"CREATE INDEX ON parts (a)", "1:1 index-not-concurrent", "CREATE INDEX i ON ONLY parts (a)"},
    {"REINDEX TABLE t", "1:1 index-not-concurrent", "REINDEX (CONCURRENTLY) TABLE t"},
    {"DROP INDEX i", "1:1 drop-index-not-concurrent", "DROP INDEX CONCURRENTLY i"},
    {"ALTER TABLE t ADD a uuid\n DEFAULT uuid_generate_v4()", "2:10 volatile-default",
     "ALTER TABLE t ADD a uuid; ALTER TABLE t ALTER a SET DEFAULT uuid_generate_v4()"},
    {"ALTER TABLE t ADD a int, ADD b timestamptz NOT NULL DEFAULT (clock_timestamp() + '1 day')",
     "1:62 volatile-default",
     "ALTER TABLE t ADD a int, ADD b timestamptz NOT NULL DEFAULT (now() + '1 day')"},
    {"ALTER TABLE t ADD a int DEFAULT nextval('s') REFERENCES r",
     "1:33 volatile-default, 1:46 foreign-key-validates", "ALTER TABLE t ADD a int REFERENCES r"},
    {"ALTER TABLE t ADD a text DEFAULT app.next_key('x')", "1:38 volatile-default",
     "ALTER TABLE t ADD a text DEFAULT lower('X')"},
    {"ALTER TABLE t ADD COLUMN id BigSerial", "1:29 volatile-default", "ALTER TABLE t ADD COLUMN id bigint"},
    {"ALTER TABLE t ADD id int GENERATED ALWAYS AS IDENTITY", "1:26 volatile-default",
     "ALTER TABLE t ALTER id DROP IDENTITY"},
    {"ALTER TABLE t ADD a int GENERATED ALWAYS AS (b + 1) STORED", "1:25 volatile-default",
     "ALTER TABLE t ADD a int"},
    {"ALTER TABLE t ALTER COLUMN a SET DATA TYPE bigint", "1:15 type-change-rewrites",
     "ALTER TABLE t ALTER a SET DEFAULT 1"},
    {"ALTER TABLE t ALTER a TYPE text USING a::text", "1:15 type-change-rewrites",
     "ALTER TABLE t ADD b text"},
    {"ALTER TABLE t ALTER a TYPE varchar(20)", "1:15 type-change-may-rewrite",
     "ALTER TABLE t ADD b varchar(20)"},
    {"ALTER TABLE t ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES r", "1:15 foreign-key-validates",
     "ALTER TABLE t ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES r NOT VALID"},
    {"ALTER TABLE t ADD CHECK (a > 0)", "1:15 foreign-key-validates",
     "ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0) NOT VALID; BEGIN; ALTER TABLE t VALIDATE CONSTRAINT c; "
     "COMMIT"},
    {"ALTER TABLE t ADD a int CHECK (a > 0)", "1:25 foreign-key-validates", "ALTER TABLE t ADD a int"},
    {"ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0) NOT VALID;\nALTER TABLE t VALIDATE CONSTRAINT c",
     "2:15 validated-in-same-transaction", "ALTER TABLE t VALIDATE CONSTRAINT c"},
    {"ALTER TABLE t ADD CONSTRAINT u UNIQUE (a) USING INDEX TABLESPACE s",
     "1:15 unique-constraint-builds-index", "ALTER TABLE t ADD CONSTRAINT u UNIQUE USING INDEX i"},
    {"ALTER TABLE t ADD PRIMARY KEY (a)", "1:15 unique-constraint-builds-index",
     "ALTER TABLE t ADD PRIMARY KEY USING INDEX i"},
    {"ALTER TABLE t ADD a int UNIQUE", "1:25 unique-constraint-builds-index", "ALTER TABLE t ADD a int"},
    {"ALTER TABLE t ADD CONSTRAINT x EXCLUDE USING gist (a WITH &&)", "1:15 exclusion-builds-index",
     "CREATE TABLE t (a int4range, EXCLUDE USING gist (a WITH &&))"},
    {"ALTER TABLE t ADD EXCLUDE (a WITH =)", "1:15 exclusion-builds-index",
     "CREATE TABLE t (a int); ALTER TABLE t ADD EXCLUDE (a WITH =)"},
    {"ALTER TABLE t SET UNLOGGED", "1:15 set-rewrites-table", "ALTER TABLE t SET WITHOUT CLUSTER"},
    {"ALTER TABLE t SET (fillfactor = 90), SET TABLESPACE s", "1:38 set-rewrites-table",
     "ALTER TABLE t SET (fillfactor = 90)"},
    {"ALTER TABLE ALL IN TABLESPACE a SET TABLESPACE b", "1:13 set-rewrites-table",
     "CREATE TABLE t (a int); ALTER TABLE t SET TABLESPACE s"},
    {"ALTER TABLE t ALTER a SET NOT NULL", "1:15 set-not-null-scans",
     "ALTER TABLE t ADD CONSTRAINT c CHECK (a IS NOT NULL) NOT VALID; BEGIN; ALTER TABLE t VALIDATE "
     "CONSTRAINT c; COMMIT;"
     "ALTER TABLE t ALTER a SET NOT NULL, DROP CONSTRAINT c"},
    {"UPDATE t SET a = 1", "1:1 unbatched-update", "UPDATE t SET a = 1 WHERE id BETWEEN 1 AND 5000"},
    {"DELETE FROM ONLY s.t USING u", "1:1 unbatched-update",
     "DELETE FROM ONLY s.t USING u WHERE t.id = u.id"},
    {"UPDATE t SET a = 1 WHERE true", "1:1 unbatched-update", "UPDATE t SET a = 1 WHERE a"},
    {"DELETE FROM t WHERE 1 = 1 RETURNING a", "1:1 unbatched-update",
     "DELETE FROM t WHERE a = 1 RETURNING a"},
    {"ALTER TABLE t ADD a int; UPDATE t SET a = 1\nWHERE t.a IS NULL", "1:26 unbatched-update",
     "ALTER TABLE t ADD a int; UPDATE t SET a = 1 WHERE a IS NULL AND id < 5000"},
    {"WITH x AS (DELETE FROM t RETURNING *)\nUPDATE u SET a = 1",
     "1:12 unbatched-update, 2:1 unbatched-update", "WITH x AS (SELECT 1) SELECT a FROM u FOR UPDATE"},
    {"DO $$ BEGIN LOOP IF a THEN\nUPDATE t SET a = 1; END IF; END LOOP; END $$", "2:1 unbatched-update",
     "DO $$ BEGIN LOOP UPDATE t SET a = 1 WHERE id IN (SELECT id FROM t LIMIT 9); COMMIT; END LOOP; END $$"},
    {"EXPLAIN (ANALYZE, BUFFERS) UPDATE t SET a = 1", "1:28 unbatched-update", "EXPLAIN UPDATE t SET a = 1"},
    {"EXPLAIN ANALYZE VERBOSE DELETE FROM t", "1:25 unbatched-update", "EXPLAIN (ANALYZE off) DELETE FROM t"},
    {"PREPARE x (int) AS UPDATE t SET a = $1; EXECUTE x (1)", "1:20 unbatched-update",
     "PREPARE x (int) AS UPDATE t SET a = 1 WHERE id = $1; EXECUTE x (1)"},
    {"LOCK TABLE t IN EXCLUSIVE MODE", "1:1 lock-table", "SELECT 1 FROM t WHERE id = 1 FOR UPDATE"},
    {"VACUUM FULL t", "1:1 vacuum-full", "VACUUM t"},
    {"VACUUM (FULL, ANALYZE) t", "1:1 vacuum-full", "VACUUM (FULL false, ANALYZE) t"},
    {"CLUSTER t USING i", "1:1 vacuum-full", "CREATE TABLE t (a int); CLUSTER t USING i"},

    {"ALTER TABLE t ADD a int NOT NULL", "1:25 not-null-without-default",
     "ALTER TABLE t ADD a int NOT NULL DEFAULT 0"},
    {"ALTER TABLE t ADD a int NOT NULL DEFAULT NULL", "1:25 not-null-without-default",
     "ALTER TABLE t ADD a int DEFAULT NULL"},
    {"DROP TABLE IF EXISTS t", "1:1 drop-without-deprecation",
     "CREATE TABLE t (a int); DROP TABLE IF EXISTS t"},
    {"DROP SCHEMA s", "1:1 drop-without-deprecation", "DROP VIEW v"},
    {"ALTER TABLE t DROP a", "1:15 drop-without-deprecation",
     "ALTER TABLE t ADD a int; ALTER TABLE t DROP COLUMN a"},
    {"DROP OWNED BY app", "1:1 drop-without-deprecation", "REASSIGN OWNED BY app TO other"},
    {"ALTER TYPE y DROP ATTRIBUTE a", "1:14 drop-without-deprecation",
     "CREATE TYPE y AS (a int, b int); ALTER TYPE y DROP ATTRIBUTE a"},
    {"DROP VIEW v CASCADE", "1:13 drop-cascade", "DROP VIEW v"},
    {"ALTER TABLE t DROP CONSTRAINT c CASCADE", "1:33 drop-cascade", "ALTER TABLE t DROP CONSTRAINT c"},
    {"TRUNCATE t, u CASCADE", "1:15 truncate-cascade", "TRUNCATE t, u"},
    {"CREATE TABLE n (a int); TRUNCATE n, t CASCADE", "1:39 truncate-cascade",
     "CREATE TABLE n (a int); TRUNCATE n CASCADE"},
    {"ALTER VIEW v RENAME TO w", "1:14 rename-breaks-clients",
     "CREATE VIEW v AS SELECT 1; ALTER VIEW v RENAME TO w"},
    {"CREATE OR REPLACE VIEW v AS SELECT 1 AS a; ALTER VIEW v RENAME COLUMN a TO b",
     "1:57 rename-breaks-clients", "ALTER INDEX i RENAME TO j"},
    {"ALTER TYPE mood RENAME VALUE 'low' TO 'down'", "1:17 rename-breaks-clients",
     "ALTER TYPE mood OWNER TO app"},
    {"ALTER FUNCTION f(int) RENAME TO g; ALTER SCHEMA s RENAME TO r",
     "1:23 rename-breaks-clients, 1:51 rename-breaks-clients", "ALTER FUNCTION f(int) STABLE"},
    {"ALTER TABLE t RENAME TO u", "1:15 rename-breaks-clients",
     "CREATE TABLE t (a int); ALTER TABLE t RENAME TO u"},
    {"ALTER TABLE t RENAME a TO b", "1:15 rename-breaks-clients", "ALTER TABLE t RENAME CONSTRAINT a TO b"},
    {"ALTER TABLE t SET SCHEMA s", "1:15 rename-breaks-clients", "ALTER TABLE t SET (fillfactor = 90)"},
    {"ALTER TABLE t DISABLE TRIGGER ALL", "1:15 disable-trigger", "ALTER TABLE t ENABLE TRIGGER ALL"},
    {"SET LOCAL session_replication_role = replica", "1:1 disable-trigger",
     "SET session_replication_role = DEFAULT"},

    {"a;\nINSERT INTO public.Schema_Migrations (version) VALUES ('v2.1.0')", "2:1 duplicate-version-record",
     "INSERT INTO t VALUES (1)"},
    {"MERGE INTO schema_migrations USING x ON true WHEN NOT MATCHED THEN INSERT VALUES ('v2')",
     "1:1 duplicate-version-record", "MERGE INTO t USING x ON t.a = x.a WHEN MATCHED THEN UPDATE SET b = 1"},
    {"COPY schema_migrations FROM stdin;\nv1\n\\.", "1:1 duplicate-version-record",
     "COPY schema_migrations TO stdout"},
    {"a;\nUPDATE slipway.migrations SET state = 'applied' WHERE path = 'v1.0.0/001_a.sql'",
     "2:1 writes-slipways-own", "CREATE VIEW v AS SELECT path FROM slipway.migrations"},
    {"INSERT INTO \"slipway\".own_rows VALUES ('t', 1)", "1:1 writes-slipways-own",
     "COPY slipway.migrations TO stdout"},
    {"MERGE INTO slipway.migrations m USING t ON m.path = t.path WHEN MATCHED THEN UPDATE SET state = "
     "'applied'",
     "1:1 writes-slipways-own",
     "MERGE INTO t USING slipway.migrations m ON m.path = t.path WHEN MATCHED THEN DELETE"},
    {"TRUNCATE slipway.migrations", "1:1 writes-slipways-own", "GRANT SELECT ON slipway.migrations TO app"},
    {"DO $$ BEGIN\n  ALTER TABLE slipway.migrations ADD COLUMN mine int; END $$", "2:3 writes-slipways-own",
     "ALTER TABLE t ADD COLUMN slipway text"},
    {"CREATE TABLE slipway.mine (a int)", "1:1 writes-slipways-own", "CREATE SCHEMA slipways"},
    {"GRANT SELECT ON t TO app, PUBLIC", "1:27 grant-to-public", "GRANT USAGE ON SCHEMA public TO app"},
    {"ALTER DEFAULT PRIVILEGES GRANT EXECUTE ON FUNCTIONS TO public", "1:56 grant-to-public",
     "ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM public"},
    {"CREATE ROLE app LOGIN\nPASSWORD 'hunter2'", "2:10 secret-in-clear",
     "CREATE ROLE app LOGIN PASSWORD NULL"},
    {"DO $$ BEGIN IF a THEN ALTER USER app PASSWORD 'x'; END IF; END $$", "1:47 secret-in-clear",
     "ALTER USER app LOGIN"},
    {"CREATE USER MAPPING FOR app SERVER s OPTIONS (user 'u', password 'x')", "1:66 secret-in-clear",
     "CREATE USER MAPPING FOR app SERVER s OPTIONS (user 'u')"},
    {"CREATE SUBSCRIPTION s CONNECTION 'host=h password=x' PUBLICATION p WITH (connect = false)",
     "1:1 superuser-statement, 1:34 secret-in-clear", "ALTER SUBSCRIPTION s DISABLE"},
    {"COPY t FROM PROGRAM 'curl x'", "1:13 copy-from-program", "COPY t FROM stdin;\n\\."},
    {"COPY (SELECT 1) TO '/tmp/x'", "1:20 superuser-statement", "COPY (SELECT 1 FROM t) TO stdout"},
    {"CREATE EXTENSION postgis", "1:1 superuser-statement", "CREATE EXTENSION IF NOT EXISTS pgcrypto"},
    {"ALTER SYSTEM SET work_mem = '1GB'", "1:1 cluster-wide", "SET LOCAL work_mem = '1GB'"},
    {"DROP DATABASE d", "1:1 cluster-wide", "DROP FUNCTION d(int, text)"},

    {"-- slipway:allow drop-cascade\nDROP VIEW v CASCADE", "1:1 bad-waiver, 2:13 drop-cascade",
     "-- slipway:allow drop-cascade nothing depends on it\nDROP VIEW v CASCADE"},
    {"-- slipway:allow drop-table I may\nSELECT 1", "1:1 bad-waiver", "-- slipway is a word\nSELECT 1"},
    {"-- slipway:ignore drop-cascade I may\nSELECT 1", "1:1 bad-waiver", "SELECT 1"},
    {"-- slipway:allow rollback-in-file I may\nSELECT 1", "1:1 bad-waiver", "SELECT 1"},
    {"-- slipway:allow drop-cascade I may\nDROP VIEW v", "1:1 unused-waiver", "DROP VIEW v"},
    {"DROP VIEW v; -- slipway:allow drop-cascade too late\n", "1:14 unused-waiver", "DROP VIEW v;"},
};

TEST(MigrationLint, EveryRuleFiresAtItsPlaceAndItsSafeFormIsSilent) {
  std::set<std::string_view> fired;
  for (const Case& one : kCases) {
    EXPECT_EQ(Found(one.bad), one.found) << one.bad;
    EXPECT_EQ(Found(one.safe), "") << one.safe;
    for (const base::Diagnostic& d : Lint(Files({{"v2.0.0", one.bad}}))) fired.insert(FindRule(d.rule)->id);
  }
  for (const Rule& rule : Rules()) EXPECT_TRUE(fired.contains(rule.id)) << rule.id;
}

// They were executed on PostgreSQL 15, segment by segment.
TEST(MigrationLint, RealisticSafeMigrationsHaveNoFindings) {
  const auto files = ReadMigrations(SLIPWAY_SOURCE_DIR "/tests/golden/sql/safe");
  ASSERT_TRUE(files);
  EXPECT_GE(files->size(), 10U);
  for (const base::Diagnostic& d : Lint(*files)) {
    ADD_FAILURE() << base::Render({d}, "");
  }
}

TEST(MigrationLint, TheTemplateOfTheCustomersDocumentIsRefusedForTheRightReasons) {
  constexpr std::string_view kTemplate =
      "-- migrations/v2.1.0/001_badges.sql\n"
      "BEGIN;\n"
      "ALTER TABLE employees ADD COLUMN badge VARCHAR(255);\n"
      "UPDATE employees SET badge = 'none' WHERE badge IS NULL;\n"
      "CREATE INDEX CONCURRENTLY idx_employees_badge ON employees(badge);\n"
      "INSERT INTO schema_migrations (version, description)\n"
      "VALUES ('v2.1.0', 'Added badge to employees table');\n"
      "COMMIT;\n";
  EXPECT_EQ(Found(kTemplate),
            "4:1 unbatched-update, 5:1 concurrently-in-transaction, 6:1 duplicate-version-record");
  EXPECT_FALSE(Segments(kTemplate, "a.sql"));
}

// `line:column what`, a line each.
std::string Lost(const std::vector<Migration>& files, const LintOptions& options = {}) {
  std::string out;
  for (const Loss& loss : Losses(files, options)) out += ToString(loss) + "\n";
  return out;
}

TEST(MigrationLosses, WhatGoesAwayForGoodIsTold) {
  EXPECT_EQ(
      Lost(Files({{"v2.0.0",
                   "DROP TABLE a, s.b;\nALTER TABLE c ADD x int, DROP COLUMN y, DROP z;\nTRUNCATE d, e;\n"
                   "DELETE FROM f WHERE id < 5;\nDROP SCHEMA g CASCADE;\n"
                   "DO $$ BEGIN\n  DELETE FROM h; END $$;\n"
                   "WITH gone AS (DELETE FROM i RETURNING *) SELECT * FROM gone;\n"}})),
      "v2.0.0/001_a.sql:1 drops table `a`\nv2.0.0/001_a.sql:1 drops table `s.b`\n"
      "v2.0.0/001_a.sql:2 drops column `y` of `c`\nv2.0.0/001_a.sql:2 drops column `z` of `c`\n"
      "v2.0.0/001_a.sql:3 empties table `d`\nv2.0.0/001_a.sql:3 empties table `e`\n"
      "v2.0.0/001_a.sql:4 deletes rows of `f`\nv2.0.0/001_a.sql:5 drops schema `g`\n"
      "v2.0.0/001_a.sql:7 deletes rows of `h`\nv2.0.0/001_a.sql:8 deletes rows of `i`\n");
}

TEST(MigrationLosses, WhatOnlyAddsOrChangesLosesNothing) {
  EXPECT_EQ(
      Lost(Files({{"v2.0.0",
                   "CREATE TABLE a (x int); DROP TABLE a; ALTER TABLE b ADD c int; ALTER TABLE b DROP c;\n"
                   "ALTER TABLE b DROP CONSTRAINT k; DROP INDEX i; DROP VIEW v; INSERT INTO b VALUES (1);\n"
                   "UPDATE b SET x = 1; SELECT 'DROP TABLE b'; -- DROP TABLE b\n"}})),
      "");
}

TEST(MigrationLosses, WhatGoesAwayWithSomethingElseIsTold) {
  EXPECT_EQ(
      Lost(Files(
          {{"v2.0.0",
            "MERGE INTO a USING b ON a.x = b.x WHEN MATCHED THEN DELETE;\nDROP TYPE mood CASCADE;\n"
            "DROP EXTENSION hstore CASCADE;\nDROP OWNED BY app;\nALTER TYPE y DROP ATTRIBUTE z;\n"
            "DROP TYPE other; DROP FUNCTION f CASCADE; CREATE TYPE n AS ENUM ('a'); DROP TYPE n CASCADE;\n"
            "MERGE INTO a USING b ON a.x = b.x WHEN MATCHED THEN DO NOTHING;\n"}})),
      "v2.0.0/001_a.sql:1 deletes rows of `a`\nv2.0.0/001_a.sql:2 drops columns with type `mood`\n"
      "v2.0.0/001_a.sql:3 drops columns with extension `hstore`\nv2.0.0/001_a.sql:4 drops all that a role "
      "owns\n"
      "v2.0.0/001_a.sql:5 drops an attribute of type `y`\n");
}

TEST(MigrationLosses, WhatIfNotExistsMayHaveFoundThereHoldsData) {
  EXPECT_EQ(Lost(Files({{"v2.0.0",
                         "CREATE TABLE IF NOT EXISTS a (x int); DELETE FROM a WHERE x = 1;\n"
                         "ALTER TABLE b ADD IF NOT EXISTS c int; ALTER TABLE b DROP c;\n"}})),
            "v2.0.0/001_a.sql:1 deletes rows of `a`\nv2.0.0/001_a.sql:2 drops column `c` of `b`\n");
}

TEST(MigrationLosses, ATableOfFilesThatAreAppliedHoldsData) {
  const auto files =
      Files({{"v1.0.0", "CREATE TABLE a (x int); DROP TABLE old;"}, {"v2.0.0", "TRUNCATE a;"}});
  EXPECT_EQ(Lost(files), "v1.0.0/001_a.sql:1 drops table `old`\n");
  EXPECT_EQ(Lost(files, {.applied = 1}), "v2.0.0/001_a.sql:1 empties table `a`\n");
}

TEST(MigrationLint, WhatTakesAFileBackIsJudgedForWhetherItCanRun) {
  auto files = Files({{"v2.0.0", "CREATE TABLE t (a int)"}});
  files[0].down = Down{.file = "v2.0.0/001_a.down.sql", .text = "DROP TABLE t CASCADE; DELETE FROM u;"};
  EXPECT_EQ(Found(files), "");
  files[0].down->text = "SELECT 1;\nDROP INDEX CONCURRENTLY i;";
  EXPECT_EQ(Found(files), "v2.0.0 2:1 a version is taken back in one transaction, and this cannot run in it");
  files[0].down->text = "BEGIN; DROP TABLE t; COMMIT;";
  EXPECT_EQ(Found(files), "v2.0.0 1:8 a version is taken back in one transaction, and this cannot run in it");
  files[0].down->text = "-- nothing\n";
  EXPECT_EQ(Found(files), "v2.0.0 1:1 it takes nothing back");
  files[0].down->text = "DROP TABLE 'unclosed";
  EXPECT_THAT(Found(files), HasSubstr("v2.0.0 1:12"));
}

TEST(MigrationLint, ATableIsNewToTheFilesOfItsVersionAlone) {
  EXPECT_EQ(
      Found(Files(
          {{"v1.0.0", "CREATE TABLE public.t (a int)"},
           {"1.0.0", "CREATE INDEX i ON t (a); ALTER TABLE t ADD b serial; UPDATE t SET a = 1; DROP INDEX i"},
           {"v1.1.0", "CREATE INDEX i ON t (a)"}})),
      "v1.1.0 1:1 index-not-concurrent");
  EXPECT_EQ(Found("CREATE TABLE s.t (a int); CREATE INDEX ON t (a)"), "1:27 index-not-concurrent");
}

TEST(MigrationLint, WhatAnEarlierVersionMadeIsNotNewBecauseOfIfNotExists) {
  const std::string_view kAgain = "CREATE TABLE IF NOT EXISTS t (a int); CREATE INDEX i ON t (a)";
  EXPECT_EQ(Found(kAgain), "");
  EXPECT_EQ(Found(Files({{"v1.0.0", "CREATE TABLE t (a int)"}, {"v2.0.0", kAgain}})),
            "v2.0.0 1:39 index-not-concurrent");
  EXPECT_EQ(Found("ALTER TABLE t ADD IF NOT EXISTS a int; ALTER TABLE t RENAME a TO b"),
            "1:54 rename-breaks-clients");
}

TEST(MigrationLint, ATableThatASelectMakesIsNew) {
  EXPECT_EQ(Found("SELECT * INTO TEMP TABLE n FROM t; CREATE INDEX ON n (a)"), "");
}

TEST(MigrationLint, WhatWasDeprecatedTwoVersionsAgoMayGo) {
  const std::string_view kDrop = "ALTER TABLE t DROP COLUMN a; DROP TABLE s.old";
  const std::string_view kSay =
      "COMMENT ON COLUMN public.t.a IS 'Deprecated: use b'; COMMENT ON TABLE s.old IS 'deprecated'";
  EXPECT_EQ(Found(Files({{"v1.0.0", kSay}, {"v1.1.0", "SELECT 1"}, {"v1.2.0", kDrop}})), "");
  EXPECT_EQ(Found(Files({{"v1.0.0", kSay}, {"v1.1.0", kDrop}})),
            "v1.1.0 1:15 drop-without-deprecation, v1.1.0 1:30 drop-without-deprecation");
  EXPECT_EQ(Found(Files({{"v1.0.0", kSay}, {"v1.1.0", "COMMENT ON TABLE s.old IS NULL"}, {"v1.2.0", kDrop}})),
            "v1.2.0 1:30 drop-without-deprecation");
}

// As PostgreSQL 15 was seen to do it, by the file of the table.
TEST(MigrationLint, WhereTheFilesSayTheTypeAChangeIsKnownToRewriteOrNot) {
  const auto changed = [](std::string_view from, std::string_view to) {
    const std::string made = "CREATE TABLE t (id int, a " + std::string(from) + " NOT NULL, CHECK (id > 0))";
    const std::string change = "ALTER TABLE t ALTER a TYPE " + std::string(to);
    const std::string found = Found(Files({{"v1.0.0", made}, {"v2.0.0", change}}));
    return found.empty() ? "kept" : found == "v2.0.0 1:15 type-change-rewrites" ? "rewritten" : found;
  };
  for (const auto& [from, to] : std::initializer_list<std::pair<const char*, const char*>>{
           {"varchar(10)", "character varying (20)"},
           {"varchar(10)", "varchar"},
           {"varchar(10)", "text"},
           {"text", "varchar"},
           {"numeric(10,2)", "decimal(12,2)"},
           {"numeric(10)", "numeric(12, 0)"},
           {"numeric(10,2)", "numeric"},
           {"bit varying(5)", "varbit(10)"},
           {"cidr", "inet"},
           {"timestamp(3) with time zone", "timestamptz"},
           {"int", "int4"}})
    EXPECT_EQ(changed(from, to), "kept") << from << " " << to;
  for (const auto& [from, to] :
       std::initializer_list<std::pair<const char*, const char*>>{{"varchar(20)", "varchar(10)"},
                                                                  {"varchar", "varchar(10)"},
                                                                  {"text", "varchar(10)"},
                                                                  {"char(5)", "text"},
                                                                  {"numeric(10,2)", "numeric(12,3)"},
                                                                  {"numeric", "numeric(10,2)"},
                                                                  {"int", "bigint"},
                                                                  {"varchar(10)[]", "varchar(20)[]"},
                                                                  {"timestamp", "timestamp(3)"}})
    EXPECT_EQ(changed(from, to), "rewritten") << from << " " << to;
  EXPECT_EQ(changed("text", "text COLLATE \"C\""), "v2.0.0 1:15 type-change-may-rewrite");
}

TEST(MigrationLint, WhatTheFilesSayOfATypeIsWhatWasSaidLast) {
  const auto then = [](std::string_view between) {
    return Found(Files({{"v1.0.0", "CREATE TABLE t (a varchar(10))"},
                        {"v1.1.0", between},
                        {"v2.0.0", "ALTER TABLE t ALTER a TYPE varchar(30)"}}));
  };
  const std::string_view kMay = "v2.0.0 1:15 type-change-may-rewrite",
                         kDoes = "v2.0.0 1:15 type-change-rewrites";
  EXPECT_EQ(then("ALTER TABLE t ALTER a TYPE varchar(20)"), "");
  EXPECT_EQ(then("ALTER TABLE t ALTER a TYPE varchar(50)"), kDoes);
  EXPECT_EQ(then("DO $$ BEGIN IF x THEN ALTER TABLE t ALTER a TYPE varchar(20); END IF; END $$"), kMay);
  EXPECT_EQ(
      then("-- slipway:allow drop-without-deprecation nobody has it\nDROP TABLE t; SELECT 1 AS a INTO t"),
      kMay);
  EXPECT_EQ(then("-- slipway:allow rename-breaks-clients nobody has it\nALTER TABLE t RENAME a TO b;"
                 "ALTER TABLE t ADD a varchar(40)"),
            kDoes);
  EXPECT_EQ(Found(Files({{"v1.0.0", "CREATE TABLE t (a varchar(10)); ALTER TABLE t ALTER a TYPE varchar(50)"},
                         {"v2.0.0", "ALTER TABLE t ALTER a TYPE varchar(30)"}})),
            kDoes);
  EXPECT_EQ(Found(Files({{"v1.0.0", "CREATE TABLE IF NOT EXISTS t (a varchar(10))"},
                         {"v2.0.0", "ALTER TABLE t ALTER a TYPE varchar(30)"}})),
            kMay);
}

TEST(MigrationLint, WhatWasDroppedIsDeprecatedNoMore) {
  const std::string_view kSay =
      "COMMENT ON TABLE t IS 'deprecated'; COMMENT ON COLUMN u.a IS $$Deprecated$$;"
      "COMMENT ON SCHEMA s IS E'deprecated'";
  EXPECT_EQ(Found(Files({{"v1.0.0", kSay},
                         {"v1.1.0", "SELECT 1"},
                         {"v1.2.0",
                          "ALTER TABLE t DROP b; DROP TABLE t; ALTER TABLE u DROP a; DROP TABLE s.x;"
                          "CREATE TABLE t (b int); ALTER TABLE u ADD a int"},
                         {"v1.3.0", "DROP TABLE t; ALTER TABLE u DROP a"}})),
            "v1.3.0 1:1 drop-without-deprecation, v1.3.0 1:29 drop-without-deprecation");
}

TEST(MigrationLint, AProofThatIsGoneProvesNothing) {
  EXPECT_EQ(Found(Files({{"v1.0.0", "ALTER TABLE t ADD CONSTRAINT c CHECK (a IS NOT NULL) NOT VALID"},
                         {"v1.1.0", "ALTER TABLE t VALIDATE CONSTRAINT c"},
                         {"v1.2.0", "ALTER TABLE t DROP CONSTRAINT c, ALTER a SET NOT NULL"}})),
            "v1.2.0 1:34 set-not-null-scans");
}

TEST(MigrationLint, WhatIsAppliedEverywhereIsReadAndNotJudged) {
  const auto files = Files(
      {{"v1.0.0", "ALTER TABLE t ADD CONSTRAINT c CHECK (a IS NOT NULL) NOT VALID; DROP VIEW v CASCADE"},
       {"v1.1.0", "ALTER TABLE t VALIDATE CONSTRAINT c; ALTER TABLE t ALTER a SET NOT NULL"}});
  EXPECT_EQ(Found(files, {.applied = 1}), "");
}

TEST(MigrationLint, AWaiverReachesTheStatementBelowItAndItsRuleAlone) {
  EXPECT_EQ(Found("-- slipway:allow drop-cascade one\n-- slipway:allow drop-without-deprecation two\n-- and "
                  "a remark\n"
                  "DROP TABLE t CASCADE;\nDROP TABLE u CASCADE;"),
            "5:1 drop-without-deprecation, 5:14 drop-cascade");
  EXPECT_EQ(Found("-- slipway:allow drop-cascade one\n\nDROP VIEW v CASCADE"),
            "1:1 unused-waiver, 3:13 drop-cascade");
  EXPECT_EQ(Found("SELECT 1; -- slipway:allow drop-cascade one\nDROP VIEW v CASCADE"),
            "1:11 unused-waiver, 2:13 drop-cascade");
  EXPECT_EQ(Found("-- slipway:allow unbatched-update one row\r\nDO $$ BEGIN UPDATE t SET a = 1; END $$"), "");
  const std::string text =
      base::Render(Lint(Files({{"v1.0.0", "-- slipway:allow drop-cascad x\nSELECT 1"}})), "");
  EXPECT_THAT(
      text,
      HasSubstr("`drop-cascad` is not a rule (did you mean `drop-cascade`?): the waiver silences nothing"));
}

TEST(MigrationLint, ASecretIsNeverShownAgain) {
  const auto files =
      Files({{"v1.0.0", "GRANT a TO PUBLIC; ALTER ROLE app PASSWORD 'hunter2';\nDROP VIEW v CASCADE"}});
  const std::string text = base::Render(Lint(files), files[0].text);
  EXPECT_THAT(text, Not(HasSubstr("hunter2")));
  EXPECT_THAT(text, HasSubstr("    2 | DROP VIEW v CASCADE\n"));
}

TEST(MigrationLint, AFindingSaysTheDangerAndTheSafeForm) {
  const auto files = Files({{"v1.0.0", "CREATE INDEX i ON t (a)"}});
  EXPECT_THAT(base::Render(Lint(files), files[0].text),
              HasSubstr("v1.0.0/001_a.sql:1:1: error: index on `t`: nothing can write to the table until the "
                        "index is built "
                        "[index-not-concurrent]\n    1 | CREATE INDEX i ON t (a)\n      | ^\n      = CREATE "
                        "INDEX CONCURRENTLY …"));
  EXPECT_EQ(Found("SELECT 1;\n'a"), "2:1 the string that begins here is never closed");
}

TEST(MigrationLint, ExplainsWithinOneAnotherAreNotFollowed) {
  std::string text = "UPDATE t SET a = 1";
  for (int i = 0; i < 50'000; ++i) text.insert(0, "EXPLAIN ANALYZE ");
  EXPECT_EQ(Found(text), "");
}

TEST(MigrationLint, OfAHostileFileTheFirstThousandFindingsAreTold) {
  std::string text;
  for (int i = 0; i < 3000; ++i) text += "UPDATE t SET a = 1; ";
  const base::Diagnostics found = Lint(Files({{"v1.0.0", text}}));
  EXPECT_EQ(found.size(), 1001U);
  EXPECT_EQ(found[0].what, "there are more than 1000 findings; the rest is not told");
}

// The page and the table must not drift apart.
TEST(MigrationLint, EveryRuleStandsInTheFormatPageAsItIs) {
  const auto page = base::ReadFile(SLIPWAY_SOURCE_DIR "/docs/formats/migrations.md");
  ASSERT_TRUE(page);
  for (const Rule& rule : Rules()) {
    const std::string row = "| `" + std::string(rule.id) + "` | " +
                            (rule.severity == base::Severity::kError ? "error" : "warning") + " | " +
                            std::string(rule.danger) + " | " + std::string(rule.safe) + " |\n";
    EXPECT_NE(page->find(row), std::string::npos) << row;
  }
  const std::vector<std::string> lines = base::Split(*page, '\n');
  EXPECT_EQ(std::ranges::count_if(lines,
                                  [](const std::string& line) {
                                    return line.find("` | error |") != line.npos ||
                                           line.find("` | warning |") != line.npos;
                                  }),
            static_cast<std::ptrdiff_t>(Rules().size()));
}

}  // namespace
}  // namespace slipway::sql
