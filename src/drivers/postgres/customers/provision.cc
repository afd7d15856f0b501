// postgres.provision: a database and a role of its own for one customer.
//
// In this order, so that a repeat can tell from what stands there how far an earlier attempt came (made.h):
// the password is kept, the role made, the database made, the rest done in one transaction with the mark.
#include "drivers/postgres/customers/provision.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/bytes.h"
#include "base/text.h"
#include "drivers/postgres/actions.h"
#include "drivers/postgres/arguments.h"
#include "drivers/postgres/customers/made.h"
#include "drivers/postgres/database/purpose.h"
#include "drivers/postgres/session/session.h"

namespace slipway::drivers::postgres {
namespace {

using base::Invalid;
using base::Json;
using base::JsonObject;
using base::Refused;
using base::Result;
using base::Status;

// What the connection's role must be allowed.
constexpr char kRights[] =
    "SELECT rolname, rolsuper, rolcreatedb OR rolsuper, rolcreaterole OR rolsuper FROM pg_roles "
    "WHERE rolname = current_user";

std::vector<std::string> SearchPath(const JsonObject& with) {
  std::vector<std::string> path;
  for (const Json& schema : base::GetArray(with, "search_path"))
    path.emplace_back(base::View(schema.get_string()));
  return path;
}

Status CheckRights(Session& session) {
  auto rights = session.Query(kRights);
  if (!rights) return std::unexpected(base::Error(rights.error()));
  if (!rights->Boolean(0, 2) || !rights->Boolean(0, 3))
    return Refused(fmt::format("role {} may not create {}", rights->Text(0, 0),
                               rights->Boolean(0, 2) ? "roles" : "databases"),
                   session.where(), "ALTER ROLE … CREATEDB CREATEROLE, as a superuser");
  return {};
}

Result<Prepared> Prepare(Prepared given, Context& context) {
  SLIPWAY_TRY(Prepared prepared, CompleteProvision(std::move(given), context));
  const std::string database = base::GetString(prepared.action.with, "database");
  const std::string role = base::GetString(prepared.action.with, "role");
  auto session = Session::Open(context);
  if (!session) return std::unexpected(base::Error(session.error()));
  SLIPWAY_CHECK_OK(CheckRights(*session));
  auto made = LookMade(*session, database, role, CallerName(context));
  if (!made) return std::unexpected(base::Error(made.error()));
  if (made->database != Standing::kAbsent)
    return std::unexpected(ThereAlready(context, prepared.action.with, session->where()));
  if (made->role != Standing::kAbsent)
    return Refused(fmt::format("there is a role {} already", base::Quote(role)), session->where());
  return prepared;
}

// One attempt.
class Provision {
 public:
  explicit Provision(PgCall& call)
      : call_(call), database_(call.database()), role_(call.Text("role")), mark_(CallerName(call.context)) {}

  Outcome Run() {
    auto session = Session::Open(call_.context);
    if (!session) return Stopped(session.error());
    if (auto ended = EndLeftovers(*session, mark_); !ended) return Stopped(ended.error());
    auto made = LookMade(*session, database_, role_, mark_);
    if (!made) return Stopped(made.error());
    looked_ = true;
    made_ = made->role == Standing::kWhole;
    if (made->database == Standing::kWhole) return Complete();
    if (made->role == Standing::kForeign) return TakenBy("role", role_);
    if (made->database == Standing::kForeign) return TakenBy("database", database_);
    if (auto noted = call_.sink.Note({{"begun", true}}); !noted) return Stopped(noted.error());
    if (made->role == Standing::kAbsent) {
      if (auto done = MakeRole(*session); done.verdict != Verdict::kDone) return done;
    }
    if (made->database == Standing::kAbsent) {
      auto done = session->Execute(fmt::format("CREATE DATABASE {} OWNER {} TEMPLATE {} ENCODING 'UTF8'",
                                               QuoteName(database_), QuoteName(role_),
                                               QuoteName(call_.Text("template"))));
      if (!done) return Stopped(done.error());
    }
    return Finish();
  }

 private:
  // Nothing stands of this attempt or one before it. Before it has looked, an earlier note says that there
  // may.
  bool Clean() const { return looked_ ? !made_ : call_.progress.empty(); }

  Outcome Stopped(const SqlError& error) {
    if (error.kind != SqlFailure::kLost && Clean()) return Nothing(ToString(error), Evidence(error));
    // A refusal is for good, and what stands there is the undo's; anything else may go on another time.
    if (error.kind == SqlFailure::kStatement) return Failed(ToString(error), Evidence(error));
    return Unknown(ToString(error), Evidence(error));
  }
  Outcome Stopped(const base::Error& error) {
    return Clean() ? Nothing(base::ToString(error)) : Unknown(base::ToString(error));
  }

  // Not done, and the password that no role has is not kept either.
  Outcome Nothing(const std::string& reason, JsonObject evidence = {}) {
    if (looked_) {
      const Status forgotten = call_.context.secrets.Remove(call_.Text("keep_as"), mark_);
      if (!forgotten && forgotten.error().kind != base::ErrorKind::kRefused)
        return Failed(reason + "; " + base::ToString(forgotten.error()));
    }
    return NotDone(reason, std::move(evidence));
  }

  Outcome TakenBy(std::string_view what, const std::string& name) {
    const std::string reason =
        fmt::format("there is a {} {} that this step did not make", what, base::Quote(name));
    JsonObject evidence{{what, name}};
    return made_ ? Failed(reason, std::move(evidence)) : Nothing(reason, std::move(evidence));
  }

  // The clear password leaves this process only into the secret store; the server gets a verifier.
  Outcome MakeRole(Session& session) {
    auto kept = KeepPassword(call_);
    if (!kept) return Stopped(kept.error());
    auto verifier = session.Verifier(role_, *kept);
    if (!verifier) return Stopped(verifier.error());
    auto rights = session.Query(kRights);
    if (!rights) return Stopped(rights.error());
    const std::string role = QuoteName(role_);
    std::string sql = fmt::format(
        "CREATE ROLE {} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS CONNECTION LIMIT "
        "{} "
        "PASSWORD {}; COMMENT ON ROLE {} IS {}",
        role, call_.Integer("connection_limit"), QuoteText(*verifier), role, QuoteText(mark_));
    // Who is no superuser must be a member of the role to give it a database.
    if (!rights->Boolean(0, 1)) sql += fmt::format("; GRANT {} TO CURRENT_USER", role);
    auto done = session.Execute(sql);
    if (!done) return Stopped(done.error());
    made_ = true;
    return Done();
  }

  // What the role may, and nobody else.
  std::vector<std::string> Rights(const std::string& database, const std::string& role) const {
    const std::vector<std::string> path = SearchPath(call_.with());
    const std::string own = QuoteName(path.front());
    std::vector<std::string> quoted;
    for (const std::string& schema : path) quoted.push_back(QuoteName(schema));
    return {
        fmt::format("REVOKE ALL ON DATABASE {} FROM PUBLIC", database),
        fmt::format("GRANT CONNECT ON DATABASE {} TO {}", database, role),
        fmt::format("CREATE SCHEMA IF NOT EXISTS {}", own),
        "DO $$ BEGIN IF to_regnamespace('public') IS NOT NULL THEN REVOKE CREATE ON SCHEMA public FROM "
        "PUBLIC; "
        "END IF; END $$",
        call_.Text("owns") == "nothing" ? fmt::format("GRANT USAGE ON SCHEMA {} TO {}", own, role)
                                        : fmt::format("ALTER SCHEMA {} OWNER TO {}", own, role),
        fmt::format(
            "ALTER DEFAULT PRIVILEGES IN SCHEMA {} GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {}", own,
            role),
        fmt::format("ALTER DEFAULT PRIVILEGES IN SCHEMA {} GRANT USAGE, SELECT, UPDATE ON SEQUENCES TO {}",
                    own, role),
        fmt::format("ALTER ROLE {} IN DATABASE {} SET search_path = {}", role, database,
                    base::Join(quoted, ", "))};
  }

  // All or nothing, the mark with it.
  Outcome Finish() {
    auto inside = Session::Open(call_.context, database_);
    if (!inside) return Stopped(inside.error());
    const std::string database = QuoteName(database_), role = QuoteName(role_);
    std::vector<std::string> sql;
    // First: what is granted to the owner goes over to the next owner.
    if (call_.Text("owns") != "database")
      sql.push_back(fmt::format("ALTER DATABASE {} OWNER TO CURRENT_USER", database));
    for (const std::string& statement : Rights(database, role)) sql.push_back(statement);
    if (const std::string purpose = call_.Text("purpose"); !purpose.empty())
      sql.push_back(MarkPurpose(purpose, call_.Text("owns") == "database" ? role : "CURRENT_USER"));
    sql.push_back(fmt::format("COMMENT ON DATABASE {} IS {}", database, QuoteText(mark_)));
    auto done = inside->Execute(base::Join(sql, "; "));
    if (!done) return Stopped(done.error());
    return Complete();
  }

  Outcome Complete() const {
    return Done({{"database", database_}, {"role", role_}, {"kept_as", call_.Text("keep_as")}},
                fmt::format("database {} for role {}", database_, role_));
  }

  PgCall& call_;
  const std::string database_, role_, mark_;
  bool looked_ = false;
  bool made_ = false;  // the role stands, and with it maybe the database
};

Outcome Run(PgCall& call) { return Provision(call).Run(); }

// The engine repeats; whoever asks nevertheless gets the truth.
Outcome Probe(PgCall& call) {
  const std::string mark = CallerName(call.context);
  auto session = Session::Open(call.context);
  if (!session) return Unknown(ToString(session.error()));
  if (auto ended = EndLeftovers(*session, mark); !ended) return Unknown(ToString(ended.error()));
  auto made = LookMade(*session, call.database(), call.Text("role"), mark);
  if (!made) return Unknown(ToString(made.error()));
  if (made->database == Standing::kWhole)
    return Done({}, fmt::format("database {} is there", call.database()));
  if (made->database == Standing::kHalf || made->role == Standing::kWhole)
    return Unknown(fmt::format("half done: role {} is there, and database {} is {}", call.Text("role"),
                               call.database(), made->database == Standing::kHalf ? "not finished" : "not"));
  return NotDone(fmt::format("neither database {} nor role {} is there", call.database(), call.Text("role")));
}

Outcome Restored(const Prepared& undone, Context& context) {
  const std::string database = base::GetString(undone.action.with, "database");
  const std::string role = base::GetString(undone.action.with, "role");
  auto session = Session::Open(context);
  if (!session) return Unknown(ToString(session.error()));
  auto made = LookMade(*session, database, role, "");
  if (!made) return Unknown(ToString(made.error()));
  if (made->database != Standing::kAbsent)
    return NotDone(fmt::format("database {} is still there", database));
  if (made->role != Standing::kAbsent) return NotDone(fmt::format("role {} is still there", role));
  return Done({}, fmt::format("neither database {} nor role {} is there, as before", database, role));
}

ActionSheet Sheet() {
  ActionSheet sheet;
  sheet.name = "postgres.provision";
  sheet.summary = "Makes a database and a role of its own for one customer, with a password nobody has seen.";
  sheet.effect = Effect::kChanges;
  sheet.interruption = Interruption::kRepeat;
  sheet.undo = UndoKind::kAutomatic;
  sheet.undo_text =
      "postgres.drop removes database, role and password, and refuses where somebody is connected or rows "
      "appeared";
  sheet.arguments = {
      ConnectionArgument(),
      DatabaseArgument("The database to make; there must be none of that name."),
      {.name = "role",
       .description =
           "The role to make; of the database's name when omitted. There must be none of that name.",
       .pinned = true},
      {.name = "keep_as",
       .description =
           "The name under which slipway keeps the password it makes; nothing may be kept there yet.",
       .required = true,
       .pinned = true},
      {.name = "kept",
       .type = ArgumentType::kEnum,
       .description =
           "Where something is kept under that name already: `refuse`, or `use` it as the password.",
       .fallback = "refuse",
       .values = {"refuse", "use"}},
      {.name = "owns",
       .type = ArgumentType::kEnum,
       .description =
           "What belongs to the role: its `schema`, where it makes and drops tables; the `database` as well, "
           "which it may drop; `nothing`, so that it only reads and writes rows of tables that the "
           "connection's role makes.",
       .fallback = "schema",
       .values = {"schema", "database", "nothing"}},
      {.name = "search_path",
       .type = ArgumentType::kStrings,
       .description = "The role's search path; the first schema is its own, and made where it is missing.",
       .fallback = base::JsonArray{"public"}},
      Argument("connection_limit", ArgumentType::kInteger,
               "How many connections the role may have; -1 is no limit.", -1),
      {.name = "purpose",
       .description =
           "What the database is for, such as `demo`: written down in it, for actions that act on no other.",
       .pinned = true},
      {.name = "template", .description = "The database to copy.", .fallback = "template0", .pinned = true}};
  sheet.outputs = {
      {"database", "The database."}, {"role", "The role."}, {"kept_as", "The name of its password."}};
  sheet.example =
      "id: provision\ntitle: Make the customer's database\nuses: postgres.provision\n"
      "with: { database: acme, keep_as: acme_db_password, connection_limit: 20 }\n";
  return sheet;
}

}  // namespace

base::Result<base::Secret> KeepPassword(PgCall& call) {
  const std::string name = call.Text("keep_as");
  auto kept = call.context.secrets.Put(name, NewPassword(call.context.random), CallerName(call.context));
  if (!kept && kept.error().kind == base::ErrorKind::kRefused && call.Text("kept") == "use")
    return call.context.secrets.Get(name);
  return kept;
}

base::Secret NewPassword(base::Random& random) {
  std::string text = base::Base64(random.Bytes(32));
  std::ranges::replace(text, '+', '-');
  std::ranges::replace(text, '/', '_');
  while (text.ends_with('=')) text.pop_back();
  return base::Secret(std::move(text));
}

Result<Prepared> CompleteProvision(Prepared prepared, const Context& context) {
  JsonObject& with = prepared.action.with;
  const std::string database = base::GetString(with, "database");
  if (!with.contains("role")) with["role"] = database;
  const std::string role = base::GetString(with, "role");
  SLIPWAY_CHECK_OK(CheckName("role", role));
  if (role.starts_with("pg_")) return Invalid("role names that begin with pg_ are PostgreSQL's own", "role");
  if (!base::IsId(base::GetString(with, "keep_as")))
    return Invalid(base::Quote(base::GetString(with, "keep_as")) + " is no name of a secret", "",
                   "a lower-case letter, then lower-case letters, digits, `-` or `_`, at most 64");
  if (const std::string purpose = base::GetString(with, "purpose");
      with.contains("purpose") && !base::IsId(purpose))
    return Invalid(base::Quote(purpose) + " is no purpose", "", "a word such as demo");
  const std::int64_t limit = base::GetInt(with, "connection_limit");
  if (limit < -1 || limit > 10'000) return Invalid("`connection_limit` is a number from 0, or -1 for none");
  const std::vector<std::string> path = SearchPath(with);
  if (path.empty()) return Invalid("`search_path` names at least one schema");
  for (const std::string& schema : path) SLIPWAY_CHECK_OK(CheckName("schema", schema));
  prepared.prior = {{"database", "absent"}, {"role", "absent"}};
  JsonObject undo{{"database", database},
                  {"role", role},
                  {"keep_as", with.at("keep_as")},
                  {"made_by", CallerName(context)}};
  if (const Json* connection = with.if_contains("connection")) undo["connection"] = *connection;
  prepared.undo = Action{"postgres.drop", std::move(undo)};
  return prepared;
}

PgAction ProvisionAction() {
  return {.sheet = Sheet(), .prepare = Prepare, .run = Run, .probe = Probe, .restored = Restored};
}

}  // namespace slipway::drivers::postgres
