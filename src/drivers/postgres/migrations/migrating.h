// What going forward and going back share: who may do it, and as whom. Inside the driver only.
#pragma once

#include <string>

#include "drivers/postgres/actions.h"
#include "drivers/postgres/session/session.h"

namespace slipway::drivers::postgres {

inline constexpr int kMigrateAttempts = 3;  // after a connection that was lost
inline constexpr base::Duration kMigratePause{500};

// A session that holds the lock of whoever migrates `database`, and nothing else; what an earlier call of
// `caller` left running is ended first. kRefused: somebody else holds it, and who.
base::Result<Session> LockMigrations(const Context& context, const std::string& database,
                                     const std::string& caller);

// As a session begins, and before each piece of work: timeouts and role as the arguments say, and nothing
// that a file before it set. `role` is found the first time (the owner of the database where the arguments
// name none).
SqlStatus BecomeMigrator(Session& work, const PgCall& call, std::string& role);

// All files that a step brings over, whichever of its attempts did: a suffix of those that were seen when it
// was prepared, since somebody else may have done the first of them in between.
class Whole {
 public:
  // `prior`: the list in Prepared::prior, of objects with a `path`.
  explicit Whole(std::string prior) : prior_(std::move(prior)) {}

  // To be called before anything changes with what is left then, in the form of the list: on record, so that
  // whoever comes after a process that died knows it. Only the first time does something.
  base::Status Begin(const PgCall& call, const base::JsonArray& left);
  bool begun() const { return begun_; }
  // The paths of those that are done, in order, when these are left.
  base::JsonArray DoneBut(const base::JsonArray& left) const;

 private:
  const std::string prior_;
  bool begun_ = false;
  base::JsonArray files_;
};

// The digest of the schema as Prepare saw it, beside the one that was left: whoever changed it by hand before
// is not forgotten over what the step leaves.
OutputSheet SchemaBeforeOutput();
Outcome WithSchemaBefore(const PgCall& call, Outcome outcome);

// A session to see how a step left the database that stopped with `error`: its own, or where that is of no
// use any more, as of one that was cancelled or ran out of time, another one for a moment.
class LastLook {
 public:
  LastLook(const PgCall& call, Session& work, const SqlError& error);
  LastLook(const LastLook&) = delete;
  LastLook& operator=(const LastLook&) = delete;
  Session& session() { return fresh_ ? *fresh_ : work_; }

 private:
  const CancelToken never_;
  const Context context_;
  std::optional<Session> fresh_;
  Session& work_;
};

// How a step that stopped half way left the database: its schema, and its version where the ledger can be
// read.
void TellLeft(Session& work, Outcome& outcome);

// `role`, `lock_timeout` and `statement_timeout`.
void AddMigratorArguments(ActionSheet& sheet);

}  // namespace slipway::drivers::postgres
