// What of a procedure with errors can still be judged, so that all of its errors are told at once.
#pragma once

#include <set>
#include <string_view>
#include <utility>

#include "base/diagnostic.h"
#include "procedure/procedure.h"

namespace slipway::procedure {

struct Readable {
  Procedure procedure;       // without the actions whose names cannot be read
  base::Diagnostics errors;  // those that Parse tells; none: the procedure is whole
  bool phases_whole = true;  // no error in any phase, so what is said of all steps together can be said

  // May what is said of this place follow from an error that stands there? Then it is no news.
  bool MayFollow(base::Position at) const;
  std::set<std::pair<int, int>> parts;     // where phases, steps, their actions and arguments begin
  std::set<std::pair<int, int>> doubtful;  // where an error elsewhere may have taken something away
};
Readable ParseReadable(std::string_view text, std::string_view file);

}  // namespace slipway::procedure
