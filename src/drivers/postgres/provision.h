// Parts of postgres.provision that its model shares.
#pragma once

#include <string>

#include "drivers/driver.h"

namespace slipway::drivers::postgres {

// The arguments completed and checked, and the undo; does no I/O.
base::Result<Prepared> CompleteProvision(Prepared prepared, const Context& context);

// 256 bits in base64url (RFC 4648 §5), without padding.
base::Secret NewPassword(base::Random& random);

}  // namespace slipway::drivers::postgres
