#include "base/json_tree.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace slipway::base {
namespace {

// The error as `line:column what; hint`, or the tree as `kind:text` of its scalars in order.
void Tell(const YamlNode& node, std::string& out) {
  if (node.kind == YamlNode::Kind::kScalar)
    out += fmt::format("{}{}{}@{}:{} ", node.quoted ? "'" : "", node.scalar, node.quoted ? "'" : "",
                       node.at.line, node.at.column);
  for (const YamlNode& item : node.items) Tell(item, out);
  for (const auto& [key, value] : node.members) {
    out += key.scalar + "=";
    Tell(value, out);
  }
}

std::string Say(std::string_view text) {
  const auto tree = ParseJsonTree(text);
  if (!tree) {
    const YamlError& error = tree.error();
    return fmt::format("{}:{} {}{}{}", error.at.line, error.at.column, error.what,
                       error.hint.empty() ? "" : "; ", error.hint);
  }
  std::string out;
  Tell(*tree, out);
  if (!out.empty()) out.pop_back();
  return out;
}

TEST(JsonTree, KnowsWhereEverythingStandsAndWhatStoodInQuotes) {
  EXPECT_EQ(Say("{\n\t\"a\": [1, \"1\", true,\tnull],\r\n  \"é\": {\"b\": -1.5e+3}, \"c\": \"\"}\n"),
            "a=1@2:8 '1'@2:11 true@2:16 null@2:22 é=b=-1.5e+3@3:14 c=''@3:29");
  EXPECT_FALSE(ParseJsonTree(R"("null")")->IsNull());
  EXPECT_TRUE(ParseJsonTree("null")->IsNull());
}

TEST(JsonTree, ReadsEveryEscapeThatJsonHas) {
  EXPECT_EQ(Say(R"("https:\/\/x \"\\\b\f\n\r\t\u0041\u00e9\u20AC\ud83d\ude00")"),
            "'https://x \"\\\b\f\n\r\tA\u00e9\u20ac\U0001f600'@1:1");
  EXPECT_EQ(Say("\"\x7f\u0085\""), "'\x7f\u0085'@1:1");
}

TEST(JsonTree, SaysWhatIsWrongAndWhere) {
  EXPECT_EQ(Say(""), "1:1 the document is empty");
  EXPECT_EQ(Say("{\"a\": 1,}"), "1:9 a comma stands before `}`; take the comma away");
  EXPECT_EQ(Say("[1,\n]"), "2:1 a comma stands before `]`; take the comma away");
  EXPECT_EQ(Say("{\"a\": 1\n \"b\": 2}"), "2:2 a comma or `}` is missing here");
  EXPECT_EQ(Say("{\"a\" 1}"), "1:6 a `:` is missing after `a`");
  EXPECT_EQ(Say("{a: 1}"), "1:2 a name stands in quotes; write \"name\": value");
  EXPECT_EQ(Say("{'a': 1}"), "1:2 a name in quotes is missing here; JSON has double quotes only");
  EXPECT_EQ(Say("[1, // x\n2]"), "1:5 a value is missing here; JSON has no comments");
  EXPECT_EQ(Say("{\"a\": [1, {\"b\": 2}"), "1:7 this bracket is never closed");
  EXPECT_EQ(Say("{\"a\": 1"), "1:1 this brace is never closed");
  EXPECT_EQ(Say("{\"a\":"), "1:6 the document ends here, and a value is missing");
  EXPECT_EQ(Say("[\"a\n\"]"), "1:2 this quote is never closed");
  EXPECT_EQ(Say("\"a\tb\""), "1:3 a control character stands in a text; write \\t or \\u0009 for a tab");
  EXPECT_EQ(Say("True"),
            "1:1 `True` is no value; a text stands in quotes; true, false, null and numbers do not");
  for (const char* number : {"01", "1.", ".5", "+1", "1e", "0x1", "NaN", "-"})
    EXPECT_NE(Say(number).find("is no value"), std::string::npos) << number;
  EXPECT_EQ(Say("{} {}"), "1:4 something stands after the end of the document");
  EXPECT_EQ(Say(R"("\x41")"), "1:2 an unknown escape stands in a text; write \\\\ for a backslash");
  EXPECT_EQ(Say(R"("\u12")"), "1:2 four hexadecimal digits follow \\u");
  EXPECT_EQ(Say(R"("\ud83dx")"), "1:2 half of a pair of \\u escapes, without the other");
  EXPECT_EQ(Say(R"("\ude00")"), "1:2 half of a pair of \\u escapes, without the other");
  EXPECT_EQ(Say(R"("\u0000")"), "1:2 a NUL is not allowed");
  EXPECT_EQ(Say("[\n\"\xff\"]"), "2:2 not valid UTF-8; save the file as UTF-8");
}

TEST(JsonTree, AKeyTwiceIsAnErrorAmongFewAndAmongMany) {
  EXPECT_EQ(Say("{\"a\": 1,\n\"a\": 2}"),
            "2:1 the key `a` stands here a second time; it stands first in line 1");
  std::string many = "{\"k0\": 0";
  for (int i = 1; i < 100; ++i) many += fmt::format(",\n\"k{}\": 0", i);
  EXPECT_EQ(Say(many + ",\n\"\\u006b42\": 1}"),
            "101:1 the key `k42` stands here a second time; it stands first in line 43");
}

TEST(JsonTree, WhatIsMeantToHurtEndsInAnError) {
  EXPECT_EQ(Say(std::string(100'000, '[')), "1:65 nested deeper than 64");
  EXPECT_EQ(Say(std::string(kMaxJsonTreeBytes + 1, ' ')), "1:1 the document is larger than 64 MiB");
  std::string wide = "[";
  for (int i = 0; i < 2'000'000; ++i) wide += "1,";
  EXPECT_EQ(Say(wide), "1:4000000 more than 2,000,000 values in one document");
}

}  // namespace
}  // namespace slipway::base
