// Tables of maintenance windows and freezes. They become the calendar that slipway.yaml needs, and of the
// procedures they stand in a gate that asks for it. A row that says more than days, times and a time zone is
// not understood, and then nothing of the table is.
#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>

#include "base/text.h"
#include "sop/tables.h"

namespace slipway::sop {

namespace {

using markdown::Table;

constexpr std::array kDays{"mon", "tue", "wed", "thu", "fri", "sat", "sun"};

struct Window {
  std::string days;  // `mon-thu, sat`; empty: every day
  std::string from, to;
};

struct Calendar {
  std::string zone;
  std::vector<std::string> lines;  // of its windows or freezes
};

// The header without what stands in brackets: `Time (UTC)` is `time`.
int Column(const Table& table, std::initializer_list<std::string_view> words) {
  for (std::size_t i = 0; i < table.header.cells.size(); ++i) {
    const std::string key = CellKey(table.header.cells[i]);
    if (std::ranges::find(words, base::Trim(key.substr(0, key.find('(')))) != words.end())
      return static_cast<int>(i);
  }
  return -1;
}

int NameColumn(const Table& table) {
  return Column(table, {"environment", "customer", "tier", "target", "name", "calendar", "service", "system",
                        "region"});
}
int DaysColumn(const Table& table) { return Column(table, {"day", "days", "weekday", "weekdays"}); }
int FromColumn(const Table& table) {
  return Column(table, {"from", "start", "start time", "begin", "begins", "opens", "start date"});
}
int ToColumn(const Table& table) {
  return Column(table, {"to", "end", "end time", "ends", "closes", "until", "end date"});
}
int TimeColumn(const Table& table) {
  return Column(table, {"time", "times", "hours", "window", "windows", "maintenance window",
                        "deployment window", "change window", "time window", "when"});
}

bool IsFreeze(const PageTable& page) {
  const std::string heading = CellKey(page.section);
  return heading.contains("freeze") || heading.contains("blackout") ||
         ColumnOf(*page.table, {"freeze", "blackout", "freeze period", "blackout period"}) >= 0;
}

// Takes the words of days off the text; nullopt: a range that runs backwards.
std::optional<std::string> TakeDays(std::string& text) {
  static const RE2 kWhole(R"((?i)\b(every ?day|daily|weekdays|weekends)\b)");
  static const RE2 kSome(
      R"((?i)\b(mon|tue|wed|thu|fri|sat|sun)(?:s|nes|rs|r|ur)?(?:day)?s?\b(?:\s*(?:-|–|—|to|through)\s*(mon|tue|wed|thu|fri|sat|sun)(?:s|nes|rs|r|ur)?(?:day)?s?\b)?)");
  std::string whole;
  if (RE2::PartialMatch(text, kWhole, &whole)) {
    RE2::Replace(&text, kWhole, " ");
    const std::string key = CellKey(whole);
    return key == "weekdays" ? "mon-fri" : key == "weekends" ? "sat-sun" : "";
  }
  std::string days, first, last;
  const auto place = [](const std::string& day) {
    return std::ranges::find(kDays, CellKey(day)) - kDays.begin();
  };
  while (RE2::PartialMatch(text, kSome, &first, &last)) {
    RE2::Replace(&text, kSome, " ");
    if (!last.empty() && place(first) >= place(last)) return std::nullopt;
    days += (days.empty() ? "" : ", ") + CellKey(first) + (last.empty() ? "" : "-" + CellKey(last));
    last.clear();
  }
  return days;
}

// `22:00`, `10 pm`; empty: no such time of day.
std::string TimeOf(int hour, int minute, std::string half) {
  half = CellKey(half);
  if (!half.empty() && (hour < 1 || hour > 12)) return "";
  if (half.starts_with('p') && hour < 12) hour += 12;
  if (half.starts_with('a') && hour == 12) hour = 0;
  if (hour > 23 || minute > 59) return "";
  return fmt::format("{:02}:{:02}", hour, minute);
}

// Takes `22:00 – 02:00` off the text.
std::optional<Window> TakeTimes(std::string& text) {
  static const RE2 kTimes(
      R"((?i)\b(\d{1,2})(?::(\d\d))?\s*([ap]\.?m)?\s*(?:-|–|—|to|until)\s*(\d{1,2})(?::(\d\d))?\s*([ap]\.?m)?\b)");
  int from = 0, to = 0;
  std::string from_minute, to_minute, from_half, to_half;
  if (!RE2::PartialMatch(text, kTimes, &from, &from_minute, &from_half, &to, &to_minute, &to_half))
    return std::nullopt;
  // `2-4` could be anything, and `10-2 am` leaves the first half open.
  if ((from_minute.empty() && from_half.empty()) || (to_minute.empty() && to_half.empty()) ||
      from_half.empty() != to_half.empty())
    return std::nullopt;
  RE2::Replace(&text, kTimes, " ");
  const auto minutes = [](const std::string& digits) {
    return digits.empty()
               ? 0
               : static_cast<int>(
                     base::ParseInteger(digits.starts_with('0') ? digits.substr(1) : digits).value_or(99));
  };
  Window window{.from = TimeOf(from, minutes(from_minute), from_half)};
  window.to = to == 24 && minutes(to_minute) == 0 && to_half.empty()
                  ? "24:00"
                  : TimeOf(to, minutes(to_minute), to_half);
  if (window.from.empty() || window.to.empty()) return std::nullopt;
  return window;
}

// Takes `UTC` or `Europe/Berlin` off the text; empty: none stands there.
std::string TakeZone(std::string& text) {
  static const RE2 kZone(R"(\b(UTC|[A-Z][a-z]+/[A-Z][A-Za-z_]+(?:/[A-Z][A-Za-z_]+)?)\b)");
  std::string zone;
  if (RE2::PartialMatch(text, kZone, &zone)) RE2::Replace(&text, kZone, " ");
  return zone;
}

bool SaysNothing(const std::string& text) {
  static const RE2 kNothing(
      R"((?i)^(?:[\s,;:()&.-]|\band\b|\bfrom\b|\bbetween\b|\bon\b|\bevery\b|\beach\b)*$)");
  return RE2::FullMatch(text, kNothing);
}

class Reader {
 public:
  explicit Reader(const PageTable& page) : page_(page), table_(*page.table) {
    for (const std::string& cell : table_.header.cells)
      if (header_zone_.empty()) {
        std::string text = CellText(cell);
        header_zone_ = TakeZone(text);
      }
    calendar_ = IdOf(page.section, "windows");
  }

  // Empty: every row was understood; else which was not.
  std::string Read() {
    for (const Table::Row& row : table_.rows)
      if (!(IsFreeze(page_) ? Freeze(row) : Row(row))) return base::Quote(base::Join(row.cells, " | "));
    return "";
  }

  // By name; of a table that names none, its heading's.
  const std::map<std::string, Calendar>& calendars() const { return calendars_; }
  bool named() const { return NameColumn(table_) >= 0 && !IsFreeze(page_); }

 private:
  bool Row(const Table::Row& row) {
    std::string text;
    const int name = NameColumn(table_);
    const int from = FromColumn(table_);
    const int to = ToColumn(table_);
    for (std::size_t i = 0; i < row.cells.size(); ++i) {
      const int column = static_cast<int>(i);
      if (column == name || column == from || column == to) continue;
      text += " " + At(row, column);
    }
    if (from >= 0 && to >= 0) text += " " + At(row, from) + " - " + At(row, to);
    const std::string zone = TakeZone(text);
    const auto window = TakeTimes(text);
    const auto days = TakeDays(text);
    if (!window || !days || !SaysNothing(text)) return false;
    const std::string id = IdOf(named() ? At(row, name) : calendar_, "windows");
    const std::string list = days->empty() ? "" : "days: [" + *days + "], ";
    return Add(id, zone,
               fmt::format("    - {{ {}from: \"{}\", to: \"{}\" }}", list, window->from, window->to));
  }

  bool Freeze(const Table::Row& row) {
    static const RE2 kDate(R"(\d{4}-\d\d-\d\d)");
    const std::string from = At(row, FromColumn(table_));
    const std::string to = At(row, ToColumn(table_));
    std::string reason = At(row, Column(table_, {"reason", "event", "why", "description", "freeze", "period",
                                                 "name", "freeze period", "blackout"}));
    if (!RE2::FullMatch(from, kDate) || !RE2::FullMatch(to, kDate) || reason.empty()) return false;
    std::string text = base::Join(row.cells, " ");
    const std::string zone = TakeZone(text);
    if (zone.empty() && header_zone_.empty()) return false;  // a day begins at another instant everywhere
    std::ranges::replace(reason, '"', '\'');
    std::ranges::replace(reason, '\\', '/');
    return Add(calendar_, zone,
               fmt::format("    - {{ from: {}, to: {}, reason: \"{}\" }}", from, to, reason));
  }

  bool Add(const std::string& id, std::string zone, std::string line) {
    if (zone.empty()) zone = header_zone_;
    const auto [at, added] = calendars_.try_emplace(id, Calendar{.zone = zone, .lines = {}});
    if (!added && at->second.zone != zone) return false;
    at->second.lines.push_back(std::move(line));
    return true;
  }

  const PageTable& page_;
  const Table& table_;
  std::string header_zone_, calendar_;
  std::map<std::string, Calendar> calendars_;
};

}  // namespace

bool IsCalendar(const PageTable& page) {
  const Table& table = *page.table;
  if (ColumnOf(table, {"frequency", "how often"}) >= 0) return false;
  const bool times = TimeColumn(table) >= 0 || (FromColumn(table) >= 0 && ToColumn(table) >= 0);
  const std::string heading = CellKey(page.section);
  return times && (DaysColumn(table) >= 0 || IsFreeze(page) || heading.contains("window") ||
                   Column(table, {"window", "windows", "maintenance window", "deployment window",
                                  "change window"}) >= 0);
}

TableNote TakeCalendar(const PageTable& page, const std::vector<Draft*>& drafts, bool inside) {
  TableNote note;
  Reader reader(page);
  const bool freeze = IsFreeze(page);
  if (const std::string unread = reader.Read(); !unread.empty()) {
    note.why.push_back(unread +
                       (freeze ? " is no freeze with two days (2026-12-20), a reason and a time zone"
                               : " is no window of days and times (Mon-Thu 22:00-02:00 UTC)") +
                       ": `calendars` of slipway.yaml holds it once it is one");
    return note;
  }
  for (const auto& [name, calendar] : reader.calendars()) {
    note.calendars.push_back("- name: " + name);
    if (!calendar.zone.empty()) note.calendars.push_back("  time_zone: " + calendar.zone);
    note.calendars.emplace_back(freeze ? "  freezes:" : "  windows:");
    note.calendars.insert(note.calendars.end(), calendar.lines.begin(), calendar.lines.end());
  }
  const std::size_t count = reader.calendars().size();
  note.became.push_back(
      fmt::format("{} of slipway.yaml", count == 1 ? "a calendar" : fmt::format("{} calendars", count)));
  const std::string kind = freeze ? "freeze" : "window";
  if (!inside) {
    note.why.push_back(
        fmt::format("it stands in no procedure, so none has a gate of it: `gates: [ {{ {}: {{}} }} ]`"
                    " of a procedure or an environment asks for it",
                    kind));
    return note;
  }
  // Whose calendar counts is the target's or the environment's word where the table names them.
  base::JsonObject with;
  if (!reader.named()) with["calendar"] = reader.calendars().begin()->first;
  for (Draft* draft : drafts) {
    base::JsonArray& gates = draft->more.contains("gates") ? draft->more["gates"].get_array()
                                                           : draft->more["gates"].emplace_array();
    gates.emplace_back(base::JsonObject{{kind, with}});
    note.drafts.insert(draft->id);
  }
  note.became.push_back("a gate `" + kind + "`" +
                        (reader.named() ? " by the calendar of the target or the environment" : ""));
  return note;
}

}  // namespace slipway::sop
