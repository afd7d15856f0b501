// One command over HAProxy's runtime socket, one answer back.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "base/result.h"
#include "drivers/driver.h"

namespace slipway::drivers {

// Sends `line` (no line end within) and reads until HAProxy closes. At most 5 s, less where the call's
// deadline or its cancellation comes first. kIo: not reachable, cut off, or no answer. The socket's path may
// be of any length.
base::Result<std::string> AskRuntime(const std::filesystem::path& socket, std::string_view line,
                                     const Context& context);

// Nothing but blanks means that HAProxy accepted every command; anything else is its complaint (kRefused).
base::Status AcceptedReply(std::string_view reply, std::string_view line);

// Waits on the clock of the system; false as soon as the call is cancelled or its deadline has come.
bool WaitOrCancel(base::Duration how_long, const Context& context);

}  // namespace slipway::drivers
