// Backups as files of the workspace (docs/formats/backup.md): the encrypted dump, its manifest, and when it
// was last proven.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "drivers/driver.h"
#include "drivers/postgres/database/contents.h"
#include "drivers/postgres/database/counters.h"

namespace slipway::drivers::postgres {

// How a database writes and sorts text, which is given when it is created and never changes.
struct Locale {
  std::string encoding, collate, ctype;
  std::string provider;  // `c` libc, `i` ICU, `b` the server itself
  std::string icu;       // the locale of the two latter
};

struct Manifest {
  std::string customer;
  std::string database;
  std::string system;          // the server's own number, the same for its standbys and copies
  std::string server_version;  // `15.4`
  int server_number = 0;       // 150004
  std::string schema_version;
  std::string file;  // its name, without the folder
  std::int64_t bytes = 0;
  std::string sha256;  // `sha256:…` of the file as it lies there
  std::string key_id;
  Locale locale;
  Contents contents;  // of the snapshot that was dumped
  Counters counters;
  base::Time taken_at;
  std::string instance;  // `R7/backup@acme`
  std::string mark;      // CallerName of the step instance
};

base::JsonObject ToJson(const Manifest& manifest);
base::Result<Manifest> ManifestFromJson(const base::Json& json);

std::filesystem::path ManifestPath(const std::filesystem::path& backup);
std::filesystem::path ProvenPath(const std::filesystem::path& backup);
std::filesystem::path PartialPath(const std::filesystem::path& backup);

// kInvalid: there is none, or it is damaged; `where` is its path.
base::Result<Manifest> ReadManifest(const std::filesystem::path& backup);
base::Status WriteManifest(const std::filesystem::path& backup, const Manifest& manifest);

// When a restore of exactly this file was last found to be what its manifest says; nullopt: never.
std::optional<base::Time> ProvenAt(const std::filesystem::path& backup, const Manifest& manifest);
base::Status WriteProven(const std::filesystem::path& backup, const Manifest& manifest, base::Time at,
                         const Context& context);

// `acme-corp` of `Acme Corp!`: what names a customer in file names. Empty: nothing of it could be kept.
std::string Slug(std::string_view name);
// `acme_20261121_012422_1a2b3c4d.backup`.
std::string BackupName(std::string_view customer, base::Time at, std::string_view tag);

}  // namespace slipway::drivers::postgres
