// What a table of a page says, where a field of a procedure holds it: who owns and approves the document, who
// does a step, when a window is open, from which number on a check fails. Only what is beyond doubt becomes a
// field; the table itself stays in the description. Private to sop/.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "markdown/document.h"
#include "sop/draft.h"

namespace slipway::sop {

struct PageTable {
  const markdown::Table* table = nullptr;
  std::string section;      // the title of the heading above, without marks
  bool about_page = false;  // it stands where a page speaks of itself: at its top or its end
};

// What became of it.
struct TableNote {
  std::vector<std::string> became;     // `owner`, `role of 2 steps`, …
  std::vector<std::string> why;        // why it, or a part of it, is nothing else than prose
  std::vector<std::string> calendars;  // lines for `calendars:` of slipway.yaml
  std::set<std::string> drafts;        // the ids of those that it changed
};

// `drafts`: those it speaks of, which are the ones it stands in, else all of the page; `inside`: it stands
// in them.
TableNote TakeTable(const PageTable& table, const std::vector<Draft*>& drafts, bool inside);

// ---- the kinds of them, each in a file of its own

// A cell as a reader sees it, on one line, and in small letters.
std::string CellText(std::string_view cell);
std::string CellKey(std::string_view cell);
// The column whose header is one of the words; -1: none is.
int ColumnOf(const markdown::Table& table, std::initializer_list<std::string_view> words);
// The cell as it is read; empty where there is no such column.
std::string At(const markdown::Table::Row& row, int column);

// `Maintenance window: Sunday 02:00-04:00 UTC`, freezes.
bool IsCalendar(const PageTable& table);
TableNote TakeCalendar(const PageTable& table, const std::vector<Draft*>& drafts, bool inside);

// Metrics and the numbers that they may reach.
bool IsThresholds(const PageTable& table);
TableNote TakeThresholds(const PageTable& table, const std::vector<Draft*>& drafts);

// Who does what.
bool IsRoles(const PageTable& table);
TableNote TakeRoles(const PageTable& table, const std::vector<Draft*>& drafts);

}  // namespace slipway::sop
