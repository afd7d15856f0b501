// What a page or a workflow waives in its own comments:
//
//   <!-- slipway:waive { rule: …, reason: …, by: …, until: … } -->      in Markdown, on lines of its own
//   # slipway:waive { rule: …, reason: …, by: …, until: … }             in YAML, on one line
//
// Private to lint/.
#pragma once

#include <set>
#include <vector>

#include "lint/lint.h"
#include "procedure/procedure.h"

namespace slipway::lint {

// The place from which and before which waivers count.
struct Waived {
  base::Position from, to;
  std::vector<procedure::Waiver> waivers;

  bool Covers(base::Position at) const;
};

struct TextWaivers {
  std::vector<Waived> parts;
  base::Diagnostics errors;  // of those that cannot be read, which silence nothing
  std::set<int> lines;       // that they stand on
};

// Below a heading: what stands there, and below the headings within it; above the first heading: the page.
TextWaivers WaiversOfPage(const Text& page);
// In a job, or right above it: that job; above the jobs: the file.
TextWaivers WaiversOfWorkflow(const Text& file);

}  // namespace slipway::lint
