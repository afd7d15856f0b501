#include "shell/script.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace slipway::shell {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Optional;

// Each command on a line: its link, its words between bars, `>` and what it redirects to.
std::string Told(const Script& script) {
  std::string out;
  for (const Command& command : script.commands) {
    constexpr std::string_view kLinks[] = {"", "&& ", "|| ", "| "};
    out += kLinks[static_cast<std::size_t>(command.link)];
    for (const Assignment& a : command.assignments) out += a.name + "=" + a.value.written + " ";
    for (std::size_t i = 0; i < command.words.size(); ++i)
      out += (i > 0 ? "|" : "") + command.words[i].written;
    for (const Redirection& r : command.redirections) out += " " + r.sign + r.target.written;
    out += "\n";
  }
  return out;
}
std::string Told(std::string_view text) { return Told(Read(text)); }

// `kind:text` of each piece of the second word, and its quoting as `'` or `"`.
std::string Pieces(std::string_view word) {
  const Script script = Read("x " + std::string(word));
  std::string out;
  if (script.commands.empty() || script.commands.back().words.size() != 2) return "not one word";
  for (const Piece& piece : script.commands.back().words[1].pieces) {
    constexpr std::string_view kKinds[] = {"lit", "var", "exp", "sub", "arith", "pat", "place", "tmpl"};
    constexpr std::string_view kQuotes[] = {"", "'", "\""};
    out += (out.empty() ? "" : " ") + std::string(kQuotes[static_cast<std::size_t>(piece.quoting)]) +
           std::string(kKinds[static_cast<std::size_t>(piece.kind)]) + ":" + piece.text;
  }
  return out;
}

TEST(Shell, CommandsAreToldInOrderWithHowTheyAreJoined) {
  EXPECT_EQ(Told("a b; c && d || e\nf | g |& h &\ni \\\n  j"), "a|b\nc\n&& d\n|| e\nf\n| g\n| h\ni|j\n");
}

TEST(Shell, APieceKeepsHowItIsQuoted) {
  EXPECT_EQ(Pieces("a$B"), "lit:a var:B");
  EXPECT_EQ(Pieces("\"a$B ${C}\""), "\"lit:a \"var:B \"lit:  \"var:C");
  EXPECT_EQ(Pieces("'a$B'c\\ d"), "'lit:a$B lit:c 'lit:  lit:d");
  EXPECT_EQ(Pieces("${A:-b}$1$?"), "exp:A:-b var:1 var:?");
  EXPECT_EQ(Pieces("$(date +%F)`id`$((1 + 2))"), "sub:date +%F sub:id arith:1 + 2");
  EXPECT_EQ(Pieces("~/a*.[ch]"), "pat:~ lit:/a pat:* lit:. pat:[ch]");
  EXPECT_EQ(Pieces("$'a\\nb'"), "'lit:a\nb");
  EXPECT_EQ(Pieces("''"), "");
}

TEST(Shell, WhatDocumentsWriteForAValueIsAPlaceholder) {
  EXPECT_EQ(Pieces("<pg-host>"), "place:pg-host");
  EXPECT_EQ(Pieces("config/[customer-slug].json"), "lit:config/ place:customer-slug lit:.json");
  EXPECT_EQ(Pieces("${{ secrets.KEY }}/x"), "tmpl:secrets.KEY lit:/x");
  EXPECT_EQ(Pieces("[a-z]"), "pat:[a-z]");
  EXPECT_EQ(Told("psql -h <pg-host> -U app"), "psql|-h|<pg-host>|-U|app\n");
  EXPECT_EQ(Told(Read("sort <in >out")), "sort <in >out\n");
  EXPECT_EQ(Told(Read("sort <in>out", {.placeholders = false})), "sort <in >out\n");
}

TEST(Shell, AssignmentsAndRedirectionsAreNoWords) {
  EXPECT_EQ(Told("A=1 B+=\"$C\" run --x=y 2>&1 >>log </dev/null &>all"),
            "A=1 B=\"$C\" run|--x=y >&1 >>log </dev/null &>all\n");
  EXPECT_EQ(Told("LIST=(a b c)\n"), "LIST=(a b c) \n");
}

TEST(Shell, AHereDocumentIsReadBehindItsLine) {
  const Script script = Read("cat <<-'END' | wc\n\tone $A\n\tEND\nnext");
  EXPECT_EQ(Told(script), "cat <<-'END'\n| wc\nnext\n");
  EXPECT_THAT(script.commands[0].redirections[0].here, Optional(std::string("one $A\n")));
  EXPECT_TRUE(script.commands[0].redirections[0].here_literal);
  EXPECT_THAT(script.problems, IsEmpty());
}

TEST(Shell, ACommandKnowsTheBlockItStandsIn) {
  const Script script = Read(
      "if ask; then\n  go\nelse stop; fi\ncase $1 in prod|live) deploy ;; *) exit 1 ;; esac\n"
      "for h in a b; do ping $h; done\nclean() { rm x; }\n(cd /; ls) > out\n");
  EXPECT_THAT(script.problems, IsEmpty());
  std::vector<std::string> kinds;
  for (const Command& command : script.commands) {
    constexpr std::string_view kKinds[] = {"if",  "loop",     "case",     "condition", "body",        "else",
                                           "arm", "function", "subshell", "group",     "substitution"};
    const Block& block = script.blocks.at(static_cast<std::size_t>(command.block));
    kinds.push_back(command.Name() + " " + std::string(kKinds[static_cast<std::size_t>(block.kind)]));
  }
  EXPECT_THAT(kinds, ElementsAre("ask condition", "go body", "stop else", "deploy arm", "exit arm",
                                 "ping body", "rm function", "cd subshell", "ls subshell"));
  EXPECT_EQ(script.blocks.back().redirections[0].target.written, "out");
}

TEST(Shell, WhatIsSubstitutedComesBeforeTheCommandThatUsesIt) {
  EXPECT_EQ(Told("a \"$(b | c)\" `d`"), "b\n| c\nd\na|\"$(b | c)\"|`d`\n");
}

TEST(Shell, APipelineIsOneNumberAndBackgroundIsOfTheLast) {
  const Script script = Read("a | b && c &\nd");
  EXPECT_EQ(script.commands[0].pipeline, script.commands[1].pipeline);
  EXPECT_TRUE(script.commands[0].piped && script.commands[1].piped && !script.commands[2].piped);
  EXPECT_FALSE(script.commands[0].background);
  EXPECT_TRUE(script.commands[2].background && !script.commands[3].background);
}

TEST(Shell, CommentsKnowWhetherACommandStandsBeforeThem) {
  const Script script = Read("# first\nrun # second\necho a#b \"# c\"\n");
  ASSERT_EQ(script.comments.size(), 2u);
  EXPECT_TRUE(script.comments[0].own_line && !script.comments[1].own_line);
  EXPECT_EQ(script.comments[1].text, "second");
  EXPECT_EQ(script.comments[1].at.column, 5);
}

TEST(Shell, PlacesCountCharacters) {
  const Script script = Read("a\n  \xC3\xA9\xC3\xA9 b");
  EXPECT_EQ(script.commands[1].at.line, 2);
  EXPECT_EQ(script.commands[1].words[1].at.column, 6);
}

TEST(Shell, WhatIsNeverClosedIsToldAndTheRestIsRead) {
  for (const std::string_view text : {"a 'b", "a \"b", "a $(b", "a `b", "if a; then b", "case a in b) c",
                                      "(a", "a ${b", "x <<A\n1\n", "[[ a", "done", "for"})
    EXPECT_FALSE(Read(text).problems.empty()) << text;
  EXPECT_EQ(Told("for x in a; do if b; then c; done\nd"), "b\nc\nd\n");
  EXPECT_EQ(Told("- jq (JSON processor)\ncurl"), "-|jq\ncurl\n");
}

TEST(Shell, WithoutAShellNeededThereAreArguments) {
  const auto argv = [](std::string_view text) {
    const Script script = Read(text);
    return Argv(script.commands.back(), [](const Piece& piece) -> std::optional<std::string> {
      if (piece.name == "UNKNOWN") return std::nullopt;
      return "{" + piece.text + "}";
    });
  };
  EXPECT_THAT(argv("psql \"$URL\" -c 'SELECT 1;' <db>"),
              Optional(ElementsAre("psql", "{URL}", "-c", "SELECT 1;", "{db}")));
  EXPECT_THAT(argv("a && b"), Optional(ElementsAre("b")));
  for (const std::string_view text : {"a | b", "a > b", "A=1 a", "a *", "a $(b)", "a ${B:-c}", "a &", "! a",
                                      "(a)", "cd x", "a $UNKNOWN", "[[ a ]]"})
    EXPECT_EQ(argv(text), std::nullopt) << text;
  EXPECT_EQ(Argv(Read("a $B").commands[0]), std::nullopt);
}

TEST(Shell, HostileTextIsReadInBoundedDepthAndSize) {
  for (const std::string_view unit : {"$(", "`",  "(",  "if ", "case a in b) ", "${",    "\"$(", "<<A\n",
                                      "a;", "((", "{ ", "$((", "a=(",           "f() {", "[[ ",  "a|",
                                      "\\", "$'", "a{", "[a",  "{a,",           "<a",    "a "}) {
    std::string text;
    while (text.size() + unit.size() <= kMaxText) text += unit;
    const Script script = Read(text);
    EXPECT_TRUE(script.complete || !script.problems.empty()) << unit;
    EXPECT_LE(script.problems.size(), 101u);
    EXPECT_LE(script.commands.size(), kMaxCommands);
  }
  EXPECT_FALSE(Read(std::string(kMaxText + 1, 'a')).complete);
}

}  // namespace
}  // namespace slipway::shell
