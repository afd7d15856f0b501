#include "base/environment.h"

#include <gmock/gmock.h>
#include <stdlib.h>

#include <array>

namespace slipway::base {
namespace {

using testing::ElementsAreArray;

TEST(Environment, WhatWasSetAsideIsThereForWhoAsksForItByName) {
  setenv("SLIPWAY_TEST_ASIDE", "a=b", 1);
  setenv("SLIPWAY_TEST_STAYS", "c", 1);
  SetAside(std::array<std::string_view, 2>{"SLIPWAY_TEST_ASIDE", "SLIPWAY_TEST_UNSET"});
  EXPECT_EQ(getenv("SLIPWAY_TEST_ASIDE"), nullptr);
  EXPECT_EQ(Variable("SLIPWAY_TEST_ASIDE"), "a=b");
  EXPECT_EQ(Variable("SLIPWAY_TEST_STAYS"), "c");
  EXPECT_EQ(Variable("SLIPWAY_TEST_UNSET"), std::nullopt);
  EXPECT_THAT(VariablesSetAside(), ElementsAreArray({"SLIPWAY_TEST_ASIDE=a=b"}));
  unsetenv("SLIPWAY_TEST_STAYS");
}

}  // namespace
}  // namespace slipway::base
