// Pages that people follow, and the drafts that are made of them.
#pragma once

#include <string>
#include <vector>

#include "base/diagnostic.h"

namespace slipway::api {

struct ImportRequest {
  std::string file;      // the page
  std::string section;   // only what stands below this heading: its number or text; empty = all of it
  std::string folder;    // where the drafts go, made when it is not there
  bool replace = false;  // files that differ
  bool dry_run = false;
};

struct ImportedDraft {
  std::string id, title;
  std::string file;
  std::string state;  // new | unchanged | changed
  bool written = false;
  int line = 0;  // of its heading
  int phases = 0, steps = 0;
  int typed = 0, programs = 0,
      people = 0;  // of the steps: actions of drivers, exec.run and exec.check, confirm
  int checklist_items = 0;
  std::vector<std::string> parameters;
};

// One block of code, tick box, table, reference (`proceed to SOP 3`), choice between ways of the page, or
// command that an action would stand for if nothing else needed what only the command does.
struct ImportedPart {
  std::string kind;  // code | tick box | table | reference | choice | command
  int line = 0;
  std::string section;  // the heading above
  std::string became;   // `3 steps`, `2 parameters`, `checklist item`, `prose`
  std::string why;      // why it, or a part of it, stayed prose; empty = nothing did
  std::vector<std::string> drafts;
  int commands = 0, kept = 0;          // of code: those in it, and those that became steps or parameters
  std::vector<std::string> calendars;  // of a table: lines for `calendars:` of slipway.yaml
};

struct ImportReport {
  std::string file;
  bool flat = false;  // the page had lost its marks
  std::vector<ImportedDraft> drafts;
  std::vector<ImportedPart> parts;  // in the order of the page
};

struct DiffRequest {
  std::string procedure;  // the files
  std::string page;
  std::string
      section;  // the heading of the procedure on the page; empty = the one of its id, title or source
};

struct PageDifference {
  std::string kind;  // missing (the procedure lacks it) | added (the page lacks it) | changed | beyond
  std::string step;  // id; of the procedure where it has the step
  std::string title;
  std::string field;                      // changed: `title`, `with.argv`, `confirm.checklist`, …
  std::string procedure, page;            // what stands there; of a step that one side lacks: what it does
  int procedure_line = 0, page_line = 0;  // 0 = it has none
};

struct DiffReport {
  std::string procedure, page;  // the files
  std::string section;          // of the page, with which the procedure was compared
  std::vector<PageDifference> differences;
  std::vector<PageDifference> beyond;  // what the procedure says and such a page cannot: no differences
};

}  // namespace slipway::api
