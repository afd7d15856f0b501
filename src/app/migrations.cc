#include "app/migrations.h"

#include <algorithm>

#include "app/fleet_acts.h"

namespace slipway::app {

namespace {

void Sort(std::vector<base::Version>& versions) {
  std::ranges::sort(versions,
                    [](const auto& one, const auto& other) { return base::Precedence(one, other) < 0; });
}

// By the files that the plan knows below `folder`.
std::vector<base::Version> PlannedVersions(const plan::Plan& plan, const std::string& folder) {
  std::vector<base::Version> versions;
  for (const auto& [file, sha256] : plan.files) {
    const std::filesystem::path path = std::filesystem::path(file).lexically_relative(folder);
    if (path.empty() || path.begin()->string() == "..") continue;
    if (auto version = base::ParseVersion(path.begin()->string()); version)
      versions.push_back(*std::move(version));
  }
  Sort(versions);
  return versions;
}

}  // namespace

std::vector<base::Version> VersionsOf(const std::filesystem::path& root) {
  std::vector<base::Version> versions;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(root / "migrations", error)) {
    if (auto version = base::ParseVersion(entry.path().filename().string()); version)
      versions.push_back(*std::move(version));
  }
  Sort(versions);
  return versions;
}

base::Result<std::string> AmongMigrations(const std::vector<base::Version>& known,
                                          const base::Version& wanted, const std::string& folder) {
  const auto same = [&](const base::Version& one) { return base::Precedence(one, wanted) == 0; };
  if (std::ranges::any_of(known, same)) return base::ToString(wanted);
  return base::Invalid(
      "there is no version " + base::ToString(wanted) + " among the migrations", folder + "/",
      known.empty() ? "--to VERSION" : "--to " + base::ToString(known.back()) + ", the newest there is");
}

base::Status RequireVersions(const plan::Plan& plan) {
  for (const procedure::Phase& phase : plan.procedure.phases) {
    for (const procedure::Step& step : phase.steps) {
      if (!step.action || step.action->uses != kMigrate) continue;
      const base::JsonObject with = plan::KnownArguments(plan, phase, *step.action);
      const auto wanted = base::ParseVersion(base::GetString(with, "to"));
      const std::string folder = base::GetString(with, "folder", "migrations");
      const std::vector<base::Version> known = PlannedVersions(plan, folder);
      if (!wanted || known.empty()) continue;
      SLIPWAY_CHECK_OK(AmongMigrations(known, *wanted, folder));
    }
  }
  return {};
}

}  // namespace slipway::app
