#include "drivers/postgres/ledger.h"

#include <optional>

#include "base/version.h"

namespace slipway::drivers::postgres {
namespace {

constexpr char kFindTables[] = R"(
SELECT n.nspname FROM pg_class c
  JOIN pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'version' AND NOT a.attisdropped
 WHERE c.relkind IN ('r', 'p')
   AND (n.nspname = 'slipway' AND c.relname = 'migrations'
        OR n.nspname NOT LIKE 'pg\_%' AND n.nspname <> 'information_schema' AND c.relname = 'schema_migrations')
 ORDER BY n.nspname = 'slipway' DESC, n.nspname = 'public' DESC, n.nspname)";

}  // namespace

SqlResult<Installed> InstalledVersion(Session& session) {
  Installed installed;
  SLIPWAY_TRY(const Rows schemas, session.Query(kFindTables));
  if (schemas.size() == 0) return installed;
  const std::string schema = schemas.Text(0, 0);
  const bool own = schema == "slipway";
  installed.source = schema + (own ? ".migrations" : ".schema_migrations");
  SLIPWAY_TRY(const Rows rows,
              session.Query(own ? "SELECT version FROM slipway.migrations GROUP BY version "
                                  "HAVING bool_and(state = 'applied')"
                                : "SELECT version FROM " + QuoteName(schema) + ".schema_migrations"));
  std::optional<base::Version> highest;
  for (int row = 0; row < rows.size(); ++row) {
    auto version = base::ParseVersion(rows.View(row, 0));
    if (!version) {
      installed.ignored.push_back(rows.Text(row, 0));
      continue;
    }
    if (highest && base::Precedence(*version, *highest) <= 0) continue;
    highest = *std::move(version);
    installed.version = rows.Text(row, 0);
  }
  return installed;
}

}  // namespace slipway::drivers::postgres
