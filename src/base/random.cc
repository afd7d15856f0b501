#include "base/random.h"

#include <sodium.h>

#include <bit>
#include <cstdlib>

namespace slipway::base {
namespace {

class SodiumRandom final : public Random {
 public:
  SodiumRandom() {
    if (sodium_init() < 0) std::abort();  // no randomness to be had: nothing here may go on
  }
  std::string Bytes(std::size_t count) override {
    std::string bytes(count, '\0');
    randombytes_buf(bytes.data(), bytes.size());
    return bytes;
  }
};

// SplitMix64 (Steele, Lea, Flood 2014), the seeding that xoshiro's authors advise.
std::uint64_t SplitMix(std::uint64_t& state) {
  std::uint64_t z = state += 0x9e3779b97f4a7c15U;
  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9U;
  z = (z ^ z >> 27) * 0x94d049bb133111ebU;
  return z ^ z >> 31;
}

}  // namespace

Random& SystemRandom() {
  static SodiumRandom random;
  return random;
}

SeededRandom::SeededRandom(std::uint64_t seed) {
  for (std::uint64_t& word : state_) word = SplitMix(seed);
}

std::uint64_t SeededRandom::Next() {
  const std::scoped_lock lock(mutex_);
  return NextLocked();
}

std::uint64_t SeededRandom::NextLocked() {
  const std::uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
  const std::uint64_t shifted = state_[1] << 17;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= shifted;
  state_[3] = std::rotl(state_[3], 45);
  return result;
}

std::uint64_t SeededRandom::Below(std::uint64_t bound) {
  const std::scoped_lock lock(mutex_);
  // The first 2^64 mod bound values are thrown away, so that each remainder is equally likely.
  const std::uint64_t first_fair = (0 - bound) % bound;
  for (;;) {
    const std::uint64_t value = NextLocked();
    if (value >= first_fair) return value % bound;
  }
}

std::string SeededRandom::Bytes(std::size_t count) {
  const std::scoped_lock lock(mutex_);
  std::string bytes(count, '\0');
  for (std::size_t i = 0; i < count; i += 8) {
    std::uint64_t word = NextLocked();
    for (std::size_t j = i; j < count && j < i + 8; ++j, word >>= 8) bytes[j] = static_cast<char>(word & 255);
  }
  return bytes;
}

}  // namespace slipway::base
