// What postgres.provision makes, and how it is known again: a mark names the step instance that made it.
//
// The role is marked in the transaction that makes it. CREATE DATABASE runs in none, so the database is made
// as the property of that marked role, and gets its own mark, with all that completes it, in one transaction:
// a database with the mark is whole, one without it that belongs to a role with the mark is half made, and
// any other was not made by that step.
#pragma once

#include <string>

#include "drivers/postgres/session/session.h"

namespace slipway::drivers::postgres {

enum class Standing { kAbsent, kHalf, kWhole, kForeign };

struct Made {
  Standing role = Standing::kAbsent;  // never kHalf
  Standing database = Standing::kAbsent;
  bool broken = false;        // the database: somebody began to drop it, and it only can be dropped
  std::string role_mark;      // the comment as it stands, for a person
  std::string database_mark;  // the same
};

// How the two stand in the eyes of `mark`. `session` is with another database.
SqlResult<Made> LookMade(Session& session, const std::string& database, const std::string& role,
                         const std::string& mark);

// Who is connected to the database beside this session: `pid 12 (role acme, psql)`; empty: nobody. Background
// workers do not count. A server learns late of a session that was closed, so whoever is there has five
// seconds to be gone, as with DROP DATABASE itself.
SqlResult<std::string> Visitors(Session& session, const std::string& database);

}  // namespace slipway::drivers::postgres
