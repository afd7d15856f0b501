// postgres.restore: a backup becomes the database, and the one it replaces is kept.
//
// What there is says how far it came, so a repeated or interrupted restore needs no memory: a database named
// after the step instance that is not marked as verified is half of a restore and is thrown away; one that is
// marked waits for the swap; and once the name leads to another database than the one that was recorded,
// while that one is kept aside, it is done.
#include <fmt/format.h>

#include <optional>

#include "drivers/postgres/backups/archive.h"
#include "drivers/postgres/backups/backups.h"
#include "drivers/postgres/backups/create_like.h"
#include "drivers/postgres/backups/disk_room.h"
#include "drivers/postgres/backups/sheets_backup.h"
#include "drivers/postgres/backups/swap.h"
#include "drivers/postgres/backups/tidy.h"
#include "drivers/postgres/backups/tools.h"
#include "drivers/postgres/database/beside.h"
#include "drivers/postgres/database/ledger.h"
#include "drivers/postgres/database/schema.h"

namespace slipway::drivers::postgres {
namespace {

using base::JsonObject;
using base::Result;
using base::Status;

constexpr char kVerified[] = "restored from ";

constexpr char kMayCreate[] = R"(
SELECT rolsuper OR (rolcreatedb AND pg_has_role(current_user, $1, 'MEMBER')) FROM pg_roles WHERE rolname = current_user)";

Status CheckRights(Session& session, const std::string& owner) {
  SLIPWAY_TRY(const Rows may, session.Query(kMayCreate, {owner}));
  if (may.Boolean(0, 0)) return {};
  return base::Refused("the role of the connection may not make a database for " + owner, session.where(),
                       fmt::format("it needs CREATEDB and must be a member of {}", owner));
}

// Only where the server's disk is ours: PostgreSQL does not tell how much room it has.
Status CheckServerRoom(Session& session, const Context& context, const std::string& database) {
  SLIPWAY_TRY(const Connection connection, ReadConnection(context));
  if (!connection.IsNear()) return {};
  const auto folder = session.Query("SHOW data_directory");  // not everybody may see it
  std::error_code ignored;
  if (!folder || !std::filesystem::exists(folder->Text(0, 0), ignored)) return {};
  SLIPWAY_TRY(const Rows size, session.Query("SELECT pg_database_size($1)", {database}));
  return CheckRoom(folder->Text(0, 0), size.Integer(0, 0));
}

Result<JsonObject> Loss(const Context& context, const Archive& archive) {
  SLIPWAY_TRY(Session session, Session::Open(context, archive.manifest.database));
  SLIPWAY_TRY(const Counters now, ReadCounters(session));
  return WrittenSince(archive.manifest.counters, now);
}

Result<Prepared> Prepare(process::Spawner& spawner, Prepared prepared, Context& context) {
  const JsonObject& with = prepared.action.with;
  const std::string database = base::GetString(with, "database");
  SLIPWAY_TRY(const BackupKey key, RevealKey(with, context));
  SLIPWAY_TRY(const Archive archive, FindArchive(with, context));
  SLIPWAY_CHECK_OK(CheckArchive(archive, key, context));
  SLIPWAY_TRY(Session session, OpenBeside(context, database));
  SLIPWAY_CHECK_OK(FindTool(spawner, context, "pg_restore", session.version()));
  if (session.version() / 10'000 < archive.manifest.server_number / 10'000)
    return base::Refused(fmt::format("the backup is of PostgreSQL {}, and an older server cannot take it",
                                     archive.manifest.server_version),
                         session.where());
  SLIPWAY_TRY(const auto now, FindDatabase(session, database));
  if (!now)
    return base::Refused("there is no database " + database + " to replace", session.where(),
                         "postgres.provision makes an empty one");
  const std::string tag = InstanceTag(context, database);
  for (const std::string_view infix : {kRestored, kBefore, kUndone}) {
    SLIPWAY_TRY(const auto taken, FindDatabase(session, Beside(database, infix, tag)));
    if (taken) return base::Refused("there is already a database " + taken->name, session.where());
  }
  SLIPWAY_CHECK_OK(CheckRights(session, now->owner));
  SLIPWAY_CHECK_OK(CheckServerRoom(session, context, database));
  SLIPWAY_TRY(JsonObject lost, Loss(context, archive));
  prepared.prior = {{"oid", now->oid},
                    {"owner", now->owner},
                    {"connection_limit", now->connection_limit},
                    {"would_lose", DescribeWritten(lost)},
                    {"lost", std::move(lost)}};
  prepared.undo = SwapBackFor(with, context, now->oid);
  return prepared;
}

// One restore, step by step.
class Restore {
 public:
  Restore(process::Spawner& spawner, PgCall& call)
      : spawner_(spawner),
        call_(call),
        database_(call.database()),
        tag_(InstanceTag(call.context, database_)),
        restored_(Beside(database_, kRestored, tag_)),
        kept_(Beside(database_, kBefore, tag_)),
        mark_(CallerName(call.context)) {}

  Outcome Run() {
    auto done = Act();
    if (done) return *std::move(done);
    return Settle(done.error());
  }

  // Looks how far an attempt that died came; half of a restore is thrown away.
  Outcome Probe() {
    auto session = OpenBeside(call_.context, database_);
    if (!session) return Unknown(ToString(session.error()), Evidence(session.error()));
    auto state = Look(*session);
    if (!state) return Unknown(base::ToString(state.error()));
    if (state->swapped) {
      auto done = Finish(*state);
      return done ? *std::move(done) : Unknown(base::ToString(done.error()), Seen(*state));
    }
    if (state->restored) {
      if (auto dropped = DropDatabase(*session, restored_); !dropped)
        return Unknown("half of a restore cannot be dropped: " + ToString(dropped.error()), Seen(*state));
    }
    const bool same = state->current && state->current->oid == PriorOid();
    return NotDone(fmt::format("{} is {} database that it was", database_, same ? "the" : "another than the"),
                   Seen(*state));
  }

 private:
  struct State {
    std::optional<NamedDatabase> current, restored, kept;
    bool swapped = false;
  };

  Result<Outcome> Act() {
    SLIPWAY_TRY(State state, LookAnew());
    if (state.swapped) return Finish(state);
    SLIPWAY_CHECK_OK(CheckUnchanged(state));
    SLIPWAY_TRY(const BackupKey key, RevealKey(call_.with(), call_.context));
    SLIPWAY_TRY(const Archive archive, FindArchive(call_.with(), call_.context));
    if (!IsVerified(state)) {
      acted_ = true;
      SLIPWAY_CHECK_OK(Create(*state.current));
      SLIPWAY_CHECK_OK(Note("created"));
      SLIPWAY_CHECK_OK(RestoreInto(spawner_, call_.context, archive, key, restored_));
      SLIPWAY_CHECK_OK(Note("restored"));
      SLIPWAY_CHECK_OK(CompareRestored(call_.context, archive, restored_));
      SLIPWAY_CHECK_OK(Analyze());
      SLIPWAY_CHECK_OK(MarkVerified(*state.current));
      SLIPWAY_CHECK_OK(Note("verified"));
      SLIPWAY_TRY(state, LookAnew());
    }
    acted_ = true;
    SLIPWAY_CHECK_OK(CheckUnchanged(state));  // it took its time
    SLIPWAY_CHECK_OK(SwapIn(state));
    SLIPWAY_CHECK_OK(Note("swapped"));
    SLIPWAY_TRY(state, LookAnew());
    if (state.swapped) return Finish(state);
    return base::Fail(base::ErrorKind::kIo, "the swap cannot be seen");
  }

  // Each look is of a session of its own: none is idle while pg_restore is at work.
  Result<State> LookAnew() {
    SLIPWAY_TRY(Session session, OpenBeside(call_.context, database_));
    return Look(session);
  }

  SqlStatus Create(const NamedDatabase& current) {
    SLIPWAY_TRY(Session session, OpenBeside(call_.context, database_));
    SLIPWAY_CHECK_OK(DropDatabase(session, restored_));
    SLIPWAY_TRY(Making making, MakingOf(session, current.oid));
    return CreateEmpty(session, {.name = restored_,
                                 .owner = current.owner,
                                 .tablespace = making.tablespace,
                                 .locale = making.locale,
                                 .comment = WithOurs("", mark_, "being restored")});
  }

  // Rights come last, so that nobody works in it before it is whole.
  SqlStatus MarkVerified(const NamedDatabase& current) {
    SLIPWAY_TRY(Session session, OpenBeside(call_.context, database_));
    SLIPWAY_CHECK_OK(DressLike(session, current.oid, restored_));
    SLIPWAY_CHECK_OK(session.Query("COMMENT ON DATABASE " + QuoteName(restored_) + " IS " +
                                   QuoteText(WithOurs("", mark_, VerifiedText()))));
    return {};
  }

  // Backends of an attempt that died are ended first, so what is seen stays.
  Result<State> Look(Session& session) {
    SLIPWAY_CHECK_OK(EndLeftovers(session, mark_));
    State state;
    SLIPWAY_TRY(state.current, FindDatabase(session, database_));
    SLIPWAY_TRY(state.restored, FindDatabase(session, restored_));
    SLIPWAY_TRY(state.kept, FindDatabase(session, kept_));
    const bool other = state.current && state.current->oid != PriorOid();
    state.swapped = other && ((state.kept && state.kept->oid == PriorOid()) || IsOurs(*state.current));
    return state;
  }

  std::int64_t PriorOid() const { return base::GetInt(call_.prepared.prior, "oid"); }
  std::string VerifiedText() const { return kVerified + call_.Text("backup"); }

  // Restored by this step instance and found to be right.
  bool IsOurs(const NamedDatabase& database) const {
    const auto ours = OurLineOf(database.comment);
    return ours && ours->mark == mark_ && ours->what == VerifiedText();
  }
  bool IsVerified(const State& state) const { return state.restored && IsOurs(*state.restored); }

  Status CheckUnchanged(const State& state) const {
    if (state.current && state.current->oid == PriorOid()) return {};
    return base::Refused(fmt::format("{} is not the database any more that was to be replaced", database_));
  }

  // Where nothing can be put on record any more, somebody else may be going on with this step.
  Status Note(std::string_view stage) {
    Status noted = call_.sink.Note({{"stage", stage}, {"database", restored_}});
    forsaken_ = !noted;
    return noted;
  }

  // Without it the first queries would be planned as if every table were empty.
  Status Analyze() {
    SLIPWAY_TRY(Session session, Session::Open(call_.context, restored_));
    SLIPWAY_CHECK_OK(session.Query("ANALYZE"));
    return {};
  }

  SqlStatus SwapIn(const State& state) {
    SLIPWAY_TRY(Session session, OpenBeside(call_.context, database_));
    const base::Time until = call_.context.clock.Now() + base::Duration{call_.Integer("keep_for")};
    const std::string& comment = state.current->comment;
    return SwapNames(session, {.name = database_,
                               .old_oid = state.current->oid,
                               .aside = kept_,
                               .old_comment = WithOurs(comment, mark_, KeptText(until, database_)),
                               .ready = restored_,
                               .new_oid = state.restored->oid,
                               .new_comment = WithOurs(comment, mark_, VerifiedText())});
  }

  Result<Outcome> Finish(const State& state) {
    SLIPWAY_TRY(Session session, Session::Open(call_.context, database_));
    SLIPWAY_TRY(const Installed installed, InstalledVersion(session));
    SLIPWAY_TRY(const auto kept, KeptOf(session, database_, call_.context.clock.Now()));
    JsonObject outputs{{"version", installed.version},
                       {"backup", call_.Text("backup")},
                       {"kept", kept_},
                       {"lost", base::GetObject(call_.prepared.prior, "lost")},
                       {"schema", SchemaLeft(session)}};
    for (const Kept& one : kept) {
      if (one.name == kept_) outputs["kept_until"] = base::FormatTime(one.until);
    }
    if (const auto archive = FindArchive(call_.with(), call_.context)) {
      outputs["backup_at"] = base::FormatTime(archive->manifest.taken_at);
      outputs["rows"] = archive->manifest.contents.AllRows();
    }
    Outcome done = Done(std::move(outputs), fmt::format("{} is what {} holds; what it was is kept as {}",
                                                        database_, call_.Text("backup"), kept_));
    done.evidence = Seen(state);
    return done;
  }

  JsonObject Seen(const State& state) const {
    JsonObject seen;
    for (const std::optional<NamedDatabase>* one : {&state.current, &state.restored, &state.kept}) {
      if (*one) seen[(*one)->name] = (*one)->oid;
    }
    return seen;
  }

  // It failed. What it, or an attempt before it, made beside the database is taken away, so that nothing
  // changed; where that, or what became of the swap, cannot be seen, it is unknown.
  Outcome Settle(const base::Error& error) {
    const std::string reason = base::ToString(error);
    JsonObject evidence{{"error", error.what}, {"where", error.where}};
    if (!acted_ && call_.progress.empty()) return NotDone(reason, std::move(evidence));
    if (forsaken_) return Unknown(reason, std::move(evidence));
    const CancelToken never;
    Context context = TimeToTidy(call_.context, never);
    PgCall tidy{call_.prepared, call_.progress, call_.sink, context};
    Outcome seen = Restore(spawner_, tidy).Probe();
    if (seen.verdict == Verdict::kDone) return seen;
    seen.reason = reason + (seen.verdict == Verdict::kUnknown ? "; and " + seen.reason : "");
    seen.evidence["error"] = std::move(evidence);
    return seen;
  }

  process::Spawner& spawner_;
  PgCall& call_;
  const std::string database_;
  const std::string tag_;
  const std::string restored_;
  const std::string kept_;
  const std::string mark_;
  bool acted_ = false;
  bool forsaken_ = false;
};

Outcome Restored(const Prepared& undone, Context& context) {
  const std::string database = base::GetString(undone.action.with, "database");
  auto session = OpenBeside(context, database);
  if (!session) return Unknown(ToString(session.error()), Evidence(session.error()));
  auto now = FindDatabase(*session, database);
  if (!now) return Unknown(ToString(now.error()), Evidence(now.error()));
  const std::int64_t prior = base::GetInt(undone.prior, "oid");
  if (!*now) return NotDone("there is no database " + database);
  JsonObject seen{{"oid", (*now)->oid}, {"prior", prior}};
  if ((*now)->oid != prior)
    return NotDone(fmt::format("{} is not the database that it was before the restore", database),
                   std::move(seen));
  Outcome done = Done({}, fmt::format("{} is the very database that it was", database));
  done.evidence = std::move(seen);
  return done;
}

}  // namespace

Action SwapBackFor(const JsonObject& restore, const Context& context, std::int64_t oid) {
  const std::string database = base::GetString(restore, "database");
  Action undo{"postgres.swap_back",
              {{"database", database},
               {"oid", oid},
               {"tag", InstanceTag(context, database)},
               {"keep_for", base::GetInt(restore, "keep_for")}}};
  if (const base::Json* connection = restore.if_contains("connection")) undo.with["connection"] = *connection;
  return undo;
}

PgAction RestoreAction(process::Spawner& spawner) {
  return {.sheet = RestoreSheet(),
          .prepare = [&spawner](Prepared prepared,
                                Context& context) { return Prepare(spawner, std::move(prepared), context); },
          .run = [&spawner](PgCall& call) { return Restore(spawner, call).Run(); },
          .probe = [&spawner](PgCall& call) { return Restore(spawner, call).Probe(); },
          .restored = Restored};
}

}  // namespace slipway::drivers::postgres
