#include "base/new_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <vector>

#include "base/file.h"

namespace slipway::base {
namespace {

namespace fs = std::filesystem;

std::unexpected<Error> IoError(const std::string& what, const fs::path& path) {
  return Fail(ErrorKind::kIo, what + ": " + ErrnoText(errno), path.string());
}

// Names that nobody looks for; what did not get its own is removed.
struct Beside {
  std::vector<std::string> paths;
  ~Beside() {
    for (const std::string& path : paths) ::unlink(path.c_str());
  }
};

Status Write(const NewFile& file, const std::string& path, Fd fd, unsigned mode) {
  std::string_view left = file.content;
  while (!left.empty()) {
    const ssize_t written = ::write(fd.get(), left.data(), left.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return IoError("cannot write the file", path);
    left.remove_prefix(static_cast<std::size_t>(written));
  }
  if (::fchmod(fd.get(), static_cast<mode_t>(mode)) != 0) return IoError("cannot set the mode", path);
  return {};
}

}  // namespace

Status WriteNewFiles(const fs::path& folder, std::span<const NewFile> files, unsigned mode) {
  if (files.empty()) return {};
  Beside beside;
  beside.paths.reserve(files.size());
  for (const NewFile& file : files) {
    std::string path = (folder / ("." + file.name + ".XXXXXX")).string();
    Fd fd(::mkostemp(path.data(), O_CLOEXEC));
    if (!fd.valid()) return IoError("cannot create a file", folder);
    beside.paths.push_back(path);
    SLIPWAY_CHECK_OK(Write(file, path, std::move(fd), mode));
  }
  const Fd there(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!there.valid() || ::syncfs(there.get()) != 0) return IoError("cannot flush the files", folder);
  for (std::size_t i = 0; i < files.size(); ++i) {
    const fs::path path = folder / files[i].name;
    if (::link(beside.paths[i].c_str(), path.c_str()) == 0) {
      ::unlink(beside.paths[i].c_str());
      continue;
    }
    if (errno != EEXIST) return IoError("cannot link the file", path);
    SLIPWAY_CHECK_OK(FlushFolder(folder));
    return Fail(ErrorKind::kConflict, "there is such a file already", path.string());
  }
  return FlushFolder(folder);
}

}  // namespace slipway::base
