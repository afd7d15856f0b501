// The tally of the rows that slipway put into a database, as one statement at the end of a transaction. Also
// for who measures what it costs.
#pragma once

namespace slipway::drivers::postgres {

// The counters tell too much after a subtransaction that was taken back, a TRUNCATE and a table that was made
// anew, and keep what was not reported yet of the transaction before (the server reports once a second unless
// it is told to). So no more rows are slipway's than are there. Large tallies are looked at only where they
// grew.
inline constexpr char kRemember[] = R"(
DO $slipway$
DECLARE
  written text[];
  one record;
  there bigint;
BEGIN
  IF to_regclass('slipway.own_rows') IS NULL THEN
    CREATE SCHEMA IF NOT EXISTS slipway;
    CREATE TABLE slipway.own_rows (name text PRIMARY KEY, rows bigint NOT NULL);
  END IF;
  WITH w AS (
    INSERT INTO slipway.own_rows AS o
    SELECT format('%I.%I', schemaname, relname), n_tup_ins - n_tup_del FROM pg_stat_xact_user_tables
     WHERE n_tup_ins <> n_tup_del AND schemaname <> 'slipway' AND relname <> 'schema_migrations'
    ON CONFLICT (name) DO UPDATE SET rows = o.rows + excluded.rows RETURNING name)
  SELECT array_agg(name) INTO written FROM w;
  FOR one IN SELECT name, rows, to_regclass(name) AS id FROM slipway.own_rows
              WHERE rows > 0 AND (rows <= 10000 OR name = ANY (written)) LOOP
    CONTINUE WHEN one.id IS NULL OR NOT has_table_privilege(one.id, 'SELECT');
    EXECUTE format('SELECT count(*) FROM (SELECT FROM %s LIMIT %s) t', one.id, one.rows) INTO there;
    IF there < one.rows THEN
      UPDATE slipway.own_rows SET rows = there WHERE name = one.name;
    END IF;
  END LOOP;
  IF to_regprocedure('pg_catalog.pg_stat_force_next_flush()') IS NOT NULL THEN
    PERFORM pg_stat_force_next_flush();
  END IF;
END $slipway$;)";

}  // namespace slipway::drivers::postgres
