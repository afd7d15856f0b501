#include "drivers/postgres/database/beside.h"

#include <gtest/gtest.h>

namespace slipway::drivers::postgres {
namespace {

constexpr char kMark[] = "slipway R7/restore@acme #5d41402abc4b";
const base::Time kNow = base::ParseTime("2026-11-21T01:24:22.123Z").value();

TEST(DatabasesBeside, NamesFitHoweverLongTheDatabaseIsCalled) {
  EXPECT_EQ(Beside("acme", kBefore, "1a2b3c4d"), "acme__before_1a2b3c4d");
  EXPECT_EQ(Beside(std::string(63, 'x'), kBefore, "1a2b3c4d").size(), 63u);
  EXPECT_EQ(Beside(std::string(45, 'x') + "ä", kBefore, "1a2b3c4d"),
            std::string(45, 'x') + "__before_1a2b3c4d")
      << "no half of a character is left";
}

TEST(DatabasesBeside, ACommentOfTheirsStaysBesideOurs) {
  const std::string comment = WithOurs("of Acme\nreally", kMark, "restored from x");
  EXPECT_EQ(comment, std::string("of Acme\nreally\n") + kMark + ": restored from x");
  EXPECT_EQ(WithOurs(comment, kMark, "again"), std::string("of Acme\nreally\n") + kMark + ": again");
  EXPECT_EQ(WithoutOurs(comment), "of Acme\nreally");
  const auto ours = OurLineOf(comment);
  ASSERT_TRUE(ours);
  EXPECT_EQ(ours->mark, kMark);
  EXPECT_EQ(ours->what, "restored from x");
}

TEST(DatabasesBeside, TheMarkOfWhoMadeADatabaseIsNotOurs) {
  EXPECT_EQ(WithoutOurs(kMark), kMark);
  EXPECT_FALSE(OurLineOf(kMark));
  for (const char* text : {"", "slipway", "slipway #", "slipway R1 #5d41402abc4b:",
                           "slipway R1 #xd41402abc4b: x", "somebody R1 #5d41402abc4b: x"})
    EXPECT_FALSE(OurLineOf(text)) << text;
}

TEST(DatabasesBeside, WhatIsKeptOfWhomAndUntilWhenIsReadBack) {
  const std::string comment = WithOurs("", kMark, KeptText(kNow, "acme"));
  const auto kept = ReadKept("acme__before_1a2b3c4d", comment, "acme", kNow);
  ASSERT_TRUE(kept);
  EXPECT_EQ(kept->until, kNow);
  EXPECT_TRUE(kept->past);
  EXPECT_FALSE(ReadKept("acme__before_1a2b3c4d", comment, "acme", kNow - base::Duration{1})->past);
  EXPECT_FALSE(ReadKept("acme__before_1a2b3c4d", comment, "other", kNow));
  EXPECT_FALSE(ReadKept("acme", comment, "acme", kNow)) << "never the database itself";
  EXPECT_FALSE(
      ReadKept("acme__before_1a2b3c4d", "kept until 2020-01-01T00:00:00.000Z, was acme", "acme", kNow));
}

}  // namespace
}  // namespace slipway::drivers::postgres
