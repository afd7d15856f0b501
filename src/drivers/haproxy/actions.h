// The five actions on an Edge, one file each. Inside the haproxy driver only.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "drivers/haproxy/edge.h"
#include "drivers/haproxy/record.h"

namespace slipway::drivers {

const std::vector<ActionSheet>& HaproxySheets();

// Everything a running action needs.
struct EdgeCall {
  Edge& edge;
  const Prepared& prepared;
  std::span<const base::JsonObject> progress;
  Sink& sink;
  Context& context;

  std::string Argument(std::string_view name) const { return base::GetString(prepared.action.with, name); }
  base::Duration Time(std::string_view name) const {
    return base::Duration{base::GetInt(prepared.action.with, name)};
  }
  std::string backend() const { return Argument("backend"); }
};

Outcome RunStatus(EdgeCall& call);
Outcome RunShift(EdgeCall& call);
Outcome RunDrain(EdgeCall& call);
Outcome RunRestore(EdgeCall& call);
Outcome RunWatch(EdgeCall& call);

// Whole percentages, rising, 1 to 100: what HAProxy's weights can say exactly.
base::Result<std::vector<int>> ReadSteps(const base::JsonObject& with);

// Makes `wanted` out of the backend as it is now, checks it by reading it back, and keeps it for a reload.
// The order is safe: a server is ready and healthy (held for `settle`, within `patience`) before it gets
// weight, weights are raised before others are lowered, and drain and maintenance come last. kDone, or why
// not; `changed` tells whether anything was sent.
struct Move {
  EdgeBackend wanted;
  base::Duration settle{0};
  base::Duration patience{0};
};
Outcome Apply(EdgeCall& call, const Move& move, bool& changed);

// Up now, and never seen down since the wait began at least `settle` ago. A server that leaves maintenance
// shows an old result until its next check, so `settle` covers two checks.
Outcome WaitHealthy(EdgeCall& call, const std::string& server, base::Duration settle,
                    base::Duration patience);

// An action that cannot go on: not_done while nothing was sent, else unknown with the state that now stands.
enum class Ending { kInterrupted, kFailed };
Outcome Stopped(EdgeCall& call, const std::string& reason, bool changed, Ending ending);

base::JsonObject StateEvidence(const EdgeBackend& backend);

}  // namespace slipway::drivers
