// `slipway fleet add`: a customer's configuration becomes a target of this workspace, its passwords become
// secrets, and the plan of new-customer is made; the run of it is `slipway run`.
//
// Everything is judged, the plan too, before anything is done; then the secrets are kept, and last the target
// is written. Killed in between, it is done again with the same file. A dry run asks the server as well.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <optional>

#include "app/app.h"
#include "app/fleet_files.h"
#include "app/history.h"
#include "app/migrations.h"
#include "app/observe.h"
#include "app/planning.h"
#include "app/remembered.h"
#include "app/views.h"
#include "base/file.h"
#include "base/text.h"
#include "base/version.h"
#include "expr/expr.h"
#include "fleet/add.h"
#include "workspace/secrets.h"

namespace slipway::app {

namespace {

constexpr std::string_view kProcedure = "new-customer";
// The steps that look at a server on which nothing is made yet.
constexpr std::string_view kCheck = "postgres.check", kProvision = "postgres.provision";

struct Config {
  fleet::File file;
  std::optional<fleet::File> policies_file;
  std::optional<fleet::Policies> policies;
  fleet::CustomerConfig customer;

  const fleet::Policies* known() const { return policies ? &*policies : nullptr; }
};

// Read and judged; `warnings` gets what is no error.
api::Answer<Config> ReadConfig(const api::FleetAddRequest& request, std::string& warnings) {
  Config config;
  SLIPWAY_TRY(config.file, ReadFleetFile(request.config));
  SLIPWAY_TRY(config.policies_file, ReadPoliciesBeside(request.config, request.policies));
  base::Diagnostics problems;
  if (config.policies_file)
    config.policies = fleet::ReadPolicies(config.policies_file->text, config.policies_file->name, problems);
  config.customer = fleet::ReadCustomer(config.file.text, config.file.name, config.known(), problems);
  warnings = RenderOf(problems, config.file) +
             (config.policies_file ? RenderOf(problems, *config.policies_file) : "");
  if (!base::HasErrors(problems)) return config;
  const auto errors = std::ranges::count(problems, base::Severity::kError, &base::Diagnostic::severity);
  return std::unexpected(
      api::Failure({base::ErrorKind::kInvalid,
                    fmt::format("{} {}, so nobody is added", errors, errors == 1 ? "error" : "errors"),
                    request.config, CheckAgain(request.config, config.policies_file)},
                   std::move(warnings)));
}

// The connection of slipway.yaml to the server of its database.
base::Result<std::string> FindConnection(const workspace::Workspace& workspace,
                                         const fleet::CustomerConfig& customer) {
  const std::string port = std::to_string(customer.database.port);
  for (const workspace::Connection& connection : workspace.connections) {
    if (connection.driver == "postgres" &&
        base::GetString(connection.document, "host") == customer.database.host &&
        base::GetString(connection.document, "port", "5432") == port)
      return connection.name;
  }
  return base::Invalid(fmt::format("there is no connection to {}:{}", customer.database.host, port),
                       "slipway.yaml",
                       "add under `connections:`  " + fleet::ConnectionLine(fleet::ServerOf(customer)));
}

// As asked for, as the configuration says, else the newest of migrations/ that its policy supports.
base::Result<std::string> FindVersion(const api::FleetAddRequest& request, const std::filesystem::path& root,
                                      const Config& config) {
  const std::vector<base::Version> known = VersionsOf(root);
  if (!request.version.empty()) {
    SLIPWAY_TRY(const base::Version wanted, base::ParseVersion(request.version));
    return AmongMigrations(known, wanted, "migrations");
  }
  if (config.customer.target.value)
    return AmongMigrations(known, *config.customer.target.value, "migrations");
  const fleet::Policy* policy =
      config.known() == nullptr ? nullptr : config.known()->Find(config.customer.policy);
  std::optional<base::Version> newest;
  for (const base::Version& version : known) {
    if (policy == nullptr || policy->supported.empty() || fleet::Contains(policy->supported, version))
      newest = version;
  }
  if (newest) return base::ToString(*newest);
  return base::Invalid("which version of the schema is it to have?", "migrations/", "--to VERSION");
}

// Whoever has the slug already, and what to do.
base::Status RefuseTaken(const workspace::Workspace& workspace, const fleet::CustomerConfig& customer,
                         const std::string& file) {
  if (const workspace::Target* there = workspace.FindTarget(customer.slug);
      there != nullptr && there->file != file)
    return base::Refused("there is a customer " + base::Quote(customer.slug) + " already", there->file,
                         "slipway fleet status tells of it; another one needs another customer.slug");
  for (const workspace::Target& target : workspace.targets) {
    if (target.kind != "customer" || target.id == customer.slug) continue;
    const workspace::Connection* connection =
        workspace.FindConnection(base::GetString(target.attributes, "connection"));
    const bool near =
        connection != nullptr && base::GetString(connection->document, "host") == customer.database.host &&
        base::GetString(connection->document, "port", "5432") == std::to_string(customer.database.port);
    const bool database = base::GetString(target.attributes, "database") == customer.database.database;
    const bool role = base::GetString(target.attributes, "role") == customer.database.role;
    if (near && (database || role))
      return base::Refused(
          fmt::format("{} has the {} {} on that server", target.id, database ? "database" : "role",
                      base::Quote(database ? customer.database.database : customer.database.role)),
          target.file, "every customer has a database and a role of its own");
  }
  return {};
}

// One that a run works on, or that a run made.
base::Status RefuseAdded(journal::Store& store, const std::string& slug) {
  SLIPWAY_TRY(const auto locks, LocksOf(store));
  if (const auto lock = locks.find(slug); lock != locks.end())
    return base::Refused(fmt::format("{} works on {} already", lock->second, slug), "",
                         "slipway resume " + lock->second);
  SLIPWAY_TRY(const TargetFacts facts, FactsOf(store));
  const auto known = facts.find(slug);
  if (known == facts.end() || !known->second.contains("version")) return {};
  // Whoever only looked and found no version saw nobody; a database without one is refused by the run.
  if (known->second.at("version").value == "") return {};
  const std::string& run = known->second.at("version").run;
  SLIPWAY_TRY(const auto row, store.Get(journal::Table::kRun, run));
  if (!row) return {};
  SLIPWAY_TRY(const api::RunSummary summary, SummaryOf(journal::Row{run, *row}));
  // What was taken back may be done again; what is still there is refused when it is looked at.
  if (summary.procedure == kProcedure && summary.state != "succeeded") return {};
  return base::Refused(
      fmt::format("the customer {} is there already; {} worked on it last", base::Quote(slug), run), "",
      "slipway fleet status");
}

base::Result<std::vector<api::FleetSecret>> JudgeSecrets(const workspace::Workspace& workspace,
                                                         const fleet::CustomerConfig& customer) {
  const workspace::KeptSecrets kept = workspace::KeptSecretsOf(workspace);
  std::vector<api::FleetSecret> secrets;
  for (const std::string_view what : {"db", "admin"}) {
    api::FleetSecret secret{
        .name = fleet::SecretName(customer.slug, what), .customer = customer.slug, .state = "made"};
    if (workspace.secrets.contains(secret.name))
      secret.state = "named";
    else if (kept.Has(secret.name))
      secret.state = "kept";
    secrets.push_back(std::move(secret));
  }
  for (const fleet::ClearSecret& clear : customer.in_clear) {
    auto found = std::ranges::find(secrets, clear.name, &api::FleetSecret::name);
    if (found == secrets.end()) {
      found = secrets.insert(secrets.end(), {.name = clear.name, .customer = customer.slug, .state = "made"});
      if (kept.Has(clear.name)) found->state = "kept";
    }
    found->line = clear.at.line;
    if (found->state == "made") found->state = "new";
    if (found->state != "kept") continue;
    SLIPWAY_TRY(const auto value, kept.Find(clear.name));
    if (value && value->value.Reveal() != clear.value.Reveal()) found->state = "other";
  }
  return secrets;
}

// What the file holds and no file should. One that is kept already is never replaced: it may be younger.
base::Status KeepSecrets(const workspace::Workspace& workspace, const fleet::CustomerConfig& customer,
                         const std::vector<api::FleetSecret>& secrets, const std::string& by) {
  const workspace::KeptSecrets kept = workspace::KeptSecretsOf(workspace);
  for (const api::FleetSecret& secret : secrets) {
    if (secret.state != "new") continue;
    const auto clear = std::ranges::find(customer.in_clear, secret.name, &fleet::ClearSecret::name);
    if (clear != customer.in_clear.end()) SLIPWAY_CHECK_OK(kept.Create(secret.name, {clear->value, by}));
  }
  return {};
}

base::Status WriteTarget(const std::filesystem::path& path, const std::string& text) {
  std::error_code error;
  std::filesystem::create_directories(path.parent_path(), error);
  if (error) return base::Fail(base::ErrorKind::kIo, error.message(), path.parent_path().string());
  return base::WriteFileAtomic(path, text);
}

// What was there before, as Prepare saw it: `database absent, role absent`.
std::string Describe(const base::JsonObject& prior) {
  std::vector<std::string> parts;
  for (const auto& [what, value] : prior)
    if (value.is_string())
      parts.push_back(fmt::format("{} {}", std::string(what), base::GetString(prior, what)));
  return base::Join(parts, ", ");
}

// What the plan's own steps say of the server now.
api::Answer<std::vector<api::FleetCheckPoint>> LookAhead(Session& session,
                                                         const workspace::Workspace& workspace,
                                                         const plan::Plan& plan) {
  std::vector<api::FleetCheckPoint> points;
  std::vector<plan::Observation> steps;
  for (const procedure::Phase& phase : plan.procedure.phases) {
    for (const procedure::Step& step : phase.steps) {
      if (!phase.for_each || !step.action) continue;
      if (step.action->uses != kCheck && step.action->uses != kProvision) continue;
      for (const plan::PlannedTarget& target : plan.targets) {
        const auto with = expr::Resolve(step.action->with, plan::Scope(plan, &target), {});
        if (!with) {
          points.push_back({step.id, "unknown", "what it would do is known only when it runs"});
          continue;
        }
        SLIPWAY_TRY(plan::Observation one, ObservationOf(session, workspace, target.id, step.id,
                                                         step.action->uses, with->as_object()));
        steps.push_back(std::move(one));
      }
    }
  }
  SLIPWAY_TRY(const std::vector<drivers::Outcome> seen, Foresee(session, steps));
  for (std::size_t i = 0; i < steps.size(); ++i) {
    points.push_back({steps[i].step, std::string(drivers::ToCheckText(seen[i].verdict)),
                      seen[i].reason.empty() ? Describe(seen[i].outputs) : seen[i].reason});
  }
  return points;
}

std::string Today(base::Clock& clock) { return base::FormatTime(clock.Now()).substr(0, 10); }

}  // namespace

api::Answer<api::FleetAddReport> App::FleetAdd(const api::FleetAddRequest& request) {
  SLIPWAY_TRY(const workspace::Workspace* workspace, session_.Workspace());
  api::FleetAddReport report;
  SLIPWAY_TRY(const Config config, ReadConfig(request, report.warnings));
  const fleet::CustomerConfig& customer = config.customer;
  report.customer = customer.slug;
  report.targets = fleet::TargetFileOf(customer.slug);
  SLIPWAY_CHECK_OK(RefuseTaken(*workspace, customer, report.targets));
  SLIPWAY_TRY(journal::Store * store, session_.StoreToRead());
  SLIPWAY_CHECK_OK(RefuseAdded(*store, customer.slug));
  SLIPWAY_TRY(const std::string connection, FindConnection(*workspace, customer));
  SLIPWAY_TRY(const std::string version, FindVersion(request, workspace->root, config));
  const std::string text = fleet::TargetOf(customer, config.known(), connection, version);
  const std::filesystem::path path = workspace->root / report.targets;
  const auto before = base::ReadFile(path);
  report.state = !before ? "new" : *before == text ? "unchanged" : "changed";
  SLIPWAY_TRY(report.secrets, JudgeSecrets(*workspace, customer));
  SLIPWAY_TRY(workspace, session_.WorkspaceWith(report.targets, text));
  report.procedure = {
      .file = request.procedure,
      .environment = request.environment,
      .parameters = {{"customer", customer.slug}, {"to", version}, {"day", Today(session_.clock())}},
      .only = {}};
  SLIPWAY_TRY(const plan::Plan plan, MakePlan(session_, report.procedure));
  SLIPWAY_TRY(report.plan, ShowPlan(session_, plan));
  if (!request.plan.empty()) SLIPWAY_CHECK_OK(RequireReviewed(session_, plan, request.plan));
  if (request.dry_run) {
    SLIPWAY_TRY(report.checks, LookAhead(session_, *workspace, plan));
    return report;
  }
  SLIPWAY_CHECK_OK(KeepSecrets(*workspace, customer, report.secrets, "user " + session_.actor()));
  if (report.state != "unchanged") SLIPWAY_CHECK_OK(WriteTarget(path, text));
  return report;
}

}  // namespace slipway::app
