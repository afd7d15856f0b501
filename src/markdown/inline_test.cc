#include "markdown/inline.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace slipway::markdown {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(Inline, PlainTextHasNoMarks) {
  EXPECT_EQ(Plain("**Step 1: Copy** *the* `a b` and ``c ` d``"), "Step 1: Copy the a b and c ` d");
  EXPECT_EQ(Plain("see [the *plan*](a_b.md) ![x](y) \\[z\\]"), "see the plan x [z]");
  EXPECT_EQ(Plain("a<!-- b -->c"), "ac");
}

TEST(Inline, WhatIsNoMarkStays) {
  for (const std::string_view text : {"2 * 3 * 4", "snake_case_name", "[customer-slug]", "<registry>",
                                      "a ` b", "* a", "0 2 * * * run", "_a", "a_"})
    EXPECT_EQ(Plain(text), text);
}

TEST(Inline, CodeSpansAreTold) {
  EXPECT_THAT(CodeSpans("run `a  b`, then `` `c` `` \\`d`"), ElementsAre("a  b", "`c`"));
  EXPECT_THAT(CodeSpans("``a`"), IsEmpty());
}

TEST(Inline, StrongIsTheWholeTextOrNot) {
  EXPECT_TRUE(IsStrong("**Step 1: Copy**"));
  EXPECT_TRUE(IsStrong("__Step__:"));
  EXPECT_TRUE(IsStrong("**Step:**"));
  EXPECT_FALSE(IsStrong("**a** and **b**"));
  EXPECT_FALSE(IsStrong("**a** b"));
  EXPECT_FALSE(IsStrong("****"));
}

TEST(Inline, WhatWasMadeToBeSlowIsRead) {
  for (const std::string_view unit :
       {"[", "`", "`a``", "*a ", "_a ", "[a](", "![", "<!--", "\\", "**", "[a](b"}) {
    std::string text;
    while (text.size() < (1U << 20)) text += unit;
    EXPECT_LE(Plain(text).size(), text.size());
  }
}

}  // namespace
}  // namespace slipway::markdown
