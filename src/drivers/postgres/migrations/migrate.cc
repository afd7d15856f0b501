// postgres.migrate: the migrations that a database lacks, each statement at most once.
#include "drivers/postgres/migrations/migrate.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string>

#include "base/text.h"
#include "base/version.h"
#include "drivers/postgres/actions.h"
#include "drivers/postgres/arguments.h"
#include "drivers/postgres/backups/proof.h"
#include "drivers/postgres/database/own_rows.h"
#include "drivers/postgres/database/schema.h"
#include "drivers/postgres/migrations/migrating.h"
#include "drivers/postgres/migrations/outside.h"
#include "sql/lint.h"
#include "sql/statement.h"

namespace slipway::drivers::postgres {
namespace {

using base::Duration;
using base::JsonArray;
using base::JsonObject;

constexpr char kLockTimeout[] = "55P03";
// Who keeps backend $1 waiting.
constexpr char kBlockers[] =
    "SELECT coalesce(nullif(a.application_name, ''), 'a session'), a.usename, a.pid, a.state, a.xact_start "
    "FROM unnest(pg_blocking_pids($1::int)) b (pid) JOIN pg_stat_activity a USING (pid) ORDER BY a.pid LIMIT "
    "3";

// Where in a file the server stopped.
struct Stop {
  SqlError error;
  std::string path;
  std::size_t statement = 0;  // from 1; 0: none of the file's
  std::size_t statements = 0;
  std::size_t line = 0;  // of the file
  std::string note;      // what was done about it
};
template <typename T>
using Step = std::expected<T, Stop>;

JsonArray Listed(const Due& due) {
  JsonArray files;
  for (const sql::Migration& file : due.files)
    files.push_back(JsonObject{{"path", file.path}, {"sha256", file.sha256}});
  return files;
}

// Nothing was to be done.
Outcome Already(const std::string& database, const std::string& version) {
  return Done({{"version", version}, {"files", JsonArray{}}, {"count", std::int64_t{0}}},
              database + " has " + version + " already");
}

class Migrator {
 public:
  explicit Migrator(PgCall& call) : call_(call), caller_(CallerName(call.context)) {}
  Outcome Run();

 private:
  // Once through, from where the ledger says. Empty: all that is due is done.
  std::expected<void, Stop> Once();
  Outcome Finished();
  SqlStatus Withdraw();
  base::Result<Due> Open();
  base::Status OpenWork();
  base::Result<Due> Look();
  base::Status AsPrepared(const Due& due) const;
  Outcome NotOpened(const base::Error& error) const;
  base::Status Begin(const Due& due);
  std::expected<void, Stop> File(const sql::Migration& file, bool last_of_version);
  void KeepSettings(const sql::Segment& segment);
  std::expected<void, Stop> PrepareSegment();
  std::expected<void, Stop> Transaction(const sql::Segment& segment, bool last, bool last_of_version);
  std::expected<void, Stop> Outside(const sql::Statement& statement, bool last, bool last_of_version);
  SqlStatus Commit(std::int64_t was, bool last, bool last_of_version);
  SqlStatus Prepare();
  SqlStatus Do(const sql::Statement& statement);
  SqlStatus TryOutside(const sql::Statement& statement, bool again);
  // `was`: how many statements the ledger said were done.
  SqlStatus Write(std::int64_t was, const std::string& error = "") {
    return WriteRecord(*work_, file_->path, file_->number, record_, static_cast<std::int64_t>(statements_),
                       was, error);
  }
  void SeeBlockers();
  void NoteBlockers(Stop& stop) const;
  bool WaitForLock(const SqlError& error, int attempt);
  SqlError Own(std::string message) const;  // what we say, not the server; nobody knows whether it happened
  Stop At(SqlError error, const sql::Statement* statement = nullptr) const;
  Stop Failed(Stop stop);
  Outcome Tell(const Stop& stop);
  std::string HowItStands(Session& session);

  PgCall& call_;
  const std::string caller_;
  std::optional<Session> lock_;  // holds the lock, and nothing else
  std::optional<Session> work_;
  Due due_;
  std::string role_;
  std::string blockers_;  // who kept the statement under way waiting
  const sql::Migration* file_ = nullptr;
  Record record_;
  std::size_t statements_ = 0;
  std::vector<sql::Statement> settings_;  // that the file has made so far
  bool changed_ = false;                  // something is in the database that was not there before, or may be
  Whole whole_{"due"};
  JsonArray applied_;  // by this attempt and those before it
};

base::Status Migrator::OpenWork() {
  auto work = Session::Open(call_.context, call_.database());
  if (!work) return std::unexpected<base::Error>(work.error());
  work_ = *std::move(work);
  return {};
}

base::Result<Due> Migrator::Look() {
  SLIPWAY_CHECK_OK(OpenWork());
  return WhatIsDue(*work_, call_.context, call_.Text("folder"), call_.Text("to"));
}

// What was seen when the step was prepared is what is done, or nothing.
base::Status Migrator::AsPrepared(const Due& due) const {
  std::map<std::string, std::string> seen;
  for (const base::Json& one : base::GetArray(call_.prepared.prior, "due"))
    seen[base::GetString(one.get_object(), "path")] = base::GetString(one.get_object(), "sha256");
  for (const sql::Migration& file : due.files) {
    const auto planned = seen.find(file.path);
    if (planned == seen.end() || planned->second != file.sha256)
      return base::Refused(file.path + (planned == seen.end() ? " was added" : " was changed") +
                               " since the step was prepared",
                           file.file, "plan it again");
  }
  return {};
}

// Sessions, the lock, the ledger, and what is due. Where nothing was and nothing is, the lock is left to
// others.
base::Result<Due> Migrator::Open() {
  work_.reset();
  lock_.reset();
  if (base::GetArray(call_.prepared.prior, "due").empty()) {
    SLIPWAY_TRY(Due due, Look());
    SLIPWAY_CHECK_OK(AsPrepared(due));
    if (due.adopted.empty() && due.withdrawn.empty()) return due;
    work_.reset();
  }
  SLIPWAY_TRY(lock_, LockMigrations(call_.context, call_.database(), caller_));
  SLIPWAY_TRY(Due due, Look());
  SLIPWAY_CHECK_OK(AsPrepared(due));
  SLIPWAY_CHECK_OK(Begin(due));
  return due;
}

// From here on something may change, and whoever comes after a process that died must know it.
base::Status Migrator::Begin(const Due& due) {
  SLIPWAY_CHECK_OK(Prepare());
  work_->Watch(Duration{std::max<std::int64_t>(call_.Integer("lock_timeout") / 2, 1)},
               [this] { SeeBlockers(); });
  SLIPWAY_CHECK_OK(whole_.Begin(call_, Listed(due)));
  applied_ = whole_.DoneBut(Listed(due));
  changed_ = true;
  return {};
}

// What a file set does not reach the next.
SqlStatus Migrator::Prepare() { return BecomeMigrator(*work_, call_, role_); }

// A refusal is for good; what an attempt before this one did, nobody knows who cannot look.
Outcome Migrator::NotOpened(const base::Error& error) const {
  const std::string reason = base::ToString(error);
  if (!changed_ && call_.progress.empty())
    return NotDone(reason, {{"error", error.what}, {"where", error.where}});
  Outcome outcome = error.kind == base::ErrorKind::kRefused ? drivers::Failed(reason) : Unknown(reason);
  outcome.outputs["schema"] = "";
  return outcome;
}

Outcome Migrator::Run() {
  for (int attempt = 1;; ++attempt) {
    auto due = Open();
    if (!due) {
      // A server that was killed is back in a moment.
      const bool lost = attempt > 1 && due.error().kind == base::ErrorKind::kIo;
      if (lost && attempt < kMigrateAttempts && Pause(call_.context, kMigratePause * attempt)) continue;
      return NotOpened(due.error());
    }
    due_ = *std::move(due);
    auto done = Once();
    if (done) {
      return Finished();
    }
    // Nobody knows whether it happened; the ledger of the next session does.
    const bool lost = done.error().error.kind == SqlFailure::kLost;
    if (!lost || attempt == kMigrateAttempts || !Pause(call_.context, kMigratePause * attempt))
      return Tell(done.error());
  }
}

Outcome Migrator::Finished() {
  if (!changed_ && due_.files.empty()) return Already(call_.database(), due_.from);
  std::string to = due_.files.empty() ? due_.from : base::ToString(due_.files.back().version);
  // Without the files that were withdrawn a version may be whole.
  if (due_.files.empty() && !due_.withdrawn.empty()) {
    auto installed = InstalledVersion(*work_);
    if (!installed) return Tell(At(installed.error()));
    to = installed->version;
  }
  std::string told = applied_.empty()
                         ? call_.database() + " has " + to + " already"
                         : fmt::format("{} is at {}, {} files", call_.database(), to, applied_.size());
  for (const auto& [path, version] : due_.withdrawn)
    told += fmt::format("; {}, of which nothing was done, is off the ledger", path);
  JsonObject outputs{
      {"version", to}, {"files", applied_}, {"count", static_cast<std::int64_t>(applied_.size())}};
  if (changed_) outputs["schema"] = SchemaLeft(*work_);
  return Done(std::move(outputs), std::move(told));
}

std::expected<void, Stop> Migrator::Once() {
  if (due_.files.empty() && due_.adopted.empty() && due_.withdrawn.empty()) return {};
  const auto fail = [&](SqlError error) { return std::unexpected(At(std::move(error))); };
  // Every file of a version stands in the ledger before the first of them is begun, so that half a version is
  // never taken for one.
  if (auto begun = work_->Execute("BEGIN"); !begun) return fail(begun.error());
  if (auto made = MakeLedger(*work_, role_); !made) return fail(made.error());
  auto ledger = ReadLedger(*work_);
  if (!ledger) return fail(ledger.error());
  for (const sql::Migration& file : due_.adopted) {
    const Record record{base::ToString(file.version), file.sha256, "applied", 0, 0, "before slipway"};
    if (auto w = WriteRecord(*work_, file.path, file.number, record, 0, 0); !w) return fail(w.error());
  }
  for (const sql::Migration& file : due_.files) {
    if (ledger->contains(file.path)) continue;
    const Record record{base::ToString(file.version), file.sha256, "pending", 0, 0, caller_};
    if (auto w = WriteRecord(*work_, file.path, file.number, record, 0, 0); !w) return fail(w.error());
    (*ledger)[file.path] = record;
  }
  if (auto withdrawn = Withdraw(); !withdrawn) return fail(withdrawn.error());
  if (auto done = work_->Execute("COMMIT"); !done) return fail(done.error());
  for (std::size_t i = 0; i < due_.files.size(); ++i) {
    const bool last = i + 1 == due_.files.size() || due_.files[i + 1].version != due_.files[i].version;
    record_ = (*ledger)[due_.files[i].path];
    record_.sha256 = due_.files[i].sha256;
    record_.run = caller_;
    if (auto done = File(due_.files[i], last); !done) return done;
    applied_.push_back(base::Json(due_.files[i].path));
  }
  return {};
}

SqlStatus Migrator::Withdraw() {
  if (due_.withdrawn.empty()) return {};
  SLIPWAY_CHECK_OK(LetErase(*work_));
  for (const auto& [path, version] : due_.withdrawn) SLIPWAY_CHECK_OK(WithdrawRecord(*work_, path, version));
  return {};
}

void Migrator::KeepSettings(const sql::Segment& segment) {
  for (const sql::Statement& statement : segment.statements) {
    if (statement.head.starts_with("discard all")) settings_.clear();
    if (sql::SetsSession(statement.text)) settings_.push_back(statement);
  }
}

// What the file has set holds to its end, also in the session of an attempt that goes on in the middle.
std::expected<void, Stop> Migrator::PrepareSegment() {
  if (auto ready = Prepare(); !ready) return std::unexpected(At(ready.error()));
  for (const sql::Statement& setting : settings_) {
    if (auto set = work_->Query(setting.text); !set) return std::unexpected(At(set.error(), &setting));
  }
  return {};
}

std::expected<void, Stop> Migrator::File(const sql::Migration& file, bool last_of_version) {
  file_ = &file;
  auto segments = sql::Segments(file.text, file.file);
  if (!segments) {
    SqlError error = Own(segments.error().front().what);
    error.kind = SqlFailure::kStatement;
    return std::unexpected(At(std::move(error)));
  }
  if (segments->empty())
    segments->emplace_back();  // of nothing but comments: its record is all there is to do
  statements_ = 0;
  settings_.clear();
  for (const sql::Segment& segment : *segments) statements_ += segment.statements.size();
  std::int64_t before = 0;
  for (std::size_t i = 0; i < segments->size(); ++i) {
    const sql::Segment& segment = (*segments)[i];
    const std::int64_t after = before + static_cast<std::int64_t>(segment.statements.size());
    const bool last = i + 1 == segments->size();
    if (record_.done >= after && after > before) {
      before = after;
      KeepSettings(segment);
      continue;
    }
    if (auto ready = PrepareSegment(); !ready) return ready;
    auto done = segment.kind == sql::Segment::Kind::kTransaction
                    ? Transaction(segment, last, last_of_version)
                    : Outside(segment.statements.front(), last, last_of_version);
    if (!done) return done;
    before = after;
    KeepSettings(segment);
    JsonObject note{{"file", file.path}, {"statements", before}};
    note["of"] = static_cast<std::int64_t>(statements_);
    if (auto noted = call_.sink.Note(std::move(note)); !noted) {
      SqlError error = Own(base::ToString(noted.error()));
      error.kind = SqlFailure::kStopped;
      return std::unexpected(At(std::move(error)));
    }
  }
  return {};
}

// The ledger's row and the end of the transaction.
SqlStatus Migrator::Commit(std::int64_t was, bool last, bool last_of_version) {
  record_.state = last ? "applied" : "running";
  SLIPWAY_CHECK_OK(Write(was));
  if (last && last_of_version)
    SLIPWAY_CHECK_OK(WriteVersion(*work_, record_.version, "slipway: " + file_->description));
  SLIPWAY_CHECK_OK(RememberOwnRows(*work_));
  SLIPWAY_TRY(const Rows committed, work_->Execute("COMMIT"));
  static_cast<void>(committed);
  return {};
}

SqlStatus Migrator::Do(const sql::Statement& statement) {
  blockers_.clear();
  if (statement.data) {
    SLIPWAY_TRY(const std::int64_t rows, work_->CopyIn(statement.text, *statement.data));
    static_cast<void>(rows);
    return {};
  }
  SLIPWAY_TRY(const Rows rows, work_->Query(statement.text));
  static_cast<void>(rows);
  return {};
}

// Beside a statement that takes long: who holds what it waits for.
void Migrator::SeeBlockers() {
  auto seen = lock_->Query(kBlockers, {std::to_string(work_->pid())});
  if (!seen || seen->size() == 0) return;
  std::vector<std::string> who;
  for (int row = 0; row < seen->size(); ++row) {
    // Who may not read the statistics of other roles sees no state.
    const std::string state = seen->IsNull(row, 3) || seen->IsNull(row, 4)
                                  ? ""
                                  : fmt::format(", {} since {}", seen->Text(row, 3), seen->Text(row, 4));
    who.push_back(fmt::format("{} (user {}, backend {}{})", base::Printable(seen->Text(row, 0)),
                              base::Printable(seen->Text(row, 1)), seen->Text(row, 2), state));
  }
  blockers_ = base::Join(who, ", ");
}

void Migrator::NoteBlockers(Stop& stop) const {
  const bool waited = stop.error.state == kLockTimeout || stop.error.state == kQueryCanceled;
  if (!waited || blockers_.empty()) return;
  stop.note += (stop.note.empty() ? "" : "; ") + ("the lock is held by " + blockers_);
}

bool Migrator::WaitForLock(const SqlError& error, int attempt) {
  if (error.kind != SqlFailure::kStatement || error.state != kLockTimeout) return false;
  return attempt < call_.Integer("lock_attempts") && Pause(call_.context, kMigratePause * attempt);
}

std::expected<void, Stop> Migrator::Transaction(const sql::Segment& segment, bool last,
                                                bool last_of_version) {
  const Record before = record_;
  for (int attempt = 1;; ++attempt) {
    record_ = before;
    std::optional<Stop> stop;
    if (auto begun = work_->Execute("BEGIN " + segment.modes); !begun) stop = At(begun.error());
    for (const sql::Statement& statement : segment.statements) {
      if (stop) break;
      if (auto done = Do(statement); !done)
        stop = At(std::move(done).error(), &statement);
      else
        ++record_.done;
    }
    if (!stop) {
      auto committed = Commit(before.done, last, last_of_version);
      if (committed) return {};
      stop = At(std::move(committed).error());
    }
    const std::size_t number = static_cast<std::size_t>(record_.done) + 1;
    record_ = before;
    stop->statement = stop->line == 0 ? 0 : number;
    if (stop->error.severed) return std::unexpected(*std::move(stop));
    NoteBlockers(*stop);
    if (auto back = work_->Execute("ROLLBACK"); !back) {
      // Out of time: the end of the session takes it back, and what was stopped is what there is to tell.
      if (back.error().kind != SqlFailure::kStopped) stop = At(back.error());
      return std::unexpected(*std::move(stop));
    }
    if (WaitForLock(stop->error, attempt)) continue;
    return std::unexpected(Failed(*std::move(stop)));
  }
}

std::expected<void, Stop> Migrator::Outside(const sql::Statement& statement, bool last,
                                            bool last_of_version) {
  const std::int64_t number = record_.done + 1;
  const auto stopped = [&](SqlError error) {
    Stop stop = At(std::move(error), &statement);
    stop.statement = static_cast<std::size_t>(number);
    return stop;
  };
  const bool again = record_.outside == number;  // somebody died here: did it happen?
  Sight sight = Sight::kNotThere;
  if (again) {
    auto seen = LookOutside(*work_, statement);
    if (!seen) return std::unexpected(stopped(seen.error()));
    sight = *seen;
  }
  if (sight == Sight::kNobodyKnows)
    return std::unexpected(
        stopped(Own("an earlier attempt ended in this statement, and nothing shows whether it happened")));
  if (sight == Sight::kNotThere) {
    record_.state = "running";
    record_.outside = number;
    if (auto written = Write(number - 1); !written) return std::unexpected(stopped(written.error()));
    for (int attempt = 1;; ++attempt) {
      auto done = TryOutside(statement, again);
      if (done) break;
      Stop stop = stopped(std::move(done).error());
      if (stop.error.severed) return std::unexpected(std::move(stop));
      auto cleaned = CleanOutside(*work_, statement);
      if (!cleaned) return std::unexpected(stopped(cleaned.error()));
      stop.note = *cleaned;
      NoteBlockers(stop);
      if (WaitForLock(stop.error, attempt)) continue;
      record_.outside = 0;
      return std::unexpected(Failed(std::move(stop)));
    }
  }
  record_.done = number;
  record_.outside = 0;
  if (auto begun = work_->Execute("BEGIN"); !begun) return std::unexpected(At(begun.error()));
  if (auto committed = Commit(number - 1, last, last_of_version); !committed)
    return std::unexpected(At(committed.error()));
  return {};
}

SqlError Migrator::Own(std::string message) const {
  SqlError error;
  error.message = std::move(message);
  error.where = work_->where();
  return error;
}

// What an earlier failure left is cleared away first, since IF NOT EXISTS would take it for the real thing.
SqlStatus Migrator::TryOutside(const sql::Statement& statement, bool again) {
  constexpr char kAddedAlready[] = "42710";
  SLIPWAY_TRY(const std::string cleaned, CleanOutside(*work_, statement));
  static_cast<void>(cleaned);
  auto done = Do(statement);
  if (!done && again && done.error().state == kAddedAlready && statement.head.starts_with("alter type"))
    return {};
  return done;
}

Stop Migrator::At(SqlError error, const sql::Statement* statement) const {
  Stop stop{.error = std::move(error), .statements = statements_};
  if (file_ != nullptr) stop.path = file_->path;
  if (statement != nullptr)
    stop.line = static_cast<std::size_t>(statement->at.line) +
                static_cast<std::size_t>(std::max(stop.error.line, 1) - 1);
  return stop;
}

// The server would not: the ledger says so, and where the file stands.
Stop Migrator::Failed(Stop stop) {
  record_.state = "failed";
  if (auto written = Write(record_.done, ToString(stop.error)); !written)
    stop.note +=
        (stop.note.empty() ? "" : "; ") + ("the ledger could not be written: " + ToString(written.error()));
  return stop;
}

// The version that is whole, and what was applied beyond it. Where the server does not answer any more: what
// was known.
std::string Migrator::HowItStands(Session& session) {
  std::string version = base::GetString(call_.prepared.prior, "version");
  if (const auto installed = InstalledVersion(session)) version = installed->version;
  std::set<std::string> files;  // by this attempt and by those before it
  for (const base::Json& path : applied_) files.emplace(base::View(path.get_string()));
  if (const auto ledger = ReadLedger(session)) {
    for (const auto& [path, record] : *ledger)
      if (record.state == "applied") files.insert(path);
  }
  const auto whole = base::ParseVersion(version);
  const auto beyond = std::ranges::count_if(files, [&](const std::string& file) {
    const auto of = base::ParseVersion(file.substr(0, file.find('/')));
    return !whole || !of || base::Precedence(*of, *whole) > 0;
  });
  return fmt::format("the database has {}{}", version.empty() ? "no version" : version,
                     beyond == 0 ? "" : fmt::format(" and {} file{} more", beyond, beyond == 1 ? "" : "s"));
}

Outcome Migrator::Tell(const Stop& stop) {
  JsonObject evidence = Evidence(stop.error);
  std::string reason = stop.path;
  if (stop.statement > 0) {
    reason += fmt::format(", statement {} of {}, line {}", stop.statement, stop.statements, stop.line);
    evidence["statement"] = static_cast<std::int64_t>(stop.statement);
    evidence["line"] = static_cast<std::int64_t>(stop.line);
  }
  if (!stop.path.empty()) evidence["file"] = stop.path;
  evidence["applied"] = applied_;
  SqlError told = stop.error;
  told.line = 0;  // the file's line says it
  reason += (reason.empty() ? "" : ": ") + ToString(told);
  if (!stop.note.empty()) reason += "; " + stop.note;
  LastLook last(call_, *work_, stop.error);
  reason += "; " + HowItStands(last.session());
  if (record_.done > 0 && stop.statement > 0)
    reason += fmt::format(" and {} statement{} of this file", record_.done, record_.done == 1 ? "" : "s");
  const bool nothing = applied_.empty() && record_.done == 0;
  const bool lost = stop.error.kind == SqlFailure::kLost;
  if (nothing && !lost) return NotDone(std::move(reason), std::move(evidence));
  Outcome outcome = lost ? Unknown(std::move(reason), std::move(evidence))
                         : drivers::Failed(std::move(reason), std::move(evidence));
  TellLeft(last.session(), outcome);
  return outcome;
}

base::Result<Prepared> Prepare(Prepared prepared, Context& context) {
  const JsonObject& with = prepared.action.with;
  auto session = Session::Open(context, base::GetString(with, "database"));
  if (!session) return std::unexpected<base::Error>(session.error());
  SLIPWAY_TRY(const Due due,
              WhatIsDue(*session, context, base::GetString(with, "folder"), base::GetString(with, "to")));
  prepared.prior = {{"version", due.from}, {"due", Listed(due)}};
  if (due.files.empty() && due.adopted.empty() && due.withdrawn.empty())
    prepared.already = Already(base::GetString(with, "database"), due.from);
  if (!due.from.empty() && !due.files.empty()) prepared.prior["schema"] = SchemaLeft(*session);
  const auto losses = sql::Losses(due.files);
  if (losses.empty()) return prepared;
  SLIPWAY_TRY(const bool may_lose, MayHoldRows(*session, due));
  if (!may_lose) return prepared;
  SLIPWAY_TRY(
      prepared.prior["proof"],
      RequireProof(with, context,
                   fmt::format("{}{}", ToString(losses.front()),
                               losses.size() == 1 ? "" : fmt::format(" (and {} more)", losses.size() - 1))));
  return prepared;
}

ActionSheet Sheet() {
  ActionSheet sheet;
  sheet.name = "postgres.migrate";
  sheet.summary = "Brings a database to a version of its schema, file by file, each statement at most once.";
  sheet.effect = Effect::kChanges;
  sheet.interruption = Interruption::kRepeat;  // the ledger in the database says where to go on
  sheet.undo = UndoKind::kDeclared;
  sheet.arguments = {
      ConnectionArgument(),
      DatabaseArgument("The database to migrate."),
      {.name = "folder",
       .type = ArgumentType::kFiles,
       .description = "The migrations, `<version>/<number>_<description>.sql`.",
       .fallback = "migrations"},
      {.name = "to", .description = "The version it is to have.", .required = true, .pinned = true},
      Argument("lock_attempts", ArgumentType::kInteger, "How often it is tried when a lock is not given.",
               5)};
  AddMigratorArguments(sheet);
  AddProofArguments(sheet);
  sheet.outputs = {{"version", "The version it has now.", true},
                   {"files", "The migrations that were applied, in order."},
                   {"count", "Their number."},
                   {"schema",
                    "The digest of its schema as it was left; empty: nobody could see it; absent where "
                    "nothing was to be done.",
                    true},
                   SchemaBeforeOutput()};
  sheet.example =
      "id: migrate\ntitle: Migrate\nuses: postgres.migrate\nwith: { database: \"${{ "
      "target.attributes.database }}\", "
      "to: \"${{ parameters.to }}\" }\nundo: { none: a backup was taken before }\n";
  return sheet;
}

Outcome Run(PgCall& call) { return WithSchemaBefore(call, Migrator(call).Run()); }

}  // namespace

PgAction MigrateAction() { return {.sheet = Sheet(), .prepare = Prepare, .run = Run}; }

}  // namespace slipway::drivers::postgres
