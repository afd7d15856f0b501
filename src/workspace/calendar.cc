#include "workspace/calendar.h"

#include <date/tz.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <functional>
#include <optional>
#include <utility>

#include "base/text.h"

namespace slipway::workspace {
namespace {

using base::Time;
using LocalMinutes = date::local_time<std::chrono::minutes>;

constexpr std::array<std::string_view, 7> kDayNames = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
// Openings are laid out from two days before a moment to this many after it: two weeks, as a DST gap can
// swallow a weekly one.
constexpr int kHorizonDays = 16;
// It lies among the zones, and is another one on each machine.
constexpr std::string_view kOfThisMachine = "localtime";

// Null when there is no such zone. The library throws; nothing of it leaves this file.
const date::time_zone* FindZone(std::string_view name) {
  if (name == kOfThisMachine) return nullptr;
  try {
    return date::locate_zone(name.empty() ? std::string_view("UTC") : name);
  } catch (const std::exception&) {
    return nullptr;
  }
}

base::Result<const date::time_zone*> NeedZone(std::string_view name) {
  const date::time_zone* zone = FindZone(name);
  if (zone == nullptr) return base::Invalid("unknown time zone `" + base::Printable(name) + "`");
  return zone;
}

Time ToInstant(const date::time_zone& zone, LocalMinutes local, Edge edge) {
  const date::local_info info = zone.get_info(local);
  switch (info.result) {
    case date::local_info::nonexistent:
      return Time{info.first.end};  // the instant after the gap
    case date::local_info::ambiguous: {
      const auto offset = edge == Edge::kStart ? info.first.offset : info.second.offset;
      return Time{date::sys_seconds{local.time_since_epoch() - offset}};
    }
    default:
      return Time{date::sys_seconds{local.time_since_epoch() - info.first.offset}};
  }
}

date::local_days LocalDay(const date::time_zone& zone, Time now) {
  return date::floor<date::days>(zone.to_local(date::floor<std::chrono::seconds>(now)));
}

std::string Describe(const Window& window, date::local_days day, std::string_view zone) {
  const auto weekday = date::weekday{day}.c_encoding();
  return fmt::format("window {} {:02}:{:02}-{:02}:{:02} {}", kDayNames[weekday], window.start / 60,
                     window.start % 60, window.end / 60, window.end % 60, zone);
}

struct Interval {
  Time from, to;
  std::string name;  // of the window that begins it
};

// Every opening that touches the horizon around `now`, in order, overlapping and adjoining ones joined.
std::vector<Interval> Openings(const Calendar& calendar, const date::time_zone& zone, Time now) {
  std::vector<Interval> all;
  const date::local_days today = LocalDay(zone, now);
  for (int offset = -2; offset <= kHorizonDays; ++offset) {
    const date::local_days day = today + date::days{offset};
    const int weekday = static_cast<int>(date::weekday{day}.c_encoding());
    for (const Window& window : calendar.windows) {
      if (std::ranges::find(window.days, weekday) == window.days.end()) continue;
      const int end = window.end <= window.start ? window.end + 24 * 60 : window.end;
      const Time from = ToInstant(zone, day + std::chrono::minutes{window.start}, Edge::kStart);
      const Time to = ToInstant(zone, day + std::chrono::minutes{end}, Edge::kEnd);
      if (from < to) all.push_back({from, to, Describe(window, day, zone.name())});
    }
  }
  std::ranges::sort(all, std::less<>{}, [](const Interval& i) { return std::pair(i.from, i.to); });
  std::vector<Interval> joined;
  for (Interval& next : all) {
    if (!joined.empty() && next.from <= joined.back().to) {
      joined.back().to = std::max(joined.back().to, next.to);
    } else {
      joined.push_back(std::move(next));
    }
  }
  return joined;
}

// Freezes apart, is some window open at `now`, and until when?
Opening JudgeWindows(const Calendar& calendar, const date::time_zone& zone, Time now) {
  if (calendar.windows.empty())
    return {.open = true, .until = Time::max(), .reason = "no window is asked for"};
  const std::vector<Interval> openings = Openings(calendar, zone, now);
  for (const Interval& opening : openings) {
    if (now < opening.from) return {.open = false, .until = opening.from, .reason = opening.name};
    // A stretch that reaches a whole week ahead repeats for ever: the windows leave nothing shut.
    const bool endless = opening.to - now > std::chrono::days{8};
    if (now < opening.to)
      return {.open = true, .until = endless ? Time::max() : opening.to, .reason = opening.name};
  }
  return {.open = false, .until = Time::max(), .reason = "no window opens"};
}

const Freeze* FreezeAt(const Calendar& calendar, Time now) {
  for (const Freeze& freeze : calendar.freezes) {
    if (freeze.from <= now && now < freeze.to) return &freeze;
  }
  return nullptr;
}

// The first moment from `now` on that no freeze covers. Each freeze is passed at most once.
Time AfterFreezes(const Calendar& calendar, Time now) {
  while (const Freeze* freeze = FreezeAt(calendar, now)) now = freeze->to;
  return now;
}

Time NextFreeze(const Calendar& calendar, Time now) {
  Time next = Time::max();
  for (const Freeze& freeze : calendar.freezes) {
    if (freeze.from > now && freeze.from < freeze.to) next = std::min(next, freeze.from);
  }
  return next;
}

// The first moment from `now` on at which a window is open and no freeze holds. Ends, as every round but the
// last passes a freeze for good.
Time NextOpening(const Calendar& calendar, const date::time_zone& zone, Time now) {
  for (;;) {
    now = AfterFreezes(calendar, now);
    const Opening window = JudgeWindows(calendar, zone, now);
    if (window.open || window.until == Time::max()) return window.open ? now : Time::max();
    now = window.until;
    if (FreezeAt(calendar, now) == nullptr) return now;
  }
}

}  // namespace

base::Result<Opening> JudgeFreeze(const Calendar& calendar, Time now) {
  if (const Freeze* freeze = FreezeAt(calendar, now)) {
    return Opening{
        .open = false, .until = AfterFreezes(calendar, now), .reason = "freeze: " + freeze->reason};
  }
  return Opening{.open = true, .until = NextFreeze(calendar, now), .reason = "no freeze"};
}

base::Result<Opening> Judge(const Calendar& calendar, std::string_view time_zone, Time now) {
  SLIPWAY_TRY(const date::time_zone* zone,
              NeedZone(calendar.time_zone.empty() ? time_zone : calendar.time_zone));
  SLIPWAY_TRY(Opening opening, JudgeFreeze(calendar, now));
  if (opening.open) {
    const Time freeze = opening.until;
    opening = JudgeWindows(calendar, *zone, now);
    if (opening.open) opening.until = std::min(opening.until, freeze);
  }
  if (!opening.open) opening.until = NextOpening(calendar, *zone, now);
  return opening;
}

bool IsTimeZone(std::string_view name) {
  // Spared the time-zone data base: nearly every run needs no other zone.
  if (name == "UTC") return true;
  return !name.empty() && FindZone(name) != nullptr;
}

std::vector<std::string> NearTimeZones(std::string_view name) {
  std::vector<std::string> names, same_city;
  auto lower = [](std::string_view text) {
    std::string result(text);
    for (char& c : result) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return result;
  };
  const std::string wanted = lower(name.substr(name.rfind('/') + 1));
  try {
    for (const date::time_zone& zone : date::get_tzdb().zones) {
      if (zone.name() == kOfThisMachine) continue;
      names.push_back(zone.name());
      if (lower(zone.name().substr(zone.name().rfind('/') + 1)) == wanted) same_city.push_back(zone.name());
    }
  } catch (const std::exception&) {
    return {};
  }
  return same_city.empty() ? names : same_city;
}

base::Result<std::string> LocalDate(std::string_view time_zone, Time now) {
  SLIPWAY_TRY(const date::time_zone* zone, NeedZone(time_zone));
  const date::year_month_day day{LocalDay(*zone, now)};
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(day.year()), static_cast<unsigned>(day.month()),
                     static_cast<unsigned>(day.day()));
}

namespace {

// Exactly `digits` digits at the front of `text`, taken off.
std::optional<int> TakeNumber(std::string_view& text, std::size_t digits) {
  if (text.size() < digits) return std::nullopt;
  int value = 0;
  for (char c : text.substr(0, digits)) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + (c - '0');
  }
  text.remove_prefix(digits);
  return value;
}

bool TakeMark(std::string_view& text, char mark) {
  if (text.empty() || text.front() != mark) return false;
  text.remove_prefix(1);
  return true;
}

}  // namespace

std::optional<int> ParseClock(std::string_view text, int latest) {
  const auto hours = TakeNumber(text, 2);
  if (!hours || !TakeMark(text, ':')) return std::nullopt;
  const auto minutes = TakeNumber(text, 2);
  if (!minutes || !text.empty() || *minutes > 59 || *hours * 60 + *minutes > latest) return std::nullopt;
  return *hours * 60 + *minutes;
}

base::Result<Time> ParseInstant(std::string_view text, std::string_view time_zone, Edge edge) {
  if (base::EndsWith(text, "Z")) return base::ParseTime(text);
  const auto bad = [&] {
    return base::Invalid("`" + base::Printable(text) + "` is no date or time", "",
                         "write 2026-12-20, 2026-12-20T18:00 or 2026-12-20T18:00:00Z");
  };
  std::string_view rest = text;
  const auto year = TakeNumber(rest, 4);
  if (!year || !TakeMark(rest, '-')) return bad();
  const auto month = TakeNumber(rest, 2);
  if (!month || !TakeMark(rest, '-')) return bad();
  const auto day = TakeNumber(rest, 2);
  if (!day) return bad();
  const date::year_month_day date{date::year{*year}, date::month{static_cast<unsigned>(*month)},
                                  date::day{static_cast<unsigned>(*day)}};
  if (!date.ok()) return bad();
  SLIPWAY_TRY(const date::time_zone* zone, NeedZone(time_zone));
  if (rest.empty()) {
    const date::local_days at = date::local_days{date} + date::days{edge == Edge::kEnd ? 1 : 0};
    return ToInstant(*zone, at, Edge::kStart);
  }
  if (!TakeMark(rest, 'T')) return bad();
  const auto hour = TakeNumber(rest, 2);
  if (!hour || *hour > 23 || !TakeMark(rest, ':')) return bad();
  const auto minute = TakeNumber(rest, 2);
  if (!minute || *minute > 59 || !rest.empty()) return bad();
  return ToInstant(*zone, date::local_days{date} + std::chrono::minutes{*hour * 60 + *minute}, edge);
}

}  // namespace slipway::workspace
