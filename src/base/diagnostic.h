// What is wrong in a document a person wrote: file, line, column, the line itself with a caret, and a
// suggestion.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/yaml.h"

namespace slipway::base {

enum class Severity { kError, kWarning };

struct Diagnostic {
  Severity severity = Severity::kError;
  std::string file;
  Position at;
  std::string what;          // no final full stop
  std::string suggestion;    // "did you mean …", the safe form; may be empty
  std::string rule;          // lint rule id (`undo-missing`); empty for plain errors
  bool hide_source = false;  // the line holds a secret and is not shown
  std::string origin;        // `FILE:LINE` of the page this part was made from; empty when there is none
};

using Diagnostics = std::vector<Diagnostic>;

bool HasErrors(const Diagnostics& diagnostics);

// One block a diagnostic, in order of place:
//   deploy.yaml:12:7: error: unknown key `stesp`
//      12 |       stesp:
//         |       ^
//         = did you mean `steps`?
// and, where it has an origin, `= made from DEPLOYMENT.md:40`.
// `text` is the whole document, from which the source line is taken; one that may hold a secret is not shown.
std::string Render(const Diagnostics& diagnostics, std::string_view text);

}  // namespace slipway::base
