// postgres.take_back: deletes exactly the rows that one step inserted, and only while they are as it left
// them.
#include <fmt/format.h>

#include "base/count.h"
#include "base/text.h"
#include "drivers/postgres/actions.h"
#include "drivers/postgres/arguments.h"
#include "drivers/postgres/content/seeded.h"
#include "drivers/postgres/session/session.h"

namespace slipway::drivers::postgres {
namespace {

using base::JsonObject;

constexpr char kTables[] =
    "SELECT relation, count(*) FROM slipway.seeded_rows WHERE mark = $1 AND to_regclass(relation) IS NOT "
    "NULL "
    "GROUP BY relation ORDER BY relation";
constexpr char kKey[] = R"(
SELECT string_agg(format('%L, slipway_row.%I', a.attname, a.attname), ', ' ORDER BY a.attnum)
  FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)
 WHERE i.indrelid = to_regclass($1) AND i.indisprimary)";
constexpr char kDeleted[] = R"(
SELECT format('%I.%I', schemaname, relname), n_tup_del, n_tup_upd + n_tup_ins FROM pg_stat_xact_user_tables
 WHERE schemaname <> 'slipway' AND n_tup_ins + n_tup_upd + n_tup_del > 0)";

struct Table {
  std::string name, key;  // `'id', slipway_row.id`
  std::int64_t deleted = 0;
};

std::string Counted(std::int64_t count) { return base::Counted(count, "row"); }

class TakeBack {
 public:
  explicit TakeBack(PgCall& call) : call_(call), made_by_(call.Text("made_by")) {}

  Outcome Run() {
    auto session = Session::Open(call_.context, call_.database());
    if (!session && session.error().state == kNoSuchDatabase)
      return Forget("the database is gone, and the rows with it");
    if (!session) return Stopped(session.error());
    for (const std::string& name : {CallerName(call_.context), made_by_}) {
      if (auto ended = EndLeftovers(*session, name); !ended) return Stopped(ended.error());
    }
    if (auto begun = BeginSeed(*session, call_.Text("role")); !begun) return Stopped(begun.error());
    auto seed = FindSeed(*session, made_by_);
    if (!seed) return Stopped(seed.error());
    if (!*seed) {
      // An attempt before this one noted what it was about to delete, if it came so far.
      if (!call_.progress.empty()) rows_ = base::GetObject(call_.progress.back(), "rows");
      return Forget("nothing of it is there");
    }
    looked_ = true;
    if (auto found = FindTables(*session); !found) return Stopped(found.error());
    auto changed = Changed(*session);
    if (!changed) return Stopped(changed.error());
    if (!changed->empty())
      return NotDone(fmt::format("rows of {} were changed since by somebody else: {}", made_by_, *changed));
    if (auto deleted = Delete(*session); !deleted) return Stopped(deleted.error());
    auto along = AlongWithThem(*session);
    if (!along) return Stopped(along.error());
    if (!along->empty()) return NotDone("deleting its rows would change what others wrote: " + *along);
    for (const Table& table : tables_) rows_[table.name] = table.deleted;
    if (auto noted = call_.sink.Note({{"begun", true}, {"rows", rows_}}); !noted)
      return NotDone(base::ToString(noted.error()));
    if (auto done = Commit(*session); !done) {
      if (done.error().kind == SqlFailure::kLost)
        return Unknown(ToString(done.error()), Evidence(done.error()));
      return Stopped(done.error());
    }
    return Forget(Told((*seed)->content));
  }

 private:
  SqlStatus FindTables(Session& session) {
    SLIPWAY_TRY(const Rows tables, session.Query(kTables, {made_by_}));
    for (int i = 0; i < tables.size(); ++i) {
      SLIPWAY_TRY(const Rows key, session.Query(kKey, {tables.Text(i, 0)}));
      if (key.IsNull(0, 0)) {
        SqlError error{.kind = SqlFailure::kStatement, .where = session.where()};
        error.message = tables.Text(i, 0) + " has no primary key any more";
        return std::unexpected(error);
      }
      tables_.push_back({tables.Text(i, 0), key.Text(0, 0)});
    }
    return {};
  }

  // `2 rows of public.users`: what is there under a key and is not as it was.
  SqlResult<std::string> Changed(Session& session) {
    std::vector<std::string> changed;
    for (const Table& table : tables_) {
      SLIPWAY_TRY(
          const Rows count,
          session.Query(fmt::format("SELECT count(*) FROM {} AS slipway_row JOIN slipway.seeded_rows s "
                                    "ON s.key = jsonb_build_object({}) AND s.mark = $1 AND s.relation = $2 "
                                    "WHERE s.md5 <> md5(slipway_row::text)",
                                    table.name, table.key),
                        {made_by_, table.name}));
      if (count.Integer(0, 0) > 0)
        changed.push_back(fmt::format("{} of {}", Counted(count.Integer(0, 0)), table.name));
    }
    return base::Join(changed, ", ");
  }

  // One statement for all tables, so that rows that need one another go together.
  SqlStatus Delete(Session& session) {
    if (tables_.empty()) return {};
    std::vector<std::string> parts, counts;
    for (std::size_t i = 0; i < tables_.size(); ++i) {
      parts.push_back(
          fmt::format("d{0} AS (DELETE FROM {1} AS slipway_row USING slipway.seeded_rows s "
                      "WHERE s.mark = $1 AND s.relation = {2} AND s.key = jsonb_build_object({3}) "
                      "AND s.md5 = md5(slipway_row::text) RETURNING 1)",
                      i, tables_[i].name, QuoteText(tables_[i].name), tables_[i].key));
      counts.push_back(fmt::format("(SELECT count(*) FROM d{})", i));
    }
    SLIPWAY_TRY(
        const Rows deleted,
        session.Query("WITH " + base::Join(parts, ", ") + " SELECT " + base::Join(counts, ", "), {made_by_}));
    for (std::size_t i = 0; i < tables_.size(); ++i)
      tables_[i].deleted = deleted.Integer(0, static_cast<int>(i));
    return {};
  }

  // What a foreign key with CASCADE or SET NULL, or a trigger, did beside it.
  SqlResult<std::string> AlongWithThem(Session& session) {
    SLIPWAY_TRY(const Rows seen, session.Query(kDeleted));
    std::vector<std::string> along;
    for (int i = 0; i < seen.size(); ++i) {
      std::int64_t more = seen.Integer(i, 1) + seen.Integer(i, 2);
      for (const Table& table : tables_)
        if (table.name == seen.View(i, 0)) more -= table.deleted;
      if (more != 0) along.push_back(fmt::format("{} of {}", Counted(more), seen.Text(i, 0)));
    }
    return base::Join(along, ", ");
  }

  SqlStatus Commit(Session& session) {
    SLIPWAY_CHECK_OK(ForgetSeed(session, made_by_));
    SLIPWAY_CHECK_OK(session.Execute("COMMIT"));
    return {};
  }

  std::string Told(const std::string& content) const {
    std::vector<std::string> texts;
    for (const Table& table : tables_)
      texts.push_back(fmt::format("{} of {}", Counted(table.deleted), table.name));
    return content + ": " +
           (texts.empty() ? "it had inserted nothing" : base::Join(texts, ", ") + " deleted");
  }

  // Last, since the password is of use as long as the user is there.
  Outcome Forget(std::string reason) {
    if (const std::string secret = call_.Text("forget"); !secret.empty()) {
      // What is kept for somebody else stays.
      auto forgotten = call_.context.secrets.Remove(secret, made_by_);
      if (!forgotten && forgotten.error().kind != base::ErrorKind::kRefused)
        return Failed(reason + "; its password is still kept: " + base::ToString(forgotten.error()));
    }
    return Done({{"rows", rows_}}, std::move(reason));
  }

  Outcome Stopped(const SqlError& error) const { return SeedStopped(call_, error, looked_); }

  PgCall& call_;
  const std::string made_by_;
  bool looked_ = false;
  std::vector<Table> tables_;
  JsonObject rows_;  // deleted, by table
};

Outcome Run(PgCall& call) { return TakeBack(call).Run(); }

Outcome IsThere(const Context& context, const std::string& database, const std::string& mark) {
  auto session = Session::Open(context, database);
  if (!session && session.error().state == kNoSuchDatabase) return Done({}, "the database is gone");
  if (!session) return Unknown(ToString(session.error()));
  auto seed = FindSeed(*session, mark);
  if (!seed) return Unknown(ToString(seed.error()));
  if (*seed) return NotDone(fmt::format("the rows of {} are still there", (*seed)->content));
  return Done({}, "nothing of it is there");
}

Outcome Probe(PgCall& call) { return IsThere(call.context, call.database(), call.Text("made_by")); }

ActionSheet Sheet() {
  ActionSheet sheet;
  sheet.name = "postgres.take_back";
  sheet.summary = "Deletes exactly the rows that one postgres.seed or postgres.admin_user inserted.";
  sheet.effect = Effect::kChanges;
  sheet.interruption = Interruption::kRepeat;
  sheet.undo = UndoKind::kDeclared;
  sheet.undo_text = "the procedure says what puts the rows back";
  sheet.instant_prepare = true;
  sheet.arguments = {
      ConnectionArgument(),
      DatabaseArgument("The database."),
      {.name = "made_by",
       .description = "The mark of the step that inserted them, as slipway.seeds has it.",
       .required = true},
      {.name = "forget", .description = "The name of a secret that this step kept, to be forgotten too."},
      {.name = "role", .description = "Who deletes; the owner of the database when omitted."}};
  sheet.outputs = {{"rows", "How many rows were deleted, by table."}};
  sheet.example =
      "id: take-back\ntitle: Take the sample data out again\nuses: postgres.take_back\n"
      "with: { database: acme, made_by: \"slipway R7/sample@acme #5d41402abc4b\" }\n"
      "undo: { none: \"they were samples\" }\n";
  return sheet;
}

}  // namespace

Outcome TakenBack(const Prepared& undone, Context& context) {
  if (!undone.undo) return Unknown("nobody knows which rows it inserted");
  return IsThere(context, base::GetString(undone.action.with, "database"),
                 base::GetString(undone.undo->with, "made_by"));
}

PgAction TakeBackAction() { return {.sheet = Sheet(), .run = Run, .probe = Probe}; }

}  // namespace slipway::drivers::postgres
