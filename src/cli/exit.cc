#include "cli/exit.h"

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

}  // namespace slipway::cli
