// The statement behind own_tables.h, on its own so that a bare program can send the same.
#pragma once

namespace slipway::drivers::postgres {

// For the role $1 and the connection's own: nothing is missing to it, or it may make what is. Names are
// looked up in the catalogue, since a role that may not use a schema gets an error for naming what is in it.
inline constexpr char kMay[] = R"(
WITH who (place, role) AS (VALUES (1, $1::name), (2, session_user)),
seen AS (
  SELECT w.place, w.role, n.oid AS namespace,
         c.oid IS NOT NULL AS there,
         c.oid IS NOT NULL AND has_schema_privilege(w.role, n.oid, 'USAGE')
           AND has_table_privilege(w.role, c.oid, 'INSERT') AS writes,
         c.oid IS NOT NULL AND pg_has_role(w.role, c.relowner, 'USAGE') AS owns
    FROM who w CROSS JOIN unnest($2::text[]) t
    LEFT JOIN pg_namespace n ON n.nspname = split_part(t, '.', 1)
    LEFT JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = split_part(t, '.', 2) AND c.relkind IN ('r', 'p')),
may AS (
  SELECT place, bool_and(writes) AS writes,
         bool_and(CASE WHEN there AND place = 1 THEN writes
                       WHEN there THEN owns
                       WHEN namespace IS NOT NULL THEN has_schema_privilege(role, namespace, 'CREATE')
                       ELSE has_database_privilege(role, current_database(), 'CREATE') END) AS makes
    FROM seen GROUP BY place)
SELECT CASE WHEN one.writes THEN 'nothing' WHEN one.makes THEN 'role' WHEN two.makes THEN 'connection' ELSE 'nobody' END,
       session_user, current_database(), EXISTS (SELECT FROM pg_namespace WHERE nspname = 'slipway')
  FROM may one, may two WHERE one.place = 1 AND two.place = 2)";

}  // namespace slipway::drivers::postgres
