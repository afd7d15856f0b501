// `slipway fleet import`: a registry becomes targets of this workspace, and its passwords become secrets.
//
// Everything is judged before anything is done; then the secrets are kept, and last the targets are written,
// so that no target is there before what it needs. Done again it changes nothing.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <optional>

#include "app/app.h"
#include "app/fleet_files.h"
#include "base/file.h"
#include "base/text.h"
#include "base/yaml.h"
#include "fleet/import.h"
#include "workspace/secrets.h"

namespace slipway::app {

namespace {

constexpr std::size_t kMostShown = 20;

struct Sources {
  std::optional<fleet::File> policies;
  fleet::File registry;
};

base::Result<Sources> ReadSources(const api::FleetImportRequest& request) {
  Sources sources;
  SLIPWAY_TRY(sources.registry, ReadFleetFile(request.file));
  SLIPWAY_TRY(sources.policies, ReadPoliciesBeside(request.file, request.policies));
  return sources;
}

// Errors and warnings of both files, each with its line.
std::string Rendered(const base::Diagnostics& problems, const Sources& sources) {
  return RenderOf(problems, sources.registry) +
         (sources.policies ? RenderOf(problems, *sources.policies) : "");
}

api::Answer<fleet::Imported> Judged(const Sources& sources, std::string& warnings) {
  base::Diagnostics problems;
  std::optional<fleet::Policies> policies;
  if (sources.policies)
    policies = fleet::ReadPolicies(sources.policies->text, sources.policies->name, problems);
  const fleet::Policies* known = policies ? &*policies : nullptr;
  const fleet::Registry registry =
      fleet::ReadRegistry(sources.registry.text, sources.registry.name, known, problems);
  warnings = Rendered(problems, sources);
  if (!base::HasErrors(problems)) return fleet::Import(registry, known);
  const auto errors = std::ranges::count(problems, base::Severity::kError, &base::Diagnostic::severity);
  return std::unexpected(
      api::Failure({base::ErrorKind::kInvalid,
                    fmt::format("{} {}, so nothing is imported", errors, errors == 1 ? "error" : "errors"),
                    sources.registry.name, CheckAgain(sources.registry.name, sources.policies)},
                   std::move(warnings)));
}

// The same id in another file of targets would be an error of the whole workspace.
base::Status CheckNewIds(const workspace::Workspace& workspace, const fleet::Imported& imported) {
  for (const std::string& slug : imported.slugs) {
    const workspace::Target* target = workspace.FindTarget(slug);
    if (target != nullptr && target->file != fleet::kTargetsFile)
      return base::Refused("there is a target " + base::Quote(slug) + " already", target->file,
                           "call one of them something else, or take that one out");
  }
  return {};
}

// What becomes of the secret of each customer.
base::Result<std::vector<api::FleetSecret>> JudgeSecrets(const workspace::Workspace& workspace,
                                                         const fleet::Imported& imported) {
  const workspace::KeptSecrets kept = workspace::KeptSecretsOf(workspace);
  std::vector<api::FleetSecret> secrets;
  auto next = imported.secrets.begin();
  for (const std::string& slug : imported.slugs) {
    api::FleetSecret secret{.name = fleet::SecretName(slug, "db"), .customer = slug, .state = "missing"};
    const bool has = next != imported.secrets.end() && next->name == secret.name;
    if (has) secret.line = next->at.line;
    if (workspace.secrets.contains(secret.name)) {
      secret.state = "named";
    } else if (kept.Has(secret.name)) {
      SLIPWAY_TRY(const auto found, kept.Find(secret.name));
      const bool same = !has || (found && found->value.Reveal() == next->value.Reveal());
      secret.state = same ? "kept" : "other";
    } else if (has) {
      secret.state = "new";
    }
    if (has) ++next;
    secrets.push_back(std::move(secret));
  }
  return secrets;
}

// The new ones. A secret that is kept already is never replaced: it may be younger than the registry.
base::Status KeepSecrets(const workspace::Workspace& workspace, const fleet::Imported& imported,
                         const std::vector<api::FleetSecret>& secrets, const std::string& by) {
  std::vector<std::pair<std::string, workspace::KeptSecret>> fresh;
  auto value = imported.secrets.begin();
  for (const api::FleetSecret& secret : secrets) {
    if (value == imported.secrets.end() || value->name != secret.name) continue;
    if (secret.state == "new") fresh.emplace_back(secret.name, workspace::KeptSecret{value->value, by});
    ++value;
  }
  return workspace::KeptSecretsOf(workspace).CreateAll(fresh);
}

base::Status JudgeTargets(const std::filesystem::path& path, const std::string& text,
                          api::FleetImportReport& report) {
  std::error_code ignored;
  report.state = "new";
  if (!std::filesystem::exists(path, ignored)) return {};
  SLIPWAY_TRY(const std::string before, base::ReadFile(path, base::kWideYaml.mebibytes << 20));
  report.state = "unchanged";
  if (before == text) return {};
  SLIPWAY_TRY(report.changes, fleet::Changes(before, text));
  report.state = report.changes.empty() ? "layout" : "changed";
  return {};
}

// Targets that are there and differ are replaced only when that is asked for.
api::Answer<void> RefuseUnasked(const api::FleetImportReport& report, const std::string& policies) {
  if (report.state != "changed" && report.state != "layout") return {};
  std::string details =
      report.targets + " would change" + (report.changes.empty() ? " in its layout only\n" : ":\n");
  for (std::size_t i = 0; i < std::min(report.changes.size(), kMostShown); ++i)
    details += "  " + report.changes[i] + "\n";
  if (report.changes.size() > kMostShown)
    details +=
        fmt::format("  … and {} more; --dry-run --json lists all\n", report.changes.size() - kMostShown);
  return std::unexpected(
      api::Failure({base::ErrorKind::kRefused, "the targets that are there differ, and are left as they are",
                    report.targets,
                    "slipway fleet import " + report.registry +
                        (policies.empty() ? "" : " --policies " + policies) + " --replace"},
                   std::move(details)));
}

void FillIn(const fleet::Imported& imported, const workspace::Workspace& workspace,
            api::FleetImportReport& report) {
  report.customers = static_cast<std::int64_t>(imported.slugs.size());
  for (const fleet::Ring& ring : imported.rings) {
    report.rings.push_back(
        {ring.name, ring.customers, ring.batch_percent, ring.delay ? base::FormatDuration(*ring.delay) : ""});
  }
  for (const fleet::Server& server : imported.servers) {
    if (workspace.FindConnection(server.connection) == nullptr)
      report.connections.push_back(fleet::ConnectionLine(server));
  }
}

}  // namespace

api::Answer<api::FleetImportReport> App::FleetImport(const api::FleetImportRequest& request) {
  SLIPWAY_TRY(const workspace::Workspace* workspace, session_.Workspace());
  SLIPWAY_TRY(const Sources sources, ReadSources(request));
  api::FleetImportReport report;
  report.registry = sources.registry.name;
  report.policies = sources.policies ? sources.policies->name : "";
  report.targets = fleet::kTargetsFile;
  SLIPWAY_TRY(const fleet::Imported imported, Judged(sources, report.warnings));
  SLIPWAY_CHECK_OK(CheckNewIds(*workspace, imported));
  FillIn(imported, *workspace, report);
  const std::filesystem::path path = workspace->root / fleet::kTargetsFile;
  SLIPWAY_CHECK_OK(JudgeTargets(path, imported.targets, report));
  SLIPWAY_TRY(report.secrets, JudgeSecrets(*workspace, imported));
  if (request.dry_run) return report;
  if (!request.replace) {
    if (auto refused = RefuseUnasked(report, request.policies); !refused)
      return std::unexpected(std::move(refused).error());
  }
  SLIPWAY_CHECK_OK(KeepSecrets(*workspace, imported, report.secrets, "user " + session_.actor()));
  if (report.state == "unchanged") return report;
  std::error_code error;
  std::filesystem::create_directories(path.parent_path(), error);
  if (error)
    return std::unexpected(
        base::Error{base::ErrorKind::kIo, error.message(), path.parent_path().string(), ""});
  SLIPWAY_CHECK_OK(base::WriteFileAtomic(path, imported.targets));
  report.written = true;
  return report;
}

}  // namespace slipway::app
