// postgres.unarchive: exactly the rows that one postgres.archive moved, moved back.
#include <fmt/format.h>

#include "base/text.h"
#include "drivers/postgres/actions.h"
#include "drivers/postgres/arguments.h"
#include "drivers/postgres/content/archive_rows.h"
#include "drivers/postgres/content/seeded.h"

namespace slipway::drivers::postgres {
namespace {

class Unarchive {
 public:
  explicit Unarchive(PgCall& call) : call_(call), made_by_(call.Text("made_by")) {}

  Outcome Run() {
    auto session = Session::Open(call_.context, call_.database());
    if (!session) return Stopped(session.error());
    for (const std::string& name : {CallerName(call_.context), made_by_}) {
      if (auto ended = EndLeftovers(*session, name); !ended) return Stopped(ended.error());
    }
    if (auto begun = BeginSeed(*session, call_.Text("role")); !begun) return Stopped(begun.error());
    auto seed = FindSeed(*session, made_by_);
    if (!seed) return Stopped(seed.error());
    // An attempt before this one has done it, as it noted.
    if (!*seed) return Told(call_.progress.empty() ? 0 : base::GetInt(call_.progress.back(), "count"));
    looked_ = true;
    const std::int64_t wanted = (*seed)->rows.empty() ? 0 : (*seed)->rows.begin()->second;
    auto moved = MoveBack(*session);
    if (!moved) return Stopped(moved.error());
    if (*moved != wanted)
      return NotDone(fmt::format("of {} rows that were archived {} are there as they were", wanted, *moved),
                     {{"archived", wanted}, {"there", *moved}});
    if (auto noted = call_.sink.Note({{"begun", true}, {"count", wanted}}); !noted)
      return NotDone(base::ToString(noted.error()));
    if (auto done = session->Execute("COMMIT"); !done) {
      if (done.error().kind == SqlFailure::kLost)
        return Unknown(ToString(done.error()), Evidence(done.error()));
      return Stopped(done.error());
    }
    return Told(wanted);
  }

 private:
  SqlResult<std::int64_t> MoveBack(Session& session) {
    SLIPWAY_TRY(const ArchiveTable to, FindArchiveTable(session, call_.Text("table")));
    SLIPWAY_TRY(const ArchiveTable from, FindArchiveTable(session, call_.Text("into")));
    SLIPWAY_TRY(
        const Rows moved,
        session.Query(fmt::format("WITH back AS (DELETE FROM {0} AS slipway_row USING slipway.seeded_rows s "
                                  "WHERE s.mark = $1 AND s.key = jsonb_build_object({1}) "
                                  "AND s.md5 = md5(slipway_row::text) RETURNING slipway_row.*) "
                                  "INSERT INTO {2} ({3}) OVERRIDING SYSTEM VALUE SELECT {3} FROM back",
                                  from.name, from.key, to.name, to.columns),
                      {made_by_}));
    SLIPWAY_CHECK_OK(ForgetSeed(session, made_by_));
    return moved.affected();
  }

  Outcome Told(std::int64_t count) const {
    return Done({{"count", count}},
                count == 0 ? "nothing of it is archived"
                           : fmt::format("{} rows moved back into {}", count, call_.Text("table")));
  }

  Outcome Stopped(const SqlError& error) const { return SeedStopped(call_, error, looked_); }

  PgCall& call_;
  const std::string made_by_;
  bool looked_ = false;
};

Outcome Run(PgCall& call) { return Unarchive(call).Run(); }

ActionSheet Sheet() {
  ActionSheet sheet;
  sheet.name = "postgres.unarchive";
  sheet.summary = "Moves the rows that one postgres.archive moved back where they were.";
  sheet.effect = Effect::kChanges;
  sheet.interruption = Interruption::kRepeat;
  sheet.undo = UndoKind::kDeclared;
  sheet.undo_text = "postgres.archive moves them again";
  sheet.instant_prepare = true;
  sheet.arguments = {
      ConnectionArgument(),
      DatabaseArgument("The database."),
      {.name = "table", .description = "The table they came from.", .required = true, .pinned = true},
      {.name = "into", .description = "The table they are in.", .required = true, .pinned = true},
      {.name = "made_by",
       .description = "The mark of the step that moved them, as slipway.seeds has it.",
       .required = true},
      {.name = "role", .description = "Who moves them; the owner of the database when omitted."}};
  sheet.outputs = {{"count", "How many rows were moved back."}};
  sheet.example =
      "id: back\ntitle: Move the violations back\nuses: postgres.unarchive\n"
      "with: { database: demo, table: violations, into: violations_archive, made_by: \"slipway "
      "R7/archive@demo "
      "#5d41402abc4b\" }\nundo: { none: \"postgres.archive moves them again\" }\n";
  return sheet;
}

}  // namespace

PgAction UnarchiveAction() { return {.sheet = Sheet(), .run = Run}; }

}  // namespace slipway::drivers::postgres
