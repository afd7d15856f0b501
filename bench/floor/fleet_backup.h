// What slipway's backup of one customer comes to, without slipway: the same statements over as many
// connections, and the same bytes through the same cipher and hash, flushed as often.
#pragma once

#include <string>

namespace floor_probe {

// Writes a backup of `database` and its manifest into `folder`; whatever fails ends the program.
void BackUp(const std::string& database, const std::string& folder);

}  // namespace floor_probe
