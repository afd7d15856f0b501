// Where a registry contradicts itself or the policies. Private to fleet/.
#pragma once

#include "fleet/registry.h"

namespace slipway::fleet {

void ReportContradictions(const Registry& registry, const Policies* policies, Fields& fields,
                          base::Diagnostics& problems);

}  // namespace slipway::fleet
