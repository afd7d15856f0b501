// `postgresql://user:password@host:5432/database`, as libpq reads it (RFC 3986), and no more of it than a
// customer needs.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "base/secret.h"

namespace slipway::fleet {

struct DatabaseUrl {
  std::string host;  // lower case; an IPv6 address without its brackets
  int port = 5432;
  std::string database;
  std::string role;       // the database user
  base::Secret password;  // empty: there is none
  std::string sslmode;    // empty: not said

  bool has_password() const { return !password.Reveal().empty(); }
};

// kInvalid. No message holds any of the text: it may hold a password anywhere.
base::Result<DatabaseUrl> ParseDatabaseUrl(std::string_view text);

// What is said of a database wherever it is written down. kInvalid.
base::Status CheckHost(std::string_view host);
base::Status CheckDatabaseName(std::string_view what, std::string_view name);
base::Status CheckPassword(const base::Secret& password);  // none is right too

}  // namespace slipway::fleet
