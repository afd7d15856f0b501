// What a password must be that a person signs in with. Stateless, thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/secret.h"

namespace slipway::base {

struct PasswordPolicy {
  std::int64_t length = 12;  // characters at least
  std::int64_t classes = 3;  // of lower case, upper case, digits and others, at least so many
};

// kRefused: too short, of too few kinds of characters, longer than the 72 bytes that bcrypt looks at, a
// control character, or it holds `about` (an address, a name). No message holds any of it.
Status CheckPassword(const Secret& password, const PasswordPolicy& policy,
                     const std::vector<std::string>& about);

}  // namespace slipway::base
