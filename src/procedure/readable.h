// What of a procedure with errors can still be judged, so that all of its errors are told at once.
#pragma once

#include <string_view>

#include "base/diagnostic.h"
#include "procedure/procedure.h"

namespace slipway::procedure {

struct Readable {
  Procedure procedure;       // without the steps in which an error stands: what follows from it is no news
  base::Diagnostics errors;  // those that Parse tells; none: the procedure is whole
  bool phases_whole = true;  // no error in any phase, so what is said of all steps together can be said
};
Readable ParseReadable(std::string_view text, std::string_view file);

}  // namespace slipway::procedure
