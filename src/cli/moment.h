// Times and lengths of time as people read them.
#pragma once

#include <optional>
#include <string>

#include "base/clock.h"

namespace slipway::cli {

std::string Moment(base::Time time);                        // `2026-11-21 01:24:22Z`
std::string Moment(const std::optional<base::Time>& time);  // `-` when there is none
std::string Took(base::Duration duration);                  // `0.4s`, `12s`, `3m05s`, `2h10m`
// From the first to the second; empty unless both are there.
std::string Took(const std::optional<base::Time>& from, const std::optional<base::Time>& to);
std::string Short(const std::string& digest);  // `sha256:` and twelve digits

}  // namespace slipway::cli
