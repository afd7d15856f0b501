#include "base/private_folder.h"

#include <sys/stat.h>

#include <cerrno>
#include <system_error>

#include "base/file.h"

namespace slipway::base {

Status MakePrivateFolder(const std::filesystem::path& folder) {
  std::error_code unknown;
  if (std::filesystem::is_directory(folder, unknown)) return {};
  if (folder.has_parent_path() && folder.parent_path() != folder)
    SLIPWAY_CHECK_OK(MakePrivateFolder(folder.parent_path()));
  if (::mkdir(folder.c_str(), 0700) == 0) return {};
  const int problem = errno;
  // Another process may have been quicker.
  if (problem == EEXIST && std::filesystem::is_directory(folder, unknown)) return {};
  return Fail(ErrorKind::kIo, "cannot make the folder: " + ErrnoText(problem), folder.string());
}

}  // namespace slipway::base
