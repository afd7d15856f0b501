// Which step of a procedure reads the file that a command of another one writes. Private to sop/.
#pragma once

#include <string>
#include <vector>

#include "sop/draft.h"

namespace slipway::sop {

// Why the command of `writer` has to stay what it is: who reads its file, or that this cannot be known.
// Empty: nobody reads it.
std::string WhoReads(const DraftStep& writer, const std::vector<DraftStep*>& steps);

}  // namespace slipway::sop
