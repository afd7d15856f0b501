// The rules of lint, as data: what docs/formats/migrations.md prints and what a finding says.
#pragma once

#include <span>
#include <string_view>

#include "base/diagnostic.h"

namespace slipway::sql {

struct Rule {
  std::string_view id;
  base::Severity severity;
  std::string_view
      danger;  // one sentence, without a final full stop; a finding puts what it is about before it
  std::string_view safe;  // the safe form, one or two lines
  bool waivable = true;   // not: the server would refuse it, or the file cannot be executed as it stands
};

std::span<const Rule> Rules();
const Rule* FindRule(std::string_view id);

// What a rule has to say about `subject`, which stands at `at`.
base::Diagnostic Finding(std::string_view rule, std::string_view subject, std::string_view file,
                         base::Position at);

}  // namespace slipway::sql
