// Sessions at the command line, as text: commands and what they must answer.
//
//   # a comment
//   $ slipway init .
//   made a workspace in .
//   $ cat > x.yaml <<'END'
//   > a: b
//   > END
//   $ slipway show R9
//   slipway: error: there is no run R9
//     next: slipway runs
//   [exit 2]
//
// Each command runs in bash, all of a file in one empty folder, with the program first in PATH and the
// sources in $SOURCE. What differs from one time to the next (times, durations, digests, ids) is written as
// <time>, <took>, <digest>, <store>, …
#pragma once

#include <string>
#include <string_view>

namespace slipway::tests {

// Runs the session in a folder of its own and answers it with what was really said.
std::string Replay(std::string_view transcript);

}  // namespace slipway::tests
