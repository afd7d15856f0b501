// Parts of postgres.seed, postgres.admin_user and postgres.take_back that their models share.
#pragma once

#include <string>

#include "drivers/driver.h"

namespace slipway::drivers::postgres {

// The arguments checked, what is pinned, and the undo; reads the content and asks no server.
base::Result<Prepared> CompleteSeed(Prepared prepared, const Context& context);
// The same.
base::Result<Prepared> CompleteAdminUser(Prepared prepared, const Context& context);

// What `secret` names, or a new password that the policy allows, kept for this step.
base::Result<base::Secret> AdminPassword(const base::JsonObject& with, Context& context);

}  // namespace slipway::drivers::postgres
