// The sheets of exec.run and exec.check.
#pragma once

#include <vector>

#include "drivers/action.h"

namespace slipway::drivers {

std::vector<ActionSheet> ExecSheets();

}  // namespace slipway::drivers
