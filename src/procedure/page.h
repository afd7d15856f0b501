// A procedure as a page that a person can follow with a pen: prose, steps with tick boxes, who approves,
// until when it holds; and the same page filled in with what a run did.
#pragma once

#include <string>

#include "page/page.h"
#include "procedure/filled.h"
#include "procedure/procedure.h"

namespace slipway::procedure {

page::Page PageOf(const Procedure& procedure);
page::Page PageOf(const Procedure& procedure, const Filled& filled);

// The first of them in Markdown. Its form is regular, so that `slipway import` reads it back.
std::string PrintPage(const Procedure& procedure);

}  // namespace slipway::procedure
