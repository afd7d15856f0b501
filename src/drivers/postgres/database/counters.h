// How often rows were written, as the server counts it: what a restore would lose, by table.
//
// PostgreSQL learns of what a session wrote up to ten seconds late, so what was written just before a backup
// may count as written after it. It counts rows, not statements; what TRUNCATE removed it does not count.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "base/json.h"
#include "drivers/postgres/session/session.h"

namespace slipway::drivers::postgres {

struct Counters {
  std::int64_t database = 0;                    // its oid
  std::string reset;                            // when they were last set to 0; empty: never
  std::map<std::string, std::int64_t> written;  // rows inserted, updated and deleted, by table
};

SqlResult<Counters> ReadCounters(Session& session);
base::JsonObject ToJson(const Counters& counters);
Counters CountersFromJson(const base::JsonObject& json);

// What was written between the two: by table at least so many rows, or `unknown` where they were reset or the
// table is another one. Tables without any are left
// out, and so are those in which slipway keeps its own account.
base::JsonObject WrittenSince(const Counters& then, const Counters& now);
// `at least 12 rows were written since: public.staff 12, public.audit unknown`.
std::string DescribeWritten(const base::JsonObject& written);

}  // namespace slipway::drivers::postgres
