// The sheets of service.start, service.stop and service.status.
#pragma once

#include <vector>

#include "drivers/action.h"

namespace slipway::drivers {

std::vector<ActionSheet> ServiceSheets();

}  // namespace slipway::drivers
