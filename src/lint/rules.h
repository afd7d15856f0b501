// The rules of lint, as data: what `slipway docs lint` lists and what a finding says. Those of SQL stand in
// sql/rules.h and are found by FindRule too, since SQL stands in steps.
#pragma once

#include <span>
#include <string_view>

#include "base/diagnostic.h"

namespace slipway::lint {

struct Rule {
  std::string_view id;
  base::Severity severity;  // in a page or a file; in a procedure see Facts::strict
  std::string_view danger;  // one sentence, without a final full stop
  std::string_view safe;    // the safe form, one or two lines
  bool waivable = true;
};

std::span<const Rule> Rules();

// Also of a rule of SQL; nullptr: there is none of that name.
const Rule* FindRule(std::string_view id);

}  // namespace slipway::lint
