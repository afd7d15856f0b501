#include "base/scratch.h"

#include <cerrno>
#include <cstdlib>
#include <string>

#include "base/file.h"

namespace slipway::base {

Result<Scratch> Scratch::Make(std::string_view name) {
  std::error_code error;
  std::string folder =
      (std::filesystem::temp_directory_path(error) / ("slipway-" + std::string(name) + "-XXXXXX")).string();
  if (error || ::mkdtemp(folder.data()) == nullptr)
    return Fail(ErrorKind::kIo, "no folder for temporary files: " + ErrnoText(error ? error.value() : errno),
                folder);
  return Scratch(folder);
}

Scratch::~Scratch() {
  std::error_code ignored;
  if (!folder_.empty()) std::filesystem::remove_all(folder_, ignored);
}

}  // namespace slipway::base
