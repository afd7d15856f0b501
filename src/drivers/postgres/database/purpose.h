// What a database is for, as `postgres.provision` with `purpose:` wrote it down: a command that is only for
// demonstrations, say, does nothing to any other database.
//
// The mark is a row of `slipway.purpose` and names the database by its number (pg_database.oid), so that no
// dump carries it into another database, and no restore of one makes a customer's database a demonstration.
#pragma once

#include "drivers/action.h"
#include "drivers/postgres/session/session.h"

namespace slipway::drivers::postgres {

ArgumentSheet PurposeArgument();

// Of the session's database; empty: nothing is written down that holds for it.
SqlResult<std::string> PurposeOf(Session& session);

// Statements that mark the session's database, for `role` to own.
std::string MarkPurpose(const std::string& purpose, const std::string& role);

// kRefused where `purpose` of the arguments is given and the database is not marked so.
base::Status RequirePurpose(Session& session, const base::JsonObject& with);

// A session with the `database` of the arguments, where it is for their `purpose`. The error names what makes
// one where there is none.
base::Result<Session> OpenForPurpose(const Context& context, const base::JsonObject& with);

// That there is such a database already, and where it is for their `purpose`, what makes it anew.
base::Error ThereAlready(const Context& context, const base::JsonObject& with, const std::string& where);

}  // namespace slipway::drivers::postgres
