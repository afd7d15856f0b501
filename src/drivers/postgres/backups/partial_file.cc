#include "drivers/postgres/backups/partial_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

namespace slipway::drivers::postgres {
namespace {

std::unexpected<base::Error> IoError(const std::string& what, const std::filesystem::path& path, int error) {
  const bool full = error == ENOSPC || error == EDQUOT || error == EFBIG;
  return base::Fail(base::ErrorKind::kIo, full ? "the disk is full" : what + ": " + base::ErrnoText(error),
                    path.string(), full ? "make room there, then try again" : "");
}

}  // namespace

base::Result<PartialFile> PartialFile::Create(const std::filesystem::path& partial) {
  base::Fd fd(open(partial.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd.valid()) return IoError("cannot make the file", partial, errno);
  return PartialFile(std::move(fd), partial);
}

PartialFile::~PartialFile() {
  if (fd_.valid()) unlink(path_.c_str());
}

base::Status PartialFile::Write(std::string_view bytes) {
  digest_.Add(bytes);
  size_ += static_cast<std::int64_t>(bytes.size());
  while (!bytes.empty()) {
    const ssize_t wrote = write(fd_.get(), bytes.data(), bytes.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) return IoError("cannot write the file", path_, errno);
    bytes.remove_prefix(static_cast<std::size_t>(wrote));
  }
  return {};
}

base::Status PartialFile::CommitAs(const std::filesystem::path& path) {
  // Linked, not renamed: a file that has the name already is not replaced.
  if (fsync(fd_.get()) != 0) return IoError("cannot flush the file", path_, errno);
  if (link(path_.c_str(), path.c_str()) != 0) return IoError("cannot name the file", path, errno);
  unlink(path_.c_str());
  fd_.Reset();
  sha256_ = base::DigestText(digest_.End());
  const base::Fd folder(open(path.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder.valid() || fsync(folder.get()) != 0)
    return IoError("cannot flush the folder", path.parent_path(), errno);
  return {};
}

}  // namespace slipway::drivers::postgres
