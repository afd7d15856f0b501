#include "drivers/postgres/content/content.h"

#include <gmock/gmock.h>
#include <stdlib.h>

#include <fstream>

namespace slipway::drivers::postgres {
namespace {

using base::JsonObject;
using testing::ElementsAre;
using testing::HasSubstr;

class SeedContent : public testing::Test {
 protected:
  SeedContent() {
    std::string name = "/tmp/slipway-content-XXXXXX";
    folder_ = mkdtemp(name.data());
    std::filesystem::create_directory(folder_ / "content");
  }
  ~SeedContent() override {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  void Write(const std::string& file, const std::string& text) {
    std::ofstream(folder_ / "content" / file) << text;
  }
  base::Result<Content> Read(JsonObject with = {{"folder", "content"}}) { return ReadContent(folder_, with); }
  // What is wrong with the one file `name`.
  std::string Wrong(const std::string& name, const std::string& text) {
    Write(name, text);
    const auto content = Read({{"file", "content/" + name}});
    return content ? "" : base::ToString(content.error());
  }

  std::filesystem::path folder_;
};

TEST_F(SeedContent, IsReadInOrderOfNameAndNamesItsTables) {
  Write("020_training_programs.csv", "title,\"minutes\"\nPhishing,20\n");
  Write("010_people.sql", "INSERT INTO employees (name) VALUES ('Ada'); SELECT 1");
  Write("030_more.json",
        R"({"app.users": [{"name": "Ada"}], "programs": [{"t": 1.5, "m": null}, {"m": 2, "t": 1}]})");
  const Content content = Read().value();
  ASSERT_EQ(content.files.size(), 3u);
  EXPECT_EQ(content.files[0].statements.size(), 2u);
  EXPECT_EQ(content.files[1].rows[0].table, "training_programs");
  EXPECT_THAT(content.files[1].rows[0].columns, ElementsAre("title", "minutes"));
  EXPECT_EQ(content.files[2].rows[0].table, "app.users");
  EXPECT_EQ(content.files[2].rows[1].count, 2);
}

TEST_F(SeedContent, TheDigestIsOfNamesTextsAndParameters) {
  Write("a.sql", "SELECT 1");
  const std::string one = Read().value().sha256;
  EXPECT_EQ(Read().value().sha256, one);
  EXPECT_NE(Read({{"folder", "content"}, {"params", JsonObject{{"day", "2026-11-21"}}}}).value().sha256, one);
  Write("a.sql", "SELECT 2");
  EXPECT_NE(Read().value().sha256, one);
}

TEST_F(SeedContent, OnlyInsertsAndSaysWhere) {
  EXPECT_THAT(Wrong("a.sql", "SELECT 1;\nDELETE FROM employees"), HasSubstr("content/a.sql:2"));
  EXPECT_THAT(Wrong("a.sql", "CREATE TABLE a (b int)"), HasSubstr("it only inserts rows"));
  EXPECT_THAT(Wrong("a.sql", "BEGIN; SELECT 1; COMMIT"), HasSubstr("one transaction"));
  EXPECT_THAT(Wrong("a.sql", "VACUUM"), HasSubstr("cannot run in a transaction"));
  EXPECT_THAT(Wrong("a.sql", "COPY employees TO PROGRAM 'sh'"), HasSubstr("its own file alone"));
  EXPECT_THAT(Wrong("a.sql", "SELECT 'open"), HasSubstr("content/a.sql:1"));
}

TEST_F(SeedContent, NoTextBecomesAnIdentifierUnseen) {
  EXPECT_THAT(Wrong("users; DROP TABLE users.csv", "a\n1\n"), HasSubstr("no name of a table"));
  EXPECT_THAT(Wrong("a.csv", "id,name)--\n1,2\n"), HasSubstr("no name of one"));
  EXPECT_THAT(Wrong("a.csv", ""), HasSubstr("no name of one"));
  EXPECT_THAT(Wrong("a.json", R"({"a b": [{"c": 1}]})"), HasSubstr("no name of a table"));
  EXPECT_THAT(Wrong("a.json", R"([{"c\"": 1}])"), HasSubstr("no name of a column"));
}

TEST_F(SeedContent, RowsOfATableHaveTheSameColumns) {
  EXPECT_THAT(Wrong("a.json", R"([{"b": 1}, {"c": 1}])"), HasSubstr("row 2"));
  EXPECT_THAT(Wrong("a.json", R"([{"b": 1}, 2])"), HasSubstr("row 2"));
  EXPECT_THAT(Wrong("a.json", R"({"a": {}})"), HasSubstr("a list of maps"));
  EXPECT_THAT(Wrong("a.json", "3"), HasSubstr("neither a list"));
  EXPECT_NE(Wrong("a.json", "[{]"), "");
}

TEST_F(SeedContent, OtherFilesAndNoFilesAreErrors) {
  EXPECT_THAT(base::ToString(Read().error()), HasSubstr("there is no content in it"));
  Write("notes.md", "x");
  EXPECT_THAT(base::ToString(Read().error()), HasSubstr("content is .sql, .csv or .json"));
  EXPECT_THAT(Wrong("a.sql", "SELECT '\xff'"), HasSubstr("UTF-8"));
  EXPECT_FALSE(Read({{"folder", "../elsewhere"}}));
  EXPECT_FALSE(Read({{"folder", "content"}, {"file", "content/a.sql"}}));
  EXPECT_FALSE(Read(JsonObject{}));
}

}  // namespace
}  // namespace slipway::drivers::postgres
