// The page that `slipway print` writes of a procedure, read back: the same procedure, but for where it came
// from. What a draft does not hold (targets, gates, waves, verify, undo) is refused with its line, so that
// nothing is lost without a word. Private to sop/.
#pragma once

#include "base/result.h"
#include "markdown/document.h"
#include "sop/draft.h"

namespace slipway::sop {

bool IsPrinted(const markdown::Document& page);

base::Result<Draft> FromPrinted(const markdown::Document& page);

}  // namespace slipway::sop
