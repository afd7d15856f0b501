// What a database holds, in a form in which two can be compared: the rows of each table, and every object of
// the schema with a digest of its definition.
//
// The objects are those of schema.h. Tables of extensions are left out, and so is what a dump leaves out: the
// contents of foreign tables.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/json.h"
#include "drivers/postgres/session/session.h"

namespace slipway::drivers::postgres {

struct Contents {
  std::map<std::string, std::int64_t> rows;  // by table, `public.staff`; `large objects` where there are any
  std::map<std::string, std::string> objects;  // `index public.staff_name` -> 16 hex digits
  std::string fingerprint;                     // `sha256:…` over the names and whole definitions

  std::int64_t AllRows() const;
};

// In the session's own transaction where it has one. Changes settings of the session (search_path and what
// else decides how expressions are written), for good.
SqlResult<Contents> ReadContents(Session& session);

// In one line each, `table public.staff has 3 rows instead of 4` first; empty: they are the same.
std::vector<std::string> Differences(const Contents& wanted, const Contents& found);
// The first few of them as one reason.
std::string Told(const std::vector<std::string>& differences);

base::JsonObject ToJson(const Contents& contents);
base::Result<Contents> ContentsFromJson(const base::JsonObject& json);

}  // namespace slipway::drivers::postgres
