// haproxy.shift: raise the newcomer, lower the others, step by step.
#include <fmt/core.h>

#include <algorithm>

#include "drivers/haproxy/actions.h"

namespace slipway::drivers {
namespace {

using base::Duration;
using base::JsonObject;
using base::Result;

// The first step to make: the last one noted, or the one that the weights already stand at where the note was
// lost.
std::size_t FirstStep(EdgeCall& call, const std::vector<int>& steps, const EdgeBackend& now,
                      const std::string& to) {
  std::size_t first = 0;
  for (const JsonObject& note : call.progress)
    first =
        std::max(first, static_cast<std::size_t>(std::max<std::int64_t>(base::GetInt(note, "step"), 1)) - 1);
  const EdgeServer* server = now.Find(to);
  while (server != nullptr && server->serves() && first + 1 < steps.size() && steps[first] < server->weight)
    ++first;
  return std::min(first, steps.size() - 1);
}

// Waits out one step while the newcomer must stay healthy.
Outcome Bake(EdgeCall& call, const std::string& to, Duration bake, Duration tick) {
  base::Time until = call.context.clock.Now() + bake;
  while (true) {
    base::Time at = call.context.clock.Now();
    if (at >= until) return Done();
    if (!call.edge.Wait(std::min(tick, until - at)))
      return Unknown(fmt::format("stopped while {} carried part of the traffic", to));
    auto now = call.edge.Look(call.backend());
    if (!now) return Unknown(base::ToString(now.error()));
    const EdgeServer* server = now->Find(to);
    if (server == nullptr || server->health == Health::kDown)
      return NotDone(fmt::format("HAProxy's checks took server {}/{} down while it carried traffic",
                                 call.backend(), to));
  }
}

JsonObject Outputs(const EdgeBackend& prior, const EdgeBackend& now, const std::string& to) {
  const EdgeServer* previous = nullptr;
  for (const EdgeServer& server : prior.servers)
    if (server.name != to && server.serves() && (previous == nullptr || server.weight > previous->weight))
      previous = &server;
  JsonObject outputs{{"server", to}, {"weights", RecordOf(now)}};
  if (previous != nullptr) outputs["previous"] = previous->name;
  return outputs;
}

}  // namespace

Result<std::vector<int>> ReadSteps(const JsonObject& with) {
  std::vector<int> steps;
  for (const base::Json& step : base::GetArray(with, "steps")) {
    std::int64_t points = step.is_int64() ? step.get_int64() : -1;
    if (points < 100 || points > 10000 || points % 100 != 0)
      return base::Invalid("`steps` are whole percentages from 1% to 100%");
    if (!steps.empty() && points / 100 <= steps.back())
      return base::Invalid("each of `steps` must be larger than the one before");
    steps.push_back(static_cast<int>(points / 100));
  }
  if (steps.empty()) return base::Invalid("`steps` is empty");
  return steps;
}

Outcome RunShift(EdgeCall& call) {
  const std::string to = call.Argument("to");
  const Duration settle = call.Time("settle");
  auto steps = ReadSteps(call.prepared.action.with);
  auto now = call.edge.Look(call.backend());
  if (!now) return NotDone(base::ToString(now.error()));
  auto prior = WithRecord(*now, base::GetObject(call.prepared.prior, "servers"));
  if (!steps || !prior) return NotDone(base::ToString(steps ? prior.error() : steps.error()));

  bool changed = !call.progress.empty();
  for (std::size_t i = FirstStep(call, *steps, *now, to); i < steps->size(); ++i) {
    EdgeBackend wanted = Ladder(*prior, to, (*steps)[i]);
    Outcome moved = Apply(call, {wanted, settle, call.Time("wait")}, changed);
    if (moved.verdict != Verdict::kDone) return moved;
    auto noted = call.sink.Note({{"step", static_cast<std::int64_t>(i) + 1},
                                 {"of", static_cast<std::int64_t>(steps->size())},
                                 {"percent", (*steps)[i]},
                                 {"weights", RecordOf(wanted)}});
    if (!noted) return Stopped(call, base::ToString(noted.error()), changed, Ending::kInterrupted);
    if (i + 1 == steps->size()) break;
    Outcome baked = Bake(call, to, call.Time("bake"), std::max(settle / 4, Duration{20}));
    if (baked.verdict != Verdict::kDone)
      return Stopped(call, baked.reason, changed,
                     baked.verdict == Verdict::kNotDone ? Ending::kFailed : Ending::kInterrupted);
  }
  EdgeBackend stands = Ladder(*prior, to, steps->back());
  Outcome done =
      Done(Outputs(*prior, stands, to), fmt::format("{} stands at {}", call.backend(), Describe(stands)));
  done.evidence = StateEvidence(stands);
  return done;
}

}  // namespace slipway::drivers
