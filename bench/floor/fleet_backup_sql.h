// The statements that slipway's backup of one customer sends, as its driver writes them, for fleet_backup.
#pragma once

#include "floor/fleet_sql.h"

namespace floor_probe {

inline constexpr char kSize[] = "SELECT pg_database_size(current_database())";

inline constexpr const char* kBegin[] = {
    kLeftovers, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
    "SELECT set_config('lock_timeout', '60000', false), set_config('idle_in_transaction_session_timeout', "
    "'0', false)"};

inline constexpr char kSnapshot[] = "SELECT pg_export_snapshot()";

// The server, how the database was made, and which version it has.
inline constexpr const char* kAbout[] = {
    "SELECT system_identifier, (SELECT oid FROM pg_database WHERE datname = current_database()) FROM "
    "pg_control_system()",
    "SELECT pg_encoding_to_char(encoding), datcollate, datctype, coalesce(to_jsonb(d)->>'datlocprovider', "
    "'c'), coalesce(to_jsonb(d)->>'daticulocale', to_jsonb(d)->>'datlocale', ''), CASE WHEN dattablespace = "
    "(SELECT dattablespace FROM pg_database WHERE datname = 'template0') THEN '' ELSE spcname END FROM "
    "pg_database d JOIN pg_tablespace t ON t.oid = dattablespace WHERE d.datname = current_database()",
    kFind, "SELECT version FROM slipway.migrations GROUP BY version HAVING bool_and(state = 'applied')"};

inline constexpr char kTables[] =
    "SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = "
    "c.relnamespace WHERE c.relkind = 'r' AND c.relpersistence <> 't' AND n.nspname !~ '^pg_' AND n.nspname "
    "<> 'information_schema' AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.classid = "
    "'pg_class'::regclass "
    "AND d.objid = c.oid AND d.deptype = 'e') ORDER BY 1";

inline constexpr char kLargeObjects[] = "SELECT count(*) FROM pg_largeobject_metadata";

// What the server counted as written, read after the dump.
inline constexpr char kReset[] =
    "SELECT d.oid, concat_ws(', ', to_char(s.stats_reset AT TIME ZONE 'UTC', "
    "'YYYY-MM-DD\"T\"HH24:MI:SS.US'), "
    "to_char(b.stats_reset AT TIME ZONE 'UTC', '\"all\" YYYY-MM-DD\"T\"HH24:MI:SS.US'), CASE "
    "current_setting('track_counts') WHEN 'off' THEN 'not counted' END) FROM "
    "pg_stat_bgwriter b, "
    "pg_database d LEFT JOIN pg_stat_database s ON s.datid = d.oid WHERE d.datname = current_database()";
inline constexpr char kCounters[] =
    "SELECT format('%I.%I', schemaname, relname), n_tup_ins + n_tup_upd + n_tup_del FROM pg_stat_user_tables";

}  // namespace floor_probe
