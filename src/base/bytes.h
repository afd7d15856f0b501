// Digests and encodings.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace slipway::base {

using Hash = std::array<std::uint8_t, 32>;

// SHA-256 (FIPS 180-4) over the concatenation of the parts. Thread-safe; the digest context is per thread.
Hash Sha256(std::string_view bytes);
Hash Sha256(std::initializer_list<std::string_view> parts);

// `sha256:<64 hex digits>`, the form in which digests stand in documents, events and on screen.
std::string Sha256Text(std::string_view bytes);
std::string DigestText(const Hash& hash);
Result<Hash> ParseDigest(std::string_view text);

std::string Hex(std::string_view bytes);
inline std::string_view AsBytes(const Hash& h) { return {reinterpret_cast<const char*>(h.data()), h.size()}; }
Result<std::string> FromHex(std::string_view text);
std::string Base64(std::string_view bytes);  // RFC 4648, with padding
Result<std::string> FromBase64(std::string_view text);

}  // namespace slipway::base
