// Gates on the live calendar: what time or a person can turn waits; the rest was refused before the run
// began.
#include <fmt/format.h>

#include "base/text.h"
#include "engine/decider.h"

namespace slipway::engine {

namespace {

bool Same(const GateVerdict& a, const GateVerdict& b) {
  return a.verdict == b.verdict && a.reason == b.reason && a.until == b.until;
}

}  // namespace

bool Decider::GatesOpen(const plan::PlannedTarget* target) {
  bool open = true;
  for (const procedure::Gate& gate : plan_.gates) {
    if (gate.kind != "freeze") open = JudgeGate(gate, target) && open;
  }
  return open;
}

// Nobody at the gate can turn a freeze, so what it stops is refused.
std::optional<Frozen> FrozenBy(const plan::Plan& plan, const workspace::Workspace* workspace,
                               const plan::PlannedTarget* target, base::Time now) {
  if (workspace == nullptr) return std::nullopt;
  std::vector<std::string> names{plan.calendar};
  if (target != nullptr) names.push_back(target->window);
  for (const procedure::Gate& gate : plan.gates) {
    if (gate.kind == "freeze") names.push_back(base::GetString(gate.with, "calendar"));
  }
  for (const std::string& name : names) {
    const workspace::Calendar* calendar = name.empty() ? nullptr : workspace->FindCalendar(name);
    if (calendar == nullptr) continue;
    const auto opening = workspace::JudgeFreeze(*calendar, now);
    if (!opening) return Frozen{base::ToString(opening.error()), name, base::Time::max()};
    if (!opening->open) return Frozen{opening->reason, name, opening->until};
  }
  return std::nullopt;
}

// Puts the verdict on record when it is news, and says whether the gate lets through.
bool Decider::Verdict(const std::string& gate, const plan::PlannedTarget* target,
                      const GateVerdict& verdict) {
  const std::string id = target == nullptr ? "" : target->id;
  const auto known = state_.gates.find(InstanceKey(gate, id));
  if (known == state_.gates.end() || !Same(known->second, verdict)) {
    base::JsonObject data{
        {"gate", gate}, {"target", id}, {"verdict", verdict.verdict}, {"reason", verdict.reason}};
    if (verdict.until) data["until"] = base::Millis(*verdict.until);
    Add("gate_judged", std::move(data));
  }
  if (verdict.verdict == "pass") return true;
  if (verdict.until) WakeAt(*verdict.until);
  Waiting wait{gate,
               "",
               id,
               verdict.reason,
               gate == "window" ? "time" : "nobody yet",
               gate == "window" ? "" : fmt::format("slipway cancel {} --reason …", state_.id),
               verdict.until};
  decision_.waits.push_back(std::move(wait));
  return false;
}

bool Decider::JudgeGate(const procedure::Gate& gate, const plan::PlannedTarget* target) {
  if (gate.kind == "approvals") {
    return Verdict(gate.kind, target, {"unknown", "no identities are known here, so nobody can approve", {}});
  }
  if (around_.workspace == nullptr) return true;  // simulation: calendars are not simulated
  // The gate's own word counts first, then the target's, then the environment's.
  std::string name = base::GetString(gate.with, "calendar");
  if (name.empty() && target != nullptr) name = target->window;
  if (name.empty()) name = plan_.calendar;
  const std::string& zone =
      target == nullptr || target->time_zone.empty() ? plan_.time_zone : target->time_zone;
  const workspace::Calendar* calendar = name.empty() ? nullptr : around_.workspace->FindCalendar(name);
  if (calendar == nullptr && !name.empty()) {
    return Verdict(gate.kind, target,
                   {"unknown", "the workspace no longer has the calendar " + base::Quote(name), {}});
  }
  if (calendar == nullptr) {
    return Verdict(gate.kind, target, {"pass", "no calendar binds it", {}});
  }
  auto opening = workspace::Judge(*calendar, zone, now_);
  if (!opening) return Verdict(gate.kind, target, {"unknown", base::ToString(opening.error()), {}});
  if (opening->open) return Verdict(gate.kind, target, {"pass", opening->reason, {}});
  GateVerdict wait{"wait", opening->reason, {}};
  if (opening->until != base::Time::max()) wait.until = opening->until;
  return Verdict(gate.kind, target, wait);
}

}  // namespace slipway::engine
