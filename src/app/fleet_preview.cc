// `slipway fleet update --dry-run`: what each customer would get, by asking its database.
#include <algorithm>
#include <map>

#include "app/app.h"
#include "app/fleet_acts.h"
#include "app/observe.h"
#include "app/planning.h"
#include "app/remembered.h"
#include "expr/expr.h"

namespace slipway::app {

namespace {

using base::Json;
using base::JsonObject;

std::string Text(const JsonObject& in, std::string_view name) { return base::GetString(in, name); }

// The step that moves the schema, with its arguments as far as they are known for the customer. nullopt: one
// is known only when the step runs.
std::optional<JsonObject> Known(const JsonObject& with, const JsonObject& scope) {
  JsonObject known;
  for (const char* name : {"connection", "database", "folder", "from", "to"}) {
    const Json* written = with.if_contains(name);
    if (written == nullptr) continue;
    const auto value = expr::Resolve(*written, scope, {});
    if (!value) return std::nullopt;
    known[name] = *value;
  }
  return known;
}

struct Questions {
  std::vector<plan::Observation> all;
  std::vector<plan::Observation> beforehand;  // what judges the migrations before any customer
  std::map<std::string, std::vector<std::string>> untold;
  std::string to;
};

base::Result<Questions> Ask(Session& session, const workspace::Workspace& workspace, const plan::Plan& plan) {
  Questions questions;
  for (const procedure::Phase& phase : plan.procedure.phases) {
    for (const procedure::Step& step : phase.steps) {
      if (!step.action) continue;
      if (!phase.for_each && step.action->uses == kLint) {
        if (const auto with = Known(step.action->with, plan::Scope(plan, nullptr))) {
          SLIPWAY_TRY(plan::Observation one, ObservationOf(session, workspace, "", step.id, kLint, *with));
          questions.beforehand.push_back(std::move(one));
        }
      }
      if (!phase.for_each || step.action->uses != kMigrate) continue;
      for (const plan::PlannedTarget& target : plan.targets) {
        const auto with = Known(step.action->with, plan::Scope(plan, &target));
        if (!with) {
          questions.untold["what it gets is known only when the step runs"].push_back(target.id);
          continue;
        }
        questions.to = Text(*with, "to");
        SLIPWAY_TRY(plan::Observation one,
                    ObservationOf(session, workspace, target.id, step.id, kDue, *with));
        questions.all.push_back(std::move(one));
      }
    }
  }
  return questions;
}

// `RUN/STEP` after which somebody changed the schema; empty: nobody did, or nobody can tell.
std::string DriftedAfter(const std::map<std::string, api::TargetFact>& facts, const std::string& seen) {
  if (DriftOf(facts, seen, base::Time::max()) != "differs") return "";
  const api::TargetFact& left = facts.at(kSchema);
  return left.run + "/" + left.step;
}

api::FleetDueGroup GroupOf(const JsonObject& seen) {
  api::FleetDueGroup group{.version = Text(seen, "version"),
                           .adopted = base::GetInt(seen, "adopted"),
                           .errors = base::GetInt(seen, "errors"),
                           .destroys = Text(seen, "destroys")};
  for (const Json& path : base::GetArray(seen, "withdrawn")) group.withdrawn.emplace_back(path.as_string());
  for (const Json& file : base::GetArray(seen, "files")) {
    const JsonObject& in = file.get_object();
    api::FleetDueFile& out = group.files.emplace_back();
    out.path = Text(in, "path");
    out.count = base::GetInt(in, "count");
    out.done = base::GetInt(in, "done");
    for (const Json& statement : base::GetArray(in, "statements")) {
      const JsonObject& one = statement.get_object();
      out.statements.push_back({base::GetInt(one, "line"), Text(one, "text"), base::GetBool(one, "alone")});
    }
  }
  for (const Json& finding : base::GetArray(seen, "findings")) {
    const JsonObject& in = finding.get_object();
    group.findings.push_back(
        {Text(in, "rule"), Text(in, "severity"), Text(in, "place"), Text(in, "danger"), Text(in, "safe")});
  }
  return group;
}

}  // namespace

api::Answer<api::FleetUpdatePreview> App::PreviewFleetUpdate(const api::ProcedureRequest& request) {
  SLIPWAY_TRY(const plan::Plan plan, MakePlan(session_, request));
  SLIPWAY_TRY(const workspace::Workspace* workspace, session_.Workspace());
  SLIPWAY_TRY(Questions questions, Ask(session_, *workspace, plan));
  SLIPWAY_TRY(const plan::Facts facts, Observe(session_, questions.all));
  SLIPWAY_TRY(const plan::Facts judged, Observe(session_, questions.beforehand));
  SLIPWAY_TRY(journal::Store * store, session_.StoreToRead());
  SLIPWAY_TRY(const TargetFacts remembered, FactsOf(*store));
  api::FleetUpdatePreview preview{.to = questions.to, .untold = std::move(questions.untold)};
  std::map<std::string, api::FleetDueGroup> groups;  // by all that was seen
  for (const plan::Observation& asked : questions.all) {
    JsonObject seen = base::GetObject(facts.at(asked.target), asked.step);
    if (const std::string why = Text(seen, "unreachable"); !why.empty()) {
      preview.untold[why].push_back(asked.target);
      continue;
    }
    if (const auto known = remembered.find(asked.target); known != remembered.end()) {
      if (const std::string after = DriftedAfter(known->second, Text(seen, "schema_seen")); !after.empty())
        preview.drifted[after].push_back(asked.target);
    }
    seen.erase("schema_seen");
    SLIPWAY_TRY(const std::string key, base::CanonicalJson(seen));
    const auto [group, fresh] = groups.try_emplace(key);
    if (fresh) group->second = GroupOf(seen);
    group->second.customers.push_back(asked.target);
  }
  for (const plan::Observation& asked : questions.beforehand) {
    if (std::string why = Text(base::GetObject(judged.at(""), asked.step), "unreachable"); !why.empty())
      preview.refused.push_back(asked.step + ": " + std::move(why));
  }
  for (auto& [key, group] : groups) preview.groups.push_back(std::move(group));
  std::ranges::sort(preview.groups, [](const api::FleetDueGroup& a, const api::FleetDueGroup& b) {
    return a.customers.size() != b.customers.size() ? a.customers.size() > b.customers.size()
                                                    : a.customers.front() < b.customers.front();
  });
  SLIPWAY_TRY(preview.plan, ShowPlan(session_, plan));
  return preview;
}

}  // namespace slipway::app
