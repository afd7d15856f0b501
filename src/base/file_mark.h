// By what a cache sees that a file is no longer the one that was read.
#pragma once

#include <sys/stat.h>

#include <cstdint>

namespace slipway::base {

// The time is that of the last change, since 1970 UTC. At least one of the members changes with the file, and
// a folder's with what it lists. Two changes within one tick of the file system's clock may leave the same
// mark.
struct FileMark {
  std::int64_t device = 0, inode = 0, size = 0, mode = 0;
  std::int64_t changed_seconds = 0, changed_nanoseconds = 0;
  bool operator==(const FileMark&) const = default;
};

inline FileMark MarkOf(const struct stat& file) {
  return {static_cast<std::int64_t>(file.st_dev),
          static_cast<std::int64_t>(file.st_ino),
          file.st_size,
          file.st_mode,
          file.st_ctim.tv_sec,
          file.st_ctim.tv_nsec};
}

}  // namespace slipway::base
