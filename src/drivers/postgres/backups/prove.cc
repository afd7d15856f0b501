// postgres.prove: a backup is proven only when it was restored and found to be what its manifest says.
#include <fmt/format.h>

#include "base/file.h"
#include "base/text.h"
#include "drivers/postgres/backups/archive.h"
#include "drivers/postgres/backups/backups.h"
#include "drivers/postgres/backups/create_like.h"
#include "drivers/postgres/backups/sheets_backup.h"
#include "drivers/postgres/backups/stored.h"
#include "drivers/postgres/backups/tidy.h"

namespace slipway::drivers::postgres {
namespace {

using base::Status;

// The databases of which somebody is connected, or at work for whoever made them, are not among them.
constexpr char kScratches[] = R"(
SELECT d.datname, c.description FROM pg_database d
  JOIN pg_shdescription c ON c.objoid = d.oid AND c.classoid = 'pg_database'::regclass
 WHERE starts_with(d.datname, $1) AND NOT EXISTS (
   SELECT FROM pg_stat_activity a WHERE a.datid = d.oid OR starts_with(c.description, a.application_name || ': '))
 ORDER BY 1)";

// Which one it is is settled here, so that what is repeated after a crash is the same proof.
base::Result<Prepared> Prepare(Prepared prepared, Context& context) {
  base::JsonObject& with = prepared.action.with;
  if (with.contains("backup")) return prepared;
  const std::string database = base::GetString(with, "database");
  const std::string customer = CustomerOf(with);
  const std::string folder = base::GetString(with, "folder");
  SLIPWAY_TRY(const auto path, base::Inside(context.workspace, folder));
  SLIPWAY_TRY(const auto all, StoredBackups(path, customer, database));
  const std::string newest = all.empty() ? "" : all.front().path.filename().string();
  SLIPWAY_TRY(const auto damaged, UnreadableBackup(path, customer, newest));
  if (damaged) {
    return base::Refused("the newest backup cannot be judged: its manifest cannot be read",
                         (std::filesystem::path(folder) / damaged->filename()).string(),
                         "postgres.backup makes another; `backup` names an older one to prove");
  }
  if (all.empty())
    return base::Refused(fmt::format("there is no backup of {} of the customer {}", database, customer),
                         folder, "postgres.backup makes one");
  with["backup"] = (std::filesystem::path(folder) / newest).string();
  return prepared;
}

// One proof, step by step.
class Proof {
 public:
  Proof(process::Spawner& spawner, PgCall& call)
      : spawner_(spawner),
        call_(call),
        scratch_(Beside(call.database(), kProof, InstanceTag(call.context, call.database()))),
        mark_(CallerName(call.context)) {}

  Outcome Run() {
    auto archive = FindArchive(call_.with(), call_.context);
    if (!archive) return Judge(archive.error());
    const base::Time began = call_.context.clock.Now();
    Status proven = Prove(*archive);
    const base::Duration took = call_.context.clock.Now() - began;
    if (Status dropped = DropScratch(); !dropped && proven) proven = std::move(dropped);
    if (!proven) return Judge(proven.error());
    const base::Time now = call_.context.clock.Now();
    if (const Status written = WriteProven(archive->path, archive->manifest, now, call_.context); !written)
      return Unknown(base::ToString(written.error()));
    const Contents& contents = archive->manifest.contents;
    const auto tables = static_cast<std::int64_t>(contents.rows.size());
    Outcome done =
        Done({{"proven", call_.Text("backup")},
              {"proven_at", base::FormatTime(now)},
              {"version", archive->manifest.schema_version},
              {"rows", contents.AllRows()},
              {"tables", tables},
              {"took", took.count()}},
             fmt::format("{} restores in {}: {} rows of {} tables and the schema are those of its manifest",
                         call_.Text("backup"), base::FormatDuration(took), contents.AllRows(), tables));
    done.evidence = {{"fingerprint", contents.fingerprint}, {"sha256", archive->manifest.sha256}};
    return done;
  }

 private:
  Status Prove(const Archive& archive) {
    SLIPWAY_TRY(const BackupKey key, RevealKey(call_.with(), call_.context));
    SLIPWAY_CHECK_OK(CheckArchive(archive, key, call_.context));
    // That none can be made says nothing about the backup.
    if (const auto made = MakeScratch(archive.manifest.locale); !made)
      return base::Fail(base::ErrorKind::kIo, "no scratch database can be made: " + ToString(made.error()));
    SLIPWAY_CHECK_OK(RestoreInto(spawner_, call_.context, archive, key, scratch_));
    return CompareRestored(call_.context, archive, scratch_);
  }

  SqlStatus MakeScratch(const Locale& locale) {
    SLIPWAY_TRY(Session session, OpenBeside(call_.context, call_.database()));
    SLIPWAY_CHECK_OK(EndLeftovers(session, mark_));
    SLIPWAY_CHECK_OK(DropDatabase(session, scratch_));
    SLIPWAY_CHECK_OK(DropForsaken(session));
    // Whoever owns the database owns the scratch: only so may its objects be given to him by a role that is
    // no superuser.
    SLIPWAY_TRY(const Rows owner,
                session.Query("SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = $1",
                              {call_.database()}));
    made_ = true;
    return CreateEmpty(session, {.name = scratch_,
                                 .owner = owner.size() == 1 ? owner.Text(0, 0) : "",
                                 .tablespace = {},
                                 .locale = locale,
                                 .comment = WithOurs("", mark_, ScratchText())});
  }

  std::string ScratchText() const { return "scratch of a proof, " + call_.context.store; }

  // What proofs of this store left that died and were given up: nobody else would ever drop it.
  SqlStatus DropForsaken(Session& session) {
    const std::string prefix = scratch_.substr(0, scratch_.rfind('_') + 1);
    SLIPWAY_TRY(const Rows left, session.Query(kScratches, {prefix}));
    for (int i = 0; i < left.size(); ++i) {
      const auto ours = OurLineOf(left.View(i, 1));
      if (ours && ours->what == ScratchText()) SLIPWAY_CHECK_OK(DropDatabase(session, left.Text(i, 0)));
    }
    return {};
  }

  Status DropScratch() {
    if (!made_) return {};
    const CancelToken never;
    const Context context = TimeToTidy(call_.context, never);
    SLIPWAY_TRY(Session session, OpenBeside(context, call_.database()));
    SLIPWAY_CHECK_OK(EndLeftovers(session, mark_));
    SLIPWAY_CHECK_OK(DropDatabase(session, scratch_));
    return {};
  }

  // What could not be reached is unknown; everything else is the backup's fault.
  static Outcome Judge(const base::Error& error) {
    base::JsonObject evidence{{"error", error.what}, {"where", error.where}};
    return error.kind == base::ErrorKind::kIo ? Unknown(base::ToString(error), std::move(evidence))
                                              : NotDone(base::ToString(error), std::move(evidence));
  }

  process::Spawner& spawner_;
  PgCall& call_;
  const std::string scratch_;
  const std::string mark_;
  bool made_ = false;
};

}  // namespace

PgAction ProveAction(process::Spawner& spawner) {
  return {.sheet = ProveSheet(),
          .prepare = Prepare,
          .run = [&spawner](PgCall& call) { return Proof(spawner, call).Run(); },
          .probe = {},
          .restored = {}};
}

}  // namespace slipway::drivers::postgres
