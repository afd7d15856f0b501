#include "base/version.h"

#include <gtest/gtest.h>

namespace slipway::base {
namespace {

bool Before(std::string_view a, std::string_view b) {
  return Precedence(*ParseVersion(a), *ParseVersion(b)) < 0 &&
         Precedence(*ParseVersion(b), *ParseVersion(a)) > 0;
}

TEST(Version, IsReadAndWrittenAsItStands) {
  for (const char* text :
       {"0.0.0", "1.2.3", "v1.10.0", "1.0.0-rc.1", "1.0.0--", "1.0.0-0a.x-y+001.sha-5114f85",
        "1.0.0+21AF26D3---117B344092BD", "99999999999999999999999.0.1"}) {
    const auto version = ParseVersion(text);
    ASSERT_TRUE(version) << text;
    EXPECT_EQ(ToString(*version), text);
  }
  EXPECT_TRUE(ParseVersion("v2.1.0")->v);
  EXPECT_FALSE(ParseVersion("2.1.0")->v);
}

TEST(Version, WhatSemVerDoesNotAllowIsAnError) {
  for (const char* text :
       {"",        "v",        "1",          "1.2",    "1.2.3.4",   "01.2.3",     "1.02.3",  "1.2.03",
        "1.2.3-",  "1.2.3-01", "1.2.3-a..b", "1.2.3+", "1.2.3+a+b", "1.2.3+a..b", "1.2.3-é", "V1.2.3",
        "vv1.2.3", " 1.2.3",   "1.2.3 ",     "1.-2.3", "1.2.x",     "latest"})
    EXPECT_FALSE(ParseVersion(text)) << text;
  EXPECT_FALSE(ParseVersion("1.2.3-" + std::string(128, 'a')));
}

TEST(Version, ComesInTheOrderOfSection11) {
  const std::vector<std::string> ordered = {
      "1.0.0-1",    "1.0.0-9",      "1.0.0-10",      "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta",
      "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1",  "1.0.0",         "v1.9.0",
      "v1.10.0",    "2.0.0",        "10.0.0"};
  for (std::size_t i = 0; i < ordered.size(); ++i)
    for (std::size_t j = i + 1; j < ordered.size(); ++j)
      EXPECT_TRUE(Before(ordered[i], ordered[j])) << ordered[i] << " " << ordered[j];
}

TEST(Version, NeitherTheVNorTheBuildCountsInTheOrder) {
  EXPECT_TRUE(Precedence(*ParseVersion("v1.2.0"), *ParseVersion("1.2.0+build.7")) == 0);
}

}  // namespace
}  // namespace slipway::base
