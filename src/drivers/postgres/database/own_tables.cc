#include "drivers/postgres/database/own_tables.h"

#include <fmt/format.h>

#include "drivers/postgres/database/own_tables_sql.h"

namespace slipway::drivers::postgres {
namespace {

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
