// Where a procedure and the page it is made from have drifted apart: step by step, and text by text. The page
// is imported anew and the two are laid side by side; what only one of them can say (undo, verify, waves) is
// no difference. Pure.
#pragma once

#include <string>
#include <vector>

#include "procedure/procedure.h"
#include "sop/draft.h"

namespace slipway::sop {

struct Difference {
  enum class Kind { kMissing, kAdded, kChanged };  // the procedure lacks it; the page lacks it; both have it
  Kind kind = Kind::kChanged;
  std::string step;  // id; of the procedure where it has the step
  std::string title;
  std::string field;      // kChanged: what differs: `title`, `with.argv`, `confirm.checklist`, …
  std::string procedure;  // kChanged: what stands there; else the act in one line
  std::string page;
  int page_line = 0;            // 0: the page has none
  base::Position procedure_at;  // line 0: the procedure has none
};

// In the order of the page, and what the page lacks where the procedure has it.
std::vector<Difference> Diff(const procedure::Procedure& procedure, const procedure::Procedure& draft);

}  // namespace slipway::sop
