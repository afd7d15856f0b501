#include "workspace/calendar.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace slipway::workspace {
namespace {

base::Time At(std::string_view text) { return base::ParseTime(text).value(); }
constexpr base::Time kNever = base::Time::max();
const std::vector<int> kEveryDay = {0, 1, 2, 3, 4, 5, 6};

// `open until …` or `shut until …`, in UTC.
std::string Say(const Calendar& calendar, std::string_view zone, std::string_view now) {
  auto opening = Judge(calendar, zone, At(now));
  if (!opening) return base::ToString(opening.error());
  return std::string(opening->open ? "open" : "shut") + " until " +
         (opening->until == kNever ? "never" : base::FormatTime(opening->until));
}

Calendar Daily(int from_hour, int from_minute, int to_hour, int to_minute) {
  return {.name = "w", .windows = {{kEveryDay, from_hour * 60 + from_minute, to_hour * 60 + to_minute}}};
}

TEST(Calendar, WithoutWindowsOrFreezesIsOpenForEver) {
  EXPECT_EQ(Say({}, "UTC", "2026-11-21T00:00:00.000Z"), "open until never");
}

TEST(Calendar, AWindowOverMidnightOpensOnItsDaysOnly) {
  const Calendar nights{.name = "nights", .windows = {{{2}, 22 * 60, 2 * 60}}};  // Tuesday
  EXPECT_EQ(Say(nights, "America/Toronto", "2026-07-08T03:30:00.000Z"),
            "open until 2026-07-08T06:00:00.000Z");
  EXPECT_EQ(Say(nights, "America/Toronto", "2026-07-08T06:00:00.000Z"),
            "shut until 2026-07-15T02:00:00.000Z");
  EXPECT_EQ(Judge(nights, "America/Toronto", At("2026-07-08T03:30:00.000Z"))->reason,
            "window Tue 22:00-02:00 America/Toronto");
}

TEST(Calendar, AnOpeningInTheTorontoGapIsTheInstantAfterIt) {
  // 2026-03-08: 02:00 EST becomes 03:00 EDT at 07:00 UTC.
  EXPECT_EQ(Say(Daily(2, 30, 4, 0), "America/Toronto", "2026-03-08T06:59:00.000Z"),
            "shut until 2026-03-08T07:00:00.000Z");
  EXPECT_EQ(Say(Daily(2, 30, 4, 0), "America/Toronto", "2026-03-08T07:00:00.000Z"),
            "open until 2026-03-08T08:00:00.000Z");
}

TEST(Calendar, AWindowThatLiesInTheGapDoesNotOpenThatDay) {
  EXPECT_EQ(Say(Daily(2, 15, 2, 45), "America/Toronto", "2026-03-08T06:00:00.000Z"),
            "shut until 2026-03-09T06:15:00.000Z");
  const Calendar sundays{.name = "s", .windows = {{{0}, 135, 165}}};
  EXPECT_EQ(Say(sundays, "America/Toronto", "2026-03-08T06:00:00.000Z"),
            "shut until 2026-03-15T06:15:00.000Z");
}

TEST(Calendar, InTheTorontoOverlapOpeningIsTheFirstAndClosingTheSecond) {
  // 2026-11-01: 02:00 EDT becomes 01:00 EST at 06:00 UTC; 01:30 is 05:30 and 06:30 UTC.
  EXPECT_EQ(Say(Daily(1, 30, 5, 0), "America/Toronto", "2026-11-01T05:00:00.000Z"),
            "shut until 2026-11-01T05:30:00.000Z");
  EXPECT_EQ(Say(Daily(0, 0, 1, 30), "America/Toronto", "2026-11-01T05:45:00.000Z"),
            "open until 2026-11-01T06:30:00.000Z");
}

TEST(Calendar, BerlinGapAndOverlap) {
  // 2026-03-29 01:00 UTC forward, 2026-10-25 01:00 UTC back.
  EXPECT_EQ(Say(Daily(22, 0, 2, 30), "Europe/Berlin", "2026-03-29T00:30:00.000Z"),
            "open until 2026-03-29T01:00:00.000Z");
  EXPECT_EQ(Say(Daily(22, 0, 2, 30), "Europe/Berlin", "2026-10-25T00:45:00.000Z"),
            "open until 2026-10-25T01:30:00.000Z");
}

TEST(Calendar, LordHoweMovesItsClockByHalfAnHour) {
  // 2026-10-04 02:00 +10:30 becomes 02:30 +11 at 15:30 UTC the day before; 2026-04-05 02:00 +11 becomes 01:30
  // at 15:00 UTC.
  EXPECT_EQ(Say(Daily(2, 15, 3, 0), "Australia/Lord_Howe", "2026-10-03T15:00:00.000Z"),
            "shut until 2026-10-03T15:30:00.000Z");
  EXPECT_EQ(Say(Daily(2, 15, 3, 0), "Australia/Lord_Howe", "2026-10-03T15:45:00.000Z"),
            "open until 2026-10-03T16:00:00.000Z");
  EXPECT_EQ(Say(Daily(1, 45, 3, 0), "Australia/Lord_Howe", "2026-04-04T14:00:00.000Z"),
            "shut until 2026-04-04T14:45:00.000Z");
  EXPECT_EQ(Say(Daily(1, 0, 1, 45), "Australia/Lord_Howe", "2026-04-04T14:50:00.000Z"),
            "open until 2026-04-04T15:15:00.000Z");
}

TEST(Calendar, KathmanduIsFiveHoursAndThreeQuartersAhead) {
  EXPECT_EQ(Say(Daily(9, 0, 17, 0), "Asia/Kathmandu", "2026-06-01T03:15:00.000Z"),
            "open until 2026-06-01T11:15:00.000Z");
  EXPECT_EQ(Say(Daily(9, 0, 17, 0), "Asia/Kathmandu", "2026-06-01T03:14:59.999Z"),
            "shut until 2026-06-01T03:15:00.000Z");
}

TEST(Calendar, TheCalendarsOwnZoneGoesFirst) {
  Calendar calendar = Daily(9, 0, 17, 0);
  calendar.time_zone = "Asia/Kathmandu";
  EXPECT_EQ(Say(calendar, "UTC", "2026-06-01T03:15:00.000Z"), "open until 2026-06-01T11:15:00.000Z");
}

TEST(Calendar, WindowsThatAdjoinAreOne) {
  Calendar calendar = Daily(9, 0, 12, 0);
  calendar.windows.push_back({kEveryDay, 12 * 60, 17 * 60});
  EXPECT_EQ(Say(calendar, "UTC", "2026-06-01T10:00:00.000Z"), "open until 2026-06-01T17:00:00.000Z");
}

TEST(Calendar, WindowsThatLeaveNothingShutNeverClose) {
  EXPECT_EQ(Say(Daily(0, 0, 24, 0), "America/Toronto", "2026-06-01T10:00:00.000Z"), "open until never");
  EXPECT_EQ(Say(Daily(6, 0, 6, 0), "Europe/Berlin", "2026-10-24T10:00:00.000Z"), "open until never");
}

TEST(Calendar, AFreezeShutsAnOpenWindowAndTheNextOpeningIsAfterIt) {
  Calendar calendar = Daily(22, 0, 2, 0);
  calendar.freezes = {{At("2026-12-20T00:00:00.000Z"), At("2026-12-22T12:00:00.000Z"), "year end"}};
  EXPECT_EQ(Say(calendar, "UTC", "2026-12-19T23:00:00.000Z"), "open until 2026-12-20T00:00:00.000Z");
  EXPECT_EQ(Say(calendar, "UTC", "2026-12-20T00:00:00.000Z"), "shut until 2026-12-22T22:00:00.000Z");
  EXPECT_EQ(Judge(calendar, "UTC", At("2026-12-20T01:00:00.000Z"))->reason, "freeze: year end");
}

TEST(Calendar, FreezesThatOverlapAreOneStretch) {
  Calendar calendar{.name = "f"};
  calendar.freezes = {{At("2026-12-20T00:00:00.000Z"), At("2026-12-24T00:00:00.000Z"), "a"},
                      {At("2026-12-23T00:00:00.000Z"), At("2026-12-27T00:00:00.000Z"), "b"}};
  EXPECT_EQ(Say(calendar, "UTC", "2026-12-21T00:00:00.000Z"), "shut until 2026-12-27T00:00:00.000Z");
  EXPECT_FALSE(JudgeFreeze(calendar, At("2026-12-26T00:00:00.000Z"))->open);
  EXPECT_EQ(JudgeFreeze(calendar, At("2026-12-01T00:00:00.000Z"))->until, At("2026-12-20T00:00:00.000Z"));
}

TEST(Calendar, AnUnknownZoneIsAnErrorWithWhatWasMeant) {
  EXPECT_EQ(Judge({}, "America/Tronto", At("2026-12-21T00:00:00.000Z")).error().kind,
            base::ErrorKind::kInvalid);
  EXPECT_FALSE(IsTimeZone("America/Tronto"));
  EXPECT_FALSE(IsTimeZone(""));
  EXPECT_FALSE(IsTimeZone("../../etc/passwd"));
  EXPECT_FALSE(IsTimeZone("localtime")) << "another one on each machine";
  EXPECT_TRUE(IsTimeZone("Asia/Kathmandu"));
  EXPECT_THAT(NearTimeZones("Toronto"), testing::ElementsAre("America/Toronto"));
}

TEST(Calendar, TheLocalDateIsThatOfTheZone) {
  EXPECT_EQ(LocalDate("America/Toronto", At("2026-11-21T03:00:00.000Z")).value(), "2026-11-20");
  EXPECT_EQ(LocalDate("Asia/Kathmandu", At("2026-11-20T18:15:00.000Z")).value(), "2026-11-21");
  EXPECT_EQ(LocalDate("UTC", At("1969-12-31T23:59:59.999Z")).value(), "1969-12-31");
}

TEST(Calendar, ADateIsAWholeDayOfItsZone) {
  const auto say = [](std::string_view text, Edge edge) {
    auto time = ParseInstant(text, "America/Toronto", edge);
    return time ? base::FormatTime(*time) : time.error().what;
  };
  EXPECT_EQ(say("2026-12-20", Edge::kStart), "2026-12-20T05:00:00.000Z");
  EXPECT_EQ(say("2027-01-03", Edge::kEnd), "2027-01-04T05:00:00.000Z");
  EXPECT_EQ(say("2026-12-20T18:00", Edge::kStart), "2026-12-20T23:00:00.000Z");
  EXPECT_EQ(say("2026-12-20T18:00:00Z", Edge::kStart), "2026-12-20T18:00:00.000Z");
  EXPECT_EQ(say("2026-11-01T01:30", Edge::kEnd), "2026-11-01T06:30:00.000Z");
  for (std::string_view bad :
       {"2026-02-30", "2026-12-20T24:00", "20261220", "2026-12-20 18:00", "", "tomorrow"})
    EXPECT_EQ(say(bad, Edge::kStart), "`" + std::string(bad) + "` is no date or time");
}

}  // namespace
}  // namespace slipway::workspace
