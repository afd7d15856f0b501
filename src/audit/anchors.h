// Checkpoints kept elsewhere, which is what makes a rewritten log noticeable: a file of signed notes, one
// after another, that lies where whoever writes the journal cannot change it unseen (another machine, a
// repository, a printed page).
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace slipway::audit {

// The notes of the file, in its order. A missing file is an error: a lost anchor must not read as none.
base::Result<std::vector<std::string>> ReadAnchors(const std::filesystem::path& file);

// The stores whose checkpoints are among the notes, and how many events the newest of each covers. What is no
// checkpoint is passed over.
std::map<std::string, std::int64_t> StoresOf(const std::vector<std::string>& notes);

// What to say of checkpoints of a store that is not here.
std::string NotHere(const std::string& store, std::int64_t events);

// Adds a note to the file (made where there is none) and flushes it; a note that is the file's last already
// is not repeated.
base::Status AppendAnchor(const std::filesystem::path& file, std::string_view note);

}  // namespace slipway::audit
