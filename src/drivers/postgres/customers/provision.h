// Parts of postgres.provision that its model shares.
#pragma once

#include <string>

#include "drivers/driver.h"
#include "drivers/postgres/actions.h"

namespace slipway::drivers::postgres {

// The arguments completed and checked, and the undo; does no I/O.
base::Result<Prepared> CompleteProvision(Prepared prepared, const Context& context);

// The new role's password, kept under `keep_as`: a new one, or with `kept: use` the one that is there.
base::Result<base::Secret> KeepPassword(PgCall& call);

// 256 bits in base64url (RFC 4648 §5), without padding.
base::Secret NewPassword(base::Random& random);

}  // namespace slipway::drivers::postgres
