#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "page/page.h"
#include "page/prose.h"

namespace slipway::page {
namespace {

using testing::HasSubstr;
using testing::Not;

Page Sample() {
  Page page{.title = "A & B", .above = "a 1.0.0", .below = "sha256:00", .blocks = {}};
  page.blocks = {
      Heading(1, {Text("A & B")}),
      Prose("Read `this`."),
      Item(Box::kEmpty, {Text("First")}),
      Item(Box::kTicked, {Text("Second "), Code("x`y")}),
      Step(Box::kEmpty, {Strong("1.1 Do it")}, {Fenced("a\n```\nb", "sh"), Sign({Text("Name "), Blank()})}),
      Table({{Line{Text("What")}}, {Line{Judged(Verdict::kFail, "fa|led")}}})};
  return page;
}

TEST(Page, MarkdownIsRegularAndItsFencesAreLongerThanWhatTheyHold) {
  EXPECT_EQ(ToMarkdown(Sample()),
            "# A & B\n\nRead `this`.\n\n- [ ] First\n- [x] Second ``x`y``\n\n- [ ] **1.1 Do it**\n\n"
            "    ````sh\n    a\n    ```\n    b\n    ````\n\n    Name ____________________\n\n"
            "| What |\n|---|\n| **✗ fa\\|led** |\n");
}

TEST(Page, AWordOfCodeIsNotBrokenAtItsHyphenUnlessNoLineHoldsIt) {
  const std::string longer(100, 'x');
  const std::string html = ToHtml({.title = "",
                                   .above = "",
                                   .below = "",
                                   .blocks = {Fenced("a.sh --dry-run\n  <b-c> " + longer + "-y\n", "sh")}});
  EXPECT_THAT(html,
              HasSubstr("<pre>a.sh <span>--dry-run</span>\n  <span>&lt;b-c&gt;</span> " + longer + "-y"));
}

TEST(Page, HtmlIsOneFileWithoutScriptOrNetwork) {
  const std::string html = ToHtml(Sample());
  EXPECT_THAT(html, HasSubstr("<title>A &amp; B</title>"));
  EXPECT_THAT(html, HasSubstr("default-src 'none'"));
  EXPECT_THAT(html, HasSubstr("@bottom-left { content: \"sha256:00\" }"));
  EXPECT_THAT(html, HasSubstr("counter(page)"));
  for (const char* reaching : {"<script", "src=", "<link", "url(", "@import"})
    EXPECT_THAT(html, Not(HasSubstr(reaching)));
}

TEST(Page, VerdictsDifferBySignAndWordAndNotByColourAlone) {
  const Page page{.title = "",
                  .above = "",
                  .below = "",
                  .blocks = {Paragraph({Judged(Verdict::kPass, "pass"), Judged(Verdict::kFail, "fail"),
                                        Judged(Verdict::kUnknown, "unknown")})}};
  EXPECT_EQ(ToMarkdown(page), "**✓ pass****✗ fail****? unknown**\n");
  EXPECT_THAT(ToHtml(page), HasSubstr("<span class=\"verdict unknown\">? unknown</span>"));
}

TEST(Page, NothingInAPlainTextBecomesMarkup) {
  const std::string hostile = "<img src=x onerror=alert(1)>\"'&</style><script>";
  const Page page{.title = hostile,
                  .above = hostile,
                  .below = "\"; } body { background: url(//x) }",
                  .blocks = {Heading(1, {Text(hostile), Code(hostile), Strong(hostile)}), Fenced(hostile),
                             Table({{Line{}}, {Line{Judged(Verdict::kPass, hostile)}}})}};
  const std::string html = ToHtml(page);
  EXPECT_THAT(html, Not(HasSubstr("<img")));
  EXPECT_THAT(html, Not(HasSubstr("<script")));
  EXPECT_THAT(html, Not(HasSubstr("url(")));
  EXPECT_EQ(html.find("</style>"), html.rfind("</style>"));
}

TEST(Prose, IsMarkdownWithItsTablesListsAndTickBoxes) {
  EXPECT_EQ(ProseToHtml("One *two* **three** `a<b` [four](https://x.example/?a=1&b)\\\nfive"),
            "<p>One <em>two</em> <strong>three</strong> <code>a&lt;b</code> <a "
            "href=\"https://x.example/?a=1&amp;b\">four</a><br>\nfive</p>\n");
  EXPECT_THAT(ProseToHtml("| a | b |\n|---|---|\n| 1 | *2* |\n"), HasSubstr("<td>1</td><td><em>2</em></td>"));
  EXPECT_THAT(ProseToHtml("- [ ] open\n- [x] shut\n"),
              HasSubstr("<li class=\"tick\"><span class=\"box\">✓</span>"));
  EXPECT_THAT(ProseToHtml("## Why\n\n1. a\n2. b\n"), HasSubstr("<h4>Why</h4>\n<ol>"));
}

TEST(Prose, RawHtmlImagesAndUnsafeLinksStayText) {
  const std::string html = ProseToHtml(
      "<script>x</script>\n\na <b onclick=x>b</b> ![pixel](http://t.example/p.png) [go](javascript:x)\n");
  EXPECT_THAT(html, HasSubstr("&lt;script&gt;"));
  EXPECT_THAT(html, HasSubstr("&lt;b onclick=x&gt;"));
  for (const char* no : {"<script", "<b ", "<img", "<a ", "href"}) EXPECT_THAT(html, Not(HasSubstr(no)));
}

TEST(Prose, MarksThatCloseNothingStayAsTheyWereWritten) {
  EXPECT_EQ(ProseToHtml("a * b ** c `d snake_case_name \\*e\\* [f] **g"),
            "<p>a * b ** c `d snake_case_name *e* [f] **g</p>\n");
}

TEST(Prose, HostileTextComesThroughQuicklyAndWhole) {
  for (const std::string_view piece : {"[", "*a ", "`", "**a*", "![a](", "<a ", "\\", "_a"}) {
    std::string text;
    for (int i = 0; i < 40'000; ++i) text += piece;
    EXPECT_FALSE(ProseToHtml(text).empty());
  }
  EXPECT_THAT(ProseToHtml(std::string(600'000, 'x')), testing::StartsWith("<pre>")) << "too long to be read";
}

}  // namespace
}  // namespace slipway::page
