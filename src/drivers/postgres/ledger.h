// Which schema version a database has, as it says itself.
#pragma once

#include <string>
#include <vector>

#include "drivers/postgres/session.h"

namespace slipway::drivers::postgres {

struct Installed {
  std::string version;               // the highest by SemVer; empty: none is on record
  std::string source;                // `slipway.migrations`, `public.schema_migrations`; empty: no table
  std::vector<std::string> ignored;  // records that are no version
};

// From slipway's own ledger where there is one: the versions of `slipway.migrations` whose rows are all in
// the `state` `applied`. Else from a `schema_migrations` with a column `version`, as other tools keep it, in
// `public` or the first schema that has one; the highest version counts, not the latest `applied_at`.
SqlResult<Installed> InstalledVersion(Session& session);

}  // namespace slipway::drivers::postgres
