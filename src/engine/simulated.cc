#include "engine/simulated.h"

#include <utility>

namespace slipway::engine {

void SimulatedWorkers::Wait(base::Time until) {
  if (between) between();
  if (jobs_.empty()) return clock_.MoveTo(until);
  const std::size_t index = random_.Below(jobs_.size());
  auto job = std::move(jobs_[index]);
  jobs_.erase(jobs_.begin() + static_cast<std::ptrdiff_t>(index));
  clock_.Sleep(base::Duration{1});
  job();
}

}  // namespace slipway::engine
