#include "sql/migration.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "base/text.h"

namespace slipway::sql {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// A folder of migrations that goes away with the test.
class Migrations : public testing::Test {
 protected:
  Migrations() {
    std::string pattern = (std::filesystem::temp_directory_path() / "slipway-sql-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
  }
  ~Migrations() override { std::filesystem::remove_all(folder_); }

  void Write(const std::string& path, const std::string& text = "SELECT 1;") {
    std::filesystem::create_directories((folder_ / path).parent_path());
    std::ofstream(folder_ / path, std::ios::binary) << text;
  }

  // `path: what`, one a line, in order of place.
  std::string Errors() {
    const auto read = ReadMigrations(folder_);
    if (read) return "none";
    const std::string text = base::Render(read.error(), "");
    std::string out;
    for (const std::string& line : base::Split(text, '\n'))
      if (line.starts_with(folder_.string())) out += line.substr(folder_.string().size()) + "\n";
    return out;
  }

  std::filesystem::path folder_;
};

TEST_F(Migrations, ComeInTheOrderOfTheirVersionsAndNumbers) {
  for (const char* path : {"v1.10.0/001_c.sql", "v1.9.0/010_b.sql", "v1.9.0/0002_a.sql",
                           "v1.10.0-rc.1/001_x-y.sql", "v2.0.0/.gitkeep", "v2.0.0/001_d.sql", "README.md"})
    Write(path, path);
  const auto read = ReadMigrations(folder_);
  ASSERT_TRUE(read);
  std::vector<std::string> paths;
  for (const Migration& migration : *read) paths.push_back(migration.path);
  EXPECT_THAT(paths, ElementsAre("v1.9.0/0002_a.sql", "v1.9.0/010_b.sql", "v1.10.0-rc.1/001_x-y.sql",
                                 "v1.10.0/001_c.sql", "v2.0.0/001_d.sql"));
  EXPECT_EQ((*read)[0].number, 2);
  EXPECT_EQ((*read)[2].description, "x-y");
  EXPECT_EQ((*read)[3].file, (folder_ / "v1.10.0/001_c.sql").string());
  EXPECT_EQ((*read)[3].size(), 17U);
  EXPECT_EQ((*read)[3].sha256, "sha256:cbcb0aafda6b5d730f61041b38e9fd469e747c4bef875e4cd96468242b284855");
}

TEST_F(Migrations, WhatTakesAFileBackStandsBesideIt) {
  Write("v1.0.0/001_a.sql");
  Write("v1.0.0/001_a.down.sql", "DROP TABLE a;");
  Write("v1.0.0/002_b.sql");
  const auto read = ReadMigrations(folder_);
  ASSERT_TRUE(read);
  ASSERT_EQ(read->size(), 2U);
  ASSERT_TRUE((*read)[0].down);
  EXPECT_EQ((*read)[0].down->path, "v1.0.0/001_a.down.sql");
  EXPECT_EQ((*read)[0].down->text, "DROP TABLE a;");
  EXPECT_FALSE((*read)[1].down);
  Write("v1.0.0/003_c.down.sql");
  Write("v1.0.0/002_b.down.sql", " \n");
  EXPECT_EQ(Errors(),
            "/v1.0.0/002_b.down.sql: error: the file is empty\n"
            "/v1.0.0/003_c.down.sql: error: takes back `003_c.sql`, which is not there\n");
}

TEST_F(Migrations, EverythingThatIsWrongIsToldAtOnce) {
  Write("2.1/001_a.sql");
  Write("v1.0.0/001_a.sql");
  Write("v1.0.0/0001_b.sql");
  Write("v1.0.0/01_c.sql");
  Write("v1.0.0/002_d.up.sql");
  Write("v1.0.0/003_e.sql", " \n");
  Write("v1.0.0/004_f.sql", "a\n\xFF");
  std::filesystem::create_symlink("001_a.sql", folder_ / "v1.0.0/005_g.sql");
  std::filesystem::create_directories(folder_ / "v1.0.0/006_h.sql");
  Write("1.0.0+build/001_a.sql");
  Write("v1.1.0/.keep");
  Write("001_a.sql");
  EXPECT_EQ(Errors(),
            "/001_a.sql: error: stands outside any version's folder\n"
            "/2.1: error: `2.1` is not a version\n"
            "/v1.0.0: error: is the same version as `1.0.0+build`\n"
            "/v1.1.0: error: the version has no migration\n");
  std::filesystem::remove_all(folder_ / "1.0.0+build");
  EXPECT_EQ(Errors(),
            "/001_a.sql: error: stands outside any version's folder\n"
            "/2.1: error: `2.1` is not a version\n"
            "/v1.0.0/001_a.sql: error: has the same number as `0001_b.sql`\n"
            "/v1.0.0/002_d.up.sql: error: `002_d.up.sql` is not the name of a migration\n"
            "/v1.0.0/003_e.sql: error: the file is empty\n"
            "/v1.0.0/004_f.sql:2:1: error: the text is not UTF-8 from here on\n"
            "/v1.0.0/005_g.sql: error: is a link, so what it leads to may change after it was approved\n"
            "/v1.0.0/006_h.sql: error: not a regular file\n"
            "/v1.0.0/01_c.sql: error: `01_c.sql` is not the name of a migration\n"
            "/v1.1.0: error: the version has no migration\n");
}

TEST_F(Migrations, AFolderWithoutAnyIsAnError) {
  EXPECT_EQ(Errors(), ": error: the folder holds no version\n");
  EXPECT_THAT(base::Render(ReadMigrations(folder_ / "none").error(), ""),
              HasSubstr("cannot read the folder: No such file"));
}

// `T[modes](a; b) O(c)`: transactions and what runs outside.
std::string Plan(std::string_view text) {
  const auto segments = Segments(text, "a.sql");
  if (!segments) return base::Render(segments.error(), "");
  std::string out;
  for (const Segment& segment : *segments) {
    out += out.empty() ? "" : " ";
    out += segment.kind == Segment::Kind::kTransaction ? "T" : "O";
    if (!segment.modes.empty()) out += "[" + segment.modes + "]";
    std::vector<std::string> texts;
    for (const Statement& statement : segment.statements) texts.push_back(statement.text);
    out += "(" + base::Join(texts, "; ") + ")";
  }
  return out;
}

TEST(Segments, AFileIsOneTransaction) {
  EXPECT_EQ(Plan("a; b; SAVEPOINT s; c; ROLLBACK TO s;"), "T(a; b; SAVEPOINT s; c; ROLLBACK TO s)");
  EXPECT_EQ(Plan("-- nothing"), "");
}

TEST(Segments, ItsOwnTransactionsAreUnderstood) {
  EXPECT_EQ(Plan("BEGIN; a; b; COMMIT;"), "T(a; b)");
  EXPECT_EQ(Plan("a; BEGIN ISOLATION LEVEL SERIALIZABLE; b; END; c; start transaction; d; commit work; "
                 "BEGIN; COMMIT"),
            "T(a) T[ISOLATION LEVEL SERIALIZABLE](b) T(c) T(d)");
}

TEST(Segments, WhatCannotRunInATransactionDividesTheFile) {
  EXPECT_EQ(Plan("a; b; CREATE INDEX CONCURRENTLY i ON t (x); c; VACUUM t; VACUUM u"),
            "T(a; b) O(CREATE INDEX CONCURRENTLY i ON t (x)) T(c) O(VACUUM t) O(VACUUM u)");
  EXPECT_EQ(Plan("BEGIN; a; COMMIT; DROP INDEX CONCURRENTLY i; b"), "T(a) O(DROP INDEX CONCURRENTLY i) T(b)");
  EXPECT_EQ(Plan("ALTER TYPE m ADD VALUE 'x'; a"), "O(ALTER TYPE m ADD VALUE 'x') T(a)");
  EXPECT_EQ(Plan("BEGIN; ALTER TYPE m ADD VALUE 'x'; COMMIT"),
            "T(ALTER TYPE m ADD VALUE 'x')");  // the server takes it
}

TEST(Segments, DataStayWithTheirCopy) {
  const auto segments = Segments("COPY t FROM stdin;\n1\n\\.\nVACUUM t;", "a.sql");
  ASSERT_TRUE(segments);
  EXPECT_EQ((*segments)[0].statements[0].data, "1\n");
  EXPECT_EQ((*segments)[1].statements[0].at.line, 4);
}

TEST(Segments, WhatCannotBeExecutedAsWrittenIsRefused) {
  EXPECT_THAT(
      Plan("BEGIN;\nCREATE INDEX CONCURRENTLY i ON t (x);\nCOMMIT;"),
      HasSubstr("a.sql:2:1: error: CREATE INDEX CONCURRENTLY between BEGIN and COMMIT: it cannot run "
                "inside a transaction, the "
                "server refuses it (SQLSTATE 25001, for a DO block 2D000) [concurrently-in-transaction]"));
  EXPECT_THAT(Plan("a;\nBEGIN; b;"), HasSubstr("a.sql:2:1: error: this BEGIN has no COMMIT"));
  EXPECT_THAT(Plan("a;\nCOMMIT; b;"), HasSubstr("a.sql:2:1: error: this COMMIT has no BEGIN"));
  EXPECT_THAT(Plan("BEGIN;\nBEGIN; b; COMMIT; COMMIT"), HasSubstr("a.sql:2:1: error: BEGIN inside BEGIN"));
  EXPECT_THAT(Plan("BEGIN; a;\nROLLBACK;"),
              HasSubstr("a.sql:2:1: error: ROLLBACK: the file would be recorded"));
  EXPECT_THAT(Plan("BEGIN; a;\nCOMMIT AND CHAIN; COMMIT"),
              HasSubstr("a.sql:2:1: error: neither two-phase commit nor AND CHAIN"));
  EXPECT_THAT(Plan("a;\n'b"), HasSubstr("a.sql:2:1: error: the string that begins here is never closed"));
}

}  // namespace
}  // namespace slipway::sql
