// The actions around backups on real servers; they run pg_dump and pg_restore through `spawner`, which
// outlives them.
#pragma once

#include "drivers/postgres/actions.h"
#include "process/spawner.h"

namespace slipway::drivers::postgres {

PgAction BackupAction(process::Spawner& spawner);
PgAction ProveAction(process::Spawner& spawner);
PgAction LossAction();
PgAction RestoreAction(process::Spawner& spawner);
PgAction SwapBackAction();
PgAction ForgetAction();
PgAction ProvenAction();
PgAction PruneAction();

// What Prepare can say without a server, the same in the model: the customer's part in file names and the
// name of the file; that what goes early is named; the undo of a restore of a database with this number.
base::Result<Prepared> CompleteBackup(Prepared prepared, const Context& context);
base::Status CheckForget(const base::JsonObject& with);
Action SwapBackFor(const base::JsonObject& restore, const Context& context, std::int64_t oid);

}  // namespace slipway::drivers::postgres
