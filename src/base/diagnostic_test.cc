#include "base/diagnostic.h"

#include <gtest/gtest.h>

namespace slipway::base {
namespace {

TEST(Diagnostic, ShowsThePlaceTheLineAndTheSuggestion) {
  const Diagnostics one = {
      {Severity::kError, "deploy.yaml", {2, 3}, "unknown key `stesp`", "did you mean `steps`?", ""}};
  EXPECT_EQ(Render(one, "phases:\n  stesp:\n"),
            "deploy.yaml:2:3: error: unknown key `stesp`\n"
            "    2 |   stesp:\n"
            "      |   ^\n"
            "      = did you mean `steps`?\n");
}

TEST(Diagnostic, AWarningNamesItsRule) {
  const Diagnostics one = {{Severity::kWarning, "a.yaml", {}, "the step has no undo", "", "undo-missing"}};
  EXPECT_EQ(Render(one, ""), "a.yaml: warning: the step has no undo [undo-missing]\n");
  EXPECT_FALSE(HasErrors(one));
}

TEST(Diagnostic, WhatWasMadeFromAPageNamesItsLine) {
  const Diagnostic d{
      .file = "a.yaml", .at = {1, 1}, .what = "no", .suggestion = "yes", .origin = "page.md:4"};
  EXPECT_EQ(Render({d}, ""), "a.yaml:1:1: error: no\n      = made from page.md:4\n      = yes\n");
}

TEST(Diagnostic, ComesInOrderOfPlace) {
  const Diagnostics three = {{Severity::kError, "a", {3, 1}, "third", "", ""},
                             {Severity::kError, "a", {1, 9}, "second", "", ""},
                             {Severity::kError, "a", {1, 2}, "first", "", ""}};
  const std::string text = Render(three, "");
  EXPECT_LT(text.find("first"), text.find("second"));
  EXPECT_LT(text.find("second"), text.find("third"));
  EXPECT_TRUE(HasErrors(three));
}

TEST(Diagnostic, TheCaretStandsUnderTheCharacter) {
  const Diagnostics one = {{Severity::kError, "a", {1, 5}, "here", "", ""}};
  EXPECT_EQ(Render(one, "é\tö x\r\n"), "a:1:5: error: here\n    1 | é ö x\n      |     ^\n");
}

TEST(Diagnostic, EveryCaretOfALineStandsUnderItsCharacter) {
  const std::string text = "é: ü, x\n";
  const Diagnostics four = {{.file = "a", .at = {1, 4}, .what = "second"},
                            {.file = "a", .at = {1, 1}, .what = "first"},
                            {.file = "a", .at = {1, 4}, .what = "third"},
                            {.file = "b", .at = {1, 1}, .what = "of another file"}};
  EXPECT_EQ(Render(four, text),
            "a:1:1: error: first\n    1 | é: ü, x\n      | ^\n"
            "a:1:4: error: second\n    1 | é: ü, x\n      |    ^\n"
            "a:1:4: error: third\n    1 | é: ü, x\n      |    ^\n"
            "b:1:1: error: of another file\n    1 | é: ü, x\n      | ^\n");
}

TEST(Diagnostic, NothingInADocumentReachesTheTerminalRaw) {
  const Diagnostics one = {{Severity::kError, "a\x1b", {1, 3}, "bad \x1b[0m", "", ""}};
  EXPECT_EQ(Render(one, "\x1b[2J"), "a\\x1B:1:3: error: bad \\x1B[0m\n    1 | \\x1B[2J\n      |      ^\n");
}

TEST(Diagnostic, OfALongLineThePartThatMattersIsShown) {
  std::string line(10'000, '.');
  line[5'000] = 'X';
  const Diagnostics one = {{Severity::kError, "a", {1, 5'001}, "here", "", ""}};
  const std::string text = Render(one, line);
  EXPECT_LT(text.size(), 400u);
  EXPECT_NE(text.find(std::string(50, '.') + "X" + std::string(49, '.') + "\n      | " +
                      std::string(50, ' ') + "^"),
            std::string::npos);
}

TEST(Diagnostic, LinesEndWhereYamlSaysTheyDo) {
  const std::string text = "a: 1\r\nb: 2\rc: 3\u2028d: &x 4\n";
  const auto error = ParseYaml(text);
  ASSERT_FALSE(error);
  EXPECT_EQ(Render({{.file = "f", .at = error.error().at, .what = "w"}}, text),
            "f:4:4: error: w\n    4 | d: &x 4\n      |    ^\n");
}

TEST(Diagnostic, APlaceBeyondTheTextShowsNoLine) {
  const Diagnostics one = {{Severity::kError, "a", {7, 1}, "here", "", ""}};
  EXPECT_EQ(Render(one, "x\n"), "a:7:1: error: here\n");
}

}  // namespace
}  // namespace slipway::base
