#include "base/clock.h"
#include <optional>

#include <thread>

#include "base/text.h"

namespace slipway::base {
namespace {

class RealClock final : public Clock {
 public:
  Time Now() override { return std::chrono::floor<Duration>(std::chrono::system_clock::now()); }
  void Sleep(Duration how_long) override { std::this_thread::sleep_for(how_long); }
};

void PutDigits(char* out, int count, unsigned value) {
  for (int i = count - 1; i >= 0; --i, value /= 10) out[i] = static_cast<char>('0' + value % 10);
}

// Reads exactly `count` digits at `at` and moves past them; -1 when they are not there.
int TakeDigits(std::string_view text, std::size_t& at, std::size_t count) {
  if (at + count > text.size()) return -1;
  int value = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const char c = text[at + i];
    if (c < '0' || c > '9') return -1;
    value = value * 10 + (c - '0');
  }
  at += count;
  return value;
}

bool TakeChar(std::string_view text, std::size_t& at, char c) {
  if (at >= text.size() || text[at] != c) return false;
  ++at;
  return true;
}

std::optional<Time> ParseParts(std::string_view text) {
  std::size_t at = 0;
  const int year = TakeDigits(text, at, 4);
  if (!TakeChar(text, at, '-')) return std::nullopt;
  const int month = TakeDigits(text, at, 2);
  if (!TakeChar(text, at, '-')) return std::nullopt;
  const int day = TakeDigits(text, at, 2);
  if (!TakeChar(text, at, 'T')) return std::nullopt;
  const int hour = TakeDigits(text, at, 2);
  if (!TakeChar(text, at, ':')) return std::nullopt;
  const int minute = TakeDigits(text, at, 2);
  if (!TakeChar(text, at, ':')) return std::nullopt;
  const int second = TakeDigits(text, at, 2);
  if (year < 0 || month < 0 || day < 0 || hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 ||
      second > 59) {
    return std::nullopt;
  }
  int millis = 0;
  if (TakeChar(text, at, '.')) {
    std::size_t digits = 0;
    for (; digits < 3; ++digits) {
      const int digit = TakeDigits(text, at, 1);
      if (digit < 0) break;
      millis = millis * 10 + digit;
    }
    if (digits == 0) return std::nullopt;
    for (; digits < 3; ++digits) millis *= 10;
  }
  int offset = 0;
  if (!TakeChar(text, at, 'Z')) {
    const bool west = TakeChar(text, at, '-');
    if (!west && !TakeChar(text, at, '+')) return std::nullopt;
    const int hours = TakeDigits(text, at, 2);
    if (!TakeChar(text, at, ':')) return std::nullopt;
    const int minutes = TakeDigits(text, at, 2);
    if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59) return std::nullopt;
    offset = (west ? -1 : 1) * (hours * 60 + minutes);
  }
  if (at != text.size()) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year{year},
                                         std::chrono::month{static_cast<unsigned>(month)},
                                         std::chrono::day{static_cast<unsigned>(day)}};
  if (!date.ok()) return std::nullopt;
  return Time{std::chrono::sys_days{date}} + std::chrono::hours{hour} +
         std::chrono::minutes{minute - offset} + std::chrono::seconds{second} + Duration{millis};
}

}  // namespace

Clock& SystemClock() {
  static RealClock clock;
  return clock;
}

std::string FormatTime(Time t) {
  const auto days = std::chrono::floor<std::chrono::days>(t);
  const std::chrono::year_month_day date{days};
  const auto millis = static_cast<unsigned>((t - days).count());
  std::string text = "0000-00-00T00:00:00.000Z";
  PutDigits(&text[0], 4, static_cast<unsigned>(static_cast<int>(date.year())));
  PutDigits(&text[5], 2, static_cast<unsigned>(date.month()));
  PutDigits(&text[8], 2, static_cast<unsigned>(date.day()));
  PutDigits(&text[11], 2, millis / 3'600'000);
  PutDigits(&text[14], 2, millis / 60'000 % 60);
  PutDigits(&text[17], 2, millis / 1'000 % 60);
  PutDigits(&text[20], 3, millis % 1'000);
  return text;
}

Result<Time> ParseTime(std::string_view text) {
  if (auto time = ParseParts(text)) return *time;
  return Invalid(Quote(text) + " is not a time", "", "write it like 2026-11-21T01:24:22.123Z");
}

}  // namespace slipway::base
