// Readers of the tables that HAProxy prints: `show servers state`, `show stat`, `show info`, `show env`.
// Columns are found by their names, so that a version with more of them is read as well.
#pragma once

#include <string>
#include <string_view>

#include "drivers/haproxy/edge.h"

namespace slipway::drivers {

// The servers of `backend` in `show servers state` text. kInvalid: no such backend; kIo: not such a table.
base::Result<EdgeBackend> ReadServersState(std::string_view text, const std::string& backend);

// The counters of one server in `show stat` (CSV). `process` is left at 0.
base::Result<EdgeCounters> ReadStat(std::string_view text, const std::string& backend,
                                    const std::string& server);

// The value of `Name: value` in `show info`; empty when absent.
std::string ReadInfo(std::string_view text, std::string_view name);
// The value of `NAME=value` in `show env`; empty when absent.
std::string ReadEnvironment(std::string_view text, std::string_view name);

}  // namespace slipway::drivers
