// What stands before data go away for good: a backup that is proven and young enough.
#pragma once

#include "drivers/driver.h"
#include "drivers/postgres/backups/stored.h"

namespace slipway::drivers::postgres {

// The newest of `all` (newest first) that is proven and whole, taken and proven no longer than `within` ago.
// kRefused: there is none; says what there is.
base::Result<StoredBackup> ProvenWithin(const std::vector<StoredBackup>& all, std::string_view database,
                                        base::Duration within, base::Time now);

// `backups`, `name` and `proven_within` of an action that may destroy data.
void AddProofArguments(ActionSheet& sheet);

// For Prepare of such an action, once it is known that it destroys `what`: the proof it relies on, for the
// journal. kRefused: no backup of the database is proven as its arguments ask; kIo: the folder cannot be
// read.
base::Result<base::JsonObject> RequireProof(const base::JsonObject& with, const Context& context,
                                            std::string_view what);

}  // namespace slipway::drivers::postgres
