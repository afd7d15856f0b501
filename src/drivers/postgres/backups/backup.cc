// postgres.backup: one snapshot, counted and dumped, into an encrypted file that is either whole or not
// there.
#include <fmt/format.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/private_folder.h"
#include "base/text.h"
#include "drivers/postgres/backups/archive.h"
#include "drivers/postgres/backups/backups.h"
#include "drivers/postgres/backups/create_like.h"
#include "drivers/postgres/backups/disk_room.h"
#include "drivers/postgres/backups/manifest.h"
#include "drivers/postgres/backups/partial_file.h"
#include "drivers/postgres/backups/pump.h"
#include "drivers/postgres/backups/sheets_backup.h"
#include "drivers/postgres/backups/stored.h"
#include "drivers/postgres/backups/tools.h"
#include "drivers/postgres/database/ledger.h"
#include "drivers/postgres/findings.h"

namespace slipway::drivers::postgres {
namespace {

namespace fs = std::filesystem;
using base::JsonObject;
using base::Result;
using base::Status;

// Who keeps every reader out of a table of this database.
constexpr char kLockers[] =
    "SELECT DISTINCT ON (a.pid) l.relation::regclass, coalesce(nullif(a.application_name, ''), 'a session'), "
    "a.usename, a.pid FROM pg_locks l JOIN pg_stat_activity a USING (pid) "
    "WHERE l.granted AND l.mode = 'AccessExclusiveLock' AND l.locktype = 'relation' AND l.relation >= 16384 "
    "AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database()) ORDER BY a.pid LIMIT "
    "3";

Result<Prepared> Prepare(process::Spawner& spawner, Prepared given, Context& context) {
  SLIPWAY_TRY(Prepared prepared, CompleteBackup(std::move(given), context));
  const JsonObject& with = prepared.action.with;
  SLIPWAY_CHECK_OK(RevealKey(with, context));
  SLIPWAY_TRY(const fs::path folder, base::Inside(context.workspace, base::GetString(with, "folder")));
  SLIPWAY_TRY(Session session, Session::Open(context, base::GetString(with, "database")));
  SLIPWAY_TRY(const Rows size, session.Query("SELECT pg_database_size(current_database())"));
  SLIPWAY_CHECK_OK(CheckRoom(folder, size.Integer(0, 0)));
  SLIPWAY_CHECK_OK(FindTool(spawner, context, "pg_dump", session.version()));
  return prepared;
}

// One backup, step by step.
class Backup {
 public:
  Backup(process::Spawner& spawner, PgCall& call)
      : spawner_(spawner), call_(call), file_(call.context.workspace / call.Text("file")) {}

  Outcome Run() {
    if (const auto made = ReadManifest(file_); made && IsWhole(*made)) return Finish(*made);
    Manifest manifest;
    if (auto taken = Take(manifest); !taken)
      return NotDone(base::ToString(taken.error()) + Lockers(taken.error()), Seen(taken.error()));
    return Finish(manifest);
  }

 private:
  // Of an earlier attempt of this step instance.
  bool IsWhole(const Manifest& made) const {
    std::error_code error;
    const auto size = fs::file_size(file_, error);
    return !error && made.mark == CallerName(call_.context) && made.bytes == static_cast<std::int64_t>(size);
  }

  Status Take(Manifest& manifest) {
    SLIPWAY_TRY(const BackupKey key, RevealKey(call_.with(), call_.context));
    SLIPWAY_TRY(Session session, Session::Open(call_.context, call_.database()));
    SLIPWAY_CHECK_OK(EndLeftovers(session, CallerName(call_.context)));
    SLIPWAY_CHECK_OK(ClearAway());
    SLIPWAY_TRY(const Tool tool, FindTool(spawner_, call_.context, "pg_dump", session.version()));
    SLIPWAY_TRY(const std::string snapshot, Begin(session));
    SLIPWAY_CHECK_OK(Describe(session, manifest));
    SLIPWAY_TRY(PartialFile file, Dump(tool, snapshot, key));
    // Counted last, so that `at least` stays true: the server learns late of what was written before.
    SLIPWAY_TRY(manifest.counters, ReadCounters(session));
    SLIPWAY_CHECK_OK(file.CommitAs(file_));
    manifest.key_id = key.id();
    manifest.bytes = file.size();
    manifest.sha256 = file.sha256();
    Status written = WriteManifest(file_, manifest);
    if (!written) unlink(file_.c_str());  // it would be no backup, and never be deleted
    return written;
  }

  // Where a table was locked for too long: who has it, as far as that can still be seen.
  std::string Lockers(const base::Error& error) const {
    if (!error.what.contains("55P03") && !error.what.contains("lock timeout")) return "";
    auto session = Session::Open(call_.context, call_.database());
    const auto seen = session ? session->Query(kLockers) : std::unexpected(session.error());
    std::string told;
    for (int row = 0; seen && row < seen->size(); ++row) {
      told += fmt::format("; {} is locked by {} (user {}, backend {})", base::Printable(seen->Text(row, 0)),
                          base::Printable(seen->Text(row, 1)), base::Printable(seen->Text(row, 2)),
                          seen->Text(row, 3));
    }
    return told;
  }

  // The names are this step instance's own, so what has them is of an attempt that died.
  Status ClearAway() {
    SLIPWAY_CHECK_OK(base::MakePrivateFolder(file_.parent_path()));
    unlink(PartialPath(file_).c_str());
    unlink(file_.c_str());
    return {};
  }

  Result<std::string> Begin(Session& session) {
    SLIPWAY_CHECK_OK(session.Query("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"));
    SLIPWAY_CHECK_OK(
        session.Query(fmt::format("SELECT set_config('lock_timeout', '{}', false), "
                                  "set_config('idle_in_transaction_session_timeout', '0', false)",
                                  call_.Integer("lock_timeout"))));
    SLIPWAY_TRY(const Rows snapshot, session.Query("SELECT pg_export_snapshot()"));
    return snapshot.Text(0, 0);
  }

  Status Describe(Session& session, Manifest& manifest) {
    manifest.taken_at = call_.context.clock.Now();
    manifest.customer = call_.Text("name");
    manifest.database = call_.database();
    manifest.file = file_.filename();
    manifest.instance = call_.context.instance;
    manifest.mark = CallerName(call_.context);
    manifest.server_number = session.version();
    manifest.server_version = session.version_text();
    SLIPWAY_TRY(const Rows about,
                session.Query("SELECT system_identifier, (SELECT oid FROM pg_database WHERE datname = "
                              "current_database()) FROM pg_control_system()"));
    manifest.system = about.Text(0, 0);
    SLIPWAY_TRY(const Making making, MakingOf(session, about.Integer(0, 1)));
    manifest.locale = making.locale;
    SLIPWAY_TRY(const Installed installed, InstalledVersion(session));
    manifest.schema_version = installed.version;
    SLIPWAY_TRY(manifest.contents, ReadContents(session));
    return {};
  }

  // The mark of the end is written only once pg_dump said that it is whole.
  Result<PartialFile> Dump(const Tool& tool, const std::string& snapshot, const BackupKey& key) {
    SLIPWAY_TRY(PartialFile file, PartialFile::Create(PartialPath(file_)));
    Sealer sealer(key, [&](std::string_view bytes) { return file.Write(bytes); });
    SLIPWAY_TRY(const auto drain, Drain::Start([&](std::string_view bytes) { return sealer.Add(bytes); }));
    const auto ended =
        RunTool(spawner_, call_.context,
                {.tool = tool,
                 .arguments = {"--format=custom", "--snapshot=" + snapshot, "--no-subscriptions",
                               fmt::format("--lock-wait-timeout={}", call_.Integer("lock_timeout"))},
                 .database = call_.database(),
                 .output_fd = drain->fd()});
    SLIPWAY_CHECK_OK(drain->Finish());
    if (!ended) return std::unexpected(ended.error());
    if (const std::string why = WhyFailed(*ended, tool, call_.context); !why.empty())
      return base::Fail(base::ErrorKind::kIo, why);
    SLIPWAY_CHECK_OK(sealer.End());
    return file;
  }

  Outcome Finish(const Manifest& manifest) {
    base::JsonArray deleted;
    if (call_.with().contains("keep")) {
      const auto gone = Retain(file_.parent_path(), manifest, call_.Integer("keep"));
      if (!gone)
        return NotDone("the backup is there, but older ones cannot be deleted: " +
                       base::ToString(gone.error()));
      deleted = base::JsonArray(gone->begin(), gone->end());
    }
    Outcome done = Done({{"backup", call_.Text("file")},
                         {"backup_at", base::FormatTime(manifest.taken_at)},
                         {"version", manifest.schema_version},
                         {"bytes", manifest.bytes},
                         {"sha256", manifest.sha256},
                         {"rows", manifest.contents.AllRows()},
                         {"tables", static_cast<std::int64_t>(manifest.contents.rows.size())},
                         {"deleted", std::move(deleted)}},
                        fmt::format("{}: {} rows of {} tables", call_.Text("file"),
                                    manifest.contents.AllRows(), manifest.contents.rows.size()));
    done.evidence = {{"fingerprint", manifest.contents.fingerprint},
                     {"key_id", manifest.key_id},
                     {"server_version", manifest.server_version},
                     {"rows", base::GetObject(ToJson(manifest.contents), "rows")}};
    return done;
  }

  static JsonObject Seen(const base::Error& error) { return {{"error", error.what}, {"where", error.where}}; }

  process::Spawner& spawner_;
  PgCall& call_;
  const fs::path file_;
};

}  // namespace

Result<Prepared> CompleteBackup(Prepared prepared, const Context& context) {
  JsonObject& with = prepared.action.with;
  const std::string database = base::GetString(with, "database");
  const std::string customer = Slug(base::GetString(with, "name", database));
  if (customer.empty()) return base::Invalid("nothing of `name` can be part of a file's name", "name");
  if (with.contains("keep") && base::GetInt(with, "keep") < 1)
    return base::Invalid("`keep` is at least 1", "keep");
  const std::string name = BackupName(customer, context.clock.Now(), InstanceTag(context, database));
  with["name"] = customer;
  with["file"] = (fs::path(base::GetString(with, "folder")) / name).string();
  return prepared;
}

PgAction BackupAction(process::Spawner& spawner) {
  return {.sheet = BackupSheet(),
          .prepare = [&spawner](Prepared prepared,
                                Context& context) { return Prepare(spawner, std::move(prepared), context); },
          .run = [&spawner](PgCall& call) { return Backup(spawner, call).Run(); }};
}

}  // namespace slipway::drivers::postgres
