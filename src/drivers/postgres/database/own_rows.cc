#include "drivers/postgres/database/own_rows.h"

#include <fmt/format.h>

#include "drivers/postgres/database/own_rows_sql.h"

namespace slipway::drivers::postgres {
namespace {

constexpr std::int64_t kCountedAtMost = 1000;  // over what is slipway's own

constexpr char kTables[] = R"(
SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind = 'r' AND c.relpersistence <> 't' AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'slipway')
   AND n.nspname NOT LIKE 'pg\_toast%' AND c.relname <> 'schema_migrations'
 ORDER BY 1)";

}  // namespace

SqlStatus RememberOwnRows(Session& session) {
  SLIPWAY_CHECK_OK(session.Execute(kRemember));
  return {};
}

SqlResult<std::vector<std::string>> AppearedRows(Session& session) {
  // Rows that a policy hides are an error then.
  SLIPWAY_CHECK_OK(session.Execute("SET row_security = off"));
  SLIPWAY_TRY(const Rows tally, session.Query("SELECT to_regclass('slipway.own_rows') IS NOT NULL"));
  const bool known = tally.Boolean(0, 0);
  std::vector<std::string> appeared;
  SLIPWAY_TRY(const Rows tables, session.Query(kTables));
  for (int i = 0; i < tables.size(); ++i) {
    const std::string table = tables.Text(i, 0);
    std::int64_t own = 0;
    if (known) {
      SLIPWAY_TRY(const Rows rows,
                  session.Query("SELECT rows FROM slipway.own_rows WHERE name = $1", {table}));
      own = rows.Integer(0, 0);
    }
    const std::int64_t most = own + kCountedAtMost;
    SLIPWAY_TRY(const Rows counted,
                session.Query(fmt::format("SELECT count(*) FROM (SELECT FROM {} LIMIT {}) t", table, most)));
    const std::int64_t more = counted.Integer(0, 0) - own;
    if (more > 0)
      appeared.push_back(fmt::format("{} ({}{} rows)", table, more >= kCountedAtMost ? "over " : "", more));
  }
  SLIPWAY_TRY(const Rows objects, session.Query("SELECT count(*) FROM pg_largeobject_metadata"));
  if (objects.Integer(0, 0) > 0) appeared.push_back(fmt::format("large objects ({})", objects.Integer(0, 0)));
  return appeared;
}

}  // namespace slipway::drivers::postgres
