// A SQL file cut into its statements, where the server would cut it.
//
// Nothing is executed and nothing is changed: what stands between the statements is white space, comments,
// `;` and the data of COPY … FROM stdin.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostic.h"

namespace slipway::sql {

struct Statement {
  std::size_t offset = 0;           // bytes from the beginning of the file to its first token
  base::Position at;                // the same as line and column
  std::string text;                 // from its first token to its last, without the `;`
  std::string head;                 // its leading words, four at most, in lower case: `create unique index a`
  std::optional<std::string> data;  // COPY … FROM stdin: the lines up to `\.`, each with its line end
};

// A comment `-- slipway:…` between statements: a waiver.
struct Directive {
  std::size_t offset = 0;
  std::string text;  // what follows `slipway:`, trimmed
};

struct Script {
  std::vector<Statement> statements;  // never empty ones
  std::vector<Directive> directives;  // in order of place, as the statements are
};

inline constexpr std::size_t kMaxFile = 16u << 20;  // bytes
inline constexpr std::size_t kMaxStatements = 1'000'000;

// `file` is its name in the diagnostics. Errors: what is never closed (with the place where it began), COPY
// without its data, what only psql understands, a NUL, text that is not UTF-8, a limit passed.
std::expected<Script, base::Diagnostics> Split(std::string_view text, std::string_view file);

}  // namespace slipway::sql
