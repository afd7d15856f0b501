// A backup that is to be read: its file, its manifest, and whether the two and a key belong together.
#pragma once

#include <filesystem>

#include "drivers/postgres/backups/crypt.h"
#include "drivers/postgres/backups/manifest.h"
#include "process/spawner.h"

namespace slipway::drivers::postgres {

struct Archive {
  std::filesystem::path path;
  Manifest manifest;
};

// The key of the argument `key`.
base::Result<BackupKey> RevealKey(const base::JsonObject& with, const Context& context);

// The backup that the argument `backup` names. kInvalid: it is not there or its manifest is damaged;
// kRefused: it is of another database than the argument `database`, its digest is not the argument `sha256`,
// or its size is not that of the manifest.
base::Result<Archive> FindArchive(const base::JsonObject& with, const Context& context);

// Reads all of it: its digest is that of the manifest, and the key opens its first frame.
base::Status CheckArchive(const Archive& archive, const BackupKey& key, const Context& context);

// Restores it into the database `into`, which is empty, in one transaction. kRefused: it cannot be restored;
// kIo: the server or the file could not be reached.
base::Status RestoreInto(process::Spawner& spawner, const Context& context, const Archive& archive,
                         const BackupKey& key, const std::string& into);

// Is what stands in `name` what the manifest says? kRefused names what is not.
base::Status CompareRestored(const Context& context, const Archive& archive, const std::string& name);

}  // namespace slipway::drivers::postgres
