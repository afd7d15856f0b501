// The backups of one customer as they lie in a folder: which there are, which is the newest, which is proven,
// and which may go.
#pragma once

#include "drivers/postgres/backups/manifest.h"

namespace slipway::drivers::postgres {

struct StoredBackup {
  std::filesystem::path path;
  Manifest manifest;
  std::optional<base::Time> proven_at;  // nullopt: never
};

// Of this customer (its slug) and database, newest first. Only what has a manifest that can be read is one.
// None where the folder is not there. kIo: the folder cannot be listed.
base::Result<std::vector<StoredBackup>> StoredBackups(const std::filesystem::path& folder,
                                                      std::string_view customer, std::string_view database);

// The customer's part in the names of backups, of the arguments `name` and `database`.
std::string CustomerOf(const base::JsonObject& with);

void SortNewestFirst(std::vector<StoredBackup>& backups);

// The last backup of this customer whose name, which begins with the time it was taken, comes after `after`
// and whose manifest cannot be read: where there is one, nobody knows which backup is the newest. kIo: the
// folder cannot be listed.
base::Result<std::optional<std::filesystem::path>> UnreadableBackup(const std::filesystem::path& folder,
                                                                    std::string_view customer,
                                                                    const std::string& after);

// Which of `all` (newest first) may go: those of a server that are neither among its `keep` newest nor taken
// at or after `before`, and never the newest of them that is proven.
std::vector<const StoredBackup*> Expendable(const std::vector<StoredBackup>& all, std::int64_t keep,
                                            std::optional<base::Time> before);

// The file, what says that it was proven, and last its manifest: after a crash in between, what is left is
// still known for what it is. Gone already is fine.
base::Status DeleteBackup(const std::filesystem::path& backup);

// Deletes backups of this customer, database and server that are older than the `keep` newest, but never the
// newest that is proven. Only what has a manifest that can be read counts and goes. Answers the names that
// went.
base::Result<std::vector<std::string>> Retain(const std::filesystem::path& folder, const Manifest& newest,
                                              std::int64_t keep);

}  // namespace slipway::drivers::postgres
