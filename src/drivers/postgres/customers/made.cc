#include "drivers/postgres/customers/made.h"

namespace slipway::drivers::postgres {
namespace {

constexpr base::Duration kLeaving{5000};
constexpr base::Duration kTick{20};
constexpr char kRole[] =
    "SELECT coalesce(shobj_description(oid, 'pg_authid'), '') FROM pg_roles WHERE rolname = $1";
constexpr char kDatabase[] = R"(
SELECT coalesce(shobj_description(oid, 'pg_database'), ''), coalesce(shobj_description(datdba, 'pg_authid'), ''),
       datconnlimit = -2
  FROM pg_database WHERE datname = $1)";
constexpr char kVisitors[] = R"(
SELECT string_agg(format('pid %s (role %s, %s)', pid, usename, coalesce(nullif(application_name, ''), 'unnamed')), ', ')
  FROM (SELECT * FROM pg_stat_activity WHERE datname = $1 AND pid <> pg_backend_pid()
           AND coalesce(backend_type, 'client backend') = 'client backend' ORDER BY pid LIMIT 5) v)";

}  // namespace

SqlResult<Made> LookMade(Session& session, const std::string& database, const std::string& role,
                         const std::string& mark) {
  Made made;
  SLIPWAY_TRY(const Rows roles, session.Query(kRole, {role}));
  if (roles.size() > 0) {
    made.role_mark = roles.Text(0, 0);
    made.role = made.role_mark == mark ? Standing::kWhole : Standing::kForeign;
  }
  SLIPWAY_TRY(const Rows databases, session.Query(kDatabase, {database}));
  if (databases.size() > 0) {
    made.database_mark = databases.Text(0, 0);
    made.broken = databases.Boolean(0, 2);
    const bool half = made.database_mark.empty() && databases.View(0, 1) == mark;
    made.database = made.database_mark == mark ? Standing::kWhole
                    : half                     ? Standing::kHalf
                                               : Standing::kForeign;
  }
  return made;
}

SqlResult<std::string> Visitors(Session& session, const std::string& database) {
  const Context& context = session.context();
  const base::Time until = context.clock.Now() + kLeaving;
  while (true) {
    SLIPWAY_TRY(const Rows rows, session.Query(kVisitors, {database}));
    if (rows.Text(0, 0).empty() || context.clock.Now() >= until || !Pause(context, kTick))
      return rows.Text(0, 0);
  }
}

}  // namespace slipway::drivers::postgres
