// postgres.verify: is a database as it should be after an update?
//
// What other sessions ask is never recorded, only who asks and for how long: a statement may hold anything.
#include <fmt/format.h>

#include "base/text.h"
#include "base/version.h"
#include "drivers/postgres/actions.h"
#include "drivers/postgres/arguments.h"
#include "drivers/postgres/database/ledger.h"
#include "drivers/postgres/database/schema.h"
#include "drivers/postgres/findings.h"
#include "drivers/postgres/session/session.h"

namespace slipway::drivers::postgres {
namespace {

using base::Invalid;
using base::Json;
using base::JsonObject;

constexpr int kMostNamed = 5;              // of what is wrong, in one line
constexpr std::int64_t kFewDead = 10'000;  // dead rows of a table that are not worth a word

// How many rows a table should have.
struct Bounds {
  std::optional<std::int64_t> least, most;
};

base::Result<Bounds> ReadBounds(std::string_view table, const Json& value) {
  const auto wrong = [&] {
    return Invalid(fmt::format("`tables` says of {} one of {{min: 1}}, {{max: 9}}, both, or {{count: 5}}",
                               base::Quote(table)));
  };
  Bounds bounds;
  if (!value.is_object() || value.get_object().empty()) return wrong();
  for (const auto& [key, number] : value.get_object()) {
    const auto rows = number.is_int64()    ? base::Result<std::int64_t>(number.get_int64())
                      : number.is_string() ? base::ParseInteger(base::View(number.get_string()))
                                           : base::Result<std::int64_t>(-1);
    if (!rows || *rows < 0 || (key != "min" && key != "max" && key != "count")) return wrong();
    if (key != "max") bounds.least = *rows;
    if (key != "min") bounds.most = *rows;
  }
  return bounds;
}

base::Result<Prepared> Prepare(Prepared prepared, Context&) {
  const JsonObject& with = prepared.action.with;
  if (const std::string version = base::GetString(with, "version"); !version.empty())
    SLIPWAY_CHECK_OK(base::ParseVersion(version));
  const Json* tables = with.if_contains("tables");
  if (tables != nullptr && !tables->is_object())
    return Invalid("`tables` is a map of table to rows, such as {employees: {min: 1}}");
  for (const auto& [table, bounds] : base::GetObject(with, "tables"))
    SLIPWAY_CHECK_OK(ReadBounds(table, bounds));
  return prepared;
}

// One verification: each check asks on its own, so that one that cannot be asked leaves the others standing.
class Verification {
 public:
  Verification(const PgCall& call, Session& session) : call_(call), session_(session) {}

  Outcome Run() {
    Version();
    for (const auto& [table, bounds] : base::GetObject(call_.with(), "tables"))
      Table(table, *ReadBounds(table, bounds));
    Constraints();
    Indexes();
    SlowQueries();
    if (call_.Integer("slow_statements") > 0) SlowStatements();
    Connections();
    DeadRows();
    if (base::GetBool(call_.with(), "private")) Private();
    const std::string schema = Schema();
    Outcome outcome = findings_.Judge(session_.where(), {{"tables", counts_}});
    if (version_) outcome.outputs["version"] = *version_;
    outcome.outputs["schema_seen"] = schema;
    return outcome;
  }

 private:
  // The rows, or nothing and the finding that nobody knows.
  std::optional<Rows> Ask(const std::string& check, const std::string& sql,
                          std::initializer_list<std::optional<std::string>> parameters = {}) {
    auto rows = session_.Query(sql, parameters);
    if (rows) return *std::move(rows);
    findings_.Unknown(check, ToString(rows.error()));
    return std::nullopt;
  }

  // The first column of the first `count` rows in one line.
  static std::string Names(const Rows& rows, int count) {
    std::string names;
    for (int row = 0; row < std::min(count, kMostNamed); ++row)
      names += (row == 0 ? "" : ", ") + rows.Text(row, 0);
    if (count > kMostNamed) names += fmt::format(" and {} more", count - kMostNamed);
    return names;
  }
  static std::string Names(const Rows& rows) { return Names(rows, rows.size()); }

  void Version() {
    const std::string wanted = call_.Text("version");
    auto installed = InstalledVersion(session_);
    if (!installed) return findings_.Unknown("version", ToString(installed.error()));
    const std::string& version = version_.emplace(installed->version);
    if (wanted.empty()) return;
    if (version.empty()) return findings_.Fail("version", "none is on record, " + wanted + " is expected");
    const bool same = base::Precedence(*base::ParseVersion(version), *base::ParseVersion(wanted)) == 0;
    findings_.Add("version", same ? Level::kPass : Level::kFail,
                  fmt::format("{} by {}, {} is expected", version, installed->source, wanted));
  }

  void Table(const std::string& table, const Bounds& bounds) {
    const std::string check = "rows of " + base::Printable(table);
    // Rows that a policy hides are an error, and not a smaller number.
    const auto found =
        Ask(check, "SELECT to_regclass($1)::text, set_config('row_security', 'off', false)", {table});
    if (!found) return;
    if (found->IsNull(0, 0)) return findings_.Fail(check, "there is no such table");
    const auto counted = Ask(check, "SELECT count(*) FROM " + found->Text(0, 0));
    if (!counted) return;
    const std::int64_t rows = counted->Integer(0, 0);
    counts_[table] = rows;
    std::string wanted;
    if (bounds.least) wanted += fmt::format(", at least {}", *bounds.least);
    if (bounds.most) wanted += fmt::format(", at most {}", *bounds.most);
    const bool good = (!bounds.least || rows >= *bounds.least) && (!bounds.most || rows <= *bounds.most);
    findings_.Add(check, good ? Level::kPass : Level::kFail, fmt::format("{}{} expected", rows, wanted));
  }

  void Constraints() {
    const auto rows =
        Ask("constraints",
            "SELECT conname || coalesce(' of ' || nullif(conrelid, 0)::regclass, '') FROM pg_constraint "
            "WHERE NOT convalidated ORDER BY 1");
    if (!rows) return;
    if (rows->size() == 0) return findings_.Pass("constraints", "all are validated");
    findings_.Add("constraints", call_.Text("not_validated") == "warn" ? Level::kWarn : Level::kFail,
                  "not validated: " + Names(*rows));
  }

  void Indexes() {
    const auto rows =
        Ask("indexes",
            "SELECT i.indexrelid::regclass || ' of ' || i.indrelid::regclass, p.pid IS NOT NULL "
            "FROM pg_index i LEFT JOIN pg_stat_progress_create_index p ON p.index_relid = i.indexrelid "
            "WHERE NOT (i.indisvalid AND i.indisready AND i.indislive) ORDER BY 2, 1");
    if (!rows) return;
    if (rows->size() == 0) return findings_.Pass("indexes", "all are valid");
    const bool building = rows->Boolean(0, 1);  // those nobody builds come first
    findings_.Add("indexes", building ? Level::kWarn : Level::kFail,
                  (building ? "still being built: " : "left invalid: ") + Names(*rows));
  }

  void SlowQueries() {
    const auto rows = Ask(
        "slow queries",
        "SELECT format('pid %s, role %s, %s for %s ms', pid, usename, state, ms), ms, unseen "
        "FROM ("
        "SELECT *, CASE WHEN backend_type IS NULL THEN 'hidden' WHEN state = 'disabled' THEN 'untracked' "
        "ELSE '' END "
        "AS unseen, (extract(epoch FROM clock_timestamp() - CASE state WHEN 'active' THEN query_start ELSE "
        "state_change END) * 1000)::bigint AS ms FROM pg_stat_activity WHERE datid = (SELECT oid FROM "
        "pg_database "
        "WHERE datname = current_database()) AND pid <> pg_backend_pid()) s "
        "WHERE unseen = 'hidden' OR (backend_type = 'client backend' AND (unseen <> '' OR (state <> 'idle' "
        "AND ms > "
        "$1))) ORDER BY unseen, ms DESC",
        {std::to_string(call_.Integer("slow_warn"))});
    if (!rows) return;
    int slow = 0, hidden = 0, untracked = 0;
    for (int row = 0; row < rows->size(); ++row)
      ++(rows->View(row, 2) == "hidden" ? hidden : rows->View(row, 2) == "untracked" ? untracked : slow);
    const bool fails = slow > 0 && rows->Integer(0, 1) > call_.Integer("slow_fail");
    if (fails || (slow > 0 && hidden + untracked == 0))
      return findings_.Add("slow queries", fails ? Level::kFail : Level::kWarn, Names(*rows, slow));
    if (hidden > 0)
      return findings_.Unknown(
          "slow queries", fmt::format("{} sessions of other roles are hidden; grant pg_read_all_stats to the "
                                      "connection's role",
                                      hidden));
    if (untracked > 0)
      return findings_.Unknown(
          "slow queries",
          fmt::format("{} sessions do not say what they do (track_activities is off)", untracked));
    findings_.Pass(
        "slow queries",
        fmt::format("none over {}", base::FormatDuration(base::Duration{call_.Integer("slow_warn")})));
  }

  void SlowStatements() {
    const std::string check = "slow statements";
    const auto found = Ask(check,
                           "SELECT quote_ident(n.nspname) FROM pg_extension e JOIN pg_namespace n ON n.oid = "
                           "e.extnamespace WHERE e.extname = 'pg_stat_statements'");
    if (!found) return;
    if (found->size() == 0)
      return findings_.Unknown(check, "the extension pg_stat_statements is not installed in this database");
    const auto rows =
        Ask(check,
            "SELECT format('queryid %s: %s ms on average over %s calls', queryid, "
            "mean_exec_time::bigint, calls) FROM " +
                found->Text(0, 0) +
                ".pg_stat_statements WHERE dbid = (SELECT oid FROM pg_database WHERE datname = "
                "current_database()) AND mean_exec_time > $1::float8 ORDER BY mean_exec_time DESC",
            {std::to_string(call_.Integer("slow_statements"))});
    if (!rows) return;
    if (rows->size() > 0) return findings_.Fail(check, Names(*rows));
    const auto tracked = Ask(check, "SELECT current_setting('pg_stat_statements.track') <> 'none'");
    if (!tracked) return;
    if (!tracked->Boolean(0, 0))
      return findings_.Unknown(check, "the server does not count them (pg_stat_statements.track is none)");
    findings_.Pass(check, "none over " +
                              base::FormatDuration(base::Duration{call_.Integer("slow_statements")}) +
                              " on average");
  }

  void Connections() {
    const auto rows = Ask("connections",
                          "SELECT (SELECT sum(numbackends) FROM pg_stat_database WHERE datid <> 0), "
                          "current_setting('max_connections'), s.numbackends, d.datconnlimit "
                          "FROM pg_database d JOIN pg_stat_database s ON s.datid = d.oid "
                          "WHERE d.datname = current_database()");
    if (!rows || rows->size() == 0) return;
    const std::int64_t warn = call_.Integer("connections_warn"), fail = call_.Integer("connections_fail");
    findings_.Share("connections", rows->Integer(0, 0), rows->Integer(0, 1), warn, fail);
    if (rows->Integer(0, 3) > 0)
      findings_.Share("connections of the database", rows->Integer(0, 2), rows->Integer(0, 3), warn, fail);
  }

  void DeadRows() {
    const auto rows =
        Ask("dead rows",
            "SELECT format('%s (%s of %s)', relid::regclass, n_dead_tup, n_dead_tup + n_live_tup) "
            "FROM pg_stat_user_tables WHERE n_dead_tup > $1::bigint "
            "AND n_dead_tup * 10000 > (n_dead_tup + n_live_tup) * $2::bigint ORDER BY n_dead_tup DESC",
            {std::to_string(kFewDead), std::to_string(call_.Integer("dead_rows_warn"))});
    if (!rows) return;
    if (rows->size() > 0) return findings_.Warn("dead rows", Names(*rows));
    const auto counted = Ask("dead rows", "SELECT current_setting('track_counts')::boolean");
    if (!counted) return;
    if (!counted->Boolean(0, 0))
      return findings_.Unknown("dead rows", "the server does not count them (track_counts is off)");
    findings_.Pass("dead rows",
                   "no table has more than " + base::FormatPercentage(call_.Integer("dead_rows_warn")));
  }

  void Private() {
    const auto rows = Ask("private",
                          "SELECT has_database_privilege('public', current_database(), 'CONNECT'), "
                          "CASE WHEN to_regnamespace('public') IS NULL THEN false "
                          "ELSE has_schema_privilege('public', 'public', 'CREATE') END");
    if (!rows) return;
    const bool connects = rows->Boolean(0, 0), creates = rows->Boolean(0, 1);
    if (!connects && !creates)
      return findings_.Pass("private", "only roles that were granted it may connect");
    findings_.Fail("private", fmt::format("every role of the server may {}{}{}", connects ? "connect" : "",
                                          connects && creates ? " and " : "",
                                          creates ? "create tables in the schema public" : ""));
  }

  // The last of all: it changes how the session writes names. What it should be, status compares.
  std::string Schema() {
    auto digest = DigestSchema(session_, Objects::kOfCustomer);
    if (digest) return *std::move(digest);
    findings_.Warn("schema", "its digest cannot be taken: " + ToString(digest.error()));
    return "";
  }

  const PgCall& call_;
  Session& session_;
  Findings findings_;
  std::optional<std::string> version_;  // nullopt: nobody could see it
  JsonObject counts_;
};

Outcome Run(PgCall& call) {
  auto session = Session::Open(call.context, call.database());
  if (!session) return Unseen(session.error());
  auto ready = session->Execute(fmt::format(
      "SET default_transaction_read_only = on; SET row_security = off; SET statement_timeout = {}",
      call.Integer("timeout")));
  if (!ready) return Unseen(ready.error());
  return Verification(call, *session).Run();
}

ActionSheet Sheet() {
  ActionSheet sheet;
  sheet.name = "postgres.verify";
  sheet.summary =
      "Verifies a database after a change: version, rows, constraints, indexes, slow queries, connections.";
  sheet.effect = Effect::kReads;
  sheet.interruption = Interruption::kRepeat;
  sheet.undo = UndoKind::kNone;
  sheet.instant_prepare = true;
  sheet.arguments = {
      ConnectionArgument(),
      DatabaseArgument("The database to verify."),
      {.name = "version", .description = "The schema version that must be on record."},
      {.name = "tables",
       .type = ArgumentType::kAny,
       .description = "Tables that must exist and how many rows they must have: {employees: {min: 1}}; also "
                      "max, count."},
      {.name = "not_validated",
       .type = ArgumentType::kEnum,
       .description = "What a constraint that is NOT VALID amounts to.",
       .fallback = "fail",
       .values = {"fail", "warn"}},
      Argument("slow_warn", ArgumentType::kDuration,
               "Warn of a session whose statement, or open transaction without one, lasts longer.", 2000),
      Argument("slow_fail", ArgumentType::kDuration, "Fail where one lasts longer than this.", 5000),
      {.name = "slow_statements",
       .type = ArgumentType::kDuration,
       .description = "Fail where a statement takes longer on average by pg_stat_statements; not looked at "
                      "when omitted or 0s, "
                      "unknown where the extension is missing."},
      Argument("dead_rows_warn", ArgumentType::kPercentage,
               "Warn of a table whose share of dead rows is above this, where it has over 10000 of them.",
               2000),
      Argument("private", ArgumentType::kBoolean,
               "Whether to fail where every role of the server may connect, or create in the schema public.",
               false),
      Argument("timeout", ArgumentType::kDuration, "How long one of the questions may take.", 30'000)};
  AddConnectionArguments(sheet);
  sheet.outputs = {
      {"version", "The version on record; empty when there is none, absent where nobody could see it.", true},
      {"tables", "Rows by table, for the tables asked for."},
      {"checks", "Each check with its verdict (pass, warn, fail, unknown) and what was seen."},
      {"schema_seen", "The digest of its schema, whatever the verdict; empty where it could not be taken.",
       true}};
  sheet.example =
      "id: verify\ntitle: Verify the customer's database\nuses: postgres.verify\n"
      "with: { database: acme, version: v2.1.0, tables: { employees: { min: 1 } }, private: true }\n";
  return sheet;
}

}  // namespace

PgAction VerifyAction() { return {.sheet = Sheet(), .prepare = Prepare, .run = Run}; }

}  // namespace slipway::drivers::postgres
