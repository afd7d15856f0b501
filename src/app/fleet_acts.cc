#include "app/fleet_acts.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "base/version.h"

namespace slipway::app {

namespace {

void AddActs(const engine::RunState& state, const engine::Instance& instance,
             std::vector<CustomerAct>& acts) {
  if (instance.kept) return;
  // A run that takes another back has that one's acts only to undo them.
  const bool taken_over = state.kind == engine::RunKind::kRollback;
  for (const engine::Act* act : {&instance.act, &instance.undo}) {
    if (act->state == engine::Act::State::kNone || (taken_over && act == &instance.act)) continue;
    // What only reads may have no intent on record.
    const std::string_view uses =
        act->Intended() ? std::string_view(act->prepared.action.uses) : std::string_view(instance.action);
    acts.push_back({&instance, act, uses});
  }
}

void Order(std::vector<CustomerAct>& acts) {
  std::ranges::sort(acts, {}, [](const CustomerAct& one) { return std::pair(one.act->at, one.act->order); });
}

}  // namespace

CustomerActs ActsOf(const engine::RunState& state) {
  CustomerActs all;
  for (const auto& [key, instance] : state.instances) {
    if (!instance.target.empty()) AddActs(state, instance, all[instance.target]);
  }
  for (auto& [customer, acts] : all) Order(acts);
  return all;
}

std::vector<CustomerAct> ActsOn(const engine::RunState& state, std::string_view customer) {
  std::vector<CustomerAct> acts;
  for (const auto& [key, instance] : state.instances) {
    if (instance.target == customer) AddActs(state, instance, acts);
  }
  Order(acts);
  return acts;
}

bool SameVersion(std::string_view version, std::string_view other) {
  const auto a = base::ParseVersion(version), b = base::ParseVersion(other);
  return a && b ? base::Precedence(*a, *b) == 0 : version == other;
}

base::Result<const workspace::Target*> FindCustomer(const workspace::Workspace& workspace,
                                                    const std::string& environment, const std::string& id) {
  std::vector<std::string> ids;
  for (const workspace::Target& target : workspace.targets) {
    if (target.kind != kCustomerKind) continue;
    if (!target.environment.empty() && target.environment != environment) continue;
    if (target.id == id) return &target;
    ids.push_back(target.id);
  }
  const auto near = base::DidYouMean(id, ids);
  return base::Invalid("there is no customer " + base::Quote(id) + " in " + environment, "targets/",
                       near ? "did you mean " + *near + "?" : "slipway fleet status lists them");
}

}  // namespace slipway::app
