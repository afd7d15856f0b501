#include "drivers/postgres/database/own_tables.h"

#include <fmt/format.h>

namespace slipway::drivers::postgres {
namespace {

// For the role $1 and the connection's own: nothing is missing to it, or it may make what is. Names are
// looked up in the catalogue, since a role that may not use a schema gets an error for naming what is in it.
constexpr char kMay[] = R"(
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

SqlError Nobody(const Session& session, const std::string& role, const Rows& may) {
  const std::string own = may.Text(0, 1);
  SqlError error;
  error.kind = SqlFailure::kStatement;
  error.message = fmt::format("{}{} may not make the tables in which slipway records what it does here",
                              role == own ? "" : role + " and ", own);
  error.hint =
      may.Boolean(0, 3)
          ? fmt::format("ALTER SCHEMA slipway OWNER TO {0}, and the same for its tables", QuoteName(own))
          : fmt::format("GRANT CREATE ON DATABASE {} TO {}", QuoteName(may.Text(0, 2)), QuoteName(own));
  error.where = session.where();
  return error;
}

}  // namespace

SqlStatus MakeOwnTables(Session& session, const std::string& role, const OwnTables& tables) {
  SLIPWAY_TRY(const Rows may, session.Query(kMay, {role, std::string(tables.names)}));
  const std::string_view who = may.View(0, 0);
  if (who == "nothing") return {};
  if (who == "nobody") return std::unexpected(Nobody(session, role, may));
  std::string sql(tables.make);
  if (who == "connection")
    sql = fmt::format("SET SESSION ROLE NONE; {}; {}; SET SESSION ROLE {}", tables.make,
                      fmt::format(fmt::runtime(tables.let_write), QuoteName(role)), QuoteName(role));
  SLIPWAY_CHECK_OK(session.Execute(sql));
  return {};
}

}  // namespace slipway::drivers::postgres
