// Two databases change names: what has the name goes aside, and what stands ready gets it.
//
// Both renames and both comments are one transaction. Its first statement holds off everybody who wants to
// connect, and who is connected is ended meanwhile, so at every instant the name leads to one of the two: to
// the old one when we die before the end, to the new one after it.
#pragma once

#include <string>

#include "drivers/postgres/session/session.h"

namespace slipway::drivers::postgres {

struct Swap {
  std::string name;  // what clients know
  std::int64_t old_oid = 0;
  std::string aside;  // the name that the old one gets
  std::string old_comment;
  std::string ready;  // the name that the new one has
  std::int64_t new_oid = 0;
  std::string new_comment;
};

// `session` is with neither of them. kStatement with 55006: somebody stays connected, and who.
SqlStatus SwapNames(Session& session, const Swap& swap);

}  // namespace slipway::drivers::postgres
