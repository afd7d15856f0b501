#include "drivers/haproxy/haproxy.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/text.h"
#include "drivers/haproxy/actions.h"
#include "drivers/haproxy/live_edge.h"

namespace slipway::drivers {
namespace {

using base::Invalid;
using base::JsonObject;
using base::Refused;
using base::Result;
using base::Status;

// Names go into a command line, where a blank or `;` would begin another command.
Status CheckName(std::string_view what, std::string_view name) {
  constexpr std::string_view kAllowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.:-";
  if (!name.empty() && name.size() <= 128 && name.find_first_not_of(kAllowed) == name.npos) return {};
  return Invalid(fmt::format("`{}` is no name of a {} that HAProxy could have", base::Printable(name), what),
                 std::string(what));
}

Result<const EdgeServer*> FindServer(const EdgeBackend& backend, const std::string& name) {
  SLIPWAY_CHECK_OK(CheckName("server", name));
  if (const EdgeServer* server = backend.Find(name)) return server;
  std::vector<std::string> names;
  for (const EdgeServer& server : backend.servers) names.push_back(server.name);
  std::string next = "it has " + base::Join(names, ", ");
  if (auto near = base::DidYouMean(name, names)) next = fmt::format("did you mean `{}`?", *near);
  return Invalid(fmt::format("HAProxy has no server `{}/{}`", backend.name, name), "", next);
}

Status CheckShift(const JsonObject& with, const EdgeBackend& backend) {
  SLIPWAY_CHECK_OK(ReadSteps(with));
  SLIPWAY_TRY(const EdgeServer* to, FindServer(backend, base::GetString(with, "to")));
  if (to->health == Health::kUnchecked)
    return Refused(
        fmt::format("HAProxy does not check server `{}/{}`, so it cannot know when traffic may move there",
                    backend.name, to->name),
        "", fmt::format("add `check` to its line in `backend {}`", backend.name));
  return {};
}

Status CheckDrain(const JsonObject& with, const EdgeBackend& backend) {
  SLIPWAY_TRY(const EdgeServer* server, FindServer(backend, base::GetString(with, "server")));
  for (const EdgeServer& other : backend.servers)
    if (&other != server && other.serves()) return {};
  return Refused(fmt::format("no other server of `{}` has traffic ({})", backend.name, Describe(backend)), "",
                 "move the traffic first (haproxy.shift)");
}

Status CheckWatch(const JsonObject& with, const EdgeBackend& backend) {
  SLIPWAY_CHECK_OK(FindServer(backend, base::GetString(with, "server")));
  if (base::GetInt(with, "for") <= 0) return Invalid("`for` must be longer than nothing");
  return {};
}

// What the action says, against the backend as it is.
Status CheckArguments(const Action& action, const EdgeBackend& backend) {
  if (action.uses == "haproxy.shift") return CheckShift(action.with, backend);
  if (action.uses == "haproxy.drain") return CheckDrain(action.with, backend);
  if (action.uses == "haproxy.watch") return CheckWatch(action.with, backend);
  if (action.uses == "haproxy.restore") {
    SLIPWAY_CHECK_OK(WithRecord(backend, base::GetObject(action.with, "servers")));
    if (base::GetObject(action.with, "servers").empty()) return Invalid("`servers` names no server");
  }
  return {};
}

const ActionSheet* FindSheet(std::string_view uses) {
  auto found = std::ranges::find(HaproxySheets(), uses, &ActionSheet::name);
  return found == HaproxySheets().end() ? nullptr : &*found;
}

// The undo: the same connection, every server as it stands now, with the same patience.
Action UndoOf(const JsonObject& with, const EdgeBackend& backend) {
  JsonObject undo{{"backend", backend.name}, {"servers", RecordOf(backend)}};
  for (std::string_view key : {"connection", "settle", "wait"})
    if (const base::Json* value = with.if_contains(key); value != nullptr && !value->is_null())
      undo[key] = *value;
  return {"haproxy.restore", std::move(undo)};
}

Outcome Compare(const EdgeBackend& now, const JsonObject& record) {
  auto wanted = WithRecord(now, record);
  if (!wanted) return NotDone(base::ToString(wanted.error()), StateEvidence(now));
  if (!SameState(now, *wanted))
    return NotDone(fmt::format("{} was {}, and is {}", now.name, Describe(*wanted), Describe(now)),
                   StateEvidence(now));
  Outcome done = Done({}, fmt::format("{}: {}, as recorded", now.name, Describe(now)));
  done.evidence = StateEvidence(now);
  return done;
}

}  // namespace

HaproxyDriver::HaproxyDriver(OpenEdge open) : open_(std::move(open)) {}

std::span<const ActionSheet> HaproxyDriver::Sheets() const { return HaproxySheets(); }

Result<Prepared> HaproxyDriver::Prepare(const Action& action, Context& context) {
  const ActionSheet* sheet = FindSheet(action.uses);
  if (sheet == nullptr) return Invalid(fmt::format("unknown action `{}`", action.uses));
  SLIPWAY_TRY(JsonObject with, NormalizeAll(*sheet, action.with, true));
  const std::string name = base::GetString(with, "backend");
  SLIPWAY_CHECK_OK(CheckName("backend", name));
  SLIPWAY_TRY(std::unique_ptr<Edge> edge, open_(context));
  SLIPWAY_TRY(EdgeBackend backend, edge->Look(name));
  Prepared prepared{{action.uses, std::move(with)}, {}, {}, {}};
  SLIPWAY_CHECK_OK(CheckArguments(prepared.action, backend));
  if (sheet->effect == Effect::kReads) return prepared;

  auto setup = edge->Setup(backend);
  // A restore is the way back: it goes ahead, and reports afterwards what a reload would lose.
  if (!setup && action.uses != "haproxy.restore") return std::unexpected(setup.error());
  base::Json& settle = prepared.action.with["settle"];
  if (settle.is_null()) settle = 2 * (setup ? setup->check_interval : EdgeSetup{}.check_interval).count();
  prepared.prior = {{"servers", RecordOf(backend)}};
  prepared.undo = UndoOf(prepared.action.with, backend);
  return prepared;
}

Outcome HaproxyDriver::Run(const Prepared& prepared, std::span<const JsonObject> progress, Sink& sink,
                           Context& context) {
  const std::string& uses = prepared.action.uses;
  const ActionSheet* sheet = FindSheet(uses);
  if (sheet == nullptr) return NotDone(fmt::format("unknown action `{}`", uses));
  const bool reads = sheet->effect == Effect::kReads;
  auto edge = open_(context);
  if (!edge) return reads ? Unknown(base::ToString(edge.error())) : NotDone(base::ToString(edge.error()));
  EdgeCall call{**edge, prepared, progress, sink, context};
  if (context.cancel.cancelled() || context.clock.Now() >= context.deadline) {
    if (reads) return Unknown("stopped before anybody looked");  // which says nothing about the servers
    return Stopped(call, "stopped before anything was sent", !progress.empty(), Ending::kInterrupted);
  }
  if (uses == "haproxy.status") return RunStatus(call);
  if (uses == "haproxy.watch") return RunWatch(call);
  if (uses == "haproxy.shift") return RunShift(call);
  if (uses == "haproxy.drain") return RunDrain(call);
  if (uses == "haproxy.restore") return RunRestore(call);
  return NotDone(fmt::format("unknown action `{}`", uses));
}

// Every change may be repeated, so the engine does not ask; the answer is honest all the same.
Outcome HaproxyDriver::Probe(const Prepared& prepared, std::span<const JsonObject> progress,
                             Context& context) {
  auto edge = open_(context);
  if (!edge) return Unknown(base::ToString(edge.error()));
  auto now = (*edge)->Look(base::GetString(prepared.action.with, "backend"));
  if (!now) return Unknown(base::ToString(now.error()));
  const JsonObject& with = prepared.action.with;
  if (prepared.action.uses == "haproxy.restore") {
    Outcome same = Compare(*now, base::GetObject(with, "servers"));
    if (same.verdict == Verdict::kDone) return same;
  }
  auto prior = WithRecord(*now, base::GetObject(prepared.prior, "servers"));
  if (!prior) return Unknown(base::ToString(prior.error()));
  if (prepared.action.uses == "haproxy.shift") {
    auto steps = ReadSteps(with);
    EdgeBackend final = Ladder(*prior, base::GetString(with, "to"), steps ? steps->back() : 100);
    if (SameState(*now, final)) return Done({}, fmt::format("{} stands at {}", now->name, Describe(*now)));
  }
  if (prepared.action.uses == "haproxy.drain") {
    const EdgeServer* server = now->Find(base::GetString(with, "server"));
    if (server != nullptr && server->admin == Admin::kMaint && server->weight == 0)
      return Done({}, fmt::format("{} stands at {}", now->name, Describe(*now)));
  }
  if (SameState(*now, *prior) && progress.empty())
    return NotDone(fmt::format("{} still stands at {}", now->name, Describe(*now)));
  return Unknown(fmt::format("{} stands at {}, neither as before nor as asked", now->name, Describe(*now)),
                 StateEvidence(*now));
}

Outcome HaproxyDriver::Restored(const Prepared& undone, Context& context) {
  auto edge = open_(context);
  if (!edge) return Unknown(base::ToString(edge.error()));
  auto now = (*edge)->Look(base::GetString(undone.action.with, "backend"));
  if (!now) return Unknown(base::ToString(now.error()));
  return Compare(*now, base::GetObject(undone.prior, "servers"));
}

std::unique_ptr<Driver> MakeHaproxyDriver() { return std::make_unique<HaproxyDriver>(OpenLiveEdge); }

}  // namespace slipway::drivers
