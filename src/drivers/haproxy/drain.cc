// haproxy.drain: no new requests, those in progress end, then maintenance.
#include <fmt/core.h>

#include <algorithm>

#include "base/text.h"
#include "drivers/haproxy/actions.h"

namespace slipway::drivers {
namespace {

using base::Duration;

EdgeBackend With(EdgeBackend backend, const std::string& server, Admin admin) {
  for (EdgeServer& other : backend.servers) {
    if (other.name != server) continue;
    other.weight = 0;
    other.admin = admin;
  }
  return backend;
}

struct Emptied {
  enum class Kind { kEmpty, kStillBusy, kInterrupted } kind = Kind::kInterrupted;
  std::int64_t sessions = 0;
  std::string reason;
};

// Sessions are 0 in two readings one after another: a request may just have been given to the server.
Emptied WaitEmpty(EdgeCall& call, const std::string& server, Duration timeout) {
  base::Time until = call.context.clock.Now() + timeout;
  int empty = 0;
  while (true) {
    auto counters = call.edge.Count(call.backend(), server);
    if (!counters) return {Emptied::Kind::kInterrupted, 0, base::ToString(counters.error())};
    empty = counters->sessions == 0 ? empty + 1 : 0;
    if (empty == 2) return {Emptied::Kind::kEmpty, 0, ""};
    if (call.context.clock.Now() >= until) return {Emptied::Kind::kStillBusy, counters->sessions, ""};
    if (!call.edge.Wait(Duration{20}))
      return {Emptied::Kind::kInterrupted, counters->sessions, "stopped while requests were ending"};
  }
}

// What the procedure asked for when requests are still running at the end of the timeout.
Outcome AtDeadline(EdgeCall& call, const EdgeBackend& prior, const std::string& server,
                   std::int64_t sessions) {
  std::string busy = fmt::format("{} requests were still running on {}/{} after {}", sessions, call.backend(),
                                 server, base::FormatDuration(call.Time("timeout")));
  if (call.Argument("at_deadline") == "shutdown") {
    if (auto cut = call.edge.CutSessions(call.backend(), server); !cut)
      return Stopped(call, base::ToString(cut.error()), true, Ending::kFailed);
    Outcome done = Done({}, busy + " and were cut, as asked");
    return done;
  }
  bool changed = true;
  Outcome back = Apply(call, {prior, call.Time("settle"), call.Time("wait")}, changed);
  if (back.verdict != Verdict::kDone)
    return Failed(busy + "; it could not be put back: " + back.reason, back.evidence);
  return NotDone(busy + "; it is back as it was", StateEvidence(prior));
}

}  // namespace

Outcome RunDrain(EdgeCall& call) {
  const std::string server = call.Argument("server");
  auto now = call.edge.Look(call.backend());
  if (!now) return NotDone(base::ToString(now.error()));
  auto prior = WithRecord(*now, base::GetObject(call.prepared.prior, "servers"));
  if (!prior) return NotDone(base::ToString(prior.error()));

  bool changed = !call.progress.empty();
  std::int64_t cut = 0;
  std::string how = fmt::format("{}/{} ended its requests and is in maintenance", call.backend(), server);
  const EdgeServer* already = now->Find(server);
  if (already != nullptr && already->admin != Admin::kMaint) {
    Outcome draining = Apply(call, {With(*now, server, Admin::kDrain), {}, {}}, changed);
    if (draining.verdict != Verdict::kDone) return draining;
    if (auto noted = call.sink.Note({{"draining", server}}); !noted)
      return Stopped(call, base::ToString(noted.error()), changed, Ending::kInterrupted);
    Emptied emptied = WaitEmpty(call, server, call.Time("timeout"));
    if (emptied.kind == Emptied::Kind::kInterrupted)
      return Stopped(call, emptied.reason, changed, Ending::kInterrupted);
    if (emptied.kind == Emptied::Kind::kStillBusy) {
      Outcome ended = AtDeadline(call, *prior, server, emptied.sessions);
      if (ended.verdict != Verdict::kDone) return ended;
      cut = emptied.sessions;
      how = ended.reason;
    }
  }
  EdgeBackend wanted = With(*now, server, Admin::kMaint);
  Outcome out = Apply(call, {wanted, {}, {}}, changed);
  if (out.verdict != Verdict::kDone) return out;
  Outcome done = Done({{"server", server}, {"cut", cut}}, how);
  done.evidence = StateEvidence(wanted);
  return done;
}

}  // namespace slipway::drivers
