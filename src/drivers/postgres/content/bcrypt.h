// bcrypt (Provos and Mazières 1999) as libxcrypt has it. Stateless.
#pragma once

#include <cstdint>
#include <string>

#include "base/random.h"
#include "base/result.h"
#include "base/secret.h"

namespace slipway::drivers::postgres {

// `$2b$12$…`, with a salt of 128 bits; `cost` from 10 to 14, and each one more takes twice as long: 12 is
// about a quarter of a second. kIo: the library does not know bcrypt.
base::Result<std::string> Bcrypt(const base::Secret& password, std::int64_t cost, base::Random& random);

// Whether `hash` is that of `password`.
bool IsBcryptOf(const std::string& hash, const base::Secret& password);

}  // namespace slipway::drivers::postgres
