// What a page says of itself, where a field of a procedure holds it: owner, approver, version, review date.
// Private to sop/.
#pragma once

#include "markdown/document.h"
#include "sop/draft.h"

namespace slipway::sop {

// Placeholders (`[Technical Lead]`) and what is not of the field's form stay prose.
void FillMetadata(const markdown::Document& page, Draft& draft);

}  // namespace slipway::sop
