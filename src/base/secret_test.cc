#include "base/secret.h"

#include <gtest/gtest.h>

#include <sstream>

#include "base/bytes.h"

namespace slipway::base {
namespace {

Masker MaskerOf(std::string value) {
  Masker masker;
  masker.Add(Secret(std::move(value)));
  return masker;
}

TEST(Secret, IsPrintedAndSerialisedWithoutItsValue) {
  const Secret secret("hunter2");
  std::ostringstream out;
  out << secret;
  EXPECT_EQ(out.str(), "«secret»");
  EXPECT_EQ(boost::json::value_from(secret), Json("«secret»"));
  EXPECT_EQ(secret.Reveal(), "hunter2");
}

TEST(Secret, CopiesAndMovesKeepTheValue) {
  Secret one("a long value that does not fit into the string itself");
  Secret copy = one;
  EXPECT_EQ(copy.Reveal(), one.Reveal());
  Secret moved = std::move(copy);
  EXPECT_EQ(moved.Reveal(), one.Reveal());
  moved = Secret("short");
  EXPECT_EQ(moved.Reveal(), "short");
  one = moved;
  EXPECT_EQ(one.Reveal(), "short");
}

TEST(Masker, ReplacesEveryOccurrence) {
  const Masker masker = MaskerOf("s3cr3t");
  EXPECT_EQ(masker.Mask("s3cr3t and s3cr3ts3cr3t."), "*** and ******.");
  EXPECT_EQ(masker.Mask("nothing here"), "nothing here");
  EXPECT_EQ(Masker().Mask("s3cr3t"), "s3cr3t");
}

TEST(Masker, FindsBase64AtAllThreeAlignments) {
  const std::string value = "correct horse battery";
  const Masker masker = MaskerOf(value);
  for (const char* before : {"", "u", "us", "use", "user:"}) {
    for (const char* after : {"", "x", "xy", "xyz"}) {
      const std::string text = Base64(before + value + after);
      const std::string masked = masker.Mask(text);
      EXPECT_NE(masked.find("***"), std::string::npos) << text;
      EXPECT_LE(masked.size(), text.size() - value.size() + 3) << masked;
    }
  }
}

TEST(Masker, FindsTheUrlAlphabetOfBase64) {
  const std::string value = "\xFF\xFE\xFD?>?>\xFB\xEF";
  std::string text = Base64(value);
  for (char& c : text) c = c == '+' ? '-' : c == '/' ? '_' : c;
  EXPECT_EQ(MaskerOf(value).Mask("Bearer " + text), "Bearer ***");
}

TEST(Masker, FindsBase64BrokenIntoLines) {
  std::string value;
  for (int i = 0; i < 30; ++i) value += "key" + std::to_string(i);
  std::string text = Base64(value);
  for (std::size_t at = 64; at < text.size(); at += 65) text.insert(at, "\n");
  const std::string masked = MaskerOf(value).Mask("data: " + text + "\nend");
  EXPECT_TRUE(masked.starts_with("data: ***"));
  EXPECT_LE(masked.size(), std::string("data: ***==\nend").size());
}

TEST(Masker, FindsJsonEscapes) {
  const Masker masker = MaskerOf("pa\"ss\\w/ö<\n\x01");
  EXPECT_EQ(masker.Mask(R"({"p":"pa\"ss\\w/ö<\n\u0001"})"), R"({"p":"***"})");
  EXPECT_EQ(masker.Mask(R"({"p":"pa\"ss\\w/\u00f6<\n\u0001"})"), R"({"p":"***"})");
  EXPECT_EQ(masker.Mask(R"({"p":"pa\"ss\\w/\u00F6<\n\u0001"})"), R"({"p":"***"})");
  EXPECT_EQ(masker.Mask(R"({"p":"pa\"ss\\w\/\u00f6<\n\u0001"})"), R"({"p":"***"})");
  EXPECT_EQ(masker.Mask(R"({"p":"pa\"ss\\w/ö\u003c\n\u0001"})"), R"({"p":"***"})");
}

TEST(Masker, FindsUrlEncodings) {
  const Masker masker = MaskerOf("p a/s+s:ö");
  for (const char* text : {"?k=p%20a%2Fs%2Bs%3A%C3%B6&x", "?k=p%20a%2fs%2bs%3a%c3%b6&x",
                           "?k=p+a%2Fs%2Bs%3A%C3%B6&x", "?k=p%20a/s%2Bs%3A%C3%B6&x"}) {
    EXPECT_EQ(masker.Mask(text), "?k=***&x");
  }
}

TEST(Masker, FindsEachLineOfAMultiLineValue) {
  const Masker masker = MaskerOf("-----BEGIN KEY-----\r\n  c2VjcmV0\nabc\n");
  EXPECT_EQ(masker.Mask("log: c2VjcmV0 abc"),
            "log: *** abc");  // a line of three bytes would be found everywhere
}

TEST(Masker, AnOverlappingSecretDoesNotSurvive) {
  Masker masker;
  masker.Add(Secret("abcdef"));
  masker.Add(Secret("defghi"));
  EXPECT_EQ(masker.Mask("xabcdefghix"), "x***x");
  EXPECT_EQ(MaskerOf("aaaa").Mask("aaaaaa"), "***");
}

TEST(Masker, ValuesThatAreTooShortAreNotMasked) {
  EXPECT_TRUE(MaskerOf("abc").empty());
  EXPECT_TRUE(MaskerOf("").empty());
  EXPECT_FALSE(MaskerOf("abcd").empty());
}

TEST(Masker, MasksNamesStringsAndNumbersWithinJson) {
  const Json value =
      ParseJson(R"({"x12345678":["12345678",12345678,1,{"k":"a 12345678 b"}],"n":null})").value();
  EXPECT_EQ(MaskerOf("12345678").Mask(value),
            ParseJson(R"({"x***":["***","***",1,{"k":"a *** b"}],"n":null})"));
}

TEST(Masker, HoldingBackTheLongestFindsASplitValue) {
  const std::string value = "split over two reads";
  const Masker masker = MaskerOf(value);
  EXPECT_GE(masker.longest(), Base64(value).size() - 2);
  EXPECT_GE(masker.longest(), value.size() * 1);
}

}  // namespace
}  // namespace slipway::base
