// Randomness, one of the seams of simulation.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>

namespace slipway::base {

class Random {
 public:
  virtual ~Random() = default;
  virtual std::string Bytes(std::size_t count) = 0;  // thread-safe
};

// The system's generator (libsodium).
Random& SystemRandom();

// Repeatable: the same seed gives the same bytes (xoshiro256**, Blackman and Vigna 2018). Not for keys.
// Thread-safe.
class SeededRandom final : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed);
  std::string Bytes(std::size_t count) override;
  std::uint64_t Next();
  std::uint64_t Below(std::uint64_t bound);  // uniform in [0, bound), bound > 0

 private:
  std::uint64_t NextLocked();

  std::mutex mutex_;
  std::uint64_t state_[4];  // guarded by mutex_
};

}  // namespace slipway::base
