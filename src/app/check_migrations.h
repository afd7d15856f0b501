// `slipway check` of migrations: a folder of them, the folder of one version, or one file. No server is
// asked; what is said is what `postgres.lint` says of the same files.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "api/document.h"

namespace slipway::app {

// Each file below `path`, in the order in which they are applied; those before it are read for what they say
// of the database. nullopt: `path` is neither a file that ends in `.sql` nor a folder that holds any.
std::optional<std::vector<api::CheckedFile>> CheckMigrations(const std::string& path);

}  // namespace slipway::app
