// The files of a migrations folder. A fleet asks for the same ones for each of its customers, so what was
// read is kept as long as nothing in the folder was touched.
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <mutex>
#include <optional>

#include "base/file.h"
#include "base/file_mark.h"
#include "drivers/postgres/migrations/migrate.h"

namespace slipway::drivers::postgres {
namespace {

namespace fs = std::filesystem;

using Files = std::vector<sql::Migration>;

// Within this time of a change another one may leave the same times behind.
constexpr std::int64_t kSettlingSeconds = 2;

using Mark = base::FileMark;

std::optional<Mark> MarkOf(const fs::path& path) {
  struct stat file{};
  if (::lstat(path.c_str(), &file) != 0 || !(S_ISREG(file.st_mode) || S_ISDIR(file.st_mode)))
    return std::nullopt;
  return base::MarkOf(file);
}

// The folder and all that is in it. Empty: something was changed just now, or is neither file nor folder.
std::map<fs::path, Mark> MarksOf(const fs::path& folder) {
  const std::int64_t now =
      std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch())
          .count();
  std::map<fs::path, Mark> marks;
  const auto add = [&](const fs::path& path) {
    const auto mark = MarkOf(path);
    if (!mark || mark->changed_seconds + kSettlingSeconds > now) return false;
    marks.emplace(path, *mark);
    return true;
  };
  if (!add(folder)) return {};
  std::error_code error;
  for (fs::recursive_directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    if (!add(at->path())) return {};
  }
  return error ? std::map<fs::path, Mark>() : marks;
}

// Thread-safe.
class KnownFolders {
 public:
  // `told`: what the folder is called in what is said of its files.
  std::optional<Files> Find(const fs::path& folder, const std::string& told) {
    const std::lock_guard lock(mutex_);
    const auto known = known_.find({folder, told});
    if (known == known_.end()) return std::nullopt;
    const bool untouched = std::ranges::all_of(known->second.marks, [](const auto& entry) {
      return MarkOf(entry.first) == std::optional(entry.second);
    });
    if (untouched) return known->second.files;
    known_.erase(known);
    return std::nullopt;
  }

  // `marks` were taken before the files were read.
  void Keep(const fs::path& folder, const std::string& told, std::map<fs::path, Mark> marks,
            const Files& files) {
    const std::lock_guard lock(mutex_);
    known_.insert_or_assign(std::pair(folder, told), Known{std::move(marks), files});
  }

 private:
  struct Known {
    std::map<fs::path, Mark> marks;
    Files files;
  };
  std::mutex mutex_;
  std::map<std::pair<fs::path, std::string>, Known>
      known_;  // by folder and how it is told; guarded by mutex_
};

KnownFolders& Known() {
  static KnownFolders folders;
  return folders;
}

}  // namespace

base::Result<Files> ReadFolder(const Context& context, const std::string& folder) {
  SLIPWAY_TRY(const fs::path path, base::Inside(context.workspace, folder));
  if (auto known = Known().Find(path, folder)) return *std::move(known);
  std::map<fs::path, Mark> marks = MarksOf(path);
  const auto told = [&](const std::string& file) {
    return file.starts_with(path.string()) ? folder + file.substr(path.string().size()) : file;
  };
  auto files = sql::ReadMigrations(path);
  if (!files) {
    const base::Diagnostic& first = files.error().front();
    std::string what = first.what;
    if (files.error().size() > 1) what += fmt::format(" (and {} more)", files.error().size() - 1);
    return base::Invalid(std::move(what), told(first.file), first.suggestion);
  }
  for (sql::Migration& file : *files) {
    file.file = told(file.file);
    if (file.down) file.down->file = told(file.down->file);
  }
  if (!marks.empty()) Known().Keep(path, folder, std::move(marks), *files);
  return *std::move(files);
}

}  // namespace slipway::drivers::postgres
