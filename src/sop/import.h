// A page that people follow becomes drafts of procedures, and every block of code, tick box, table, choice
// and reference to go on elsewhere is accounted for: what it became, or that it stayed prose and why. Nothing
// is invented: what a step says stands on the page.
//
// Headings become procedures and phases, `Step N`, numbered items and commands become steps, lists of what
// must hold become checklists that a person ticks. What is none of these goes into the descriptions. Pure;
// bounded as markdown::Read is.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "markdown/document.h"
#include "sop/draft.h"

namespace slipway::sop {

// One block of code, tick box, table, reference (`proceed to SOP 3`), choice between ways, or command that an
// action would stand for if nothing else needed what only the command does.
struct Account {
  std::string kind;  // code | tick box | table | reference | choice | command
  int line = 0;
  std::string section;             // the title of the heading above
  std::string became;              // `3 steps`, `checklist item`, `prose`, …
  std::string why;                 // why it, or a part of it, stayed prose
  std::vector<std::string> draft;  // the ids of the drafts it stands in
  int commands = 0, kept = 0;      // of code: the commands in it, and those that steps do or parameters hold
  std::vector<std::string> calendars;  // of a table: lines for `calendars:` of slipway.yaml
};

struct Imported {
  std::vector<Draft> drafts;
  std::vector<Account> accounts;  // in the order of the page
  bool printed = false;           // by `slipway print`: the page says all that a procedure can say
};

// `section`: only what stands below the heading with this number or text; empty: the whole page. An error
// when nothing on the page is a step, or no heading is that one.
base::Result<Imported> Import(const markdown::Document& page, std::string_view section = "");

}  // namespace slipway::sop
