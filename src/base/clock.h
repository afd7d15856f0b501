// Wall time as the product knows it: milliseconds since the Unix epoch, UTC.
//
// Clock is one of the seams of simulation; nothing above base/ asks the system for the time itself.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "base/result.h"

namespace slipway::base {

using Time = std::chrono::sys_time<std::chrono::milliseconds>;
using Duration = std::chrono::milliseconds;

class Clock {
 public:
  virtual ~Clock() = default;
  virtual Time Now() = 0;                     // thread-safe
  virtual void Sleep(Duration how_long) = 0;  // blocks the caller; a fake only moves its hands
};

// The system's clock. Thread-safe.
Clock& SystemClock();

inline std::int64_t Millis(Time t) { return t.time_since_epoch().count(); }
inline Time FromMillis(std::int64_t ms) { return Time{Duration{ms}}; }

// `2026-11-21T01:24:22.123Z` (RFC 3339, UTC, always three decimals; years 0000 to 9999).
std::string FormatTime(Time t);
// Reads that form; one to three decimals or none, and an offset (`+02:00`) in place of `Z`, are taken as
// well.
Result<Time> ParseTime(std::string_view text);

}  // namespace slipway::base
