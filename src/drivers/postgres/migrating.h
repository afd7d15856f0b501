// What going forward and going back share: who may do it, and as whom. Inside the driver only.
#pragma once

#include <string>

#include "drivers/postgres/actions.h"
#include "drivers/postgres/session.h"

namespace slipway::drivers::postgres {

inline constexpr int kMigrateAttempts = 3;  // after a connection that was lost
inline constexpr base::Duration kMigratePause{500};

// Waits, or less when the call is cancelled or out of time; false: it is.
bool PauseMigration(const Context& context, base::Duration how_long);

// A session that holds the lock of whoever migrates `database`, and nothing else; what an earlier call of
// `caller` left running is ended first. kRefused: somebody else holds it, and who.
base::Result<Session> LockMigrations(const Context& context, const std::string& database,
                                     const std::string& caller);

// As a session begins, and before each piece of work: timeouts and role as the arguments say, and nothing
// that a file before it set. `role` is found the first time (the owner of the database where the arguments
// name none).
SqlStatus BecomeMigrator(Session& work, const PgCall& call, std::string& role);

// `role`, `lock_timeout` and `statement_timeout`.
void AddMigratorArguments(ActionSheet& sheet);

}  // namespace slipway::drivers::postgres
