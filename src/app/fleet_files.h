// Reading the files in which a fleet is kept.
#pragma once

#include <optional>
#include <string>

#include "base/diagnostic.h"
#include "base/result.h"
#include "fleet/files.h"

namespace slipway::app {

// kInvalid: there is none, or it is too large.
base::Result<fleet::File> ReadFleetFile(const std::string& name);

// `named`, else `deployment-policies.json` beside `file` where there is one, else none.
base::Result<std::optional<fleet::File>> ReadPoliciesBeside(const std::string& file,
                                                            const std::string& named);

// `slipway fleet check FILE [POLICIES]`: what shows all that is wrong with the two.
std::string CheckAgain(const std::string& file, const std::optional<fleet::File>& policies);

// Those of `problems` that are about `file`, each with its line.
std::string RenderOf(const base::Diagnostics& problems, const fleet::File& file);

}  // namespace slipway::app
