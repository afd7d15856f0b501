// The command line: finds the verb and hands over to it.
#pragma once

#include <span>
#include <string>

#include "api/api.h"

namespace slipway::cli {

// Answers the exit code. `arguments` without the program's own name.
int Main(api::Api& api, std::span<const std::string> arguments);

}  // namespace slipway::cli
