// Moving rows of one table into another and back, within one transaction, by their primary keys.
#pragma once

#include <string>

#include "drivers/driver.h"
#include "drivers/postgres/session/session.h"

namespace slipway::drivers::postgres {

// A table as it is known to the server.
struct ArchiveTable {
  std::string name;     // `public.violations`, quoted where it must be
  std::string columns;  // all of them, quoted: `id, "Kind"`
  std::string keys;     // those of its primary key
  std::string key;      // `'id', slipway_row.id`
};

// kStatement: there is no such table, or it has no primary key.
SqlResult<ArchiveTable> FindArchiveTable(Session& session, const std::string& table);

// `a.b` as an identifier.
std::string QuoteTable(const std::string& table);

// The arguments checked and the undo; does no I/O.
base::Result<Prepared> CompleteArchive(Prepared prepared, const Context& context);

}  // namespace slipway::drivers::postgres
