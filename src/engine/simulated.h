// A clock and workers under which a whole run is a function of its seed: time passes only when nothing else
// can happen, and jobs run one at a time, in an order that the seed picks. Not thread-safe; everything
// happens on the deciding thread.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "engine/workers.h"

namespace slipway::engine {

class SimulatedClock final : public base::Clock {
 public:
  explicit SimulatedClock(base::Time start) : now_(start) {}
  base::Time Now() override { return now_; }
  void Sleep(base::Duration how_long) override { now_ += std::max(how_long, base::Duration{0}); }
  void MoveTo(base::Time time) { now_ = std::max(now_, time); }

 private:
  base::Time now_;
};

class SimulatedWorkers final : public Workers {
 public:
  SimulatedWorkers(SimulatedClock& clock, std::uint64_t seed) : clock_(clock), random_(seed) {}
  void Start(std::function<void()> job) override { jobs_.push_back(std::move(job)); }
  void Wait(base::Time until) override;
  void Wake() override {}
  void Join() override { jobs_.clear(); }  // the simulated process is gone, and its threads with it

  bool Idle() const { return jobs_.empty(); }  // nothing is queued

  std::function<void()> between;  // called at every Wait: what other processes do meanwhile

 private:
  SimulatedClock& clock_;
  base::SeededRandom random_;
  std::vector<std::function<void()>> jobs_;
};

}  // namespace slipway::engine
