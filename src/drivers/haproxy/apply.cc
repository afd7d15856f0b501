// Changing a backend safely: the part that shift, drain and restore share.
#include <fmt/core.h>

#include <algorithm>

#include "base/text.h"
#include "drivers/haproxy/actions.h"

namespace slipway::drivers {
namespace {

using base::Duration;
using base::ErrorKind;
using base::JsonObject;
using base::Result;
using base::Status;

// A refusal by HAProxy ended the action; anything else leaves open what became of the last command.
Ending EndingOf(const base::Error& error) {
  return error.kind == ErrorKind::kIo ? Ending::kInterrupted : Ending::kFailed;
}

// Makes servers ready that are to serve. Their weight is 0 until they proved healthy: maintenance keeps the
// old one.
std::vector<EdgeChange> ReadyChanges(const EdgeBackend& now, const EdgeBackend& wanted) {
  std::vector<EdgeChange> changes;
  for (const EdgeServer& server : wanted.servers) {
    const EdgeServer* before = now.Find(server.name);
    if (before == nullptr || server.admin != Admin::kReady || before->admin == Admin::kReady) continue;
    if (before->weight > 0) changes.push_back({server.name, 0, {}});
    changes.push_back({server.name, {}, Admin::kReady});
  }
  return changes;
}

std::vector<EdgeChange> LeaveChanges(const EdgeBackend& now, const EdgeBackend& wanted) {
  std::vector<EdgeChange> changes;
  for (const EdgeServer& server : wanted.servers) {
    const EdgeServer* before = now.Find(server.name);
    if (before != nullptr && server.admin != Admin::kReady && before->admin != server.admin)
      changes.push_back({server.name, {}, server.admin});
  }
  return changes;
}

// Servers that get traffic they do not have now.
std::vector<std::string> Newcomers(const EdgeBackend& now, const EdgeBackend& wanted) {
  std::vector<std::string> names;
  for (const EdgeServer& server : wanted.servers) {
    const EdgeServer* before = now.Find(server.name);
    if (before != nullptr && server.serves() && !before->serves()) names.push_back(server.name);
  }
  return names;
}

Status Send(EdgeCall& call, const std::vector<EdgeChange>& changes, bool& changed) {
  if (changes.empty()) return {};
  changed = true;
  return call.edge.Change(call.backend(), changes);
}

Status ReadBack(EdgeCall& call, const EdgeBackend& wanted) {
  SLIPWAY_TRY(EdgeBackend now, call.edge.Look(call.backend()));
  if (SameState(now, wanted)) return {};
  return base::Fail(ErrorKind::kConflict,
                    fmt::format("HAProxy was told {} and now has {}", Describe(wanted), Describe(now)));
}

}  // namespace

JsonObject StateEvidence(const EdgeBackend& backend) {
  JsonObject health;
  for (const EdgeServer& server : backend.servers) health[server.name] = ToString(server.health);
  return JsonObject{{"servers", RecordOf(backend)}, {"health", std::move(health)}};
}

Outcome Stopped(EdgeCall& call, const std::string& reason, bool changed, Ending ending) {
  JsonObject evidence;
  std::string stands = "nobody can tell what stands now";
  if (auto now = call.edge.Look(call.backend())) {
    evidence = StateEvidence(*now);
    stands = fmt::format("{} stands at {}", call.backend(), Describe(*now));
  }
  if (!changed) return NotDone(reason, std::move(evidence));
  std::string text = fmt::format("{}; {}", reason, stands);
  switch (ending) {
    case Ending::kInterrupted:
      return Unknown(std::move(text), std::move(evidence));
    case Ending::kFailed:
      return Failed(std::move(text), std::move(evidence));
  }
  return Unknown(std::move(text), std::move(evidence));
}

Outcome WaitHealthy(EdgeCall& call, const std::string& server, Duration settle, Duration patience) {
  const std::string where = fmt::format("{}/{}", call.backend(), server);
  const Duration tick = std::clamp(settle / 8, Duration{10}, Duration{250});
  const base::Time began = call.context.clock.Now();
  base::Time since = began;  // not seen down from here on
  while (true) {
    auto now = call.edge.Look(call.backend());
    if (!now) return Unknown(base::ToString(now.error()));
    const EdgeServer* seen = now->Find(server);
    if (seen == nullptr) return NotDone(fmt::format("HAProxy no longer has server {}", where));
    if (seen->health == Health::kUnchecked) return Done();  // nobody looks at it, then or now
    base::Time at = call.context.clock.Now();
    if (seen->health == Health::kDown || seen->admin != Admin::kReady) since = at;
    if (seen->health == Health::kUp && at - since >= settle && seen->admin == Admin::kReady) return Done();
    if (at - began >= patience + settle)
      return NotDone(fmt::format("HAProxy's own checks did not find server {} healthy within {} (it is {})",
                                 where, base::FormatDuration(patience), ToString(seen->health)));
    if (!call.edge.Wait(tick))
      return Unknown(fmt::format("stopped while waiting for server {} to be healthy", where));
  }
}

Outcome Apply(EdgeCall& call, const Move& move, bool& changed) {
  auto failed = [&](const base::Error& error) {
    return Stopped(call, base::ToString(error), changed, EndingOf(error));
  };
  auto before = call.edge.Look(call.backend());
  if (!before) return failed(before.error());
  if (auto sent = Send(call, ReadyChanges(*before, move.wanted), changed); !sent) return failed(sent.error());
  for (const std::string& server : Newcomers(*before, move.wanted)) {
    Outcome healthy = WaitHealthy(call, server, move.settle, move.patience);
    if (healthy.verdict == Verdict::kNotDone) return Stopped(call, healthy.reason, changed, Ending::kFailed);
    if (healthy.verdict == Verdict::kUnknown)
      return Stopped(call, healthy.reason, changed, Ending::kInterrupted);
  }
  auto ready = call.edge.Look(call.backend());
  if (!ready) return failed(ready.error());
  std::vector<EdgeChange> changes = WeightChanges(*ready, move.wanted);
  for (EdgeChange& change : LeaveChanges(*ready, move.wanted)) changes.push_back(std::move(change));
  if (auto sent = Send(call, changes, changed); !sent) return failed(sent.error());
  if (auto same = ReadBack(call, move.wanted); !same) return failed(same.error());
  if (auto saved = call.edge.Save(move.wanted); !saved)
    return failed({saved.error().kind == ErrorKind::kIo ? ErrorKind::kRefused : saved.error().kind,
                   "the change would not survive a reload of HAProxy: " + saved.error().what,
                   saved.error().where, saved.error().next});
  return Done();
}

}  // namespace slipway::drivers
