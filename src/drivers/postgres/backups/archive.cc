#include "drivers/postgres/backups/archive.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <cerrno>

#include "base/bytes.h"
#include "base/file.h"
#include "base/sha256_stream.h"
#include "drivers/postgres/backups/pump.h"
#include "drivers/postgres/backups/tools.h"
#include "drivers/postgres/database/beside.h"

namespace slipway::drivers::postgres {
namespace {

namespace fs = std::filesystem;
using base::JsonObject;
using base::Result;
using base::Status;

constexpr std::size_t kBeginning = 2 * kFrame;  // enough that the first frame is opened

Result<base::Fd> OpenFile(const fs::path& path) {
  base::Fd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd.valid())
    return base::Fail(base::ErrorKind::kIo, "the backup cannot be opened: " + base::ErrnoText(errno),
                      path.string());
  posix_fadvise(fd.get(), 0, 0, POSIX_FADV_SEQUENTIAL);
  return fd;
}

Status At(Status status, const fs::path& path) {
  if (!status && status.error().where.empty()) status.error().where = path.string();
  return status;
}

std::function<bool()> StoppedBy(const Context& context) {
  return [&context] { return context.cancel.cancelled() || context.clock.Now() >= context.deadline; };
}

Status OtherDigest(const Archive& archive) {
  return base::Refused("the backup is damaged: its digest is not that of its manifest",
                       archive.path.string());
}

// Through the key into `write`, and at the end its digest once more: the file may have changed since.
Status Unpack(const Archive& archive, const BackupKey& key, const Context& context, const TakeBytes& write) {
  SLIPWAY_TRY(const base::Fd fd, OpenFile(archive.path));
  Opener opener(key, write);
  base::Sha256Stream digest;
  SLIPWAY_CHECK_OK(At(ReadThrough(
                          fd.get(),
                          [&](std::string_view bytes) {
                            digest.Add(bytes);
                            return opener.Add(bytes);
                          },
                          StoppedBy(context)),
                      archive.path));
  SLIPWAY_CHECK_OK(At(opener.End(), archive.path));
  return base::DigestText(digest.End()) == archive.manifest.sha256 ? Status{} : OtherDigest(archive);
}

// Whoever ended pg_restore, and a server whose disk is full, say nothing about what it was given.
bool IsNoFaultOfTheBackup(const process::Ended& ended, const std::string& why) {
  return ended.how != process::Ended::How::kExited || why.contains("No space left on device");
}

}  // namespace

Result<BackupKey> RevealKey(const JsonObject& with, const Context& context) {
  SLIPWAY_TRY(const base::Json revealed, context.Reveal(base::Json(base::GetString(with, "key"))));
  return BackupKey::Of(base::Secret(std::string(base::View(revealed.get_string()))));
}

Result<Archive> FindArchive(const JsonObject& with, const Context& context) {
  Archive archive;
  SLIPWAY_TRY(archive.path, base::Inside(context.workspace, base::GetString(with, "backup")));
  std::error_code error;
  const auto size = fs::file_size(archive.path, error);
  if (error) return base::Invalid("there is no such backup: " + error.message(), archive.path.string());
  SLIPWAY_TRY(archive.manifest, ReadManifest(archive.path));
  const std::string recorded = base::GetString(with, "sha256");
  if (!recorded.empty() && recorded != archive.manifest.sha256)
    return base::Refused("the backup is not the one on record: its manifest has another digest",
                         archive.path.string());
  const std::string database = base::GetString(with, "database");
  if (archive.manifest.database != database)
    return base::Refused(
        fmt::format("the backup is of the database {} and not of {}", archive.manifest.database, database),
        archive.path.string());
  if (static_cast<std::int64_t>(size) != archive.manifest.bytes)
    return base::Refused(fmt::format("the backup is damaged: it has {} bytes, and its manifest says {}", size,
                                     archive.manifest.bytes),
                         archive.path.string());
  return archive;
}

Status CheckArchive(const Archive& archive, const BackupKey& key, const Context& context) {
  SLIPWAY_TRY(const base::Fd fd, OpenFile(archive.path));
  bool opened = false;
  Opener opener(key, [&](std::string_view) -> Status {
    opened = true;
    return {};
  });
  base::Sha256Stream digest;
  std::size_t seen = 0;
  SLIPWAY_CHECK_OK(At(ReadThrough(
                          fd.get(),
                          [&](std::string_view bytes) -> Status {
                            digest.Add(bytes);
                            const std::size_t before = seen;
                            seen += bytes.size();
                            return before < kBeginning ? opener.Add(bytes) : Status{};
                          },
                          StoppedBy(context)),
                      archive.path));
  if (base::DigestText(digest.End()) != archive.manifest.sha256) return OtherDigest(archive);
  return opened ? Status{} : At(opener.End(), archive.path);
}

Status RestoreInto(process::Spawner& spawner, const Context& context, const Archive& archive,
                   const BackupKey& key, const std::string& into) {
  SLIPWAY_TRY(Session session, Session::Open(context, into));
  SLIPWAY_TRY(const Tool tool, FindTool(spawner, context, "pg_restore", session.version()));
  SLIPWAY_TRY(const auto feed,
              Feed::Start([&](const TakeBytes& write) { return Unpack(archive, key, context, write); }));
  const auto ended = RunTool(
      spawner, context,
      {.tool = tool,
       .arguments = {"--format=custom", "--exit-on-error", "--single-transaction", "--no-subscriptions"},
       .database = into,
       .input_fd = feed->fd()});
  const std::string why = ended ? WhyFailed(*ended, tool, context) : base::ToString(ended.error());
  const Status fed = feed->Finish(why.empty() ? Feed::Rest::kWanted : Feed::Rest::kSkipped);
  // What is wrong with the file explains what pg_restore says, unless it stopped reading by itself.
  if (!fed && !feed->cut_off()) return fed;
  if (why.empty()) return fed;
  if (!ended) return std::unexpected(ended.error());
  // A server that went away proves nothing about the backup.
  const auto alive = session.Query("SELECT 1");
  if (!alive) return base::Fail(base::ErrorKind::kIo, why + "; " + ToString(alive.error()));
  if (IsNoFaultOfTheBackup(*ended, why)) return base::Fail(base::ErrorKind::kIo, why);
  return base::Refused("it does not restore: " + why, archive.path.string());
}

Status CompareRestored(const Context& context, const Archive& archive, const std::string& name) {
  SLIPWAY_TRY(Session session, Session::Open(context, name));
  SLIPWAY_TRY(const Rows invalid,
              session.Query("SELECT i.indexrelid::regclass::text FROM pg_index i JOIN pg_class c ON "
                            "c.oid = i.indexrelid WHERE NOT i.indisvalid AND c.relkind = 'i'"));
  if (invalid.size() > 0)
    return base::Refused("the index " + invalid.Text(0, 0) + " is invalid once restored",
                         archive.path.string());
  SLIPWAY_TRY(const Contents found, ReadContents(session));
  const std::vector<std::string> differences = Differences(archive.manifest.contents, found);
  if (differences.empty()) return {};
  return base::Refused("what is restored is not what the manifest says: " + Told(differences),
                       archive.path.string());
}

}  // namespace slipway::drivers::postgres
