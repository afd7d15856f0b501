#include "drivers/postgres/session/connection.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

#include "base/bytes.h"
#include "base/text.h"

namespace slipway::drivers::postgres {
namespace {

using base::Invalid;
using base::JsonObject;
using base::Result;
using base::Status;

constexpr std::string_view kSystemRoots = "/etc/ssl/certs/ca-certificates.crt";
constexpr std::size_t kLongestName = 63;  // of an application_name, in bytes

std::string Text(const JsonObject& document, std::string_view key, std::string_view fallback = "") {
  const base::Json* value = document.if_contains(key);
  if (value != nullptr && value->is_int64()) return std::to_string(value->get_int64());
  return base::GetString(document, key, fallback);
}

bool IsNearHost(std::string_view host) {
  return host.starts_with('/') || host == "localhost" || host == "::1" || host.starts_with("127.");
}

Status CheckKeys(const JsonObject& document) {
  static const std::vector<std::string> kKnown = {
      "driver", "host", "port", "user", "password", "database", "sslmode", "sslrootcert", "connect_timeout"};
  for (const auto& [key, value] : document) {
    if (std::ranges::find(kKnown, std::string_view(key)) == kKnown.end()) {
      const auto near = base::DidYouMean(key, kKnown);
      return Invalid("a connection to PostgreSQL has no key " + base::Quote(key), "",
                     near ? "did you mean `" + *near + "`?" : "it may have " + base::Join(kKnown, ", "));
    }
    if (!value.is_string() && !value.is_int64())
      return Invalid(fmt::format("`{}` of a connection to PostgreSQL must be text", std::string_view(key)));
  }
  for (const std::string_view key : {"host", "user"}) {
    if (Text(document, key).empty())
      return Invalid(fmt::format("a connection to PostgreSQL needs `{}`", key));
  }
  return {};
}

Result<std::string> ReadMode(const JsonObject& document, const std::string& host) {
  static constexpr std::array<std::string_view, 5> kModes = {"disable", "prefer", "require", "verify-ca",
                                                             "verify-full"};
  const std::string mode = Text(document, "sslmode", IsNearHost(host) ? "prefer" : "verify-full");
  if (std::ranges::find(kModes, mode) == kModes.end())
    return Invalid("`sslmode` is one of disable, prefer, require, verify-ca, verify-full");
  return mode;
}

}  // namespace

std::string Connection::Where() const {
  return host.starts_with('/') ? fmt::format("{}/.s.PGSQL.{}", host, port) : fmt::format("{}:{}", host, port);
}

bool Connection::IsNear() const { return IsNearHost(host); }

Result<Connection> ReadConnection(const Context& context) {
  if (context.connection == nullptr) return Invalid("there is no connection to PostgreSQL in slipway.yaml");
  SLIPWAY_CHECK_OK(CheckKeys(*context.connection));
  SLIPWAY_TRY(const base::Json revealed, context.Reveal(base::Json(*context.connection)));
  const JsonObject& document = revealed.get_object();
  Connection connection;
  connection.host = Text(document, "host");
  connection.port = Text(document, "port", "5432");
  connection.user = Text(document, "user");
  connection.database = Text(document, "database", "postgres");
  connection.has_password = document.contains("password");
  connection.password = base::Secret(Text(document, "password"));
  const auto port = base::ParseInteger(connection.port);
  if (!port || *port < 1 || *port > 65535) return Invalid("`port` is a number from 1 to 65535");
  if (connection.host.contains(',')) return Invalid("`host` names one server");
  SLIPWAY_TRY(connection.sslmode, ReadMode(document, connection.host));
  if (connection.sslmode.starts_with("verify-") || document.contains("sslrootcert")) {
    const std::filesystem::path path = Text(document, "sslrootcert", kSystemRoots);
    connection.sslrootcert = (path.is_absolute() ? path : context.workspace / path).string();
  }
  auto patience = base::ParseDuration(Text(document, "connect_timeout", "10s"));
  if (!patience || patience->count() < 1) return Invalid("`connect_timeout` is a duration such as 10s");
  connection.connect_timeout = *patience;
  return connection;
}

std::string CallerName(const Context& context) {
  const std::string hash = base::Hex(base::AsBytes(base::Sha256({context.store, "\n", context.instance})));
  const std::string tail = " #" + hash.substr(0, 12);
  std::string name = "slipway " + context.instance;
  for (char& c : name) {
    if (c < 32 || c > 126) c = '?';  // as the server itself would
  }
  name.resize(std::min(name.size(), kLongestName - tail.size()));
  return name + tail;
}

}  // namespace slipway::drivers::postgres
