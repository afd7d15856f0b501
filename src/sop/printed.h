// The page that `slipway print` writes of a procedure, read back: the same procedure, as a draft that says
// where it came from. A line that is not as it was printed is refused, so that nothing is lost without a
// word. Private to sop/.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "markdown/document.h"
#include "sop/draft.h"

namespace slipway::sop {

bool IsPrinted(const markdown::Document& page);

base::Result<Draft> FromPrinted(const markdown::Document& page);

// What stands below the title of a step, but for the line to sign; `line` of the page is the first of `body`.
base::Status ReadPrintedStep(const std::vector<std::string>& body, std::string_view file, int line,
                             DraftStep& step);

}  // namespace slipway::sop
