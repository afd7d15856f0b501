// haproxy.restore: weights and admin states as they were recorded.
#include <fmt/core.h>

#include "drivers/haproxy/actions.h"

namespace slipway::drivers {

Outcome RunRestore(EdgeCall& call) {
  auto now = call.edge.Look(call.backend());
  if (!now) return NotDone(base::ToString(now.error()));
  auto wanted = WithRecord(*now, base::GetObject(call.prepared.action.with, "servers"));
  if (!wanted) return NotDone(base::ToString(wanted.error()));
  bool changed = false;
  Outcome moved = Apply(call, {*wanted, call.Time("settle"), call.Time("wait")}, changed);
  if (moved.verdict != Verdict::kDone) return moved;
  Outcome done = Done({{"weights", RecordOf(*wanted)}},
                      fmt::format("{} stands at {}", call.backend(), Describe(*wanted)));
  done.evidence = StateEvidence(*wanted);
  return done;
}

}  // namespace slipway::drivers
