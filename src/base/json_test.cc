#include "base/json.h"

#include <gtest/gtest.h>

namespace slipway::base {
namespace {

std::string Canonical(std::string_view text) {
  const auto value = ParseJson(text);
  if (!value) return "parse: " + value.error().what;
  const auto canonical = CanonicalJson(*value);
  return canonical ? *canonical : "canonical: " + canonical.error().what;
}

// RFC 8785, section 3.2.3: sorted by UTF-16 code units, so the emoji (a surrogate pair) comes before U+FB33.
TEST(Json, MembersAreSortedAsTheRfcShows) {
  EXPECT_EQ(
      Canonical(R"({"\u20ac":"Euro Sign","\r":"Carriage Return","\ufb33":"Hebrew Letter Dalet With Dagesh",)"
                R"("1":"One","\ud83d\ude00":"Emoji: Grinning Face","\u0080":"Control",)"
                R"("\u00f6":"Latin Small Letter O With Diaeresis"})"),
      "{\"\\r\":\"Carriage Return\",\"1\":\"One\",\"\xC2\x80\":\"Control\","
      "\"ö\":\"Latin Small Letter O With Diaeresis\",\"€\":\"Euro Sign\","
      "\"😀\":\"Emoji: Grinning Face\",\"\xEF\xAC\xB3\":\"Hebrew Letter Dalet With Dagesh\"}");
}

// RFC 8785, section 3.2.2.2.
TEST(Json, StringsAreEscapedAsTheRfcShows) {
  EXPECT_EQ(
      Canonical(R"({"string":"\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/","literals":[null,true,false]})"),
      R"({"literals":[null,true,false],"string":"€$\u000f\nA'B\"\\\\\"/"})");
  EXPECT_EQ(Canonical("\"\\u0000\\b\\t\\n\\f\\r\\u001f\\u007f\""), "\"\\u0000\\b\\t\\n\\f\\r\\u001f\x7f\"");
}

TEST(Json, NestedObjectsAreSortedAndArraysKeepTheirOrder) {
  EXPECT_EQ(Canonical(R"( { "b" : [ 3 , 1 , { "z":1, "y":{} , "aa":[] } ] , "a" : "" , "ab":0 } )"),
            R"({"a":"","ab":0,"b":[3,1,{"aa":[],"y":{},"z":1}]})");
}

TEST(Json, IntegersAreExactUpTo2To53) {
  EXPECT_EQ(Canonical("[9007199254740992,-9007199254740992,0,-1]"),
            "[9007199254740992,-9007199254740992,0,-1]");
  EXPECT_EQ(Canonical("9007199254740993"), "canonical: an integer beyond 2^53 cannot be stored");
  EXPECT_EQ(Canonical("-9007199254740993"), "canonical: an integer beyond 2^53 cannot be stored");
  EXPECT_EQ(Canonical("18446744073709551615"), "canonical: an integer beyond 2^53 cannot be stored");
}

TEST(Json, FloatingPointIsReadButNeverStored) {
  for (const char* number : {"1.5", "1e3", "1.0", "123456789012345678901234567890"}) {
    EXPECT_TRUE(ParseJson(number)) << number;
    EXPECT_EQ(Canonical(number), "canonical: a floating-point number cannot be stored") << number;
  }
}

TEST(Json, TextThatIsNotUtf8IsNeverStored) {
  EXPECT_EQ(CanonicalJson(Json("a\xFF")).error().kind, ErrorKind::kInvalid);
  EXPECT_FALSE(CanonicalJson(Json("\xED\xA0\x80")));
  EXPECT_FALSE(CanonicalJson(Json{{"\xC3", 1}}));
  EXPECT_FALSE(ParseJson("\"a\xFF\""));
  EXPECT_FALSE(ParseJson(R"("\ud800")"));
}

TEST(Json, ADuplicateMemberIsRefusedAtAnyDepth) {
  for (const char* text : {R"({"a":1,"a":1})", R"([{"b":{"a":1,"c":2,"a":3}}])", R"({"a":1,"\u0061":2})"}) {
    EXPECT_EQ(Canonical(text), "parse: not valid JSON: an object has the same member twice") << text;
  }
  EXPECT_EQ(Canonical(R"([{"a":1},{"a":{"a":2}}])"), R"([{"a":1},{"a":{"a":2}}])");
}

TEST(Json, DepthEndsAt64) {
  const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  EXPECT_EQ(Canonical(nested(64)), nested(64));
  EXPECT_FALSE(ParseJson(nested(65)));
  EXPECT_FALSE(ParseJson(std::string(1'000'000, '[')));
  Json deep = nullptr;
  for (int i = 0; i < 65; ++i) deep = JsonArray{std::move(deep)};
  EXPECT_FALSE(CanonicalJson(deep));
}

TEST(Json, WhatIsNotOneJsonTextIsRefused) {
  for (const char* text : {"", " ", "{", "[1,]", "{\"a\":1,}", "1 2", "nul", "'a'", "{a:1}", "01", "+1",
                           "// x\n1", "\"a\nb\"", "NaN", "[1]x", "1.5e320", "-1e400"}) {
    EXPECT_FALSE(ParseJson(text)) << text;
  }
  EXPECT_TRUE(ParseJson(" [1] \n"));
}

TEST(Json, AnObjectOfManyMembersIsSortedToo) {
  JsonObject object;
  for (int i = 999; i >= 100; --i) object[std::to_string(i)] = i;
  const std::string text = CanonicalJson(object).value();
  EXPECT_TRUE(text.starts_with(R"({"100":100,"101":101,)"));
  EXPECT_EQ(CanonicalJson(ParseJson(text).value()), text);
}

TEST(Json, PrettyJsonKeepsTheOrderGiven) {
  EXPECT_EQ(PrettyJson(ParseJson(R"({"b":[1,{"c":null}],"a":{},"d":[],"e":"x\ny"})").value()),
            "{\n  \"b\": [\n    1,\n    {\n      \"c\": null\n    }\n  ],\n  \"a\": {},\n  \"d\": [],\n"
            "  \"e\": \"x\\ny\"\n}");
}

TEST(Json, LookUpsAnswerADefault) {
  const JsonObject object = ParseJson(R"({"s":"x","i":7,"b":true,"o":{"k":1},"a":[1]})")->as_object();
  EXPECT_EQ(GetString(object, "s"), "x");
  EXPECT_EQ(GetString(object, "i", "none"), "none");
  EXPECT_EQ(GetInt(object, "i"), 7);
  EXPECT_EQ(GetInt(object, "s", -1), -1);
  EXPECT_TRUE(GetBool(object, "b"));
  EXPECT_FALSE(GetBool(object, "missing"));
  EXPECT_EQ(GetObject(object, "o").size(), 1u);
  EXPECT_TRUE(GetObject(object, "a").empty());
  EXPECT_EQ(GetArray(object, "a").size(), 1u);
  EXPECT_TRUE(GetArray(object, "missing").empty());
}

}  // namespace
}  // namespace slipway::base
