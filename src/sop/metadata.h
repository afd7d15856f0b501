// What a page says of itself, where a field of a procedure holds it: owner, approver, version, review date.
// Private to sop/.
#pragma once

#include <string>
#include <string_view>

#include "markdown/document.h"
#include "sop/draft.h"

namespace slipway::sop {

// Placeholders (`[Technical Lead]`) and what is not of the field's form stay prose.
void FillMetadata(const markdown::Document& page, Draft& draft);

// Whether a field holds what is called so: `Document Owner`, `Next Review Date`.
bool IsMetadata(std::string_view key);

// Puts it into its field; why not, or empty when it stands there.
std::string TakeMetadata(std::string_view key, std::string_view text, Draft& draft);

}  // namespace slipway::sop
