// postgres.drop: removes exactly what one postgres.provision made, and only while nobody would miss it.
#include <fmt/format.h>

#include "base/text.h"
#include "drivers/postgres/actions.h"
#include "drivers/postgres/arguments.h"
#include "drivers/postgres/customers/drop.h"
#include "drivers/postgres/customers/made.h"
#include "drivers/postgres/database/own_rows.h"
#include "drivers/postgres/database/purpose.h"
#include "drivers/postgres/findings.h"
#include "drivers/postgres/session/session.h"

namespace slipway::drivers::postgres {
namespace {

using base::JsonObject;

// What was remembered of the database is no more.
Outcome Gone(std::string reason) { return Done({{"version", ""}, {"schema", ""}}, std::move(reason)); }

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

// Of a database that is there for nobody's sake, whoever is in it and whatever it holds: is it one?
Outcome JudgePurpose(PgCall& call) {
  auto inside = Session::Open(call.context, call.database());
  if (!inside) return Stopped(inside.error(), false);
  if (auto fit = RequirePurpose(*inside, call.with()); !fit) return Refuse(base::ToString(fit.error()));
  return Done();
}

Outcome DropDatabase(PgCall& call, Session& session, const Made& made) {
  const bool by_purpose = !call.Text("purpose").empty();
  if (!made.broken) {
    Outcome judged = by_purpose ? JudgePurpose(call) : Judge(call, session);
    if (judged.verdict != Verdict::kDone) return judged;
  }
  // Refused by the server where somebody connected since; it is not forced. One that is cancelled half way
  // leaves a database that can only be dropped again.
  auto dropped =
      session.Execute("DROP DATABASE " + QuoteName(call.database()) + (by_purpose ? " WITH (FORCE)" : ""));
  if (!dropped) return Stopped(dropped.error(), dropped.error().kind == SqlFailure::kStopped);
  return Done();
}

// Whose the database is and which passwords of its users were kept: noted before it is dropped, since
// afterwards nothing tells. Of an earlier attempt, what that one noted.
base::Result<JsonObject> FindMaker(PgCall& call, Session& session) {
  if (!call.Text("made_by").empty()) return JsonObject{{"made_by", call.Text("made_by")}};
  if (!call.progress.empty()) return call.progress.front();
  auto made = LookMade(session, call.database(), Role(call), "");
  if (!made) return std::unexpected(base::Error(made.error()));
  JsonObject maker{{"made_by", made->database_mark}};
  base::JsonArray secrets;
  if (made->database != Standing::kAbsent && !made->broken && !call.Text("keep_as").empty()) {
    auto inside = Session::Open(call.context, call.database());
    if (!inside) return std::unexpected(base::Error(inside.error()));
    SLIPWAY_CHECK_OK(RequirePurpose(*inside, call.with()));
    auto there = inside->Query("SELECT to_regclass('slipway.seeds') IS NOT NULL");
    if (!there) return std::unexpected(base::Error(there.error()));
    if (there->Boolean(0, 0)) {
      auto kept = inside->Query("SELECT secret, mark FROM slipway.seeds WHERE secret <> ''");
      if (!kept) return std::unexpected(base::Error(kept.error()));
      for (int i = 0; i < kept->size(); ++i)
        secrets.push_back(JsonObject{{"name", kept->Text(i, 0)}, {"by", kept->Text(i, 1)}});
    }
  }
  maker["secrets"] = std::move(secrets);
  SLIPWAY_CHECK_OK(call.sink.Note(maker));
  return maker;
}

// What is kept for somebody else was never the password of this role, or of its users.
base::Status Forget(PgCall& call, const std::string& name, const std::string& by) {
  auto forgotten = call.context.secrets.Remove(name, by);
  if (forgotten || forgotten.error().kind == base::ErrorKind::kRefused) return {};
  return std::unexpected(forgotten.error());
}

// By purpose, and no mark says who made it: nothing of it is there, or nobody knows whose it is.
Outcome Unmarked(PgCall& call, Session& session) {
  auto made = LookMade(session, call.database(), Role(call), "");
  if (!made) return Stopped(made.error(), false);
  if (made->database == Standing::kAbsent)
    return Gone(fmt::format("there is no database {}", call.database()));
  return Refuse(fmt::format("database {} carries no mark of who made it", call.database()));
}

Outcome Run(PgCall& call) {
  const std::string role = Role(call);
  auto session = Session::Open(call.context);
  if (!session) return Stopped(session.error(), !call.progress.empty());
  auto maker = FindMaker(call, *session);
  if (!maker)
    return call.progress.empty() ? NotDone(base::ToString(maker.error()))
                                 : Unknown(base::ToString(maker.error()));
  const std::string made_by = base::GetString(*maker, "made_by");
  if (made_by.empty()) return Unmarked(call, *session);
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
    base::Status forgotten = Forget(call, secret, made_by);
    for (const base::Json& one : base::GetArray(*maker, "secrets")) {
      if (forgotten)
        forgotten =
            Forget(call, base::GetString(one.get_object(), "name"), base::GetString(one.get_object(), "by"));
    }
    if (!forgotten)
      return Failed(fmt::format("database and role are gone, their password is not: {}",
                                base::ToString(forgotten.error())));
  }
  return Gone(fmt::format("database {} and role {} are gone", call.database(), role));
}

base::Result<Prepared> Prepare(Prepared prepared, Context& context) {
  SLIPWAY_TRY(prepared, CompleteDrop(std::move(prepared)));
  if (base::GetString(prepared.action.with, "purpose").empty()) return prepared;
  auto session = Session::Open(context, base::GetString(prepared.action.with, "database"));
  if (!session && session.error().state == kNoSuchDatabase) return prepared;
  if (!session) return std::unexpected(base::Error(session.error()));
  SLIPWAY_CHECK_OK(RequirePurpose(*session, prepared.action.with));
  return prepared;
}

Outcome Probe(PgCall& call) {
  auto session = Session::Open(call.context);
  if (!session) return Unknown(ToString(session.error()));
  const std::string made_by = call.Text("made_by").empty() && !call.progress.empty()
                                  ? base::GetString(call.progress.front(), "made_by")
                                  : call.Text("made_by");
  auto made = LookMade(*session, call.database(), Role(call), made_by);
  if (!made) return Unknown(ToString(made.error()));
  const bool role = made->role == Standing::kWhole;
  if (made->database == Standing::kAbsent && !role) return Gone("neither is there");
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
  sheet.arguments = {
      ConnectionArgument(),
      DatabaseArgument("The database to remove."),
      {.name = "role", .description = "Its role; of the database's name when omitted.", .pinned = true},
      {.name = "keep_as", .description = "The name under which slipway keeps its password.", .pinned = true},
      {.name = "made_by",
       .description = "The mark of the step that made it, as the comment on the database has it."},
      {.name = "purpose",
       .description = "Instead of `made_by`: whoever is connected and whatever it holds, a database that was "
                      "provisioned "
                      "for this purpose, such as `demo`; any other is refused.",
       .pinned = true}};
  sheet.outputs = {{"version", "Empty: there is none any more.", true},
                   {"schema", "Empty, as there is none any more.", true}};
  sheet.example =
      "id: drop\ntitle: Remove the database again\nuses: postgres.drop\n"
      "with: { database: acme, keep_as: acme_db_password, made_by: \"slipway R7/provision@acme "
      "#5d41402abc4b\" }\n"
      "undo: { none: \"it held nothing\" }\n";
  return sheet;
}

}  // namespace

base::Result<Prepared> CompleteDrop(Prepared prepared) {
  const JsonObject& with = prepared.action.with;
  if (const std::string role = base::GetString(with, "role"); !role.empty())
    SLIPWAY_CHECK_OK(CheckName("role", role));
  if (base::GetString(with, "made_by").empty() == base::GetString(with, "purpose").empty())
    return base::Invalid("postgres.drop needs either `made_by` or `purpose`");
  return prepared;
}

PgAction DropAction() { return {.sheet = Sheet(), .prepare = Prepare, .run = Run, .probe = Probe}; }

}  // namespace slipway::drivers::postgres
