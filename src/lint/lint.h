// What a reviewer should be warned of, in a procedure that is right in itself and in the pages and pipelines
// it comes from. Pure: everything it knows of the world is in Facts.
//
// One list of rules (rules.h) for all of it. A procedure, a Markdown page and a workflow file become Material
// (material.h): pieces of shell, SQL, YAML and prose, each with its place. What is dangerous there is judged
// once, whatever it stands in. Beside it stand the rules that know steps (order.cc, secrets.cc).
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostic.h"
#include "procedure/procedure.h"

namespace slipway::lint {

// What lint needs to know of an action; taken from its sheet by the caller, since lint/ knows no driver.
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
  bool strict = false;                    // findings in a procedure are errors; else warnings
};

// In no particular order; base::Render sorts by place. At most 200. Findings that a waiver silences are left
// out; a waiver that silences nothing is a finding.
base::Diagnostics Lint(const procedure::Procedure& procedure, const Facts& facts);

// A page or a workflow file, as its text. Its own mistakes (what no reader of Markdown takes) are plain
// errors.
struct Text {
  std::string file;  // its name in the diagnostics
  std::string text;
};
enum class TextKind { kProcedure, kPage, kWorkflow };
// By the name: `.md`, `.markdown`, `.txt` are pages; YAML that has `on:` and `jobs:` and no `apiVersion:` is
// a workflow; all else is taken for a procedure.
TextKind KindOf(std::string_view file, std::string_view text);

// Each text's findings, of its own kind and of what contradicts between them, in the order of `texts` and of
// place.
std::vector<base::Diagnostics> LintTexts(std::span<const Text> texts, const Facts& facts);

}  // namespace slipway::lint
