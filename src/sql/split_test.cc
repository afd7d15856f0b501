#include "sql/split.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace slipway::sql {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<std::string> Texts(std::string_view text) {
  std::vector<std::string> texts;
  const auto script = Split(text, "a.sql");
  if (!script) return {base::Render(script.error(), "")};
  for (const Statement& statement : script->statements) texts.push_back(statement.text);
  return texts;
}

// `line:column what`, one a line.
std::string Errors(std::string_view text) {
  const auto script = Split(text, "a.sql");
  if (script) return "none";
  std::string out;
  for (const base::Diagnostic& d : script.error())
    out += std::to_string(d.at.line) + ":" + std::to_string(d.at.column) + " " + d.what + "\n";
  return out;
}

TEST(Split, TellsWhereEachStatementStandsAndHowItBegins) {
  const std::string text = "-- first\nSELECT 1;\n  /* é */ CREATE  Unique\nINDEX a ON t (x)  -- end\n;";
  const auto script = Split(text, "a.sql");
  ASSERT_TRUE(script);
  ASSERT_EQ(script->statements.size(), 2U);
  const Statement& create = script->statements[1];
  EXPECT_EQ(create.at.line, 3);
  EXPECT_EQ(create.at.column, 11);  // in characters
  EXPECT_EQ(create.text, "CREATE  Unique\nINDEX a ON t (x)");
  EXPECT_EQ(text.substr(create.offset, create.text.size()), create.text);
  EXPECT_EQ(create.head, "create unique index a");
}

TEST(Split, EmptyStatementsAreNoneAndTheLastNeedsNoSemicolon) {
  EXPECT_THAT(Texts(""), IsEmpty());
  EXPECT_THAT(Texts(" ;; -- a;\n /* ; */ ;"), IsEmpty());
  EXPECT_THAT(Texts("a;;b"), ElementsAre("a", "b"));
  EXPECT_THAT(Texts("a -- the end"), ElementsAre("a"));
}

TEST(Split, AByteOrderMarkAndWindowsLineEndsAreNotPartOfAStatement) {
  const auto script = Split(
      "\xEF\xBB\xBF"
      "a;\r\nb;\r\n",
      "a.sql");
  ASSERT_TRUE(script);
  EXPECT_EQ(script->statements[0].text, "a");
  EXPECT_EQ(script->statements[0].offset, 3U);
  EXPECT_EQ(script->statements[0].at.column, 1);
  EXPECT_EQ(script->statements[1].at.line, 2);
  EXPECT_THAT(Errors("a;\n\xEF\xBB\xBF"
                     "b;"),
              "2:1 a byte order mark stands in the middle of the file\n");
}

TEST(Split, StringsOfEveryKindHoldSemicolons) {
  for (const char* string :
       {"'a;''b;'", R"(E'a\';b\\')", R"(e'\\\';')", "U&'d\\0061;'", "B'1;'", "X'1;'", "N'a;''b'", R"('a\')",
        "$$a;b$$", "$$;'$$", "$a$ $b$ ; $b$ $$ $ $a$", "$é1$;$é1$", "\"a;\"\"b\"", "U&\"a;\"", "'a'\n  ';b'",
        "'a' -- it's\n\r\n';b'", "E'a'\n'\\';b'", "$a$;$b$a$", "1E'\\';'"})
    EXPECT_THAT(Texts(std::string("SELECT ") + string + "; x"),
                ElementsAre(std::string("SELECT ") + string, "x"));
}

TEST(Split, WhatOnlyLooksLikeAStringIsNone) {
  EXPECT_THAT(Texts("SELECT a$b$;c$b$"), ElementsAre("SELECT a$b$", "c$b$"));  // an identifier may hold $
  EXPECT_THAT(Texts("SELECT $1;$2"), ElementsAre("SELECT $1", "$2"));          // parameters
  EXPECT_THAT(Texts("SELECT xE'\\';b"), ElementsAre("SELECT xE'\\'", "b"));    // a type and a plain string
  EXPECT_THAT(Texts("SELECT 'a' ';' "), ElementsAre("SELECT 'a' ';'"));
  EXPECT_THAT(Texts("SELECT '\\';b"), ElementsAre("SELECT '\\'", "b"));  // standard_conforming_strings
}

TEST(Split, CommentsNestAndEndWhereTheServerEndsThem) {
  EXPECT_THAT(Texts("a /* ; /* ; */ ; */ b; c"), ElementsAre("a /* ; /* ; */ ; */ b", "c"));
  EXPECT_THAT(Texts("a*/*;*/b"), ElementsAre("a*/*;*/b"));
  EXPECT_THAT(Texts("a /*/ ; */ b"), ElementsAre("a /*/ ; */ b"));
  EXPECT_THAT(Texts("a -- ;'\rb;c"), ElementsAre("a -- ;'\rb", "c"));
  EXPECT_THAT(Texts("a - -1; b<--;\n1"), ElementsAre("a - -1", "b<--;\n1"));
}

TEST(Split, BodiesOfFunctionsAndBlocksStayWhole) {
  const std::string block = "DO $do$ BEGIN EXECUTE $$SELECT 1;$$; END $do$";
  const std::string atomic =
      "CREATE OR REPLACE FUNCTION f(a int DEFAULT 1) RETURNS int LANGUAGE sql BEGIN ATOMIC\n"
      "  SELECT CASE WHEN a > 1 THEN (CASE a WHEN 2 THEN 1 END) ELSE 2 END AS end, t.case; SELECT 2;\nEND";
  const std::string procedure = "create procedure p() begin atomic insert into t values (1); end";
  EXPECT_THAT(Texts(block + ";" + atomic + ";" + procedure + "; x"),
              ElementsAre(block, atomic, procedure, "x"));
  EXPECT_THAT(Texts("BEGIN; a; END"), ElementsAre("BEGIN", "a", "END"));
  EXPECT_THAT(Texts("CREATE FUNCTION f() AS $$ BEGIN ATOMIC; $$; b"),
              ElementsAre("CREATE FUNCTION f() AS $$ BEGIN ATOMIC; $$", "b"));
}

TEST(Split, TheActionsOfARuleStayTogether) {
  const std::string rule =
      "CREATE OR REPLACE RULE r AS ON UPDATE TO t DO ALSO (INSERT INTO a VALUES (1); DELETE FROM b;)";
  EXPECT_THAT(Texts(rule + "; x"), ElementsAre(rule, "x"));
}

TEST(Split, TheDataOfCopyStandsApart) {
  const auto script = Split(
      "COPY public.t (a, \"from\") FROM stdin; -- two rows\n1\tit's; $$\n\\N\tb\r\n\\.\nSELECT 1;\ncopy u "
      "from STDIN with (format csv);\n\\.",
      "a.sql");
  ASSERT_TRUE(script);
  ASSERT_EQ(script->statements.size(), 3U);
  EXPECT_EQ(script->statements[0].text, "COPY public.t (a, \"from\") FROM stdin");
  EXPECT_EQ(script->statements[0].data, "1\tit's; $$\n\\N\tb\r\n");
  EXPECT_EQ(script->statements[1].at.line, 5);
  EXPECT_FALSE(script->statements[1].data);
  EXPECT_EQ(script->statements[2].data, "");
  EXPECT_FALSE(Split("COPY t TO stdout; COPY (SELECT 1 FROM stdin) TO '/x'; COPY t FROM '/x'", "a.sql")
                   ->statements[0]
                   .data);
}

TEST(Split, CopyWithoutItsDataIsAnError) {
  EXPECT_EQ(Errors("a;\nCOPY t FROM stdin"),
            "2:1 the data of COPY … FROM stdin that begins here has no end\n");
  EXPECT_EQ(Errors("COPY t FROM stdin;\n1\n2\n"),
            "2:1 the data of COPY … FROM stdin that begins here has no end\n");
  EXPECT_EQ(Errors("COPY t FROM stdin; SELECT 1;\n1\n\\.\n"),
            "1:19 something stands behind COPY … FROM stdin; on its line\n"
            "3:1 `\\.` is a command of psql, which is not used here\n");
}

TEST(Split, WhatIsNeverClosedIsToldWhereItBegan) {
  EXPECT_EQ(Errors("a;\n 'b"), "2:2 the string that begins here is never closed\n");
  EXPECT_EQ(Errors("a;\nE'b\\'"), "2:1 the string that begins here is never closed\n");
  EXPECT_EQ(Errors("\n\n\"b"), "3:1 the quoted name that begins here is never closed\n");
  EXPECT_EQ(Errors("a /* /* */ b"), "1:3 the comment that begins here is never closed\n");
  EXPECT_EQ(Errors("DO $x$ $y$ $X$"), "1:4 the string that begins here with `$x$` is never closed\n");
  EXPECT_EQ(Errors("CREATE TABLE t (a int;\nSELECT 1;"),
            "1:16 the parenthesis that opens here is not closed within its statement\n");
  EXPECT_EQ(Errors("CREATE FUNCTION f() BEGIN ATOMIC SELECT 1;"),
            "1:27 the body that begins here with BEGIN ATOMIC is never closed\n");
}

TEST(Split, WhatOnlyPsqlUnderstandsIsNamedWithTheWayOut) {
  EXPECT_EQ(Errors("\\set x 'a\n\\i b.sql\nSELECT :x, :'y', :\"z\", :{?q};\n\\.\n"),
            "1:1 `\\set` is a command of psql, which is not used here\n"
            "2:1 `\\i` is a command of psql, which is not used here\n"
            "3:8 `:x` is a variable of psql, which is not used here\n"
            "3:12 `:'y'` is a variable of psql, which is not used here\n"
            "3:18 `:\"z\"` is a variable of psql, which is not used here\n"
            "3:24 `:{?q}` is a variable of psql, which is not used here\n"
            "4:1 `\\.` is a command of psql, which is not used here\n");
  EXPECT_THAT(base::Render(Split("\\connect other", "a.sql").error(), "\\connect other"),
              HasSubstr("= a file speaks to one database, which is chosen outside it"));
  EXPECT_EQ(Errors("SELECT a::text, b[1:2], b[lo:hi], b[:n], f(x := 1), ':x', $$:x$$, /* :x */ 1"), "none");
}

TEST(Split, WhatIsNotTextIsRefused) {
  EXPECT_EQ(Errors("a;\n'\xC3(';"), "2:2 the text is not UTF-8 from here on\n");
  EXPECT_EQ(Errors(std::string_view("a\0b", 3)), "1:2 a NUL byte stands in the text\n");
  EXPECT_EQ(Errors(std::string(kMaxFile + 1, ' ')), "0:0 the file is larger than 16MiB\n");
}

TEST(Split, AHostileFileIsReadInOnePassAndItsErrorsAreFew) {
  std::string text;
  while (text.size() < 1U << 20) text += "(;";
  EXPECT_EQ(Split(text, "a.sql").error().size(), 100U);
  for (const char* part : {"a;", "/*", "$a$", "''", "[", "(", "E'\\", ":=", "$a"}) {
    text.clear();
    while (text.size() < 1U << 20) text += part;
    (void)Split(text, "a.sql");
  }
}

TEST(Split, DirectivesStandBetweenStatements) {
  const auto script = Split(
      "--slipway:allow a b\n-- other\nSELECT -- slipway:allow inside\n 1; --  slipway: allow c\n", "a.sql");
  ASSERT_TRUE(script);
  ASSERT_EQ(script->directives.size(), 2U);
  EXPECT_EQ(script->directives[0].text, "allow a b");
  EXPECT_EQ(script->directives[1].text, "allow c");
}

}  // namespace
}  // namespace slipway::sql
