// postgres.status: does a database exist, and which schema version has it?
#include <fmt/format.h>

#include "base/text.h"
#include "drivers/postgres/actions.h"
#include "drivers/postgres/arguments.h"
#include "drivers/postgres/database/beside.h"
#include "drivers/postgres/database/ledger.h"
#include "drivers/postgres/findings.h"

namespace slipway::drivers::postgres {
namespace {

using base::JsonObject;

Outcome Absent(const PgCall& call, const SqlError& error) {
  Outcome done = Done({{"exists", false}, {"version", ""}, {"version_from", ""}, {"size", 0}},
                      fmt::format("there is no database {}", call.database()));
  done.evidence = Evidence(error);
  return done;
}

Outcome Run(PgCall& call) {
  auto session = Session::Open(call.context, call.database());
  if (!session) {
    const SqlError& error = session.error();
    return error.state == kNoSuchDatabase ? Absent(call, error) : Unseen(error);
  }
  auto size = session->Query("SELECT pg_database_size(current_database())");
  if (!size) return Unseen(size.error());
  auto installed = InstalledVersion(*session);
  if (!installed) return Unseen(installed.error());
  JsonObject evidence{
      {"records_that_are_no_version", base::JsonArray(installed->ignored.begin(), installed->ignored.end())}};
  if (installed->version.empty() && !installed->ignored.empty())
    return Unknown(fmt::format("the records in {} of database {} are no versions, such as {}",
                               installed->source, call.database(), base::Quote(installed->ignored.front())),
                   std::move(evidence));
  auto kept = KeptOf(*session, call.database(), call.context.clock.Now());
  if (!kept) return Unseen(kept.error());
  base::JsonArray beside;
  for (const Kept& one : *kept)
    beside.push_back(
        JsonObject{{"name", one.name}, {"until", base::FormatTime(one.until)}, {"past", one.past}});
  Outcome done =
      Done({{"exists", true},
            {"version", installed->version},
            {"version_from", installed->source},
            {"size", size->Integer(0, 0)},
            {"kept", std::move(beside)},
            {"server_version", session->version_text()}},
           fmt::format("{} has {}", call.database(),
                       installed->version.empty() ? "no schema version on record" : installed->version));
  done.evidence = std::move(evidence);
  return done;
}

ActionSheet Sheet() {
  ActionSheet sheet;
  sheet.name = "postgres.status";
  sheet.summary = "Looks whether a database exists and which schema version it has.";
  sheet.effect = Effect::kReads;
  sheet.interruption = Interruption::kRepeat;
  sheet.undo = UndoKind::kNone;
  sheet.instant_prepare = true;
  sheet.observed = true;
  sheet.facts = {"exists", "version"};
  sheet.arguments = {ConnectionArgument(), DatabaseArgument("The database to look at; it need not exist.")};
  sheet.outputs = {
      {"exists", "Whether the database is there."},
      {.name = "version",
       .description =
           "The highest version on record by SemVer order, as it is written there; empty when none is.",
       .recorded = true},
      {"version_from", "The table that says so: slipway.migrations, or somebody's schema_migrations."},
      {"size", "Its size on disk in bytes."},
      {"kept",
       "What restores replaced and keep beside it: `name`, `until`, and whether that is `past`; "
       "postgres.forget drops those."},
      {"server_version", "The server's version as it says it; absent when the database is."}};
  sheet.example =
      "id: before\ntitle: See what is there\nuses: postgres.status\nwith: { database: \"${{ "
      "target.attributes.database }}\" }\n";
  return sheet;
}

}  // namespace

PgAction StatusAction() { return {.sheet = Sheet(), .run = Run}; }

}  // namespace slipway::drivers::postgres
