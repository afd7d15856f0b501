// Recognises secrets that stand in clear: by the name a value has, or by the form of the text.
//
// It answers where, never what: no message repeats a secret. Thread-safe.
#pragma once

#include <optional>
#include <string_view>

namespace slipway::base {

// `db_password`, `apiToken`, `Authorization`; not `password_file` or `token_ttl`.
bool NamesSecret(std::string_view name);

struct SecretSeen {
  std::string_view what;  // `a password in a URL`
  std::size_t at = 0;     // the byte at which it begins
};

// The first form of a secret that wherever it stands is one: keys of known services, private keys, passwords
// in URLs, `token=…`. A reference (`${{ secrets.NAME }}`, `$NAME`) is none.
std::optional<SecretSeen> FindSecret(std::string_view text);

// May a line of a document hold one, by its form or as the value of such a name? Rather once too often: such
// a line is not shown.
bool MayHoldSecret(std::string_view line);

}  // namespace slipway::base
