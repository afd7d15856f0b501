// `calendars:` of slipway.yaml.
#include <algorithm>
#include <array>

#include "base/text.h"
#include "workspace/load.h"
#include "workspace/reader.h"

namespace slipway::workspace {
namespace {

using base::YamlNode;

constexpr std::array<std::string_view, 7> kDays = {"sun", "mon", "tue", "wed", "thu", "fri", "sat"};

int DayIndex(std::string_view name) {
  const auto found = std::ranges::find(kDays, name);
  return found == kDays.end() ? -1 : static_cast<int>(found - kDays.begin());
}

// `mon` or `mon-fri`; a range may run over the end of the week.
void AddDays(const YamlNode& node, Reader& reader, std::vector<int>& days) {
  const std::string text = reader.Text(node, "a day");
  if (text.empty()) return;
  const auto dash = text.find('-');
  const int first = DayIndex(std::string_view(text).substr(0, dash));
  const int last = dash == std::string::npos ? first : DayIndex(std::string_view(text).substr(dash + 1));
  if (first < 0 || last < 0) {
    const std::vector<std::string> names(kDays.begin(), kDays.end());
    reader.Error(node.at, "unknown day `" + base::Printable(text) + "`", Suggest(text, names));
    return;
  }
  for (int day = first;; day = (day + 1) % 7) {
    if (std::ranges::find(days, day) == days.end()) days.push_back(day);
    if (day == last) return;
  }
}

// `HH:MM` as minutes after midnight; `latest` is 23:59 or 24:00.
int ReadClock(const YamlNode& node, Reader& reader, std::string_view what, int latest) {
  const std::string text = reader.Text(node, what);
  if (text.empty()) return 0;
  if (const auto minutes = ParseClock(text, latest)) return *minutes;
  reader.Error(node.at, std::string(what) + " must be a time such as \"22:00\"");
  return 0;
}

base::Time ReadInstant(const YamlNode& node, Reader& reader, std::string_view what, const std::string& zone,
                       Edge edge) {
  const std::string text = reader.Text(node, what);
  if (text.empty()) return {};
  if (!text.ends_with("Z") && zone.empty()) {
    reader.Error(node.at, "the calendar needs a `time_zone` to say when " + base::Printable(text) + " is",
                 "time_zone: Europe/Berlin");
    return {};
  }
  auto time = ParseInstant(text, zone, edge);
  if (!time) reader.Error(node.at, std::string(what) + ": " + time.error().what, time.error().next);
  return time.value_or(base::Time{});
}

Freeze ReadFreeze(const YamlNode& node, Reader& reader, const std::string& zone) {
  Freeze freeze;
  if (!reader.Map(node, "a freeze", {"from", "to", "reason"})) return freeze;
  const YamlNode* from = reader.Need(node, "from", "a freeze");
  const YamlNode* to = reader.Need(node, "to", "a freeze");
  if (const YamlNode* reason = reader.Need(node, "reason", "a freeze"))
    freeze.reason = reader.Text(*reason, "reason");
  if (from == nullptr || to == nullptr) return freeze;
  freeze.from = ReadInstant(*from, reader, "from", zone, Edge::kStart);
  freeze.to = ReadInstant(*to, reader, "to", zone, Edge::kEnd);
  const bool both = freeze.from != base::Time{} && freeze.to != base::Time{};
  if (both && freeze.to <= freeze.from) reader.Error(to->at, "the freeze ends before it begins");
  return freeze;
}

Calendar ReadCalendar(const YamlNode& node, Reader& reader, const Workspace& so_far) {
  Calendar calendar;
  if (!reader.Map(node, "a calendar", {"name", "description", "time_zone", "windows", "freezes"}))
    return calendar;
  if (const YamlNode* name = reader.Need(node, "name", "a calendar")) {
    calendar.name = reader.Id(*name, "name");
    if (!calendar.name.empty() && so_far.FindCalendar(calendar.name) != nullptr)
      reader.Error(name->at, "calendar `" + calendar.name + "` stands twice");
  }
  if (const YamlNode* text = node.Find("description")) reader.Text(*text, "description");
  const YamlNode* zone = node.Find("time_zone");
  if (zone != nullptr) calendar.time_zone = reader.TimeZone(*zone);
  if (const YamlNode* windows = node.Find("windows");
      windows != nullptr && reader.List(*windows, "windows")) {
    for (const YamlNode& item : windows->items) calendar.windows.push_back(ReadWindow(item, reader));
  }
  // A misspelt zone was reported above; UTC keeps the freezes from being reported for it as well.
  const std::string freeze_zone = zone != nullptr && calendar.time_zone.empty() ? "UTC" : calendar.time_zone;
  if (const YamlNode* freezes = node.Find("freezes");
      freezes != nullptr && reader.List(*freezes, "freezes")) {
    for (const YamlNode& item : freezes->items)
      calendar.freezes.push_back(ReadFreeze(item, reader, freeze_zone));
  }
  if (calendar.windows.empty() && calendar.freezes.empty())
    reader.Error(node.at, "the calendar has neither windows nor freezes");
  return calendar;
}

}  // namespace

Window ReadWindow(const YamlNode& node, Reader& reader) {
  Window window;
  if (!reader.Map(node, "a window", {"days", "from", "to"})) return window;
  if (const YamlNode* days = node.Find("days"); days != nullptr) {
    if (reader.List(*days, "days")) {
      for (const YamlNode& day : days->items) AddDays(day, reader, window.days);
      if (days->items.empty()) reader.Error(days->at, "days is empty: the window would never open");
    }
  } else {
    window.days = {0, 1, 2, 3, 4, 5, 6};
  }
  std::ranges::sort(window.days);
  if (const YamlNode* from = reader.Need(node, "from", "a window"))
    window.start = ReadClock(*from, reader, "from", 24 * 60 - 1);
  if (const YamlNode* to = reader.Need(node, "to", "a window"))
    window.end = ReadClock(*to, reader, "to", 24 * 60);
  return window;
}

void ReadCalendars(const YamlNode& node, Reader& reader, Workspace& out) {
  if (!reader.List(node, "calendars")) return;
  for (const YamlNode& item : node.items) out.calendars.push_back(ReadCalendar(item, reader, out));
}

}  // namespace slipway::workspace
