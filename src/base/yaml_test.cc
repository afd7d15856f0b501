#include "base/yaml.h"

#include <gtest/gtest.h>

#include "base/text.h"

namespace slipway::base {
namespace {

// The tree as one line of text; keys and scalars with their places.
std::string Show(const YamlNode& node) {
  const std::string at = "@" + std::to_string(node.at.line) + ":" + std::to_string(node.at.column);
  std::vector<std::string> parts;
  switch (node.kind) {
    case YamlNode::Kind::kScalar:
      return (node.quoted ? "'" + node.scalar + "'" : node.scalar) + at;
    case YamlNode::Kind::kSequence:
      for (const YamlNode& item : node.items) parts.push_back(Show(item));
      return "[" + Join(parts, ", ") + "]" + at;
    case YamlNode::Kind::kMapping:
      for (const auto& [key, value] : node.members) parts.push_back(Show(key) + ": " + Show(value));
      return "{" + Join(parts, ", ") + "}" + at;
  }
  return "";
}

std::string Parse(std::string_view text) {
  const auto node = ParseYaml(text);
  if (node) return Show(*node);
  const YamlError& error = node.error();
  return std::to_string(error.at.line) + ":" + std::to_string(error.at.column) + " " + error.what;
}

TEST(Yaml, EveryNodeKnowsItsPlace) {
  EXPECT_EQ(Parse("a: 1\nb:\n  - x\n  - c: y\n"),
            "{a@1:1: 1@1:4, b@2:1: [x@3:5, {c@4:5: y@4:8}@4:5]@3:3}@1:1");
}

TEST(Yaml, ColumnsCountCharactersNotBytes) {
  EXPECT_EQ(Parse("{é: ü, x: y}"), "{é@1:2: ü@1:5, x@1:8: y@1:11}@1:1");
}

TEST(Yaml, ScalarsStayAsWritten) {
  EXPECT_EQ(Parse("[no, 1.10, 22:30, 0x1F, ~, '', \"a\\nb\"]"),
            "[no@1:2, 1.10@1:6, 22:30@1:12, 0x1F@1:19, ~@1:25, ''@1:28, 'a\nb'@1:32]@1:1");
}

TEST(Yaml, OnlyPlainTextCanBeNull) {
  const YamlNode list = ParseYaml("- ~\n- null\n-\n- ''\n- 'null'\n- |\n- x\n").value();
  std::string nulls;
  for (const YamlNode& item : list.items) nulls += item.IsNull() ? '1' : '0';
  EXPECT_EQ(nulls, "1110000");
}

TEST(Yaml, AnEmptyDocumentIsNull) {
  for (const char* text : {"", "\n", "# a comment\n", "---\n"})
    EXPECT_TRUE(ParseYaml(text).value().IsNull()) << text;
}

TEST(Yaml, FindLooksUpAKey) {
  const YamlNode node = ParseYaml("{a: 1, b: 2}").value();
  EXPECT_EQ(node.Find("b")->scalar, "2");
  EXPECT_EQ(node.Find("c"), nullptr);
}

TEST(Yaml, BlockTextKeepsItsLines) { EXPECT_EQ(ParseYaml("a: |\n  x\n  y\n")->Find("a")->scalar, "x\ny\n"); }

TEST(Yaml, AByteOrderMarkAndWindowsLineEndsAreRead) {
  EXPECT_EQ(Parse("\xEF\xBB\xBF"
                  "a: 1\r\nb: 2\r\n"),
            "{a@1:1: 1@1:4, b@2:1: 2@2:4}@1:1");
}

TEST(Yaml, DuplicateKeysAreRefused) {
  EXPECT_EQ(Parse("a: 1\nb: 2\na: 3\n"), "3:1 the key `a` stands here a second time");
  std::string many;
  for (int i = 0; i < 20; ++i) many += "k" + std::to_string(i) + ": x\n";
  EXPECT_EQ(Parse(many + "k3: y\n"), "21:1 the key `k3` stands here a second time");
  EXPECT_EQ(ParseYaml("a: 1\n'a': 2\n").error().hint, "it stands first in line 1");
}

TEST(Yaml, WhereTheyAreToldARepeatedKeyIsLeftOutAndTheRestIsRead) {
  std::vector<YamlError> repeated;
  const auto node = ParseYamlOn("a: 1\na: { b: 2, c: [3] }\nd: { e: 4, e: 5 }\n", repeated);
  ASSERT_TRUE(node);
  EXPECT_EQ(Show(*node), "{a@1:1: 1@1:4, d@3:1: {e@3:6: 4@3:9}@3:4}@1:1");
  ASSERT_EQ(repeated.size(), 2U);
  EXPECT_EQ(repeated[0].at.line, 2);
  EXPECT_EQ(repeated[0].key, "a");
  EXPECT_EQ(repeated[1].what, "the key `e` stands here a second time");
}

TEST(Yaml, AHundredRepeatedKeysAreEnough) {
  std::string text = "a: 1\n";
  for (int i = 0; i < 200; ++i) text += "a: 1\n";
  std::vector<YamlError> repeated;
  EXPECT_EQ(ParseYamlOn(text, repeated).error().at.line, 102);
  EXPECT_EQ(repeated.size(), 100U);
}

TEST(Yaml, AliasesAnchorsAndTagsAreRefused) {
  EXPECT_EQ(Parse("a: &x 1\n"), "1:4 anchors are not allowed");
  EXPECT_EQ(Parse("a: &x [1]\n"), "1:4 anchors are not allowed");
  EXPECT_EQ(Parse("a: *x\n"), "1:4 aliases are not allowed");
  EXPECT_EQ(Parse("*x : 1\n"), "1:1 aliases are not allowed");
  EXPECT_EQ(Parse("a: !!str 1\n"), "1:4 tags are not allowed");
  EXPECT_EQ(Parse("a: !x {}\n"), "1:4 tags are not allowed");
  EXPECT_EQ(Parse("a: ! 1\n"), "1:4 tags are not allowed");
}

TEST(Yaml, KeysArePlainText) {
  EXPECT_EQ(Parse("[a, b]: 1\n"), "1:1 a key has to be plain text");
  EXPECT_EQ(Parse("{{a: b}: 1}\n"), "1:2 a key has to be plain text");
  EXPECT_EQ(Parse("? {a: b}\n: 1\n"), "1:3 a key has to be plain text");
  EXPECT_EQ(Parse("'': 1\n"), "1:1 a key is missing here");
}

TEST(Yaml, OneDocumentAFile) { EXPECT_EQ(Parse("a: 1\n---\nb: 1\n"), "2:1 a second document starts here"); }

TEST(Yaml, MistakesAreFoundWhereTheyAre) {
  EXPECT_EQ(Parse("a: 1\nb: 'x\n"), "2:4 this quote is never closed");
  EXPECT_EQ(Parse("a:\n\t- x\n"), "2:1 a tab cannot indent");
  EXPECT_EQ(Parse("a: b: c\n"), "1:5 mapping values are not allowed in this context");
  EXPECT_EQ(Parse("a: 1\n b: 2\n").substr(0, 4), "2:3 ");
  EXPECT_FALSE(ParseYaml("[1, 2"));
  EXPECT_FALSE(ParseYaml("}"));
  EXPECT_FALSE(ParseYaml("a: \"\\q\""));
}

TEST(Yaml, BytesThatAreNoTextAreRefused) {
  EXPECT_EQ(Parse("a: 1\nbé: \xFF\n"), "2:5 not valid UTF-8");
  EXPECT_EQ(Parse(std::string_view("a: 1\n\0", 6)), "2:1 a NUL byte is not allowed");
  EXPECT_EQ(Parse("a: \"\\0\"\n"), "1:4 a NUL byte is not allowed");
  EXPECT_EQ(Parse("a: \x01\n"), "1:4 control characters are not allowed");
  EXPECT_EQ(Parse("\xFF\xFE"
                  "a"),
            "1:1 not valid UTF-8");
}

TEST(Yaml, DepthEndsAt64) {
  const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  EXPECT_TRUE(ParseYaml(nested(64)));
  EXPECT_EQ(Parse(nested(65)), "1:65 nested deeper than 64");
}

TEST(Yaml, DeepNestingIsRefusedWithoutReadingOn) {
  EXPECT_EQ(Parse(std::string(10'000, '[')), "1:65 nested deeper than 64");
  EXPECT_EQ(Parse(std::string(4'000'000, '[')), "1:65 nested deeper than 64");
  std::string maps;
  for (int i = 0; i < 10'000; ++i) maps += "{a: ";
  EXPECT_EQ(Parse(maps), "1:257 nested deeper than 64");
  std::string blocks;
  for (int i = 0; i < 10'000; ++i) blocks += "- ";
  EXPECT_EQ(Parse(blocks + "x"), "1:129 nested deeper than 64");
  std::string keys;
  for (int i = 0; i < 10'000; ++i) keys += "? ";
  EXPECT_FALSE(ParseYaml(keys));
}

TEST(Yaml, AnAliasBombIsRefusedAtItsFirstAnchor) {
  std::string bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x]\n";
  for (int i = 1; i < 30; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + before + "," + before + "]\n";
  }
  EXPECT_EQ(Parse(bomb), "1:5 anchors are not allowed");
}

TEST(Yaml, NodesAreCounted) {
  std::string text = "[";
  for (int i = 0; i < 300'000; ++i) text += "x,";
  EXPECT_EQ(Parse(text + "]"), "1:400000 more than 200000 values in one document");
}

TEST(Yaml, ALargeTextIsRefusedUnread) {
  EXPECT_EQ(Parse(std::string((4u << 20) + 1, ' ')), "1:1 the document is larger than 4 MiB");
}

}  // namespace
}  // namespace slipway::base
