// `slipway fleet status`: every customer, from the targets and what the store remembers of them.
#include <algorithm>

#include "app/app.h"
#include "app/fleet_status_kept.h"
#include "app/remembered.h"
#include "base/text.h"
#include "workspace/calendar.h"

namespace slipway::app {

namespace {

constexpr std::string_view kCustomer = "customer";

std::optional<base::Time> When(const std::map<std::string, api::TargetFact>& facts, const std::string& name) {
  const auto found = facts.find(name);
  return found == facts.end() ? std::nullopt : std::optional(found->second.at);
}

// Its own window, or the calendar of its environment; the freezes of that one bind it all the same.
base::Status JudgeWindow(const workspace::Workspace& workspace, const workspace::Environment& environment,
                         const workspace::Calendar* whole, const workspace::Target& target, base::Time now,
                         api::FleetCustomer& customer) {
  const workspace::Calendar* calendar = target.window.empty() ? whole : workspace.FindCalendar(target.window);
  if (calendar == nullptr) return {};
  const std::string& zone = target.time_zone.empty() ? environment.time_zone : target.time_zone;
  const auto judged = [&]() -> base::Result<workspace::Opening> {
    if (whole == nullptr || whole == calendar || whole->freezes.empty())
      return workspace::Judge(*calendar, zone, now);
    workspace::Calendar both = *calendar;
    both.freezes.insert(both.freezes.end(), whole->freezes.begin(), whole->freezes.end());
    return workspace::Judge(both, zone, now);
  };
  SLIPWAY_TRY(const workspace::Opening opening, judged());
  customer.open = opening.open;
  if (opening.until != base::Time::max()) customer.until = opening.until;
  return {};
}

api::Answer<std::vector<api::FleetCustomer>> StatusOf(Session& session, journal::Store& store,
                                                      const std::string& wanted, base::Time now) {
  SLIPWAY_TRY(const workspace::Workspace* workspace, session.Workspace());
  const std::string name = wanted.empty() ? workspace->environments.front().name : wanted;
  const workspace::Environment* environment = workspace->FindEnvironment(name);
  if (environment == nullptr) {
    std::vector<std::string> names;
    for (const workspace::Environment& e : workspace->environments) names.push_back(e.name);
    return std::unexpected(base::Error{base::ErrorKind::kInvalid,
                                       "there is no environment " + base::Quote(wanted), "slipway.yaml",
                                       "one of " + base::Join(names, ", ")});
  }
  SLIPWAY_TRY(const auto locks, LocksOf(store));
  SLIPWAY_TRY(const TargetFacts facts, FactsOf(store));
  const workspace::Calendar* whole =
      environment->calendar.empty() ? nullptr : workspace->FindCalendar(environment->calendar);
  std::vector<api::FleetCustomer> customers;
  for (const workspace::Target& target : workspace->targets) {
    if (target.kind != kCustomer || (!target.environment.empty() && target.environment != name)) continue;
    api::FleetCustomer& customer = customers.emplace_back();
    customer.id = target.id;
    if (const auto ring = target.labels.find("ring"); ring != target.labels.end())
      customer.ring = ring->second;
    customer.target_version = base::GetString(target.attributes, "target_version");
    if (const auto known = facts.find(target.id); known != facts.end()) {
      customer.version = FactText(known->second, "version");
      customer.backup = FactText(known->second, "backup");
      customer.backup_at = When(known->second, "backup");
      customer.proven_at = When(known->second, "proven_at");
      customer.looked_at = When(known->second, "schema_seen");
      if (customer.looked_at)
        customer.drift = DriftOf(known->second, FactText(known->second, "schema_seen"), *customer.looked_at);
      if (!FactText(known->second, kSchemaDrifted).empty())
        customer.drifted_before = known->second.at(kSchemaDrifted).run;
    }
    if (const auto lock = locks.find(target.id); lock != locks.end()) customer.held_by = lock->second;
    SLIPWAY_CHECK_OK(JudgeWindow(*workspace, *environment, whole, target, now, customer));
  }
  if (customers.empty()) {
    return std::unexpected(base::Error{base::ErrorKind::kInvalid,
                                       "there is no target of kind customer in " + name, "targets/",
                                       "slipway fleet import customers.json"});
  }
  std::ranges::sort(customers, {}, &api::FleetCustomer::id);
  return customers;
}

}  // namespace

api::Answer<std::vector<api::FleetCustomer>> App::FleetStatus(const std::string& wanted) {
  SLIPWAY_TRY(journal::Store * store, session_.StoreToRead());
  SLIPWAY_TRY(const std::filesystem::path root, session_.Root());
  SLIPWAY_TRY(const std::filesystem::path state, session_.StateDir());
  const base::Time now = session_.clock().Now();
  const auto key = KeyOfStatus(root, *store, wanted);
  if (key) {
    if (auto kept = ReadKeptStatus(state, *key, now)) return *std::move(kept);
  }
  SLIPWAY_TRY(auto customers, StatusOf(session_, *store, wanted, now));
  if (key) KeepStatus(state, *key, now, customers);
  return customers;
}

}  // namespace slipway::app
