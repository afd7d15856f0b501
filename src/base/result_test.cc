#include "base/result.h"

#include <gtest/gtest.h>

namespace slipway::base {
namespace {

Result<int> Half(int number) {
  if (number % 2 != 0) return Invalid("odd", "input", "give an even number");
  return number / 2;
}

Result<int> Quarter(int number) {
  SLIPWAY_TRY(const int half, Half(number));
  SLIPWAY_TRY(const int quarter, Half(half));
  return quarter;
}

Status Check(int number) {
  SLIPWAY_CHECK_OK(Quarter(number));
  return {};
}

TEST(Result, AnErrorGoesToTheCaller) {
  EXPECT_EQ(Quarter(8), 2);
  EXPECT_EQ(Quarter(6).error().what, "odd");
  EXPECT_TRUE(Check(4));
  EXPECT_FALSE(Check(2));
}

TEST(Result, AnErrorNamesPlaceCauseAndNextStep) {
  EXPECT_EQ(ToString(Half(1).error()), "odd (input); next: give an even number");
  EXPECT_EQ(ToString(Refused("held").error()), "held");
}

}  // namespace
}  // namespace slipway::base
