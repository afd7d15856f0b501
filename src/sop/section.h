// One section of a page: which steps stand in it, and what is prose. Private to sop/.
#pragma once

#include <string>
#include <vector>

#include "sop/draft.h"
#include "sop/import.h"
#include "sop/outline.h"
#include "sop/placeholders.h"

namespace slipway::sop {

struct SectionSteps {
  std::vector<DraftStep> steps;            // without ids
  std::vector<DraftParameter> parameters;  // of `export NAME=…`
  std::string prose;                       // Markdown
  std::vector<Account> accounts;
};

SectionSteps UnderstandSection(const Heading& heading, Versions& versions);

}  // namespace slipway::sop
