// A procedure as a Markdown page that a person can follow with a pen: prose, steps with tick boxes, who
// approves, until when it holds. The same text is what a web page shows.
#pragma once

#include <string>

#include "procedure/procedure.h"

namespace slipway::procedure {

std::string PrintPage(const Procedure& procedure);

}  // namespace slipway::procedure
