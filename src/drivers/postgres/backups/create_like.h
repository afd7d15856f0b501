// An empty database like another one.
#pragma once

#include <string>

#include "drivers/postgres/backups/manifest.h"
#include "drivers/postgres/database/beside.h"

namespace slipway::drivers::postgres {

struct NewDatabase {
  std::string name;
  std::string owner;       // empty: the role of the connection
  std::string tablespace;  // empty: the server's default
  Locale locale;
  std::string comment;
};

// From template0, so that nothing is in it; only its owner may connect.
SqlStatus CreateEmpty(Session& session, const NewDatabase& database);

// How the database with this number writes text, and where it lies (empty: where template0 does).
struct Making {
  Locale locale;
  std::string tablespace;
};
SqlResult<Making> MakingOf(Session& session, std::int64_t oid);

// Gives `to` what belongs to the database `from` beside its contents: rights, settings (of roles in it, too)
// and the limit of connections.
SqlStatus DressLike(Session& session, std::int64_t from, const std::string& to);

}  // namespace slipway::drivers::postgres
