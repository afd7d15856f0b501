// Which versions the migrations of a workspace have, for whoever is asked to bring a database to one: what is
// not there is refused before anything is put on record.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/version.h"
#include "plan/plan.h"

namespace slipway::app {

// Of the folder `migrations/` of a workspace, the newest last.
std::vector<base::Version> VersionsOf(const std::filesystem::path& root);

// `wanted` as text. kInvalid: it is not among `known` (the newest last); `folder` is where they lie.
base::Result<std::string> AmongMigrations(const std::vector<base::Version>& known,
                                          const base::Version& wanted, const std::string& folder);

// kInvalid: the plan migrates to a version that is not in the folder of migrations. What is only known once
// the run is under way is left to the step.
base::Status RequireVersions(const plan::Plan& plan);

}  // namespace slipway::app
