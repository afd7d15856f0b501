// Folders for what is nobody else's business.
#pragma once

#include <filesystem>

#include "base/result.h"

namespace slipway::base {

// Makes the folder, and those above it that are missing, for their owner alone (0700). What is there already
// is left as it is. kIo: it cannot be made, or something else lies there.
Status MakePrivateFolder(const std::filesystem::path& folder);

}  // namespace slipway::base
