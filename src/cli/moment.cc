#include "cli/moment.h"

#include <fmt/format.h>

namespace slipway::cli {

std::string Moment(base::Time time) {
  std::string text = base::FormatTime(time);  // 2026-11-21T01:24:22.123Z
  if (text.size() < 20) return text;
  text.replace(10, 1, " ");
  return text.substr(0, 19) + "Z";
}

std::string Moment(const std::optional<base::Time>& time) { return time ? Moment(*time) : "-"; }

std::string Took(base::Duration duration) {
  const std::int64_t ms = std::max<std::int64_t>(duration.count(), 0);
  const std::int64_t s = ms / 1000;
  if (ms < 100) return fmt::format("{}ms", ms);
  if (s < 10) return fmt::format("{}.{}s", s, ms % 1000 / 100);
  if (s < 60) return fmt::format("{}s", s);
  if (s < 3600) return fmt::format("{}m{:02}s", s / 60, s % 60);
  return fmt::format("{}h{:02}m", s / 3600, s % 3600 / 60);
}

std::string Took(const std::optional<base::Time>& from, const std::optional<base::Time>& to) {
  return from && to ? Took(*to - *from) : "";
}

std::string Short(const std::string& digest) { return digest.substr(0, 7 + 12); }

}  // namespace slipway::cli
