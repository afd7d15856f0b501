// A whole run as a function of a seed: the engine on a fake clock, a store in memory, scripted drivers, and
// processes that can be stopped dead, or robbed of the run, before and after every store write and every
// driver call.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "drivers/fake/fake.h"
#include "engine/engine.h"
#include "engine/simulated.h"
#include "journal/memory_store.h"
#include "plan/plan.h"

namespace slipway::sim {

// Thrown where the program is stopped. Nothing but a simulation catches it.
struct Crash {
  std::string point;
};

// Counts the points at which the program may be stopped, and stops it at the chosen one.
class Points {
 public:
  void CrashAt(std::int64_t point) { crash_at_ = point; }  // 0 = never
  void Pass(const std::string& name);
  std::int64_t seen() const { return seen_; }

  std::function<void(const std::string& name)> on_pass;  // called at each of them, before it counts

 private:
  std::int64_t seen_ = 0;
  std::int64_t crash_at_ = 0;
};

// A store whose writes are points. Decisions that were written under a lease that is no longer the newest are
// told to `broken`, where it is given.
std::unique_ptr<journal::Store> PointedStore(std::unique_ptr<journal::Store> store, Points& points,
                                             std::vector<std::string>* broken = nullptr);

class NoSecrets final : public drivers::SecretSource {
 public:
  base::Result<base::Secret> Get(std::string_view name) override {
    return base::Invalid("there is no secret " + std::string(name));
  }
};

// A plan over the fake driver. `targets` are web-1, web-2, …, of kind `service`.
plan::Plan MakePlan(const std::string& procedure, int targets);

// One process after another drives the run; each ends at its point, or when nothing is left to do.
struct Life {
  std::int64_t crash = 0;  // the point, counted from its start, at which it dies; 0 = none
  // The point at which another process takes the run over while this one lives and does not know it. The two
  // then go on side by side, turn by turn as the seed says.
  std::int64_t robbed = 0;
  std::int64_t robber_crash = 0;  // where that other process dies
};

struct Options {
  std::uint64_t seed = 1;
  std::vector<Life> lives;  // when they are used up, one that nothing happens to
  bool person = true;       // somebody answers what the run waits for
  std::function<void(drivers::FakeWorld&)> script;
  // Called at every point: what other processes do meanwhile. `run` is empty before there is one.
  std::function<void(journal::Store& desk, const std::string& run, base::Clock&, base::SeededRandom&)>
      at_point;
};

struct Report {
  engine::RunState state;
  std::shared_ptr<drivers::FakeWorld> world;
  std::vector<journal::Event> events;
  std::int64_t points = 0;  // passed by the last process
  int processes = 0;
  std::vector<std::string> broken;  // invariants that do not hold; empty = good
};

// Runs `plan` until it is at rest, however often it is stopped.
Report Simulate(const plan::Plan& plan, const Options& options);

}  // namespace slipway::sim
