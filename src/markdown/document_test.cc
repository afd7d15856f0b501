#include "markdown/document.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text.h"

namespace slipway::markdown {
namespace {

using testing::HasSubstr;

std::string Name(const Block& block) {
  switch (block.kind) {
    case BlockKind::kHeading:
      return "heading";
    case BlockKind::kParagraph:
      return "text";
    case BlockKind::kList:
      return block.ordered ? "ordered " + std::to_string(block.start) : "bullets";
    case BlockKind::kItem:
      return !block.ticked ? "item" : *block.ticked ? "item [x]" : "item [ ]";
    case BlockKind::kCode:
      return !block.fenced ? "indented" : block.closed ? "code" : "open code";
    case BlockKind::kTable:
      return "table";
    case BlockKind::kQuote:
      return "quote";
    case BlockKind::kHtml:
      return "html";
    case BlockKind::kRule:
      return "rule";
    case BlockKind::kFrontMatter:
      return "front matter";
  }
  return "";
}

void Show(const Block& block, const std::string& indent, std::string& out) {
  std::string text = block.text;
  for (std::size_t at = 0; (at = text.find('\n', at)) != std::string::npos; at += 2)
    text.replace(at, 1, "\\n");
  out += indent + std::to_string(block.line) + "-" + std::to_string(block.last_line) + " " + Name(block);
  if (!block.info.empty()) out += " (" + block.info + ")";
  out += (text.empty() ? "" : " " + text) + "\n";
  if (block.kind == BlockKind::kTable) {
    out += indent + "  " + base::Join(block.table.header.cells, "|") + "\n";
    for (const Table::Row& row : block.table.rows)
      out += indent + "  " + std::to_string(row.line) + " " + base::Join(row.cells, "|") + "\n";
  }
  for (const Block& child : block.children) Show(child, indent + "  ", out);
}

// One line a section and a block; `line-last_line kind text`.
std::string Shown(std::string_view text) {
  const auto document = Read(text, "page.md");
  if (!document) return base::ToString(document.error());
  std::string out;
  for (const Section& section : document->sections) {
    if (section.level > 0)
      out += "#" + std::to_string(section.level) + " " + section.title + " (" + std::to_string(section.line) +
             "-" + std::to_string(section.last_line) + ", in " + std::to_string(section.parent) + ")\n";
    for (const Block& block : section.blocks) Show(block, "", out);
  }
  return out;
}

TEST(Document, SectionsNestByTheLevelOfTheirHeadings) {
  EXPECT_EQ(Shown("before\n\n# A\n### B\ntext\n## C\nD\n=\n"),
            "1-1 text before\n#1 A (3-3, in -1)\n#3 B (4-5, in 1)\n5-5 text text\n#2 C (6-6, in 1)\n#1 D "
            "(7-8, in -1)\n");
}

TEST(Document, TextStaysAsItWasWritten) {
  EXPECT_EQ(Shown("a *b* `c` [d](e) <f> &amp; \\* __g__ ![h]  \n[i]: /j\n"),
            "1-2 text a *b* `c` [d](e) <f> &amp; \\* __g__ ![h]\\n[i]: /j\n");
}

TEST(Document, ListsHoldWhatStandsInThem) {
  EXPECT_EQ(
      Shown("3. one\n\n   ```sh\n   ls *\n   ```\n4. two\n   - [ ] open\n   - [x] done\n   - [y] none\n"),
      "1-9 ordered 3\n  1-5 item\n    1-1 text one\n    3-5 code (sh) ls *\\n\n  6-9 item\n    6-6 text two\n"
      "    7-9 bullets\n      7-7 item [ ]\n        7-7 text open\n      8-8 item [x]\n        8-8 text "
      "done\n"
      "      9-9 item\n        9-9 text [y] none\n");
}

TEST(Document, AFenceThatIsNeverClosedIsTold) {
  EXPECT_EQ(Shown("~~~ sql extra\n`a`\n\nb"), "1-4 open code (sql extra) `a`\\n\\nb\\n\n");
  EXPECT_EQ(Shown("```\nx\n```\n"), "1-3 code x\\n\n");
  EXPECT_EQ(Shown("    x\n"), "1-1 indented x\\n\n");
  EXPECT_EQ(Shown("```one `line` ```\n"), "1-1 text ```one `line` ```\n");
}

TEST(Document, TablesAreReadFromTheMiddleOfAParagraphToItsEnd) {
  EXPECT_EQ(Shown("intro\n| a | b |\n|---|:-:|\n| `x \\| y` | |\nshort\n"),
            "1-1 text intro\n2-5 table\n  a|b\n  4 `x | y`|\n  5 short|\n");
  EXPECT_EQ(Shown("a | b\n|---|\n"), "1-2 text a | b\\n|---|\n");
}

TEST(Document, FrontMatterStandsOnlyAtTheTop) {
  EXPECT_EQ(Shown("---\nowner: ops\n---\ntext\n"), "1-3 front matter owner: ops\\n\n4-4 text text\n");
  EXPECT_EQ(Shown("---\ntext\n"), "1-1 rule\n2-2 text text\n");
  EXPECT_EQ(Shown("---\na: b\n---"), "1-3 front matter a: b\\n\n");
}

TEST(Document, HtmlAndQuotesAndRulesAreBlocks) {
  EXPECT_EQ(Shown("> a\nb\n\n* * *\n<!-- c -->\n\n<details>\nd\n</details>\n"),
            "1-2 quote\n  1-2 text a\\nb\n4-4 rule\n5-5 html <!-- c -->\\n\n7-9 html "
            "<details>\\nd\\n</details>\\n\n");
}

TEST(Document, APageThatLostItsMarksGetsThemBackWhereALineSaysWhatItWas) {
  const std::string page =
      "Relay\xC2\xB6\nWords.\nSOP 1: Release\nWhen\nNow.\nProcedure\n# 1. Go\nrelay go \\\n--now\n# 2. Look\n"
      "If It Fails\nProceed to SOP 2.\nBefore:\n[ ] green\nPre-Flight\nAll read\nReviewed\nMore:\nmake it "
      "so\nEnd.\n";
  EXPECT_EQ(Shown(page),
            "#1 Relay (1-2, in -1)\n2-2 text Words.\n#2 SOP 1: Release (3-3, in 1)\n#3 When (4-5, in 2)\n5-5 "
            "text Now.\n"
            "#3 Procedure (6-10, in 2)\n6-10 code (sh) # 1. Go\\nrelay go \\\\n--now\\n# 2. Look\\n\n"
            "#3 If It Fails (11-14, in 2)\n12-12 text Proceed to SOP 2.\n13-13 text Before:\n14-14 bullets\n "
            " 14-14 item [ ]\n    14-14 text green\n"
            "#3 Pre-Flight (15-20, in 2)\n16-17 bullets\n  16-16 item\n    16-16 text All read\n  17-17 "
            "item\n    17-17 text Reviewed\n"
            "18-18 text More:\n18-19 code (sh) make it so\\n\n20-20 text End.\n");
}

TEST(Document, EveryKindOfLineEndCounts) {
  EXPECT_EQ(Shown("\xEF\xBB\xBF# a\r\rb\r\nc\n"), "#1 a (1-4, in -1)\n3-4 text b\\nc\n");
}

TEST(Document, WhatIsNotAPageIsRefusedWithItsLine) {
  EXPECT_THAT(Shown(std::string("a\nb\0", 4)), HasSubstr("NUL byte in the text (page.md:2)"));
  EXPECT_THAT(Shown("a\n\xFF"), HasSubstr("not UTF-8 (page.md:2)"));
  EXPECT_THAT(Shown(std::string((1 << 19) + 1, 'a')), HasSubstr("at most 512KiB are read"));
}

std::string Repeated(std::string_view text, std::size_t bytes) {
  std::string out;
  out.reserve(bytes);
  while (out.size() + text.size() <= bytes) out += text;
  return out;
}

TEST(Document, NestingBeyondTheLimitIsRefusedOnOneLineAndOverMany) {
  EXPECT_THAT(Shown("ok\n" + Repeated("> ", 2 * 65)), HasSubstr("deeper than 64 (page.md:2)"));
  EXPECT_THAT(Shown(Repeated(">", 1 << 19)), HasSubstr("deeper than 64"));
  EXPECT_THAT(Shown(Repeated("- ", 1 << 18) + "a"), HasSubstr("deeper than 64"));
  std::string stairs;
  for (std::size_t i = 0; i < 90; ++i) stairs += std::string(2 * i, ' ') + "- a\n";
  EXPECT_THAT(Shown(stairs), HasSubstr("deeper than 64 (page.md:65)"));
  EXPECT_EQ(Shown(Repeated("- ", 500)), "1-1 rule\n");
}

TEST(Document, APageAboveTheLimitIsToldTheLimitAndWhatToDo) {
  const auto read = Read(std::string(std::size_t{50} << 20, 'a'), "page.md");
  ASSERT_FALSE(read);
  EXPECT_THAT(read.error().what, HasSubstr("50MiB, and at most 512KiB are read"));
  EXPECT_EQ(read.error().next, "cut it into several pages");
}

TEST(Document, AHugeTableIsRefused) {
  EXPECT_THAT(Shown(Repeated("|a", 30'000) + "\n" + Repeated("|-", 30'000) + "\n"),
              HasSubstr("15000 columns"));
  EXPECT_THAT(Shown(Repeated("|a", 10'000) + "\n" + Repeated("|-", 10'000) + "\n" + Repeated("|\n", 100'000)),
              HasSubstr("more than 200000 cells"));
}

// Each of them would cost a careless reader the square of its length, or a node a byte. The limit of the test
// is its time-out.
TEST(Document, WhatWasMadeToBeSlowIsReadAsText) {
  for (const std::string_view unit :
       {"[",     "![",      "[a](",       "*a ",      "_a*",      "* ",   "`",    "``` ` ",
        "<",     "<!--",    "<?",         "<a b='",   "<a b='\n", "&",    "\\",   "a\n\n",
        "\n",    "#\n",     "-\n",        "> \n",     "*\n",      "1.\n", "| \n", "\n<a b='\n",
        "~~~\n", "~",       "a\n-\n",     "[a]: b\n", "-* \n",    "*a\n", "_*",   "\t",
        " ",     "- a\n\n", "> a\n- b\n", "<div>\n",  "- [ ] \n"}) {
    SCOPED_TRACE(unit);
    const auto document = Read(Repeated(unit, 1 << 19), "page.md");
    if (!document) EXPECT_THAT(document.error().what, HasSubstr("than"));
  }
}

TEST(Flat, ATableWhoseCellsStandOnLinesOfTheirOwnIsATable) {
  std::string text = "Guide¶\nPlaces¶\nPlace |\nPath |\n|---|---|\nTest |\n|\nLive |\n/srv |\nDone.\nMore¶\n";
  for (int i = 0; i < 20; ++i) text += "line\n";
  const auto page = Read(text, "page.md");
  ASSERT_TRUE(page);
  std::vector<std::string> rows;
  ForEachBlock(*page, [&](const Section&, const Block& block) {
    if (block.kind != BlockKind::kTable) return;
    rows.push_back(std::to_string(block.line) + " " + base::Join(block.table.header.cells, "|"));
    for (const Table::Row& row : block.table.rows)
      rows.push_back(std::to_string(row.line) + " " + base::Join(row.cells, "|"));
  });
  EXPECT_THAT(rows, testing::ElementsAre("3 Place|Path", "6 Test|", "8 Live|/srv"));
}

TEST(Flat, CommandsBehindTheirCommentsStandOnLinesOfTheirOwn) {
  std::string text =
      "Guide¶\nSave it¶\nFirst:\n"
      "# Save the page aws s3 cp a.yaml \\ s3://shop/a.yaml # Or all of them make save ORG=shop\n"
      "# Then make sure it works\nMore¶\n# One\nmake one\n";
  for (int i = 0; i < 20; ++i) text += "Line\n";
  const auto page = Read(text, "page.md");
  ASSERT_TRUE(page);
  std::vector<std::string> code;
  std::vector<int> lines;
  ForEachBlock(*page, [&](const Section&, const Block& block) {
    if (block.kind != BlockKind::kCode) return;
    code.push_back(block.text);
    if (lines.empty()) lines = {block.TextLine(0), block.TextLine(1), block.TextLine(3), block.TextLine(4)};
  });
  EXPECT_THAT(lines, testing::ElementsAre(4, 4, 4, 5));
  EXPECT_THAT(code, testing::ElementsAre("# Save the page\naws s3 cp a.yaml s3://shop/a.yaml\n# Or all of "
                                         "them\nmake save ORG=shop\n# Then make sure it works\n",
                                         "# One\nmake one\n"));
}

}  // namespace
}  // namespace slipway::markdown
