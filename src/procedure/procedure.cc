#include "procedure/procedure.h"

#include <algorithm>

namespace slipway::procedure {

std::vector<Waiver> WaiversOf(const Procedure& procedure) {
  std::vector<Waiver> waivers = procedure.metadata.waivers;
  for (const Phase& phase : procedure.phases)
    for (const Step& step : phase.steps)
      waivers.insert(waivers.end(), step.waivers.begin(), step.waivers.end());
  return waivers;
}

const Step* FindStep(const Procedure& procedure, std::string_view id) {
  for (const Phase& phase : procedure.phases)
    for (const Step& step : phase.steps)
      if (step.id == id) return &step;
  return nullptr;
}

std::string SourceAt(const Procedure& procedure, Position at) {
  const auto begins = [&](Position part) {
    return std::pair(part.line, part.column) <= std::pair(at.line, at.column);
  };
  std::string source = procedure.metadata.source;
  for (const Phase& phase : procedure.phases) {
    if (!begins(phase.at)) break;
    source = procedure.metadata.source;
    for (const Step& step : phase.steps)
      if (begins(step.at)) source = step.source;
  }
  return source;
}

const Phase* PhaseOf(const Procedure& procedure, std::string_view step_id) {
  for (const Phase& phase : procedure.phases)
    if (std::ranges::find(phase.steps, step_id, &Step::id) != phase.steps.end()) return &phase;
  return nullptr;
}

base::Duration PauseAfter(const Retry& retry, int attempts) {
  constexpr base::Duration kLongest{300'000};
  base::Duration pause = retry.every;
  for (int i = 1; retry.exponential && i < attempts && pause < kLongest; ++i)
    pause = std::min(pause * 2, kLongest);
  return pause;
}

std::vector<std::string> NeedsOf(const Phase& phase, const Step& step) {
  std::vector<std::string> needs;
  const auto add = [&](const std::string& id) {
    if (std::ranges::find(needs, id) == needs.end()) needs.push_back(id);
  };
  if (step.needs) {
    for (const std::string& id : *step.needs) add(id);
  } else {
    const auto self = std::ranges::find(phase.steps, step.id, &Step::id);
    if (self != phase.steps.end() && self != phase.steps.begin()) add(std::prev(self)->id);
  }
  for (const std::string& id : step.reads)
    if (std::ranges::find(phase.steps, id, &Step::id) != phase.steps.end()) add(id);
  return needs;
}

}  // namespace slipway::procedure
