// The least that running commands and recording them can cost: bare posix_spawn and bare SQLite commits, and
// nothing else.
#pragma once

#include <filesystem>

namespace floor_probe {

// `count` runs of /bin/true one after another, and after each of them two durable commits (WAL,
// synchronous=FULL) of one event's rows: 420 bytes, its leaf hash and a row. Wall seconds.
double SequentialSteps(const std::filesystem::path& folder, int count);

// `count` runs of /bin/true, `parallel` at once, nothing recorded. Wall seconds.
double SpawnPool(int count, int parallel);

}  // namespace floor_probe
