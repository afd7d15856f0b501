#include "base/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>

#include "base/text.h"

namespace slipway::base {
namespace {

namespace fs = std::filesystem;

std::unexpected<Error> IoError(const std::string& what, const fs::path& path, int error) {
  return Fail(ErrorKind::kIo, what + ": " + ErrnoText(error), path.string());
}

Status WriteAll(int fd, std::string_view content, const fs::path& path) {
  while (!content.empty()) {
    const ssize_t written = ::write(fd, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return IoError("cannot write the file", path, errno);
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

enum class Put { kOver, kNew };

// A link is made or refused in one go, where a rename would replace what is there.
Status PutInPlace(const std::string& beside, const fs::path& path, Put put) {
  if (put == Put::kOver) {
    if (::rename(beside.c_str(), path.c_str()) != 0) return IoError("cannot rename the file", path, errno);
    return {};
  }
  if (::link(beside.c_str(), path.c_str()) != 0) {
    if (errno == EEXIST) return Fail(ErrorKind::kConflict, "there is such a file already", path.string());
    return IoError("cannot link the file", path, errno);
  }
  ::unlink(beside.c_str());
  return {};
}

Status WriteInto(Fd fd, std::string_view content, unsigned mode, const fs::path& path) {
  SLIPWAY_CHECK_OK(WriteAll(fd.get(), content, path));
  if (::fchmod(fd.get(), static_cast<mode_t>(mode)) != 0) return IoError("cannot set the mode", path, errno);
  if (::fsync(fd.get()) != 0) return IoError("cannot flush the file", path, errno);
  return {};
}

Status WriteBeside(const fs::path& path, std::string_view content, unsigned mode, Put put) {
  const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
  std::string beside = (folder / ("." + path.filename().string() + ".XXXXXX")).string();
  Fd fd(::mkostemp(beside.data(), O_CLOEXEC));
  if (!fd.valid()) return IoError("cannot create a file", folder, errno);
  Status done = WriteInto(std::move(fd), content, mode, path);
  if (done) done = PutInPlace(beside, path, put);
  if (!done) {
    ::unlink(beside.c_str());
    return done;
  }
  return FlushFolder(folder);
}

// True when `relative` is there and nothing on the way to it below `root` is a link.
bool PassesNoLink(const fs::path& root, const fs::path& relative) {
  std::string path = root.empty() ? "." : root.native();
  for (const fs::path& part : relative) {
    path += '/';
    path += part.native();
    struct stat about{};
    if (::lstat(path.c_str(), &about) != 0 || !(S_ISREG(about.st_mode) || S_ISDIR(about.st_mode)))
      return false;
  }
  return true;
}

// True when some prefix of `path` below `root` is a link that leads nowhere: what it leads to cannot be
// judged.
bool HasDanglingLink(const fs::path& root, const fs::path& relative) {
  fs::path path = root;
  for (const fs::path& part : relative) {
    path /= part;
    std::error_code ignored;
    if (fs::is_symlink(fs::symlink_status(path, ignored)) && !fs::exists(path, ignored)) return true;
  }
  return false;
}

bool IsPrefix(const fs::path& root, const fs::path& path) {
  const auto [in_root, in_path] = std::mismatch(root.begin(), root.end(), path.begin(), path.end());
  return in_root == root.end();
}

}  // namespace

Fd& Fd::operator=(Fd&& other) noexcept {
  if (this != &other) {
    Reset();
    fd_ = std::exchange(other.fd_, -1);
  }
  return *this;
}

void Fd::Reset() {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

Result<std::string> ReadFile(const fs::path& path, std::uint64_t limit) {
  // O_NONBLOCK: a named pipe must give an error here, not wait for a writer.
  const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd.valid()) {
    if (errno == ENOENT) return Invalid("no such file", path.string());
    return IoError("cannot open the file", path, errno);
  }
  struct stat about{};
  if (::fstat(fd.get(), &about) != 0) return IoError("cannot read the file", path, errno);
  if (!S_ISREG(about.st_mode)) return Invalid("not a regular file", path.string());
  const auto too_large = [&] {
    return Invalid("larger than " + FormatSize(static_cast<std::int64_t>(limit)), path.string());
  };
  if (static_cast<std::uint64_t>(about.st_size) > limit) return too_large();

  // The size is only a hint: files of /proc say 0, and a file may grow while it is read.
  constexpr std::size_t kPiece = 65536;
  std::string content(about.st_size > 0 ? static_cast<std::size_t>(about.st_size) + 1 : kPiece, '\0');
  for (std::size_t have = 0;;) {
    if (have == content.size()) content.resize(have + std::max(have, kPiece));
    const ssize_t got = ::read(fd.get(), content.data() + have, content.size() - have);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return IoError("cannot read the file", path, errno);
    have += static_cast<std::size_t>(got);
    if (have > limit) return too_large();
    if (got > 0) continue;
    content.resize(have);
    return content;
  }
}

Status FlushFolder(const fs::path& folder) {
  const Fd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.valid()) return IoError("cannot open the folder", folder, errno);
  if (::fsync(fd.get()) != 0) return IoError("cannot flush the folder", folder, errno);
  return {};
}

Status WriteFileAtomic(const fs::path& path, std::string_view content, unsigned mode) {
  return WriteBeside(path, content, mode, Put::kOver);
}

Status WriteFileNew(const fs::path& path, std::string_view content, unsigned mode) {
  return WriteBeside(path, content, mode, Put::kNew);
}

Result<fs::path> Inside(const fs::path& root, std::string_view relative) {
  const auto refuse = [&](std::string_view why) {
    return Invalid("the path " + Quote(relative) + " " + std::string(why), root.string(),
                   "name a file inside this folder");
  };
  if (relative.empty()) return refuse("is empty");
  if (relative.find('\0') != std::string_view::npos) return refuse("has a NUL byte");
  const fs::path given{relative};
  if (given.is_absolute()) return refuse("is absolute");
  if (std::ranges::find(given, fs::path("..")) != given.end()) return refuse("has a `..`");

  fs::path inside = (root / given).lexically_normal();
  if (PassesNoLink(root, given)) return inside;
  std::error_code error;
  const fs::path real_root = fs::canonical(root, error);
  if (error) return IoError("cannot find the folder", root, error.value());
  if (HasDanglingLink(real_root, given)) return refuse("passes a link that leads nowhere");
  const fs::path real = fs::weakly_canonical(real_root / given, error);
  if (error) return refuse("cannot be followed: " + error.message());
  if (!IsPrefix(real_root, real)) return refuse("leads out of the folder through a link");
  return inside;
}

std::string ErrnoText(int error) { return std::generic_category().message(error); }

}  // namespace slipway::base
