// Statements that cannot run in a transaction: whether one happened, told from what is there, and what a
// failed one leaves behind. Inside the driver only.
#pragma once

#include <string>

#include "drivers/postgres/session/session.h"
#include "sql/split.h"

namespace slipway::drivers::postgres {

enum class Sight {
  kThere,        // it happened
  kNotThere,     // it did not, or doing it again does no harm
  kNobodyKnows,  // nothing that stays shows it
};

SqlResult<Sight> LookOutside(Session& session, const sql::Statement& statement);

// CREATE INDEX CONCURRENTLY that failed leaves an index that nothing may rely on: drops it, and says so.
// Empty: there was nothing.
SqlResult<std::string> CleanOutside(Session& session, const sql::Statement& statement);

}  // namespace slipway::drivers::postgres
