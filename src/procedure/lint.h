// What a reviewer should be warned of in a procedure that is right in itself. Pure: everything it knows of
// the world is in Facts.
//
// Every rule has an id, stands in docs/formats/procedure.md, and says the safe form in its suggestion.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostic.h"
#include "procedure/procedure.h"

namespace slipway::procedure {

// What lint needs to know of an action; taken from its sheet by the caller, since procedure/ knows no driver.
struct ActionInfo {
  bool changes = false;
  bool looks = false;     // reads the world, so that a mistake would show; `wait` reads nothing
  bool has_undo = false;  // the sheet's own undo, or nothing to undo
};

struct Facts {
  std::function<std::optional<ActionInfo>(std::string_view uses)>
      action;                             // nullopt: unknown, which the plan reports
  std::vector<std::string> environments;  // names of the ladder; empty = not known
  std::string today;                      // `2026-11-21`; empty = not known
  bool strict = false;                    // findings are errors
};

struct Rule {
  std::string_view id;
  std::string_view summary;  // one sentence, for `slipway docs lint`
};
std::span<const Rule> Rules();

// In no particular order; base::Render sorts by place.
base::Diagnostics Lint(const Procedure& procedure, const Facts& facts);

}  // namespace slipway::procedure
