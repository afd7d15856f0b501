// When changes may be made: weekly windows and dated freezes, in a named time zone (IANA), right across DST
// changes.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace slipway::workspace {

// `days` of the week (0 = Sunday … 6) from `start` to `end`, minutes after local midnight. An end at or
// before the start is on the following day.
struct Window {
  std::vector<int> days;
  int start = 0;
  int end = 0;
};

struct Freeze {
  base::Time from;
  base::Time to;  // exclusive
  std::string reason;
};

struct Calendar {
  std::string name;
  std::string time_zone;        // empty = that of the environment or target it is used for
  std::vector<Window> windows;  // none = always open
  std::vector<Freeze> freezes;
};

struct Opening {
  bool open = false;
  base::Time
      until;  // open: when it closes (Time::max() = never); shut: when it opens next (Time::max() = never)
  std::string reason;  // `window Tue 22:00-02:00 America/Toronto`, `freeze: year end`
};

// Error (kInvalid): unknown zone. A local time that DST skips is taken as the instant after the gap; one that
// occurs twice as the first for an opening and the second for a closing. The calendar's own zone goes before
// `time_zone`.
base::Result<Opening> Judge(const Calendar& calendar, std::string_view time_zone, base::Time now);
// Only the freezes.
base::Result<Opening> JudgeFreeze(const Calendar& calendar, base::Time now);

bool IsTimeZone(std::string_view name);
// The zones worth offering for a misspelt one: nearest by spelling, or those of that city (`Toronto` ->
// `America/Toronto`).
std::vector<std::string> NearTimeZones(std::string_view name);
// The local date at `now`, `2026-11-21`.
base::Result<std::string> LocalDate(std::string_view time_zone, base::Time now);

// `HH:MM` as minutes after midnight, at most `latest` (23:59 or 24:00 for an end); nothing when it is none.
std::optional<int> ParseClock(std::string_view text, int latest);

// `2026-12-20`, `2026-12-20T18:00` or `2026-12-20T18:00:00Z` as an instant; a date is the start of that day,
// or of the next one when it is the `end` of something. A local time that occurs twice is the first, or the
// second for an end.
enum class Edge { kStart, kEnd };
base::Result<base::Time> ParseInstant(std::string_view text, std::string_view time_zone, Edge edge);

}  // namespace slipway::workspace
