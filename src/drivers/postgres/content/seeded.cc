#include "drivers/postgres/content/seeded.h"

#include <fmt/format.h>

#include <boost/json/serialize.hpp>

#include "base/json.h"
#include "base/text.h"
#include "drivers/postgres/database/ledger.h"
#include "drivers/postgres/database/own_rows.h"
#include "drivers/postgres/database/own_tables.h"

namespace slipway::drivers::postgres {
namespace {

using base::JsonObject;

constexpr OwnTables kSeedTables{
    "{slipway.seeds,slipway.seeded_rows,slipway.own_rows}", R"(
CREATE SCHEMA IF NOT EXISTS slipway;
CREATE TABLE IF NOT EXISTS slipway.seeds (mark text PRIMARY KEY, content text NOT NULL, sha256 text NOT NULL,
  secret text NOT NULL DEFAULT '', rows jsonb NOT NULL, seeded_at timestamptz NOT NULL DEFAULT now());
CREATE TABLE IF NOT EXISTS slipway.seeded_rows (mark text NOT NULL REFERENCES slipway.seeds (mark),
  relation text NOT NULL, key jsonb NOT NULL, md5 text NOT NULL);
CREATE INDEX IF NOT EXISTS seeded_rows_by_mark ON slipway.seeded_rows (mark, relation);
CREATE TABLE IF NOT EXISTS slipway.own_rows (name text PRIMARY KEY, rows bigint NOT NULL))",
    "GRANT USAGE ON SCHEMA slipway TO {0};"
    "GRANT SELECT, INSERT, UPDATE, DELETE ON slipway.seeds, slipway.seeded_rows, slipway.own_rows TO {0}"};

// One number for all of slipway, as migrations have theirs; it ends with the transaction.
constexpr char kLock[] = "SELECT pg_advisory_xact_lock(7310043102)";

// What the transaction did to rows of anybody's tables.
constexpr char kDone[] = R"(
SELECT format('%I.%I', schemaname, relname), n_tup_ins, n_tup_upd, n_tup_del FROM pg_stat_xact_user_tables
 WHERE schemaname <> 'slipway' AND schemaname NOT LIKE 'pg\_temp%' AND n_tup_ins + n_tup_upd + n_tup_del > 0
 ORDER BY relid)";

// What it made or altered of the schema: the catalogues' rows have its number.
constexpr char kSchema[] = R"(
SELECT format('%I.%I', n.nspname, o.name) FROM (
  SELECT relname AS name, relnamespace AS namespace FROM pg_class
   WHERE xmin = pg_current_xact_id()::xid AND relpersistence <> 't'
  UNION ALL SELECT proname, pronamespace FROM pg_proc WHERE xmin = pg_current_xact_id()::xid) o
  JOIN pg_namespace n ON n.oid = o.namespace
 WHERE n.nspname NOT IN ('slipway', 'pg_toast', 'pg_catalog') AND n.nspname NOT LIKE 'pg\_temp%' LIMIT 1)";

// `'id', r.id` of the primary key; NULL where there is none.
constexpr char kKey[] = R"(
SELECT string_agg(format('%L, slipway_row.%I', a.attname, a.attname), ', ' ORDER BY a.attnum)
  FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)
 WHERE i.indrelid = to_regclass($1) AND i.indisprimary)";

SqlError Refuse(const Session& session, std::string message, std::string hint) {
  SqlError error;
  error.kind = SqlFailure::kStatement;
  error.message = std::move(message);
  error.hint = std::move(hint);
  error.where = session.where();
  return error;
}

SqlResult<std::optional<Seed>> Find(Session& session, const std::string& where, const std::string& value) {
  SLIPWAY_TRY(const Rows there, session.Query("SELECT to_regclass('slipway.seeds') IS NOT NULL"));
  if (!there.Boolean(0, 0)) return std::nullopt;
  SLIPWAY_TRY(
      const Rows found,
      session.Query(fmt::format("SELECT mark, content, sha256, secret FROM slipway.seeds WHERE {} = $1 "
                                "ORDER BY seeded_at DESC LIMIT 1",
                                where),
                    {value}));
  if (found.size() == 0) return std::nullopt;
  Seed seed{found.Text(0, 0), found.Text(0, 1), found.Text(0, 2), found.Text(0, 3), {}};
  SLIPWAY_TRY(const Rows rows,
              session.Query("SELECT key, value FROM slipway.seeds, jsonb_each_text(rows) WHERE mark = $1",
                            {seed.mark}));
  for (int i = 0; i < rows.size(); ++i) seed.rows[rows.Text(i, 0)] = rows.Integer(i, 1);
  return seed;
}

SqlStatus CheckSchema(Session& session) {
  SLIPWAY_TRY(const Rows made, session.Query(kSchema));
  if (made.size() == 0) return {};
  return std::unexpected(Refuse(session, fmt::format("it makes or alters {}", made.Text(0, 0)),
                                "content is rows alone; the schema is a migration's"));
}

// The rows of `table` that this transaction inserted, of which there are `count`.
SqlStatus RecordRows(Session& session, const std::string& mark, const std::string& table,
                     std::int64_t count) {
  SLIPWAY_TRY(const Rows key, session.Query(kKey, {table}));
  if (key.IsNull(0, 0))
    return std::unexpected(Refuse(session,
                                  table + " has no primary key, so that its rows could not be taken back",
                                  "give it one in a migration"));
  SLIPWAY_TRY(
      const Rows recorded,
      session.Query(fmt::format("INSERT INTO slipway.seeded_rows SELECT $1, $2, jsonb_build_object({}), "
                                "md5(slipway_row::text) FROM {} AS slipway_row "
                                "WHERE slipway_row.xmin = pg_current_xact_id()::xid",
                                key.Text(0, 0), table),
                    {mark, table}));
  if (recorded.affected() == count) return {};
  return std::unexpected(Refuse(session,
                                fmt::format("{} rows were inserted into {}, and {} of them are found again",
                                            count, table, recorded.affected()),
                                "insert outside of blocks with EXCEPTION, and hide no row by a policy"));
}

}  // namespace

SqlStatus BeginSeed(Session& session, const std::string& role) {
  std::string owner = role;
  if (owner.empty()) {
    SLIPWAY_TRY(
        const Rows owners,
        session.Query("SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = current_database()"));
    owner = owners.Text(0, 0);
  }
  SLIPWAY_CHECK_OK(session.Execute(fmt::format(
      "RESET ALL; SET SESSION ROLE {}; BEGIN; SET LOCAL lock_timeout = 10000; SET LOCAL TimeZone = 'UTC'; "
      "SET LOCAL DateStyle = 'ISO'; SET LOCAL IntervalStyle = 'iso_8601'; SET LOCAL extra_float_digits = 1; "
      "SET LOCAL bytea_output = 'hex'; SET LOCAL row_security = off",
      QuoteName(owner))));
  SLIPWAY_CHECK_OK(LeaveOwnSchema(session));
  SLIPWAY_CHECK_OK(session.Query(kLock));
  return MakeOwnTables(session, owner, kSeedTables);
}

SqlResult<std::optional<Seed>> FindSeed(Session& session, const std::string& mark) {
  return Find(session, "mark", mark);
}

SqlResult<std::optional<Seed>> FindSameContent(Session& session, const std::string& sha256) {
  return Find(session, "sha256", sha256);
}

SqlStatus CommitSeed(Session& session, Seed& seed) {
  SLIPWAY_CHECK_OK(CheckSchema(session));
  SLIPWAY_TRY(const Rows done, session.Query(kDone));
  JsonObject rows;
  for (int i = 0; i < done.size(); ++i) {
    const std::string table = done.Text(i, 0);
    if (done.Integer(i, 2) + done.Integer(i, 3) > 0)
      return std::unexpected(
          Refuse(session,
                 fmt::format("it changes or deletes rows of {} ({} and {})", table, done.Integer(i, 2),
                             done.Integer(i, 3)),
                 "content only inserts; ON CONFLICT DO NOTHING leaves alone what is there"));
    seed.rows[table] = done.Integer(i, 1);
    rows[table] = done.Integer(i, 1);
  }
  SLIPWAY_CHECK_OK(session.Query(
      "INSERT INTO slipway.seeds (mark, content, sha256, secret, rows) VALUES ($1, $2, $3, $4, $5)",
      {seed.mark, seed.content, seed.sha256, seed.secret, boost::json::serialize(rows)}));
  for (const auto& [table, count] : seed.rows) SLIPWAY_CHECK_OK(RecordRows(session, seed.mark, table, count));
  SLIPWAY_CHECK_OK(RememberOwnRows(session));
  SLIPWAY_CHECK_OK(session.Execute("COMMIT"));
  return {};
}

SqlStatus ForgetSeed(Session& session, const std::string& mark) {
  SLIPWAY_CHECK_OK(session.Query("DELETE FROM slipway.seeded_rows WHERE mark = $1", {mark}));
  SLIPWAY_CHECK_OK(session.Query("DELETE FROM slipway.seeds WHERE mark = $1", {mark}));
  return RememberOwnRows(session);
}

SqlResult<std::optional<Seed>> LookForSeed(PgCall& call) {
  const std::string mark = CallerName(call.context);
  SLIPWAY_TRY(Session session, Session::Open(call.context, call.database()));
  SLIPWAY_CHECK_OK(EndLeftovers(session, mark));
  return FindSeed(session, mark);
}

Outcome SeedStopped(const PgCall& call, const SqlError& error, bool looked) {
  return looked || call.progress.empty() ? NotDone(ToString(error), Evidence(error))
                                         : Unknown(ToString(error), Evidence(error));
}

JsonObject TakeBackArguments(const JsonObject& with, const Context& context) {
  JsonObject undo{{"database", with.at("database")}, {"made_by", CallerName(context)}};
  if (const base::Json* connection = with.if_contains("connection")) undo["connection"] = *connection;
  return undo;
}

}  // namespace slipway::drivers::postgres
