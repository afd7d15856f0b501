#include "journal/file_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace slipway::journal {
namespace {

base::Result<base::Fd> OpenLockFile(const std::filesystem::path& file) {
  base::Fd fd(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd.valid())
    return base::Fail(base::ErrorKind::kIo, "cannot open the lock: " + base::ErrnoText(errno), file.string(),
                      "work as the user whose store it is, where it can be written: looking locks it too");
  return fd;
}

}  // namespace

base::Result<FileLock> FileLock::Open(const std::filesystem::path& file) {
  SLIPWAY_TRY(base::Fd fd, OpenLockFile(file));
  return FileLock(std::move(fd));
}

base::Result<FileLock> FileLock::OpenToRead(const std::filesystem::path& file) {
  base::Fd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!fd.valid())
    return base::Fail(base::ErrorKind::kIo, "cannot open the lock: " + base::ErrnoText(errno), file.string());
  return FileLock(std::move(fd));
}

base::Result<FileLock::Guard> FileLock::Hold() {
  while (::flock(fd_.get(), LOCK_EX) != 0) {
    if (errno != EINTR)
      return base::Fail(base::ErrorKind::kIo, "cannot lock the store: " + base::ErrnoText(errno));
  }
  return Guard(fd_.get());
}

FileLock::Guard::~Guard() {
  if (fd_ >= 0) ::flock(fd_, LOCK_UN);
}

base::Result<std::optional<NamedLock>> NamedLock::Try(const std::filesystem::path& file) {
  for (;;) {
    SLIPWAY_TRY(base::Fd fd, OpenLockFile(file));
    if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
      if (errno == EWOULDBLOCK) return std::optional<NamedLock>();
      if (errno == EINTR) continue;
      return base::Fail(base::ErrorKind::kIo, "cannot lock: " + base::ErrnoText(errno), file.string());
    }
    // The holder before us may have removed the file between our open and our lock: then ours is a lock on
    // nothing.
    struct stat held{};
    struct stat named{};
    if (::fstat(fd.get(), &held) == 0 && ::stat(file.c_str(), &named) == 0 && held.st_ino == named.st_ino &&
        held.st_dev == named.st_dev) {
      return NamedLock(file, std::move(fd));
    }
  }
}

base::Result<NamedLock::State> NamedLock::Look(const std::filesystem::path& file) {
  const base::Fd fd(::open(file.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW));
  if (!fd.valid() && errno == ENOENT) return State::kNotThere;
  if (!fd.valid())
    return base::Fail(base::ErrorKind::kIo, "cannot open the lock: " + base::ErrnoText(errno), file.string());
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) == 0) return State::kLeftBehind;
  if (errno == EWOULDBLOCK) return State::kHeld;
  return base::Fail(base::ErrorKind::kIo, "cannot lock: " + base::ErrnoText(errno), file.string());
}

NamedLock::~NamedLock() {
  if (fd_.valid()) ::unlink(file_.c_str());
}

}  // namespace slipway::journal
