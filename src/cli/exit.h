// The exit codes of the command line, the whole list.
#pragma once

#include <string_view>

#include "base/result.h"

namespace slipway::cli {

enum class Exit {
  kSucceeded = 0,
  kFailed = 1,    // failed, rolled back, rollback failed, cancelled; a check or an audit that found something
  kUsage = 2,     // bad usage or invalid input
  kRefused = 3,   // a rule, a lock or a hold says no
  kStanding = 4,  // waiting, paused, to be settled, or driven by another process
  kInternal = 5,  // a bug, or a disk or store that does not work
  kInterrupted = 130,  // Ctrl-C
};

Exit ExitOf(base::ErrorKind kind);
Exit ExitOfRun(std::string_view state);
// Of two runs: 130, 5, 1, 2, 3, 4, 0, from the worst on.
Exit Worse(Exit a, Exit b);

}  // namespace slipway::cli
