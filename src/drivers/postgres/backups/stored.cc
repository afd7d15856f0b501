#include "drivers/postgres/backups/stored.h"

#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <map>
#include <tuple>

#include "base/bytes.h"
#include "base/file.h"

namespace slipway::drivers::postgres {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kManifest = ".manifest.json";
constexpr std::string_view kBehindCustomer = "_YYYYMMDD_HHMMSS_12345678.backup";

base::Status Remove(const fs::path& path) {
  if (unlink(path.c_str()) == 0 || errno == ENOENT) return {};
  return base::Fail(base::ErrorKind::kIo, "cannot delete it: " + base::ErrnoText(errno), path.string());
}

// What the folder holds of this customer, by the names of the manifests: each as the path of its backup.
base::Result<std::vector<fs::path>> NamedBackups(const fs::path& folder, std::string_view customer) {
  std::vector<fs::path> named;
  std::error_code error;
  if (!fs::exists(folder, error) && !error) return named;
  const std::string prefix = std::string(customer) + "_";
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    const std::string name = it->path().filename();
    if (name.starts_with(prefix) && name.ends_with(kManifest))
      named.push_back(folder / name.substr(0, name.size() - kManifest.size()));
  }
  if (error)
    return base::Fail(base::ErrorKind::kIo, "cannot list the folder: " + error.message(), folder.string());
  return named;
}

}  // namespace

std::string CustomerOf(const base::JsonObject& with) {
  const std::string name = base::GetString(with, "name");
  return Slug(name.empty() ? base::GetString(with, "database") : name);
}

void SortNewestFirst(std::vector<StoredBackup>& backups) {
  std::ranges::sort(backups, [](const StoredBackup& a, const StoredBackup& b) {
    return std::tie(a.manifest.taken_at, a.path) > std::tie(b.manifest.taken_at, b.path);
  });
}

base::Result<std::vector<StoredBackup>> StoredBackups(const fs::path& folder, std::string_view customer,
                                                      std::string_view database) {
  SLIPWAY_TRY(const std::vector<fs::path> named, NamedBackups(folder, customer));
  std::vector<StoredBackup> all;
  for (const fs::path& backup : named) {
    auto manifest = ReadManifest(backup);
    if (!manifest || manifest->customer != customer || manifest->database != database) continue;
    const auto proven = ProvenAt(backup, *manifest);
    all.push_back({backup, *std::move(manifest), proven});
  }
  SortNewestFirst(all);
  return all;
}

base::Result<std::optional<fs::path>> UnreadableBackup(const fs::path& folder, std::string_view customer,
                                                       const std::string& after) {
  SLIPWAY_TRY(const std::vector<fs::path> named, NamedBackups(folder, customer));
  std::optional<fs::path> found;
  for (const fs::path& backup : named) {
    const std::string name = backup.filename();
    // `acme_corp_…` and `acme_2026_…` are other customers'.
    if (name.size() != customer.size() + kBehindCustomer.size() ||
        !std::isdigit(static_cast<unsigned char>(name[customer.size() + 1])))
      continue;
    if (name <= after || ReadManifest(backup)) continue;
    if (!found || backup > *found) found = backup;
  }
  return found;
}

std::vector<const StoredBackup*> Expendable(const std::vector<StoredBackup>& all, std::int64_t keep,
                                            std::optional<base::Time> before) {
  struct Seen {
    std::int64_t count = 0;
    bool proven = false;
  };
  std::map<std::string, Seen> servers;
  std::vector<const StoredBackup*> chosen;
  for (const StoredBackup& one : all) {
    Seen& seen = servers[one.manifest.system];
    const bool newest_proven = one.proven_at && !seen.proven;
    seen.proven = seen.proven || one.proven_at;
    const bool among_newest = seen.count++ < keep;
    const bool young = before && one.manifest.taken_at >= *before;
    if (!among_newest && !young && !newest_proven) chosen.push_back(&one);
  }
  return chosen;
}

base::Status DeleteBackup(const fs::path& backup) {
  for (const fs::path& path : {ProvenPath(backup), backup, ManifestPath(backup)})
    SLIPWAY_CHECK_OK(Remove(path));
  return {};
}

base::Result<std::vector<std::string>> Retain(const fs::path& folder, const Manifest& newest,
                                              std::int64_t keep) {
  SLIPWAY_TRY(std::vector<StoredBackup> all, StoredBackups(folder, newest.customer, newest.database));
  std::erase_if(all, [&](const StoredBackup& one) { return one.manifest.system != newest.system; });
  std::vector<std::string> gone;
  for (const StoredBackup* one : Expendable(all, keep, std::nullopt)) {
    if (one->manifest.file == newest.file) continue;  // older than others only where the clock was set back
    SLIPWAY_CHECK_OK(DeleteBackup(one->path));
    gone.push_back(one->path.filename());
  }
  return gone;
}

}  // namespace slipway::drivers::postgres
