#include "base/random.h"

#include <gtest/gtest.h>

#include <array>

namespace slipway::base {
namespace {

TEST(Random, TheSameSeedGivesTheSameBytes) {
  SeededRandom one(7), same(7), other(8);
  const std::string bytes = one.Bytes(33);
  EXPECT_EQ(bytes.size(), 33u);
  EXPECT_EQ(bytes, same.Bytes(33));
  EXPECT_NE(bytes, other.Bytes(33));
}

TEST(Random, TheSequenceIsXoshiro256StarStarSeededBySplitMix64) {
  // The first words the authors' C programs print for SplitMix64 seeded with 1234567, fed to xoshiro256**.
  SeededRandom random(1234567);
  const std::uint64_t s1 = 3203168211198807973U;  // SplitMix64's second word
  EXPECT_EQ(random.Next(), ((s1 * 5) << 7 | (s1 * 5) >> 57) * 9);
}

TEST(Random, BelowStaysBelowAndReachesEveryValue) {
  SeededRandom random(1);
  std::array<int, 5> seen{};
  for (int i = 0; i < 1000; ++i) ++seen.at(random.Below(5));
  for (int count : seen) EXPECT_GT(count, 100);
  EXPECT_EQ(random.Below(1), 0u);
}

TEST(Random, TheSystemNeverRepeatsItself) {
  EXPECT_EQ(SystemRandom().Bytes(0), "");
  EXPECT_EQ(SystemRandom().Bytes(32).size(), 32u);
  EXPECT_NE(SystemRandom().Bytes(32), SystemRandom().Bytes(32));
}

}  // namespace
}  // namespace slipway::base
