#include "drivers/postgres/migrations/migrating.h"

#include <fmt/format.h>
#include <algorithm>

#include "drivers/postgres/arguments.h"
#include "drivers/postgres/backups/tidy.h"
#include "drivers/postgres/database/ledger.h"
#include "drivers/postgres/database/schema.h"

namespace slipway::drivers::postgres {
namespace {

// One number for all of slipway: who migrates a database holds it in a session of its own.
constexpr char kTryLock[] = "SELECT pg_try_advisory_lock(7310043101)";
// While the other session works, this one is idle, and must not be ended for it (PostgreSQL 14 and later).
constexpr char kMayIdle[] = ", set_config('idle_session_timeout', '0', false)";
constexpr int kEndsIdleSessions = 140'000;
constexpr char kLockHolder[] =
    "SELECT a.application_name, a.pid, a.backend_start FROM pg_locks l JOIN pg_stat_activity a USING (pid) "
    "WHERE l.locktype = 'advisory' AND l.granted AND l.database = (SELECT oid FROM pg_database WHERE datname "
    "= current_database()) AND (l.classid::bigint << 32 | l.objid::bigint) = 7310043101";

}  // namespace

base::Result<Session> LockMigrations(const Context& context, const std::string& database,
                                     const std::string& caller) {
  auto lock = Session::Open(context, database);
  if (!lock) return std::unexpected<base::Error>(lock.error());
  SLIPWAY_CHECK_OK(EndLeftovers(*lock, caller));
  const std::string may_idle = lock->version() >= kEndsIdleSessions ? kMayIdle : "";
  SLIPWAY_TRY(const Rows taken, lock->Query(kTryLock + may_idle));
  if (taken.Boolean(0, 0)) return *std::move(lock);
  SLIPWAY_TRY(const Rows holder, lock->Query(kLockHolder));
  const std::string who = holder.size() == 0 ? "somebody"
                                             : fmt::format("{} (backend {}, since {})", holder.Text(0, 0),
                                                           holder.Text(0, 1), holder.Text(0, 2));
  return base::Refused("the database is being migrated by " + who, lock->where(), "wait for it to end");
}

SqlStatus BecomeMigrator(Session& work, const PgCall& call, std::string& role) {
  if (role.empty()) role = call.Text("role");
  if (role.empty()) {
    SLIPWAY_TRY(
        const Rows owner,
        work.Query("SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = current_database()"));
    role = owner.Text(0, 0);
  }
  SLIPWAY_CHECK_OK(
      work.Execute("RESET ALL; SET lock_timeout = " + std::to_string(call.Integer("lock_timeout")) +
                   "; SET statement_timeout = " + std::to_string(call.Integer("statement_timeout")) +
                   "; SET SESSION ROLE " + QuoteName(role)));
  return LeaveOwnSchema(work);
}

base::Status Whole::Begin(const PgCall& call, const base::JsonArray& left) {
  if (begun_) return {};
  if (call.progress.empty())
    SLIPWAY_CHECK_OK(call.sink.Note({{"begun", true}, {"files", static_cast<std::int64_t>(left.size())}}));
  begun_ = true;
  const base::JsonArray& seen = base::GetArray(call.prepared.prior, prior_);
  const auto files = call.progress.empty() ? static_cast<std::int64_t>(left.size())
                                           : base::GetInt(call.progress.front(), "files",
                                                          static_cast<std::int64_t>(seen.size()));
  const auto first = static_cast<std::int64_t>(seen.size()) - files;
  for (std::int64_t i = std::max<std::int64_t>(first, 0); i < static_cast<std::int64_t>(seen.size()); ++i)
    files_.push_back(seen[static_cast<std::size_t>(i)]);
  return {};
}

base::JsonArray Whole::DoneBut(const base::JsonArray& left) const {
  base::JsonArray paths;
  for (const base::Json& file : files_) {
    if (std::ranges::find(left, file) == left.end())
      paths.emplace_back(base::GetString(file.get_object(), "path"));
  }
  return paths;
}

OutputSheet SchemaBeforeOutput() {
  return {
      "schema_before",
      "The digest of its schema as it was found, beside `schema`; empty: nobody could see it, or it had no "
      "version."};
}

Outcome WithSchemaBefore(const PgCall& call, Outcome outcome) {
  if (outcome.outputs.contains("schema"))
    outcome.outputs["schema_before"] = base::GetString(call.prepared.prior, "schema");
  return outcome;
}

LastLook::LastLook(const PgCall& call, Session& work, const SqlError& error)
    : context_(TimeToTidy(call.context, never_)), work_(work) {
  if (!error.severed && Stopped(call.context).empty()) return;
  if (auto session = Session::Open(context_, call.database())) fresh_ = *std::move(session);
}

void TellLeft(Session& work, Outcome& outcome) {
  outcome.outputs["schema"] = SchemaLeft(work);
  if (const auto installed = InstalledVersion(work)) outcome.outputs["version"] = installed->version;
}

void AddMigratorArguments(ActionSheet& sheet) {
  sheet.arguments.push_back(
      {.name = "role", .description = "Whose the objects are; the owner of the database when omitted."});
  sheet.arguments.push_back(
      Argument("lock_timeout", ArgumentType::kDuration, "How long a statement waits for a lock.", 5000));
  sheet.arguments.push_back(Argument("statement_timeout", ArgumentType::kDuration,
                                     "How long a statement may take; 0s: as long as it needs.", 0));
}

}  // namespace slipway::drivers::postgres
