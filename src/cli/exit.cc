#include "cli/exit.h"

#include <algorithm>
#include <array>

namespace slipway::cli {

Exit ExitOf(base::ErrorKind kind) {
  switch (kind) {
    case base::ErrorKind::kInvalid:
      return Exit::kUsage;
    case base::ErrorKind::kRefused:
    case base::ErrorKind::kConflict:
      return Exit::kRefused;
    case base::ErrorKind::kIo:
    case base::ErrorKind::kInternal:
      return Exit::kInternal;
  }
  return Exit::kInternal;
}

Exit ExitOfRun(std::string_view state) {
  if (state == "succeeded") return Exit::kSucceeded;
  if (state == "failed" || state == "rolled_back" || state == "rollback_failed" || state == "cancelled")
    return Exit::kFailed;
  return Exit::kStanding;
}

Exit Worse(Exit a, Exit b) {
  constexpr std::array kFromTheWorst{Exit::kInterrupted, Exit::kInternal, Exit::kFailed,   Exit::kUsage,
                                     Exit::kRefused,     Exit::kStanding, Exit::kSucceeded};
  return *std::ranges::find_if(kFromTheWorst, [&](Exit exit) { return exit == a || exit == b; });
}

}  // namespace slipway::cli
