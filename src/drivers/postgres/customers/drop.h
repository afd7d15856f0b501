// Parts of postgres.drop that its model shares.
#pragma once

#include "drivers/driver.h"

namespace slipway::drivers::postgres {

// The arguments checked; does no I/O.
base::Result<Prepared> CompleteDrop(Prepared prepared);

}  // namespace slipway::drivers::postgres
