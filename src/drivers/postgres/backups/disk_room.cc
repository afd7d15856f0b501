#include "drivers/postgres/backups/disk_room.h"

#include <fmt/format.h>
#include <sys/statvfs.h>

namespace slipway::drivers::postgres {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kReserve = 16LL << 20;

// The nearest folder above `path` that is there.
fs::path Existing(fs::path path) {
  std::error_code ignored;
  while (!fs::exists(path, ignored) && path.has_relative_path()) path = path.parent_path();
  return path;
}

}  // namespace

base::Status CheckRoom(const fs::path& folder, std::int64_t size) {
  struct statvfs disk{};
  const fs::path there = Existing(folder);
  if (statvfs(there.c_str(), &disk) != 0)
    return base::Fail(base::ErrorKind::kIo, "nobody knows how much room there is", there.string());
  const auto free = static_cast<std::int64_t>(disk.f_bavail * disk.f_frsize);
  const std::int64_t wanted = size + size / 10 + kReserve;
  if (free >= wanted) return {};
  return base::Refused(fmt::format("there are {} MiB free on the disk, and a database of {} MiB wants {} MiB",
                                   free >> 20, size >> 20, wanted >> 20),
                       folder.string(), "make room there");
}

}  // namespace slipway::drivers::postgres
