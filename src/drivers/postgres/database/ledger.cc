#include "drivers/postgres/database/ledger.h"

#include <fmt/format.h>

#include <optional>

#include "base/version.h"
#include "drivers/postgres/database/own_tables.h"

namespace slipway::drivers::postgres {
namespace {

constexpr std::string_view kOwnSchema = "slipway";
constexpr char kFindTables[] = R"(
SELECT n.nspname FROM pg_class c
  JOIN pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'version' AND NOT a.attisdropped
 WHERE c.relkind IN ('r', 'p')
   AND (n.nspname = 'slipway' AND c.relname = 'migrations'
        OR n.nspname NOT LIKE 'pg\_%' AND n.nspname <> 'information_schema' AND c.relname = 'schema_migrations')
 ORDER BY n.nspname = 'slipway' DESC, n.nspname = 'public' DESC, n.nspname)";

constexpr char kWithdraw[] =
    "DELETE FROM slipway.migrations "
    "WHERE path = $1 AND state <> 'applied' AND done = 0 AND outside = 0";
constexpr char kIsWhole[] =
    "SELECT coalesce(bool_and(state = 'applied'), false) FROM slipway.migrations WHERE version = $1";

// schema_migrations is as the field knows it; where somebody made another one, it is left as it is.
constexpr char kMakeLedger[] = R"(
CREATE SCHEMA IF NOT EXISTS slipway;
CREATE TABLE IF NOT EXISTS slipway.migrations (
  path text PRIMARY KEY,
  version text NOT NULL,
  number bigint NOT NULL,
  sha256 text NOT NULL,
  state text NOT NULL CHECK (state IN ('pending', 'running', 'applied', 'failed')),
  statements bigint NOT NULL,
  done bigint NOT NULL,
  outside bigint NOT NULL DEFAULT 0,
  run text NOT NULL,
  who text NOT NULL DEFAULT session_user,
  error text NOT NULL DEFAULT '',
  started_at timestamptz,
  finished_at timestamptz
);
CREATE TABLE IF NOT EXISTS public.schema_migrations (
  version varchar(50) PRIMARY KEY,
  applied_at timestamp DEFAULT now(),
  description text
);
CREATE TABLE IF NOT EXISTS slipway.own_rows (name text PRIMARY KEY, rows bigint NOT NULL))";

constexpr char kWriteRecord[] = R"(
INSERT INTO slipway.migrations AS m
  (path, version, number, sha256, state, statements, done, outside, run, error, started_at, finished_at)
VALUES ($1, $2, $3::bigint, $4, $5, $6::bigint, $7::bigint, $8::bigint, $9, $10,
        CASE WHEN $5 <> 'pending' THEN clock_timestamp() END,
        CASE WHEN $5 IN ('applied', 'failed') THEN clock_timestamp() END)
ON CONFLICT (path) DO UPDATE SET
  sha256 = excluded.sha256, state = excluded.state, statements = excluded.statements, done = excluded.done,
  outside = excluded.outside, run = excluded.run, who = session_user, error = excluded.error,
  started_at = coalesce(m.started_at, excluded.started_at), finished_at = excluded.finished_at
WHERE m.done = $11::bigint AND m.state <> 'applied')";

constexpr char kLetWrite[] = R"(
GRANT USAGE ON SCHEMA slipway TO {0};
GRANT SELECT, INSERT, UPDATE ON slipway.migrations, slipway.own_rows TO {0};
GRANT SELECT, INSERT ON public.schema_migrations TO {0})";

constexpr OwnTables kLedger{"{slipway.migrations,slipway.own_rows,public.schema_migrations}", kMakeLedger,
                            kLetWrite};

SqlError Meanwhile(const Session& session) {
  SqlError error;
  error.kind = SqlFailure::kStatement;
  error.message = "somebody else migrates this database: the ledger says something else than a moment ago";
  error.where = session.where();
  return error;
}

// The highest version that stands in the table of `schema`.
SqlResult<Installed> VersionIn(Session& session, const std::string& schema) {
  Installed installed;
  const bool own = schema == kOwnSchema;
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

}  // namespace

SqlResult<Installed> InstalledVersion(Session& session) {
  SLIPWAY_TRY(const Rows schemas, session.Query(kFindTables));
  if (schemas.size() == 0) return Installed{};
  SLIPWAY_TRY(Installed installed, VersionIn(session, schemas.Text(0, 0)));
  const bool other = schemas.Text(0, 0) == kOwnSchema && schemas.size() > 1;
  if (other) installed.other = schemas.Text(1, 0);
  if (!installed.version.empty() || !other) return installed;
  SLIPWAY_TRY(const Rows empty, session.Query("SELECT NOT EXISTS (SELECT FROM slipway.migrations)"));
  return empty.Boolean(0, 0) ? VersionIn(session, installed.other) : installed;
}

SqlResult<std::string> RecordedBeyond(Session& session, const Installed& installed) {
  if (installed.other.empty()) return "";
  SLIPWAY_TRY(const Installed recorded, VersionIn(session, installed.other));
  const auto has = base::ParseVersion(installed.version);
  const auto says = base::ParseVersion(recorded.version);
  return says && has && base::Precedence(*says, *has) > 0 ? recorded.version : "";
}

SqlResult<std::map<std::string, Record>> ReadLedger(Session& session) {
  std::map<std::string, Record> ledger;
  SLIPWAY_TRY(const Rows table, session.Query("SELECT to_regclass('slipway.migrations') IS NOT NULL"));
  if (!table.Boolean(0, 0)) return ledger;
  SLIPWAY_TRY(
      const Rows rows,
      session.Query("SELECT path, version, sha256, state, done, outside, run FROM slipway.migrations"));
  for (int row = 0; row < rows.size(); ++row) {
    ledger[rows.Text(row, 0)] = {rows.Text(row, 1),    rows.Text(row, 2),    rows.Text(row, 3),
                                 rows.Integer(row, 4), rows.Integer(row, 5), rows.Text(row, 6)};
  }
  return ledger;
}

SqlStatus MakeLedger(Session& session, const std::string& role) {
  return MakeOwnTables(session, role, kLedger);
}

SqlStatus WriteRecord(Session& session, const std::string& path, std::int64_t number, const Record& record,
                      std::int64_t statements, std::int64_t was, const std::string& error) {
  SLIPWAY_TRY(
      const Rows written,
      session.Query(kWriteRecord, {path, record.version, std::to_string(number), record.sha256, record.state,
                                   std::to_string(statements), std::to_string(record.done),
                                   std::to_string(record.outside), record.run, error, std::to_string(was)}));
  if (written.affected() == 1) return {};
  return std::unexpected(Meanwhile(session));
}

SqlStatus LetErase(Session& session) {
  SLIPWAY_TRY(const Rows may, session.Query("SELECT has_table_privilege('slipway.migrations', 'DELETE') AND "
                                            "has_table_privilege('public.schema_migrations', 'DELETE')"));
  if (!may.Boolean(0, 0)) SLIPWAY_CHECK_OK(session.Execute("SET LOCAL ROLE NONE"));
  return {};
}

SqlStatus WithdrawRecord(Session& session, const std::string& path, const std::string& version) {
  SLIPWAY_TRY(const Rows gone, session.Query(kWithdraw, {path}));
  if (gone.affected() != 1) return std::unexpected(Meanwhile(session));
  SLIPWAY_TRY(const Rows whole, session.Query(kIsWhole, {version}));
  return whole.Boolean(0, 0) ? WriteVersion(session, version, "slipway") : SqlStatus{};
}

SqlStatus WriteVersion(Session& session, const std::string& version, const std::string& description) {
  SLIPWAY_TRY(const Rows column,
              session.Query("SELECT FROM pg_attribute WHERE attrelid = 'public.schema_migrations'::regclass "
                            "AND attname = 'description' AND NOT attisdropped"));
  const bool described = column.size() == 1;
  const std::string insert = described ? "(version, description) VALUES ($1, $2)" : "(version) VALUES ($1)";
  std::vector<std::optional<std::string>> values{version};
  if (described) values.emplace_back(description);
  SLIPWAY_TRY(
      const Rows written,
      session.Query("INSERT INTO public.schema_migrations " + insert + " ON CONFLICT DO NOTHING", values));
  static_cast<void>(written);
  return {};
}

SqlStatus LeaveOwnSchema(Session& session) {
  SLIPWAY_CHECK_OK(
      session.Query("SELECT set_config('search_path', regexp_replace(current_setting('search_path'), "
                    "'\"?\\$user\"?\\s*(,\\s*|$)', ''), false) WHERE current_user = 'slipway'"));
  return {};
}

}  // namespace slipway::drivers::postgres
