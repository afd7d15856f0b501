// Tables of roles: who does a step. A step is only given to a role that the page gives it to by its name.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/text.h"
#include "sop/metadata.h"
#include "sop/tables.h"

namespace slipway::sop {

namespace {

using markdown::Table;

struct Duty {
  std::string what, who;  // as `CellKey` and as the page writes it
};

const std::initializer_list<std::string_view> kRole{"role", "team", "responsible role"};
const std::initializer_list<std::string_view> kWork{"activity", "task",  "step",      "action",
                                                    "phase",    "duty",  "procedure", "steps",
                                                    "tasks",    "check", "activities"};
const std::initializer_list<std::string_view> kWho{"responsible", "owner", "role",         "who",
                                                   "assignee",    "team",  "performed by", "done by"};
const std::initializer_list<std::string_view> kDoes{"responsibilities", "responsibility", "does",
                                                    "duties",           "tasks",          "duty"};

// The letters of a cell of RACI; empty: it is no such cell.
std::string Letters(std::string_view cell) {
  std::string letters;
  for (const char c : CellText(cell)) {
    if (std::string_view("RACI").contains(c)) letters += c;
    if (!std::string_view("RACI/,- ").contains(c)) return "";
  }
  return letters;
}

bool IsRaci(const Table& table) {
  if (table.header.cells.size() < 3) return false;
  std::size_t letters = 0;
  for (const Table::Row& row : table.rows) {
    for (std::size_t i = 1; i < row.cells.size(); ++i) {
      const std::string text = CellText(row.cells[i]);
      if (!text.empty() && text != "-" && Letters(text).empty()) return false;
      letters += Letters(text).size();
    }
  }
  return letters >= table.rows.size();
}

std::vector<Duty> DutiesOf(const Table& table, std::vector<std::string>& shared) {
  std::vector<Duty> duties;
  if (IsRaci(table)) {
    for (const Table::Row& row : table.rows) {
      std::vector<std::string> responsible;
      for (std::size_t i = 1; i < row.cells.size(); ++i)
        if (Letters(row.cells[i]).contains('R')) responsible.push_back(At(table.header, static_cast<int>(i)));
      if (responsible.size() == 1) duties.push_back({CellKey(row.cells[0]), responsible[0]});
      if (responsible.size() > 1) shared.push_back(base::Quote(At(row, 0)));
    }
    return duties;
  }
  const int work = ColumnOf(table, kWork);
  const int who = ColumnOf(table, kWho);
  const int does = ColumnOf(table, kDoes);
  const int role = ColumnOf(table, kRole);
  for (const Table::Row& row : table.rows) {
    if (work >= 0 && who >= 0 && work != who) {
      duties.push_back({CellKey(At(row, work)), At(row, who)});
    } else if (role >= 0 && does >= 0) {
      std::string list = At(row, does);
      std::ranges::replace(list, ';', ',');
      for (const std::string& duty : base::Split(list, ',')) duties.push_back({CellKey(duty), At(row, role)});
    }
  }
  return duties;
}

// `Security Officer: review it`, `Review it (Security Officer)`: the names that could be a role's.
std::vector<std::string> Named(std::string_view title) {
  const std::string text = CellKey(title);
  std::vector<std::string> names;
  if (const std::size_t colon = text.find(':'); colon != std::string::npos)
    names.push_back(text.substr(0, colon));
  if (const std::size_t open = text.rfind('('); open != std::string::npos && text.ends_with(')'))
    names.push_back(text.substr(open + 1, text.size() - open - 2));
  return names;
}

// `Document Owner | Ada` among the roles: who owns and who approves the text.
void TakeOwners(const Table& table, const std::vector<Draft*>& drafts, TableNote& note) {
  const int role = ColumnOf(table, kRole);
  const int name = ColumnOf(table, {"name", "person", "who"});
  std::set<std::string> taken;
  for (const Table::Row& row : table.rows) {
    if (name < 0 || !IsMetadata(At(row, role)) || !taken.insert(CellKey(At(row, role))).second) continue;
    std::string why;
    for (Draft* draft : drafts) {
      why = TakeMetadata(At(row, role), At(row, name), *draft);
      if (why.empty()) note.drafts.insert(draft->id);
    }
    const std::string shown = base::Quote(At(row, role));
    if (why.empty()) {
      note.became.push_back(shown);
    } else {
      note.why.push_back(shown + ": " + why);
    }
  }
}

}  // namespace

bool IsRoles(const PageTable& page) {
  const Table& table = *page.table;
  return IsRaci(table) || (ColumnOf(table, kWork) >= 0 && ColumnOf(table, kWho) >= 0) ||
         ColumnOf(table, {"role"}) >= 0 || ColumnOf(table, kDoes) > 0;
}

TableNote TakeRoles(const PageTable& page, const std::vector<Draft*>& drafts) {
  TableNote note;
  std::vector<std::string> shared;
  const std::vector<Duty> duties = DutiesOf(*page.table, shared);
  std::map<std::string, std::set<std::string>> who_does;  // by what is done
  std::map<std::string, std::string> roles;               // by their key
  for (const Duty& duty : duties) {
    if (!duty.what.empty()) who_does[duty.what].insert(duty.who);
    roles.emplace(CellKey(duty.who), duty.who);
  }
  if (const int column = ColumnOf(*page.table, {"role"}); column >= 0)
    for (const Table::Row& row : page.table->rows) roles.emplace(CellKey(At(row, column)), At(row, column));
  int given = 0;
  // Whose a step is; empty: nobody's, or it is not known which one's.
  const auto whose = [&](const Draft& draft, const DraftPhase& phase, const DraftStep& step) -> std::string {
    std::set<std::string> found;
    const auto add = [&](const std::string& what) {
      if (const auto known = who_does.find(CellKey(what)); known != who_does.end())
        found.insert(known->second.begin(), known->second.end());
    };
    add(step.title);
    for (const std::string& name : Named(step.title))
      if (const auto role = roles.find(name); role != roles.end()) found.insert(role->second);
    if (found.empty()) add(phase.title);
    if (found.empty()) add(draft.title);
    return found.size() == 1 ? *found.begin() : "";
  };
  for (Draft* draft : drafts) {
    for (DraftPhase& phase : draft->phases) {
      for (DraftStep& step : phase.steps) {
        if (!step.uses.empty() || step.confirm.contains("role")) continue;
        const std::string who = whose(*draft, phase, step);
        if (who.empty() || who.starts_with('[') || who.starts_with('<')) continue;
        step.confirm["role"] = who;
        ++given;
        note.drafts.insert(draft->id);
      }
    }
  }
  TakeOwners(*page.table, drafts, note);
  if (given > 0)
    note.became.push_back(fmt::format("the role of {} {}", given, given == 1 ? "step" : "steps"));
  if (!shared.empty())
    note.why.push_back(base::Join(shared, ", ") + ": several are responsible, and a step asks one role");
  if (note.became.empty() && shared.empty())
    note.why.emplace_back(
        "no step of a person is called as the table calls its work: `confirm: { role: … }` says who answers");
  return note;
}

}  // namespace slipway::sop
