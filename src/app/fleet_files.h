// Reading the files in which a fleet is kept.
#pragma once

#include <string>

#include "base/result.h"
#include "fleet/files.h"

namespace slipway::app {

// kInvalid: there is none, or it is too large.
base::Result<fleet::File> ReadFleetFile(const std::string& name);

}  // namespace slipway::app
