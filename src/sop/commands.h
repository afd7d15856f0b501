// The commands of a page, as steps. A command becomes a typed action only where that means the same; else it
// is handed over as it stands, as an argument list or, where it needs a shell, as a script. Pure but for
// `versions`.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "markdown/document.h"
#include "sop/draft.h"
#include "sop/placeholders.h"

namespace slipway::sop {

// What became of one block of code.
struct Understood {
  std::vector<DraftStep> steps;            // without ids
  std::vector<DraftParameter> parameters;  // of `export NAME=…`
  std::string trailing;                    // comments behind the last command: what a person does next
  int commands = 0;                        // that stand in it, of the shell or of SQL
  int kept = 0;                            // of these, in steps or parameters
  std::string why;                         // why something, or all of it, stayed prose; empty: nothing did
};

// Whether the block claims to be commands: by its info string, or where there is none by how its lines begin.
bool IsShell(const markdown::Block& code);
bool IsSql(const markdown::Block& code);

Understood FromShell(const markdown::Block& code, Versions& versions);
Understood FromSql(const markdown::Block& code, Versions& versions);

// `uses` and `with` of the typed action that means the same as the arguments; false: none does.
struct Argv {
  std::vector<std::string> words;  // with templates for placeholders
  std::string output;              // the file its output goes to, when that is all a shell was needed for
};
bool AsTyped(const Argv& argv, DraftStep& step, std::vector<DraftParameter>& parameters);

// Whether the command only looks.
bool OnlyReads(const std::vector<std::string>& words);

// A comment as a title: `1. Verify the release:` → `Verify the release`.
std::string TitleOf(std::string_view comment);

}  // namespace slipway::sop
