// Where a procedure and the page it is made from have drifted apart: step by step, and text by text, in
// everything that a procedure can say. The page is imported anew and the two are laid side by side, both as
// `slipway print` would write them, so that what means the same is the same. Pure.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "procedure/procedure.h"

namespace slipway::sop {

struct Difference {
  // The procedure lacks it; the page lacks it; both have it; the procedure says what such a page cannot.
  enum class Kind { kMissing, kAdded, kChanged, kBeyond };
  Kind kind = Kind::kChanged;
  std::string step;  // id; of the procedure where it has the step; of a phase or the document, that one's
  std::string title;
  std::string field;      // kChanged, kBeyond: `title`, `with.argv`, `undo.uses`, `parameters.a.default`, …
  std::string procedure;  // kChanged, kBeyond: what stands there; else the act in one line
  std::string page;
  int page_line = 0;            // 0: the page has none
  base::Position procedure_at;  // line 0: the procedure has none
};

// What a page can say: one that people wrote knows no undo, verify or waves, and that the procedure has them
// is kBeyond; on one that was printed everything stands that a procedure has, and each of it counts.
enum class PageSays { kProse, kEverything };

// In the order of the page, and what the page lacks where the procedure has it; what concerns no step last.
// An error where one of the two cannot be printed.
base::Result<std::vector<Difference>> Diff(const procedure::Procedure& procedure,
                                           const procedure::Procedure& draft,
                                           PageSays says = PageSays::kProse);

}  // namespace slipway::sop
