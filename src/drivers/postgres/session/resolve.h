// Host names looked up without holding anybody up: the system's resolver cannot be interrupted, so it works
// on a thread of its own that is left behind when the time is up.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace slipway::drivers::postgres {

// Does `work` on a thread of its own, which is left to itself (work must own all that it uses) when it takes
// longer than `patience`, or as soon as `stopped` says so. False: left behind.
bool Aside(std::function<void()> work, base::Duration patience, const std::function<bool()>& stopped);

// The addresses of `host`, an address as itself. kIo: it has none, or nobody said so in time.
base::Result<std::vector<std::string>> Addresses(const std::string& host, base::Duration patience,
                                                 const std::function<bool()>& stopped);

}  // namespace slipway::drivers::postgres
