// Is there room on a disk for what is about to be written? Asked before, so that half of it is not.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "base/result.h"

namespace slipway::drivers::postgres {

// For a copy of a database of `size` bytes in `folder`, which need not be there yet. kRefused: it would not
// fit with a tenth and a reserve to spare; kIo: nobody knows.
base::Status CheckRoom(const std::filesystem::path& folder, std::int64_t size);

}  // namespace slipway::drivers::postgres
