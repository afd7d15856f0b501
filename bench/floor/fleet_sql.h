// The statements that slipway sends for one customer, as its driver writes them, for fleet_floor.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "drivers/postgres/database/own_rows_sql.h"
#include "drivers/postgres/database/own_tables_sql.h"
#include "drivers/postgres/database/schema_sql.h"

namespace floor_probe {

inline constexpr char kFind[] =
    "SELECT n.nspname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON "
    "a.attrelid = c.oid AND "
    "a.attname = 'version' AND NOT a.attisdropped WHERE c.relkind IN ('r', 'p') AND (n.nspname = 'slipway' "
    "AND c.relname = "
    "'migrations' OR n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema' AND c.relname = "
    "'schema_migrations') ORDER "
    "BY n.nspname = 'slipway' DESC, n.nspname = 'public' DESC, n.nspname";

inline const std::vector<std::pair<std::string, std::string>> kFiles = {
    {"v1.1.0/001_badge.sql", "CREATE TABLE IF NOT EXISTS badge (id int PRIMARY KEY, title text)"},
    {"v1.1.0/002_person.sql", "ALTER TABLE person ADD COLUMN IF NOT EXISTS badge int"},
    {"v1.1.0/003_rows.sql", "INSERT INTO badge VALUES (1, 'first') ON CONFLICT DO NOTHING"}};

inline std::string Record(const std::string& path, const char* state, int done) {
  return "INSERT INTO slipway.migrations AS m (path, version, number, sha256, state, statements, done, "
         "outside, run, error, started_at, "
         "finished_at) VALUES ('" +
         path + "', 'v1.1.0', 1, 'sha256:floor', '" + state + "', 1, " + std::to_string(done) +
         ", 0, 'floor', '', clock_timestamp(), clock_timestamp()) ON CONFLICT (path) DO UPDATE SET sha256 = "
         "excluded.sha256, state = "
         "excluded.state, done = excluded.done, run = excluded.run, finished_at = excluded.finished_at WHERE "
         "m.state <> 'applied'";
}

// Is anybody left of an earlier attempt?
inline constexpr char kLeftovers[] =
    "SELECT pid, pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'nobody' AND pid "
    "<> "
    "pg_backend_pid()";

inline constexpr char kBecome[] =
    "RESET ALL; SET lock_timeout = 5000; SET statement_timeout = 0; SET SESSION ROLE bench";
inline constexpr char kLeaveOwnSchema[] =
    "SELECT set_config('search_path', regexp_replace(current_setting('search_path'), "
    "'\"?\\$user\"?\\s*(,\\s*|$)', ''), false) WHERE current_user = 'slipway'";

// `statement` with its parameters in place.
inline std::string With(std::string statement, const std::vector<std::string>& parameters) {
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    const std::string name = "$" + std::to_string(i + 1);
    for (std::size_t at = 0; (at = statement.find(name, at)) != std::string::npos; at += parameters[i].size())
      statement.replace(at, name.size(), parameters[i]);
  }
  return statement;
}

// May the role write slipway's tables?
inline const std::string kMayWrite =
    With(slipway::drivers::postgres::kMay,
         {"'bench'", "'{slipway.migrations,slipway.own_rows,public.schema_migrations}'"});

// Everything that the schema holds, and without what is slipway's own.
inline const std::string kListAll = With(slipway::drivers::postgres::kListSchema, {"true"});
inline const std::string kListCustomers = With(slipway::drivers::postgres::kListSchema, {"false"});

}  // namespace floor_probe
