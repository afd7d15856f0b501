// The statements that slipway sends for one customer, as its driver writes them, for fleet_floor.
#pragma once

#include <string>
#include <utility>
#include <vector>

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
inline constexpr char kOwnRows[] =
    "DO $$ BEGIN IF to_regclass('slipway.own_rows') IS NULL THEN RAISE 'no tally'; END IF; END $$; INSERT "
    "INTO slipway.own_rows AS o "
    "SELECT format('%I.%I', schemaname, relname), n_tup_ins - n_tup_del FROM pg_stat_xact_user_tables WHERE "
    "n_tup_ins <> n_tup_del "
    "AND schemaname <> 'slipway' AND relname <> 'schema_migrations' ON CONFLICT (name) DO UPDATE SET rows = "
    "o.rows + excluded.rows";

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

// What the schema is as the update finds it, and as it leaves it.
inline std::string ListSchema() {
  using namespace slipway::drivers::postgres;
  std::string list = kListSchema;
  for (std::size_t at = 0; (at = list.find("$1::boolean")) != std::string::npos;)
    list.replace(at, 11, "false");
  return std::string(kWritePlainly) + ";" + list;
}

}  // namespace floor_probe
