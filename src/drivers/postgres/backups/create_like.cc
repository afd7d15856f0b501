#include "drivers/postgres/backups/create_like.h"

#include <fmt/format.h>

#include <set>

namespace slipway::drivers::postgres {
namespace {

constexpr char kMaking[] = R"(
SELECT pg_encoding_to_char(encoding), datcollate, datctype, coalesce(to_jsonb(d)->>'datlocprovider', 'c'),
       coalesce(to_jsonb(d)->>'daticulocale', to_jsonb(d)->>'datlocale', ''),
       CASE WHEN dattablespace = (SELECT dattablespace FROM pg_database WHERE datname = 'template0') THEN '' ELSE spcname END
  FROM pg_database d JOIN pg_tablespace t ON t.oid = dattablespace WHERE d.oid = $1::oid)";

constexpr char kRights[] = R"(
SELECT format('GRANT %s ON DATABASE %I TO %s%s', privilege_type, $2::text,
              CASE grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END,
              CASE WHEN is_grantable THEN ' WITH GRANT OPTION' END)
  FROM pg_database d, aclexplode(coalesce(datacl, acldefault('d', datdba))) WHERE d.oid = $1::oid)";

constexpr char kSettings[] = R"(
SELECT CASE setrole WHEN 0 THEN format('ALTER DATABASE %I', $2::text)
            ELSE format('ALTER ROLE %I IN DATABASE %I', pg_get_userbyid(setrole), $2::text) END,
       split_part(setting, '=', 1), substr(setting, strpos(setting, '=') + 1)
  FROM pg_db_role_setting, unnest(setconfig) AS setting WHERE setdatabase = $1::oid)";

// Stored as a list of quoted names, which a literal would make one name of (GUC_LIST_QUOTE of PostgreSQL).
bool IsList(const std::string& setting) {
  static const std::set<std::string, std::less<>> lists{
      "local_preload_libraries",  "search_path",      "session_preload_libraries",
      "shared_preload_libraries", "temp_tablespaces", "unix_socket_directories"};
  return lists.contains(setting);
}

SqlStatus Set(Session& session, const std::string& alter, const std::string& setting,
              const std::string& value) {
  if (!IsList(setting)) {
    SLIPWAY_CHECK_OK(
        session.Query(fmt::format("{} SET {} TO {}", alter, QuoteName(setting), QuoteText(value))));
    return {};
  }
  SLIPWAY_CHECK_OK(
      session.Execute(fmt::format("BEGIN; SELECT set_config({}, {}, true); {} SET {} FROM CURRENT; COMMIT",
                                  QuoteText(setting), QuoteText(value), alter, QuoteName(setting))));
  return {};
}

}  // namespace

SqlStatus CreateEmpty(Session& session, const NewDatabase& database) {
  const Locale& locale = database.locale;
  const std::string name = QuoteName(database.name);
  std::string sql =
      fmt::format("CREATE DATABASE {} TEMPLATE template0 ENCODING {} LC_COLLATE {} LC_CTYPE {}", name,
                  QuoteText(locale.encoding), QuoteText(locale.collate), QuoteText(locale.ctype));
  if (locale.provider == "i")
    sql += " LOCALE_PROVIDER icu ICU_LOCALE " + QuoteText(locale.icu);
  else if (locale.provider == "b")
    sql += " LOCALE_PROVIDER builtin BUILTIN_LOCALE " + QuoteText(locale.icu);
  else if (session.version() >= 150'000)
    sql += " LOCALE_PROVIDER libc";
  if (!database.owner.empty()) sql += " OWNER " + QuoteName(database.owner);
  if (!database.tablespace.empty()) sql += " TABLESPACE " + QuoteName(database.tablespace);
  SLIPWAY_CHECK_OK(session.Query(sql));
  SLIPWAY_CHECK_OK(
      session.Execute(fmt::format("COMMENT ON DATABASE {0} IS {1}; REVOKE ALL ON DATABASE {0} FROM PUBLIC",
                                  name, QuoteText(database.comment))));
  return {};
}

SqlResult<Making> MakingOf(Session& session, std::int64_t oid) {
  SLIPWAY_TRY(const Rows rows, session.Query(kMaking, {std::to_string(oid)}));
  return Making{{rows.Text(0, 0), rows.Text(0, 1), rows.Text(0, 2), rows.Text(0, 3), rows.Text(0, 4)},
                rows.Text(0, 5)};
}

SqlStatus DressLike(Session& session, std::int64_t from, const std::string& to) {
  SLIPWAY_TRY(const Rows limit, session.Query("SELECT datconnlimit, pg_get_userbyid(datdba) FROM pg_database "
                                              "WHERE oid = $1::oid",
                                              {std::to_string(from)}));
  SLIPWAY_CHECK_OK(session.Query(
      fmt::format("ALTER DATABASE {} CONNECTION LIMIT {}", QuoteName(to), limit.Integer(0, 0))));
  SLIPWAY_CHECK_OK(session.Query(
      fmt::format("REVOKE ALL ON DATABASE {} FROM PUBLIC, {}", QuoteName(to), QuoteName(limit.View(0, 1)))));
  SLIPWAY_TRY(const Rows rights, session.Query(kRights, {std::to_string(from), to}));
  for (int i = 0; i < rights.size(); ++i) SLIPWAY_CHECK_OK(session.Query(rights.Text(i, 0)));
  SLIPWAY_TRY(const Rows settings, session.Query(kSettings, {std::to_string(from), to}));
  for (int i = 0; i < settings.size(); ++i)
    SLIPWAY_CHECK_OK(Set(session, settings.Text(i, 0), settings.Text(i, 1), settings.Text(i, 2)));
  return {};
}

}  // namespace slipway::drivers::postgres
