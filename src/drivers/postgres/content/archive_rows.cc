// postgres.archive: rows that are older than so long move into a table of their own.
#include "drivers/postgres/content/archive_rows.h"

#include <fmt/format.h>

#include "base/clock.h"
#include "base/text.h"
#include "drivers/postgres/actions.h"
#include "drivers/postgres/arguments.h"
#include "drivers/postgres/content/seeded.h"
#include "drivers/postgres/database/own_rows.h"
#include "drivers/postgres/database/purpose.h"
#include "drivers/postgres/database/schema.h"

namespace slipway::drivers::postgres {
namespace {

using base::Invalid;
using base::JsonObject;
using base::Result;

constexpr char kTable[] = R"(
SELECT format('%I.%I', n.nspname, c.relname),
       (SELECT string_agg(format('%I', attname), ', ' ORDER BY attnum) FROM pg_attribute
         WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped AND attgenerated = ''),
       (SELECT string_agg(format('%I', a.attname), ', ' ORDER BY a.attnum) FROM pg_index i
          JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)
         WHERE i.indrelid = c.oid AND i.indisprimary),
       (SELECT string_agg(format('%L, slipway_row.%I', a.attname, a.attname), ', ' ORDER BY a.attnum) FROM pg_index i
          JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)
         WHERE i.indrelid = c.oid AND i.indisprimary)
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = to_regclass($1))";

std::string Counted(std::int64_t count) { return fmt::format("{} {}", count, count == 1 ? "row" : "rows"); }

Outcome Told(const JsonObject& with, std::int64_t count) {
  const std::string table = base::GetString(with, "table"), into = base::GetString(with, "into");
  return Done({{"count", count}, {"into", into}},
              fmt::format("{} of {} moved into {}", Counted(count), table, into));
}

// One attempt, all of it one transaction.
class Archive {
 public:
  explicit Archive(PgCall& call) : call_(call), mark_(CallerName(call.context)) {}

  Outcome Run() {
    auto session = Session::Open(call_.context, call_.database());
    if (!session) return Stopped(session.error());
    if (auto ended = EndLeftovers(*session, mark_); !ended) return Stopped(ended.error());
    if (auto begun = BeginSeed(*session, call_.Text("role")); !begun) return Stopped(begun.error());
    auto own = FindSeed(*session, mark_);
    if (!own) return Stopped(own.error());
    if (*own) return End(*session, (*own)->rows.empty() ? 0 : (*own)->rows.begin()->second);
    looked_ = true;
    if (auto fit = RequirePurpose(*session, call_.with()); !fit) return NotDone(base::ToString(fit.error()));
    auto count = Move(*session);
    if (!count) return Stopped(count.error());
    if (auto noted = call_.sink.Note({{"begun", true}}); !noted)
      return NotDone(base::ToString(noted.error()));
    if (auto done = session->Execute("COMMIT"); !done) {
      if (done.error().kind == SqlFailure::kLost)
        return Unknown(ToString(done.error()), Evidence(done.error()));
      return Stopped(done.error());
    }
    return End(*session, *count);
  }

 private:
  Outcome End(Session& session, std::int64_t count) const {
    Outcome told = Told(call_.with(), count);
    if (base::GetBool(call_.prepared.prior, "makes")) {
      static_cast<void>(session.Execute("COMMIT"));
      told.outputs["schema"] = SchemaLeft(session);
    }
    return told;
  }

  SqlResult<std::int64_t> Move(Session& session) {
    SLIPWAY_TRY(const ArchiveTable from, FindArchiveTable(session, call_.Text("table")));
    const std::string into = QuoteTable(call_.Text("into"));
    SLIPWAY_TRY(const Rows there, session.Query("SELECT to_regclass($1) IS NOT NULL", {into}));
    if (!there.Boolean(0, 0))
      SLIPWAY_CHECK_OK(session.Execute(fmt::format(
          "CREATE TABLE {0} (LIKE {1}); ALTER TABLE {0} ADD PRIMARY KEY ({2})", into, from.name, from.keys)));
    SLIPWAY_TRY(
        const Rows moved,
        session.Query(
            fmt::format("WITH moved AS (DELETE FROM {0} WHERE {1} < $1::date::timestamp AT TIME ZONE 'UTC' - "
                        "$2::bigint * interval '1 millisecond' RETURNING {2}) "
                        "INSERT INTO {3} ({2}) SELECT {2} FROM moved",
                        from.name, QuoteName(call_.Text("column")), from.columns, into),
            {call_.Text("as_of"), std::to_string(call_.Integer("older_than"))}));
    SLIPWAY_TRY(const ArchiveTable to, FindArchiveTable(session, into));
    SLIPWAY_CHECK_OK(
        session.Query("INSERT INTO slipway.seeds (mark, content, sha256, rows) VALUES ($1, $2, '', "
                      "jsonb_build_object($3::text, $4::bigint))",
                      {mark_, "archive of " + from.name, to.name, std::to_string(moved.affected())}));
    SLIPWAY_TRY(
        const Rows recorded,
        session.Query(fmt::format("INSERT INTO slipway.seeded_rows SELECT $1, $2, jsonb_build_object({}), "
                                  "md5(slipway_row::text) FROM {} AS slipway_row "
                                  "WHERE slipway_row.xmin = pg_current_xact_id()::xid",
                                  to.key, to.name),
                      {mark_, to.name}));
    if (recorded.affected() != moved.affected()) {
      SqlError error{.kind = SqlFailure::kStatement, .where = session.where()};
      error.message = fmt::format("{} were moved and {} of them are found again", Counted(moved.affected()),
                                  recorded.affected());
      return std::unexpected(error);
    }
    SLIPWAY_CHECK_OK(RememberOwnRows(session));
    return moved.affected();
  }

  Outcome Stopped(const SqlError& error) const { return SeedStopped(call_, error, looked_); }

  PgCall& call_;
  const std::string mark_;
  bool looked_ = false;
};

Outcome Run(PgCall& call) { return Archive(call).Run(); }

Outcome Probe(PgCall& call) {
  auto seed = LookForSeed(call);
  if (!seed) return Unknown(ToString(seed.error()));
  if (!*seed) return NotDone("nothing was moved");
  return Told(call.with(), (*seed)->rows.empty() ? 0 : (*seed)->rows.begin()->second);
}

Result<Prepared> Prepare(Prepared given, Context& context) {
  SLIPWAY_TRY(Prepared prepared, CompleteArchive(std::move(given), context));
  const JsonObject& with = prepared.action.with;
  SLIPWAY_TRY(Session session, OpenForPurpose(context, with));
  auto table = FindArchiveTable(session, base::GetString(with, "table"));
  if (!table) return std::unexpected(base::Error(table.error()));
  auto there =
      session.Query("SELECT to_regclass($1) IS NOT NULL", {QuoteTable(base::GetString(with, "into"))});
  if (!there) return std::unexpected(base::Error(there.error()));
  prepared.prior["makes"] = !there->Boolean(0, 0);
  return prepared;
}

ActionSheet Sheet() {
  ActionSheet sheet;
  sheet.name = "postgres.archive";
  sheet.summary = "Moves the rows of a table that are older than so long into a table of their own.";
  sheet.effect = Effect::kChanges;
  sheet.interruption = Interruption::kRepeat;
  sheet.undo = UndoKind::kAutomatic;
  sheet.undo_text = "postgres.unarchive moves exactly these rows back; the archive's table stays";
  sheet.arguments = {
      ConnectionArgument(),
      DatabaseArgument("The database."),
      {.name = "table", .description = "The table; it has a primary key.", .required = true, .pinned = true},
      {.name = "column",
       .description = "Its column with the time that counts.",
       .required = true,
       .pinned = true},
      {.name = "older_than",
       .type = ArgumentType::kDuration,
       .description = "How old a row may be on `as_of`.",
       .required = true},
      {.name = "as_of",
       .description = "The day, such as 2026-11-21, at its beginning in UTC.",
       .required = true},
      {.name = "into",
       .description = "The table they move into, made where it is missing.",
       .required = true,
       .pinned = true},
      PurposeArgument(),
      {.name = "role", .description = "Who moves them; the owner of the database when omitted."}};
  sheet.outputs = {
      {"count", "How many rows were moved."},
      {"into", "The table they are in."},
      {"schema", "The digest of the database's schema as it was left, where that table was made.", true}};
  sheet.example =
      "id: archive\ntitle: Archive old violations\nuses: postgres.archive\n"
      "with: { database: demo, table: violations, column: seen_at, older_than: 180d, as_of: \"2026-11-21\", "
      "into: "
      "violations_archive }\n";
  return sheet;
}

}  // namespace

std::string QuoteTable(const std::string& table) {
  std::vector<std::string> parts = base::Split(table, '.');
  for (std::string& part : parts) part = QuoteName(part);
  return base::Join(parts, ".");
}

SqlResult<ArchiveTable> FindArchiveTable(Session& session, const std::string& table) {
  // A name that was quoted by the server already is taken as it is.
  SLIPWAY_TRY(const Rows found, session.Query(kTable, {table.contains('"') ? table : QuoteTable(table)}));
  if (found.size() > 0 && !found.IsNull(0, 2))
    return ArchiveTable{found.Text(0, 0), found.Text(0, 1), found.Text(0, 2), found.Text(0, 3)};
  SqlError error{.kind = SqlFailure::kStatement, .where = session.where()};
  error.message = found.size() == 0 ? "there is no table " + base::Quote(table)
                                    : "the table " + base::Quote(table) + " has no primary key";
  return std::unexpected(error);
}

Result<Prepared> CompleteArchive(Prepared prepared, const Context& context) {
  const JsonObject& with = prepared.action.with;
  for (const std::string_view key : {"table", "into"}) {
    const std::vector<std::string> parts = base::Split(base::GetString(with, key), '.');
    if (parts.size() > 2)
      return Invalid(fmt::format("`{}` is a name, with a schema before it or without", key));
    for (const std::string& part : parts) SLIPWAY_CHECK_OK(CheckName("table", part));
  }
  SLIPWAY_CHECK_OK(CheckName("column", base::GetString(with, "column")));
  if (base::GetInt(with, "older_than") < 0) return Invalid("`older_than` is a duration such as 180d");
  if (!base::ParseTime(base::GetString(with, "as_of") + "T00:00:00Z"))
    return Invalid(base::Quote(base::GetString(with, "as_of")) + " is no day", "as_of",
                   "write it like 2026-11-21");
  prepared.prior = {{"table", with.at("table")}};
  JsonObject undo{{"database", with.at("database")},
                  {"table", with.at("table")},
                  {"into", with.at("into")},
                  {"made_by", CallerName(context)}};
  if (const base::Json* connection = with.if_contains("connection")) undo["connection"] = *connection;
  prepared.undo = Action{"postgres.unarchive", std::move(undo)};
  return prepared;
}

PgAction ArchiveAction() {
  return {.sheet = Sheet(), .prepare = Prepare, .run = Run, .probe = Probe, .restored = TakenBack};
}

}  // namespace slipway::drivers::postgres
