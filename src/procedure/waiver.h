// A waiver that stands in no procedure: in a comment of a page or of a workflow.
#pragma once

#include <expected>
#include <string_view>

#include "base/diagnostic.h"
#include "procedure/procedure.h"

namespace slipway::procedure {

// `text` is `{ rule: …, reason: …, by: …, until: … }`, and stands at `at` of `file`. All of its errors at
// once, in the words of a procedure's, or the waiver.
std::expected<Waiver, base::Diagnostics> ParseWaiver(std::string_view text, std::string_view file,
                                                     Position at);

}  // namespace slipway::procedure
