// Versions: SemVer 2.0.0 (https://semver.org), with the leading `v` that tags and folders carry kept apart.
#pragma once

#include <array>
#include <compare>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace slipway::base {

struct Version {
  bool v = false;                        // written `v1.2.3`
  std::array<std::string, 3> core;       // major, minor, patch: decimal, of any length, no leading zeros
  std::vector<std::string> pre_release;  // `rc`, `1`
  std::string build;                     // `20260101.7`; counts for nothing in the order

  friend bool operator==(const Version&, const Version&) = default;
};

// At most 128 bytes.
Result<Version> ParseVersion(std::string_view text);

// The order of section 11: v1.10.0 after 1.9.0, 1.0.0-rc.2 before 1.0.0. Equivalent: neither comes before the
// other, although they may be written differently.
std::weak_ordering Precedence(const Version& a, const Version& b);

std::string ToString(const Version& version);  // as it was written

}  // namespace slipway::base
