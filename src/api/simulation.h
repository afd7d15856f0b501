// What `slipway simulate` found.
#pragma once

#include <string>
#include <vector>

namespace slipway::api {

// One run of the plan against models in which one step was made to fail.
struct SimulatedFailure {
  std::string step;     // `step` or `step@target`; empty = the run in which nothing fails
  std::string how;      // `not done`, `unknown`, `failed after acting`, …
  std::string verdict;  // restored | left_in_place | not_restored | unknown | succeeded
  std::string reason;
};

struct SimulationReport {
  std::string plan;  // digest
  std::string environment;
  bool strict = false;
  std::vector<SimulatedFailure> failures;

  // In a strict environment what nobody can tell counts as not restored.
  bool Passed() const {
    for (const SimulatedFailure& failure : failures) {
      if (failure.verdict == "not_restored" || (strict && failure.verdict == "unknown")) return false;
    }
    return true;
  }
};

}  // namespace slipway::api
