#include "base/text.h"

#include <gtest/gtest.h>

#include "base/json.h"

namespace slipway::base {
namespace {

std::int64_t DurationOf(std::string_view text) {
  const auto d = ParseDuration(text);
  return d ? d->count() : -1;
}

TEST(Text, DurationsAreReadUnitByUnit) {
  EXPECT_EQ(DurationOf("250ms"), 250);
  EXPECT_EQ(DurationOf("5s"), 5'000);
  EXPECT_EQ(DurationOf("10m"), 600'000);
  EXPECT_EQ(DurationOf("24h"), 86'400'000);
  EXPECT_EQ(DurationOf("7d"), 604'800'000);
  EXPECT_EQ(DurationOf("1h30m"), 5'400'000);
  EXPECT_EQ(DurationOf("1d2h3m4s5ms"), 93'784'005);
  EXPECT_EQ(DurationOf("0s"), 0);
}

TEST(Text, WhatIsNoDurationIsRefused) {
  for (const char* wrong : {"", "5", "s", "5 s", "5S", "-5s", "1.5h", "30m1h", "1s1s", "5s ", "1h30", "5us",
                            "99999999999999999999s", "9007199254740993ms", "9007199254740992d"}) {
    EXPECT_FALSE(ParseDuration(wrong)) << wrong;
  }
}

TEST(Text, AFormattedDurationReadsBack) {
  for (const char* text : {"0s", "250ms", "1s500ms", "1h30m", "1d", "2d1ms"}) {
    EXPECT_EQ(FormatDuration(ParseDuration(text).value()), text);
  }
  EXPECT_EQ(FormatDuration(Duration{-1500}), "-1s500ms");
}

TEST(Text, PercentagesAreBasisPoints) {
  EXPECT_EQ(ParsePercentage("0%"), 0);
  EXPECT_EQ(ParsePercentage("0.5%"), 50);
  EXPECT_EQ(ParsePercentage("0.05%"), 5);
  EXPECT_EQ(ParsePercentage("99.99%"), 9'999);
  EXPECT_EQ(ParsePercentage("100%"), 10'000);
  EXPECT_EQ(ParsePercentage("100.00%"), 10'000);
}

TEST(Text, WhatIsNoPercentageIsRefused) {
  for (const char* wrong :
       {"", "%", "5", "5 %", "-1%", "100.01%", "101%", "1.%", "1.234%", ".5%", "5%%", "1e1%"}) {
    EXPECT_FALSE(ParsePercentage(wrong)) << wrong;
  }
}

TEST(Text, EveryPercentageReadsBack) {
  for (std::int64_t points = 0; points <= 10'000; ++points) {
    EXPECT_EQ(ParsePercentage(FormatPercentage(points)), points);
  }
}

TEST(Text, SizesComeInPowersOf1024AndOf1000) {
  EXPECT_EQ(ParseSize("512B"), 512);
  EXPECT_EQ(ParseSize("64KiB"), 65'536);
  EXPECT_EQ(ParseSize("1GiB"), 1'073'741'824);
  EXPECT_EQ(ParseSize("10kB"), 10'000);
  EXPECT_EQ(ParseSize("5MB"), 5'000'000);
  for (const char* wrong : {"", "5", "B", "5 B", "5K", "5KB", "5mb", "1.5MB", "-1B", "9999999999TiB"}) {
    EXPECT_FALSE(ParseSize(wrong)) << wrong;
  }
}

TEST(Text, AFormattedSizeIsExactAndReadsBack) {
  EXPECT_EQ(FormatSize(0), "0B");
  EXPECT_EQ(FormatSize(4 << 20), "4MiB");
  EXPECT_EQ(FormatSize(5'000'000), "5MB");
  for (std::int64_t bytes : {1, 1023, 1024, 1025, 1'000'000, 123'456'789}) {
    EXPECT_EQ(ParseSize(FormatSize(bytes)), bytes);
  }
}

TEST(Text, IntegersAreDecimalAndExact) {
  EXPECT_EQ(ParseInteger("0"), 0);
  EXPECT_EQ(ParseInteger("-17"), -17);
  EXPECT_EQ(ParseInteger("9007199254740992"), kMaxInteger);
  for (const char* wrong : {"", "-", "+1", "1 ", "1.0", "0x10", "010", "1e3", "9007199254740993", "1_000"}) {
    EXPECT_FALSE(ParseInteger(wrong)) << wrong;
  }
}

TEST(Text, OnlyTrueAndFalseAreBooleans) {
  EXPECT_EQ(ParseBoolean("true"), true);
  EXPECT_EQ(ParseBoolean("false"), false);
  for (const char* wrong : {"", "yes", "no", "True", "1"}) EXPECT_FALSE(ParseBoolean(wrong)) << wrong;
}

TEST(Text, AnIdIsShortAndLowerCase) {
  EXPECT_TRUE(IsId("deploy-web_2"));
  EXPECT_TRUE(IsId(std::string(64, 'a')));
  for (const std::string& wrong : {std::string(), std::string("2a"), std::string("-a"), std::string("A"),
                                   std::string("a.b"), std::string("a/b"), std::string(65, 'a')}) {
    EXPECT_FALSE(IsId(wrong)) << wrong;
  }
}

TEST(Text, Utf8IsReadStrictly) {
  for (const char* good : {"", "abc", "é", "€", "𝄞", "\xF4\x8F\xBF\xBF", "eight by\xC3\xA9"}) {
    EXPECT_TRUE(IsUtf8(good)) << good;
  }
  for (const char* bad :
       {"\x80", "\xC3", "\xC0\x80", "\xC1\xBF", "\xE0\x80\x80", "\xED\xA0\x80", "\xF0\x80\x80\x80",
        "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF", "eight chars\xE2\x82"}) {
    EXPECT_FALSE(IsUtf8(bad)) << bad;
  }
}

TEST(Text, DidYouMeanFindsTheNearestName) {
  const std::vector<std::string> names = {"steps", "step", "title", "timeout", "uses"};
  EXPECT_EQ(DidYouMean("stesp", names), "steps");
  EXPECT_EQ(DidYouMean("timout", names), "timeout");
  EXPECT_EQ(DidYouMean("use", names), "uses");
  EXPECT_EQ(DidYouMean("step", names), "step");
  EXPECT_EQ(DidYouMean("colour", names), std::nullopt);
  EXPECT_EQ(DidYouMean("", names), std::nullopt);
  EXPECT_EQ(DidYouMean("x", names), std::nullopt);
  EXPECT_EQ(DidYouMean(std::string(1 << 20, 'x'), names), std::nullopt);
}

TEST(Text, SplitKeepsEmptyPartsAndJoinPutsThemBack) {
  EXPECT_EQ(Split("a,,b,", ','), (std::vector<std::string>{"a", "", "b", ""}));
  EXPECT_EQ(Split("", ','), std::vector<std::string>{""});
  EXPECT_EQ(Join(Split("a,,b,", ','), ","), "a,,b,");
  EXPECT_EQ(Join({}, ","), "");
}

TEST(Text, TrimTakesBlanksFromBothEnds) {
  EXPECT_EQ(Trim(" \t a b\r\n"), "a b");
  EXPECT_EQ(Trim(" \n"), "");
}

TEST(Text, NothingPrintableMovesACursor) {
  EXPECT_EQ(Printable("plain é €"), "plain é €");
  EXPECT_EQ(Printable("\x1b[2J\r\n\t\x7f"), "\\x1B[2J\\x0D\\x0A\\x09\\x7F");
  EXPECT_EQ(Printable("\xC2\x9B"), "\\xC2\\x9B");           // CSI as one character
  EXPECT_EQ(Printable("\xE2\x80\xAE"), "\\xE2\\x80\\xAE");  // right-to-left override
  EXPECT_EQ(Printable("a\xFFz"), "a\\xFFz");
  EXPECT_EQ(Printable(std::string_view("\0", 1)), "\\x00");
}

TEST(Text, AQuotedTextIsShort) {
  EXPECT_EQ(Quote("a\nb"), "`a\\x0Ab`");
  EXPECT_EQ(Quote(std::string(100, 'x')), "`" + std::string(60, 'x') + "…`");
  EXPECT_EQ(Quote(std::string(59, 'x') + "éé"), "`" + std::string(59, 'x') + "…`");
}

}  // namespace
}  // namespace slipway::base
