#include "sop/tables.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <optional>

#include "base/text.h"
#include "base/version.h"
#include "markdown/inline.h"
#include "sop/metadata.h"

namespace slipway::sop {

namespace {

using markdown::Table;

constexpr std::size_t kMostFacts = 50;  // more rows than that are no metadata

bool Holds(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::ranges::any_of(words, [&](std::string_view word) { return text.contains(word); });
}

// ---- what the document says of itself

struct Fact {
  std::string key, value;
};

// `Owner | Platform` in rows, or in a header with one row below it. Empty: it is no such table.
std::vector<Fact> FactsOf(const PageTable& page) {
  const Table& table = *page.table;
  const bool about = page.about_page || Holds(CellKey(page.section), {"document", "metadata", "about this"});
  std::vector<Fact> facts;
  if (table.rows.size() > kMostFacts || table.header.cells.size() > kMostFacts) return facts;
  const auto known = [&] {
    return std::ranges::count_if(facts, [](const Fact& fact) { return IsMetadata(fact.key); });
  };
  if (table.header.cells.size() == 2 && !IsMetadata(At(table.header, 1))) {
    facts.push_back({At(table.header, 0), At(table.header, 1)});
    for (const Table::Row& row : table.rows) facts.push_back({At(row, 0), At(row, 1)});
    const std::string first = CellKey(table.header.cells[0]);
    const bool named =
        first.empty() || Holds(first, {"field", "item", "property", "attribute", "key", "name", "metadata"});
    if (named && !IsMetadata(first)) facts.erase(facts.begin());  // `Field | Value`
    if (known() > 1 || (known() == 1 && (about || named))) return facts;
    facts.clear();
  }
  if (table.rows.size() != 1) return facts;
  for (std::size_t i = 0; i < table.header.cells.size(); ++i)
    facts.push_back({At(table.header, static_cast<int>(i)), At(table.rows[0], static_cast<int>(i))});
  if (known() > 1 || (known() == 1 && about)) return facts;
  return {};
}

TableNote TakeFacts(const std::vector<Fact>& facts, const std::vector<Draft*>& drafts) {
  TableNote note;
  for (const Fact& fact : facts) {
    std::string why;
    for (Draft* draft : drafts) {
      why = TakeMetadata(fact.key, fact.value, *draft);
      if (why.empty()) note.drafts.insert(draft->id);
    }
    const std::string name = base::Quote(fact.key);
    if (why.empty()) {
      note.became.push_back(name);
    } else {
      note.why.push_back(fact.value.empty() || !IsMetadata(fact.key)
                             ? name + ": " + why
                             : fmt::format("{} {}: {}", name, base::Quote(fact.value), why));
    }
  }
  return note;
}

// `Version | Date | Changes`: the newest is the one that the page is of.
std::vector<Fact> NewestOf(const Table& table) {
  const int version = ColumnOf(table, {"version", "revision", "rev"});
  if (version < 0 || table.rows.empty() ||
      ColumnOf(table, {"date", "changes", "change", "description", "author", "notes"}) < 0)
    return {};
  const Table::Row* newest = nullptr;
  std::optional<base::Version> highest;
  for (const Table::Row& row : table.rows) {
    auto read = base::ParseVersion(At(row, version));
    if (!read) return {{"Version", At(row, version)}};  // which one is the newest is not said
    if (highest && base::Precedence(*highest, *read) >= 0) continue;
    highest = std::move(*read);
    newest = &row;
  }
  std::vector<Fact> facts;
  for (std::size_t i = 0; i < table.header.cells.size(); ++i) {
    const int column = static_cast<int>(i);
    std::string value = At(*newest, column);
    if (column == version && highest->v) value.erase(0, 1);
    if (column == version) facts.push_back({"Version", value});
    if (column != version && IsMetadata(At(table.header, column)))
      facts.push_back({At(table.header, column), value});
  }
  return facts;
}

// `Role | Name | Signature` below `Document Approval`: who approves the text.
TableNote TakeApproval(const Table& table, const std::vector<Draft*>& drafts) {
  const int role = ColumnOf(table, {"role", "approver", "title", "position"});
  const int name = ColumnOf(table, {"name", "approved by"});
  std::vector<std::string> all;
  for (const Table::Row& row : table.rows) {
    std::string who = At(row, role);
    std::string person = At(row, name);
    if (person.starts_with('[') || person.starts_with('<') || person.starts_with('_')) person.clear();
    if (who.starts_with('[') || who.starts_with('<')) who.clear();
    if (!who.empty() && !person.empty()) who += " (" + person + ")";
    if (who.empty()) who = person;
    if (!who.empty()) all.push_back(who);
  }
  TableNote note;
  if (all.empty()) {
    note.why.emplace_back("nobody is named");
    return note;
  }
  const std::string value = base::Join(all, ", ");
  for (Draft* draft : drafts) {
    if (!draft->approver.empty() && draft->approver != value) {
      note.why.push_back("the page says elsewhere who approves it: " + base::Quote(draft->approver));
      return note;
    }
    draft->approver = value;
    note.drafts.insert(draft->id);
  }
  note.became.emplace_back("approver");
  return note;
}

TableNote Prose(std::string why) { return {.why = {std::move(why)}}; }

}  // namespace

std::string CellText(std::string_view cell) {
  std::string text = markdown::Plain(cell);
  std::ranges::replace(text, '\n', ' ');
  return std::string(base::Trim(text));
}

std::string CellKey(std::string_view cell) {
  std::string key = CellText(cell);
  std::ranges::transform(key, key.begin(), [](char c) {
    return static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  });
  while (!key.empty() && std::string_view(".:;,! ").contains(key.back())) key.pop_back();
  return key;
}

int ColumnOf(const Table& table, std::initializer_list<std::string_view> words) {
  for (std::size_t i = 0; i < table.header.cells.size(); ++i)
    if (std::ranges::find(words, CellKey(table.header.cells[i])) != words.end()) return static_cast<int>(i);
  return -1;
}

std::string At(const Table::Row& row, int column) {
  if (column < 0 || static_cast<std::size_t>(column) >= row.cells.size()) return "";
  return CellText(row.cells[static_cast<std::size_t>(column)]);
}

TableNote TakeTable(const PageTable& page, const std::vector<Draft*>& drafts, bool inside) {
  const Table& table = *page.table;
  const std::string heading = CellKey(page.section);
  const auto has = [&](std::initializer_list<std::string_view> words) { return ColumnOf(table, words) >= 0; };
  if (table.rows.empty()) return Prose("it has no rows");
  if (has({"signature", "signed", "sign-off"}) || heading.contains("approval") ||
      heading.contains("sign-off")) {
    if (inside)
      return Prose(
          "who signs each time it is done: `gates: [ { approvals: { count, role } } ]` asks for that, once "
          "somebody can give it");
    return TakeApproval(table, drafts);
  }
  if (const std::vector<Fact> facts = FactsOf(page); !facts.empty()) return TakeFacts(facts, drafts);
  if (const std::vector<Fact> facts = NewestOf(table); !facts.empty()) return TakeFacts(facts, drafts);
  if (IsCalendar(page)) return TakeCalendar(page, drafts, inside);
  if (has({"frequency", "how often", "schedule", "cadence", "interval", "recurrence"}))
    return Prose(
        "how often a thing is done is no field: what starts a run by the clock is a timer that calls "
        "`slipway "
        "run`");
  if (IsThresholds(page)) return TakeThresholds(page, drafts);
  if (IsRoles(page)) return TakeRoles(page, drafts);
  if (has({"escalation level", "contact", "phone", "email", "e-mail", "on-call", "slack"}))
    return Prose("whom to call: `notify` tells a URL or runs a command, and the table names neither");
  if (has({"environment", "environments"}))
    return Prose("the environments are those of the workspace: `environments` of slipway.yaml");
  return Prose("no field of a procedure holds it");
}

}  // namespace slipway::sop
