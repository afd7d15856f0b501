#include "base/clock.h"

#include <gtest/gtest.h>

namespace slipway::base {
namespace {

TEST(Clock, ATimeIsWrittenWithThreeDecimals) {
  EXPECT_EQ(FormatTime(FromMillis(0)), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(FormatTime(FromMillis(1'795'224'262'123)), "2026-11-21T01:24:22.123Z");
  EXPECT_EQ(FormatTime(FromMillis(-1)), "1969-12-31T23:59:59.999Z");
  EXPECT_EQ(FormatTime(FromMillis(951'782'400'000)), "2000-02-29T00:00:00.000Z");
}

TEST(Clock, AWrittenTimeReadsBack) {
  for (std::int64_t ms = -2'000'000'000'000; ms < 4'000'000'000'000; ms += 77'777'777'777) {
    EXPECT_EQ(ParseTime(FormatTime(FromMillis(ms))), FromMillis(ms));
  }
}

TEST(Clock, OffsetsAndFewerDecimalsAreRead) {
  EXPECT_EQ(ParseTime("2026-11-21T03:24:22+02:00"), ParseTime("2026-11-21T01:24:22Z"));
  EXPECT_EQ(ParseTime("2026-11-20T23:54:22-01:30"), ParseTime("2026-11-21T01:24:22Z"));
  EXPECT_EQ(ParseTime("2026-11-21T01:24:22.5Z"), ParseTime("2026-11-21T01:24:22.500Z"));
}

TEST(Clock, WhatIsNoTimeIsRefused) {
  for (const char* wrong :
       {"", "2026", "2026-11-21", "2026-11-21 01:24:22Z", "2026-11-21T01:24:22", "2026-02-29T00:00:00Z",
        "2026-13-01T00:00:00Z", "2026-11-21T24:00:00Z", "2026-11-21T01:60:00Z", "2026-11-21T01:24:60Z",
        "2026-11-21T01:24:22.Z", "2026-11-21T01:24:22.1234Z", "2026-11-21T01:24:22Zx", "-026-11-21T01:24:22Z",
        "2026-11-21T01:24:22+2:00", "2026-11-21T01:24:22+24:00"}) {
    EXPECT_FALSE(ParseTime(wrong)) << wrong;
  }
}

}  // namespace
}  // namespace slipway::base
