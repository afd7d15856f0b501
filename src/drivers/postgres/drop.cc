// postgres.drop: removes exactly what one postgres.provision made, and only while nobody would miss it.
#include <fmt/format.h>

#include "base/text.h"
#include "drivers/postgres/actions.h"
#include "drivers/postgres/arguments.h"
#include "drivers/postgres/findings.h"
#include "drivers/postgres/made.h"
#include "drivers/postgres/own_rows.h"
#include "drivers/postgres/session.h"

namespace slipway::drivers::postgres {
namespace {

using base::JsonObject;

std::string Role(const PgCall& call) {
  const std::string role = call.Text("role");
  return role.empty() ? call.database() : role;
}

// While the database stands nothing was changed; the order of the steps sees to that.
Outcome Refuse(std::string reason, JsonObject evidence = {}) {
  return NotDone(std::move(reason), std::move(evidence));
}

Outcome Stopped(const SqlError& error, bool begun) {
  if (error.kind == SqlFailure::kLost || begun) {
    if (error.kind == SqlFailure::kStatement) return Failed(ToString(error), Evidence(error));
    return Unknown(ToString(error), Evidence(error));
  }
  return NotDone(ToString(error), Evidence(error));
}

// Would anybody miss it? kDone: nobody.
Outcome Judge(PgCall& call, Session& session) {
  auto visitors = Visitors(session, call.database());
  if (!visitors) return Stopped(visitors.error(), false);
  if (!visitors->empty())
    return Refuse(fmt::format("somebody is connected to database {}: {}", call.database(), *visitors),
                  {{"connected", *visitors}});
  auto inside = Session::Open(call.context, call.database());
  if (!inside) return Stopped(inside.error(), false);
  auto appeared = AppearedRows(*inside);
  if (!appeared) return Stopped(appeared.error(), false);
  if (appeared->empty()) return Done();
  if (appeared->size() > 5) appeared->resize(5);
  return Refuse(fmt::format("database {} holds rows that slipway did not put there: {}", call.database(),
                            base::Join(*appeared, ", ")),
                {{"tables", base::JsonArray(appeared->begin(), appeared->end())}});
}

Outcome DropDatabase(PgCall& call, Session& session, const Made& made) {
  if (!made.broken) {
    if (Outcome judged = Judge(call, session); judged.verdict != Verdict::kDone) return judged;
  }
  // Refused by the server where somebody connected since; it is not forced. One that is cancelled half way
  // leaves a database that can only be dropped again.
  auto dropped = session.Execute("DROP DATABASE " + QuoteName(call.database()));
  if (!dropped) return Stopped(dropped.error(), dropped.error().kind == SqlFailure::kStopped);
  return Done();
}

Outcome Run(PgCall& call) {
  const std::string made_by = call.Text("made_by"), role = Role(call);
  auto session = Session::Open(call.context);
  if (!session) return Stopped(session.error(), !call.progress.empty());
  for (const std::string& name : {CallerName(call.context), made_by}) {
    if (auto ended = EndLeftovers(*session, name); !ended)
      return Stopped(ended.error(), !call.progress.empty());
  }
  auto made = LookMade(*session, call.database(), role, made_by);
  if (!made) return Stopped(made.error(), !call.progress.empty());
  const JsonObject marks{{"database", made->database_mark}, {"role", made->role_mark}, {"made_by", made_by}};
  if (made->database == Standing::kForeign)
    return Refuse(fmt::format("database {} was not made by {}", call.database(), base::Quote(made_by)),
                  marks);
  if (made->database != Standing::kAbsent) {
    if (Outcome dropped = DropDatabase(call, *session, *made); dropped.verdict != Verdict::kDone)
      return dropped;
  }
  // A role of another's making stays; so does what it made.
  const bool ours = made->role == Standing::kWhole;
  if (ours) {
    if (auto dropped = session->Execute("DROP ROLE " + QuoteName(role)); !dropped)
      return Stopped(dropped.error(), true);
  }
  if (const std::string secret = call.Text("keep_as"); !secret.empty()) {
    // What is kept for somebody else was never the password of this role.
    if (auto forgotten = call.context.secrets.Remove(secret, made_by);
        !forgotten && forgotten.error().kind != base::ErrorKind::kRefused)
      return Failed(fmt::format("database and role are gone, their password is not: {}",
                                base::ToString(forgotten.error())));
  }
  return Done({}, fmt::format("database {} and role {} are gone", call.database(), role));
}

base::Result<Prepared> Prepare(Prepared prepared, Context&) {
  if (const std::string role = base::GetString(prepared.action.with, "role"); !role.empty())
    SLIPWAY_CHECK_OK(CheckName("role", role));
  return prepared;
}

Outcome Probe(PgCall& call) {
  auto session = Session::Open(call.context);
  if (!session) return Unknown(ToString(session.error()));
  auto made = LookMade(*session, call.database(), Role(call), call.Text("made_by"));
  if (!made) return Unknown(ToString(made.error()));
  const bool role = made->role == Standing::kWhole;
  if (made->database == Standing::kAbsent && !role) return Done({}, "neither is there");
  if (made->database == Standing::kAbsent)
    return Unknown(fmt::format("half done: role {} is still there", Role(call)));
  return NotDone(fmt::format("database {} is still there", call.database()));
}

ActionSheet Sheet() {
  ActionSheet sheet;
  sheet.name = "postgres.drop";
  sheet.summary = "Removes a database, its role and its password, where one postgres.provision made them.";
  sheet.effect = Effect::kChanges;
  sheet.interruption = Interruption::kRepeat;
  sheet.undo = UndoKind::kDeclared;
  sheet.undo_text = "nothing brings the rows back; the procedure says what is to be done";
  sheet.instant_prepare = true;
  sheet.arguments = {
      ConnectionArgument(),
      DatabaseArgument("The database to remove."),
      {.name = "role", .description = "Its role; of the database's name when omitted.", .pinned = true},
      {.name = "keep_as", .description = "The name under which slipway keeps its password.", .pinned = true},
      {.name = "made_by",
       .description = "The mark of the step that made it, as the comment on the database has it.",
       .required = true}};
  sheet.example =
      "id: drop\ntitle: Remove the database again\nuses: postgres.drop\n"
      "with: { database: acme, keep_as: acme_db_password, made_by: \"slipway R7/provision@acme "
      "#5d41402abc4b\" }\n"
      "undo: { none: \"it held nothing\" }\n";
  return sheet;
}

}  // namespace

PgAction DropAction() { return {.sheet = Sheet(), .prepare = Prepare, .run = Run, .probe = Probe}; }

}  // namespace slipway::drivers::postgres
