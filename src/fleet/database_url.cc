#include "fleet/database_url.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>

#include "base/text.h"

namespace slipway::fleet {
namespace {

constexpr std::string_view kForm = "postgresql://USER:PASSWORD@HOST:5432/DATABASE";
constexpr std::array<std::string_view, 5> kModes = {"disable", "prefer", "require", "verify-ca",
                                                    "verify-full"};

std::unexpected<base::Error> Bad(std::string what, std::string_view hint = kForm) {
  return base::Invalid(std::move(what), "", std::string(hint));
}

std::optional<std::string> Decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    const auto digit = [&](std::size_t at) -> int {
      if (at >= text.size()) return -1;
      const int lower = text[at] | 0x20;
      if (text[at] >= '0' && text[at] <= '9') return text[at] - '0';
      return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
    };
    const int high = digit(i + 1), low = digit(i + 2);
    if (high < 0 || low < 0 || high + low == 0) return std::nullopt;
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  if (!base::IsUtf8(out)) return std::nullopt;
  return out;
}

base::Status ReadQuery(std::string_view query, DatabaseUrl& out) {
  for (const std::string& pair : base::Split(query, '&')) {
    const std::size_t equals = pair.find('=');
    const std::string_view name = std::string_view(pair).substr(0, equals);
    if (name != "sslmode" || equals == pair.npos)
      return Bad("the URL of the database has a parameter other than sslmode", "leave it out");
    out.sslmode = pair.substr(equals + 1);
    if (std::ranges::find(kModes, out.sslmode) == kModes.end())
      return Bad("sslmode is one of disable, prefer, require, verify-ca, verify-full");
  }
  return {};
}

base::Status ReadServer(std::string_view server, DatabaseUrl& out) {
  std::string_view port;
  if (server.starts_with('[')) {
    const std::size_t end = server.find(']');
    if (end == server.npos) return Bad("the URL of the database has a `[` that is not closed");
    out.host = server.substr(1, end - 1);
    port = server.substr(end + 1);
  } else {
    const std::size_t colon = server.find(':');
    out.host = server.substr(0, colon);
    if (colon != server.npos) port = server.substr(colon);
  }
  std::ranges::transform(out.host, out.host.begin(), [](char c) {
    return static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  });
  SLIPWAY_CHECK_OK(CheckHost(out.host));
  if (port.empty()) return {};
  const auto number = base::ParseInteger(port.substr(1));
  if (!port.starts_with(':') || !number || *number < 1 || *number > 65535)
    return Bad("the port in the URL of the database is no number from 1 to 65535");
  out.port = static_cast<int>(*number);
  return {};
}

base::Status ReadUser(std::string_view user, DatabaseUrl& out) {
  const std::size_t colon = user.find(':');
  auto role = Decoded(user.substr(0, colon));
  auto password = Decoded(colon == user.npos ? "" : user.substr(colon + 1));
  if (!role || !password) return Bad("the URL of the database has a `%` without two hexadecimal digits");
  out.role = *std::move(role);
  out.password = base::Secret(*std::move(password));
  return CheckDatabaseName("the user in the URL of the database", out.role);
}

}  // namespace

base::Status CheckHost(std::string_view host) {
  const auto plain = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '.' || c == '_' || c == ':';
  };
  if (host.empty() || host.size() > 253 || !std::ranges::all_of(host, plain) || host.starts_with('-'))
    return Bad("the host of the database is no name and no address", "such as db.example.com");
  return {};
}

base::Status CheckDatabaseName(std::string_view what, std::string_view name) {
  if (name.empty()) return Bad(std::string(what) + " is missing");
  if (name.size() > 63)
    return Bad(std::string(what) + " has more than 63 bytes, and PostgreSQL would cut it");
  if (!base::IsUtf8(name) || std::ranges::any_of(name, [](unsigned char c) { return c < 32 || c == 127; }))
    return Bad(std::string(what) + " holds a control character");
  return {};
}

base::Status CheckPassword(const base::Secret& password) {
  if (password.Reveal().empty()) return {};
  if (password.Reveal().size() < 4)
    return Bad("the password of the database has under 4 bytes, too short to be masked", "change it");
  if (password.Reveal().size() > 1000)
    return Bad("the password of the database has over 1000 bytes", "change it");
  return {};
}

base::Result<DatabaseUrl> ParseDatabaseUrl(std::string_view text) {
  DatabaseUrl out;
  std::string_view rest = text;
  if (rest.starts_with("postgresql://")) {
    rest.remove_prefix(13);
  } else if (rest.starts_with("postgres://")) {
    rest.remove_prefix(11);
  } else {
    return Bad("the URL of the database does not begin with postgresql://");
  }
  constexpr std::string_view kEscapes =
      "`@`, `:`, `/`, `?` and `%` in a name or password are %40, %3A, %2F, %3F, %25";
  std::string_view query;
  if (const std::size_t mark = rest.find('?'); mark != rest.npos) {
    query = rest.substr(mark + 1);
    rest = rest.substr(0, mark);
  }
  const std::size_t slash = rest.find('/');
  const std::string_view authority = rest.substr(0, slash);
  const std::size_t at = authority.find('@');
  if (at == authority.npos) return Bad("the URL of the database names no user", kEscapes);
  if (authority.find('@', at + 1) != authority.npos)
    return Bad("the URL of the database has two `@`", kEscapes);
  SLIPWAY_CHECK_OK(ReadUser(authority.substr(0, at), out));
  SLIPWAY_CHECK_OK(ReadServer(authority.substr(at + 1), out));
  const auto database = Decoded(slash == rest.npos ? "" : rest.substr(slash + 1));
  if (!database || database->contains('/')) return Bad("the URL of the database has no database", kEscapes);
  out.database = *database;
  SLIPWAY_CHECK_OK(CheckDatabaseName("the database in the URL", out.database));
  if (!query.empty()) SLIPWAY_CHECK_OK(ReadQuery(query, out));
  return out;
}

}  // namespace slipway::fleet
