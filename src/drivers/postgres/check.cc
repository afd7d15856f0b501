// postgres.check: can a server be reached, and is it fit for what is planned?
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/text.h"
#include "drivers/postgres/actions.h"
#include "drivers/postgres/arguments.h"
#include "drivers/postgres/findings.h"
#include "drivers/postgres/session/session.h"

namespace slipway::drivers::postgres {
namespace {

using base::JsonObject;

// What `may` can ask for, with the words for a person.
const std::map<std::string, std::string, std::less<>>& Rights() {
  static const std::map<std::string, std::string, std::less<>> rights{
      {"connect", "connect to the database"},
      {"create", "create schemas in the database"},
      {"createdb", "create databases"},
      {"createrole", "create roles"},
      {"monitor", "see what other sessions do (pg_read_all_stats)"}};
  return rights;
}

constexpr char kLook[] = R"(
SELECT r.rolname, has_database_privilege(current_database(), 'CONNECT') AS connect,
       has_database_privilege(current_database(), 'CREATE') AS create, r.rolcreatedb OR r.rolsuper AS createdb,
       r.rolcreaterole OR r.rolsuper AS createrole, pg_has_role(current_user, 'pg_read_all_stats', 'USAGE') AS monitor,
       (SELECT coalesce(sum(numbackends), 0) FROM pg_stat_database WHERE datid <> 0) AS used,
       current_setting('max_connections') AS most
  FROM pg_roles r WHERE r.rolname = current_user)";

std::vector<std::string> Wanted(const JsonObject& with) {
  std::vector<std::string> wanted;
  for (const base::Json& right : base::GetArray(with, "may"))
    wanted.emplace_back(base::View(right.get_string()));
  return wanted;
}

base::Result<Prepared> Prepare(Prepared prepared, Context&) {
  const JsonObject& with = prepared.action.with;
  if (const std::string least = base::GetString(with, "min_version");
      !least.empty() && ServerNumber(least) == 0)
    return base::Invalid("`min_version` is a version of PostgreSQL such as 15 or 15.4");
  std::vector<std::string> known;
  for (const auto& [right, words] : Rights()) known.push_back(right);
  for (const std::string& right : Wanted(with)) {
    if (Rights().contains(right)) continue;
    const auto near = base::DidYouMean(right, known);
    return base::Invalid("`may` has no " + base::Quote(right), "",
                         near ? "did you mean `" + *near + "`?" : "one of " + base::Join(known, ", "));
  }
  return prepared;
}

Outcome Run(PgCall& call) {
  auto session = Session::Open(call.context, call.database());
  if (!session) return NotReached(call, session.error());
  auto seen = session->Query(kLook);
  if (!seen) return Unseen(seen.error());
  auto column = [&](std::string_view name) {
    int index = 0;
    while (index < seen->columns() && seen->Column(index) != name) ++index;
    return index;
  };
  Findings findings;
  findings.Pass("reachable", fmt::format("{}, as role {}", session->where(), seen->Text(0, 0)));
  if (const std::string least = call.Text("min_version"); !least.empty()) {
    findings.Add("version", session->version() >= ServerNumber(least) ? Level::kPass : Level::kFail,
                 fmt::format("PostgreSQL {}, at least {} is asked for", session->version_text(), least));
  }
  if (base::GetBool(call.with(), "tls")) {
    findings.Add("tls", session->tls() ? Level::kPass : Level::kFail,
                 session->tls() ? session->tls_version() : "the connection is in clear");
  }
  for (const std::string& right : Wanted(call.with())) {
    const bool may = seen->Boolean(0, column(right));
    findings.Add("may " + right, may ? Level::kPass : Level::kFail,
                 fmt::format("role {} {} {}", seen->Text(0, 0), may ? "may" : "may not", Rights().at(right)));
  }
  const std::int64_t used = seen->Integer(0, column("used")), most = seen->Integer(0, column("most"));
  findings.Share("connections", used, most, call.Integer("connections_warn"),
                 call.Integer("connections_fail"));
  return findings.Judge(session->where(), {{"server_version", session->version_text()},
                                           {"role", seen->Text(0, 0)},
                                           {"tls", session->tls_version()},
                                           {"connections", used},
                                           {"max_connections", most}});
}

ActionSheet Sheet() {
  ActionSheet sheet;
  sheet.name = "postgres.check";
  sheet.summary = "Looks whether a PostgreSQL server can be reached and is fit for what is planned.";
  sheet.effect = Effect::kReads;
  sheet.interruption = Interruption::kRepeat;
  sheet.undo = UndoKind::kNone;
  sheet.instant_prepare = true;
  sheet.arguments = {
      ConnectionArgument(),
      {.name = "database",
       .description = "The database to connect to; the one the connection names when omitted.",
       .pinned = true},
      {.name = "min_version", .description = "The oldest PostgreSQL that will do, such as 15 or 15.4."},
      Argument("tls", ArgumentType::kBoolean, "Whether the connection must be encrypted.", false),
      {.name = "may",
       .type = ArgumentType::kStrings,
       .description =
           "What the connection's role must be allowed: connect, create, createdb, createrole, monitor."}};
  AddConnectionArguments(sheet);
  sheet.outputs = {{"server_version", "The server's version as it says it."},
                   {"role", "The role the connection is made as."},
                   {"tls", "The version of TLS in use; empty without."},
                   {"connections", "How many connections of the server are in use."},
                   {"max_connections", "How many it allows."},
                   {"checks", "Each check with its verdict (pass, warn, fail, unknown) and what was seen."}};
  sheet.example =
      "id: server\ntitle: See that the server is fit\nuses: postgres.check\n"
      "with: { min_version: \"15\", tls: true, may: [createdb, createrole] }\n";
  return sheet;
}

}  // namespace

int ServerNumber(const std::string& version) {
  const std::vector<std::string> parts = base::Split(version, '.');
  const auto major = base::ParseInteger(parts[0]);
  const auto minor = parts.size() > 1 ? base::ParseInteger(parts[1]) : base::Result<std::int64_t>(0);
  const bool good =
      parts.size() <= 2 && major && minor && *major >= 10 && *major < 1000 && *minor >= 0 && *minor < 1000;
  return good ? static_cast<int>(*major * 10'000 + *minor) : 0;
}

Outcome NotReached(const PgCall& call, const SqlError& error) {
  if (error.kind == SqlFailure::kStopped) return Unseen(error);
  Findings findings;
  findings.Fail("reachable", ToString(error));
  auto unseen = [&](std::string check) { findings.Unknown(std::move(check), "nobody could look"); };
  if (!call.Text("min_version").empty()) unseen("version");
  if (base::GetBool(call.with(), "tls")) unseen("tls");
  for (const std::string& right : Wanted(call.with())) unseen("may " + right);
  unseen("connections");
  Outcome outcome = findings.Judge("the server is not to be used", {});
  outcome.evidence["error"] = Evidence(error);
  return outcome;
}

PgAction CheckAction() { return {.sheet = Sheet(), .prepare = Prepare, .run = Run}; }

}  // namespace slipway::drivers::postgres
