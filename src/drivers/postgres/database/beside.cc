#include "drivers/postgres/database/beside.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/bytes.h"
#include "base/text.h"

namespace slipway::drivers::postgres {
namespace {

constexpr std::size_t kLongestName = 63;
constexpr std::size_t kTagDigits = 8;
constexpr std::string_view kOurs = "slipway ";
constexpr std::string_view kUntil = "kept until ";
constexpr std::string_view kWas = ", was ";

// `slipway R7/restore@acme #5d41402abc4b: kept until …`; a line without the colon is the mark of who made it.
std::optional<OurLine> ReadLine(std::string_view line) {
  const std::size_t hash = line.rfind(" #", line.find(": "));
  if (!line.starts_with(kOurs) || hash == line.npos || line.size() < hash + 16) return {};
  const std::string_view digits = line.substr(hash + 2, 12);
  if (digits.find_first_not_of("0123456789abcdef") != digits.npos) return {};
  if (line.substr(hash + 14, 2) != ": ") return {};
  return OurLine{std::string(line.substr(0, hash + 14)), std::string(line.substr(hash + 16))};
}

}  // namespace

std::string InstanceTag(const Context& context, std::string_view database) {
  const base::Hash hash = base::Sha256({context.store, "\n", context.instance, "\n", database});
  return base::Hex(base::AsBytes(hash)).substr(0, kTagDigits);
}

std::string Beside(std::string_view database, std::string_view infix, std::string_view tag) {
  std::string name(database.substr(0, kLongestName - infix.size() - tag.size()));
  while (!base::IsUtf8(name)) name.pop_back();
  return fmt::format("{}{}{}", name, infix, tag);
}

SqlResult<Session> OpenBeside(const Context& context, std::string_view database) {
  auto connection = ReadConnection(context);
  return Session::Open(context, connection && connection->database == database ? "postgres" : "");
}

SqlResult<std::optional<NamedDatabase>> FindDatabase(Session& session, const std::string& name) {
  SLIPWAY_TRY(const Rows rows, session.Query("SELECT oid, pg_get_userbyid(datdba), datconnlimit, "
                                             "coalesce(shobj_description(oid, 'pg_database'), '') "
                                             "FROM pg_database WHERE datname = $1",
                                             {name}));
  if (rows.size() == 0) return std::nullopt;
  return NamedDatabase{name, rows.Integer(0, 0), rows.Text(0, 1), rows.Integer(0, 2), rows.Text(0, 3)};
}

std::string WithoutOurs(std::string_view comment) {
  std::vector<std::string> lines;
  for (std::string& line : base::Split(comment, '\n')) {
    if (!ReadLine(line)) lines.push_back(std::move(line));
  }
  return base::Join(lines, "\n");
}

std::string WithOurs(std::string_view comment, std::string_view mark, std::string_view what) {
  const std::string theirs = WithoutOurs(comment);
  return fmt::format("{}{}{}: {}", theirs, theirs.empty() ? "" : "\n", mark, what);
}

std::optional<OurLine> OurLineOf(std::string_view comment) {
  return ReadLine(comment.substr(comment.rfind('\n') + 1));
}

std::string KeptText(base::Time until, std::string_view database) {
  return fmt::format("{}{}{}{}", kUntil, base::FormatTime(until), kWas, database);
}

std::optional<Kept> ReadKept(const std::string& name, std::string_view comment, std::string_view database,
                             base::Time now) {
  const auto ours = OurLineOf(comment);
  if (!ours || !ours->what.starts_with(kUntil) || name == database) return {};
  const std::string_view rest = std::string_view(ours->what).substr(kUntil.size());
  const std::size_t was = rest.find(kWas);
  if (was == rest.npos || rest.substr(was + kWas.size()) != database) return {};
  const auto until = base::ParseTime(rest.substr(0, was));
  if (!until) return {};
  return Kept{name, *until, now >= *until};
}

SqlResult<std::vector<Kept>> KeptOf(Session& session, const std::string& database, base::Time now) {
  SLIPWAY_TRY(const Rows rows, session.Query("SELECT d.datname, c.description FROM pg_database d "
                                             "JOIN pg_shdescription c ON c.objoid = d.oid AND "
                                             "c.classoid = 'pg_database'::regclass ORDER BY 1"));
  std::vector<Kept> all;
  for (int i = 0; i < rows.size(); ++i) {
    if (auto kept = ReadKept(rows.Text(i, 0), rows.View(i, 1), database, now))
      all.push_back(*std::move(kept));
  }
  return all;
}

SqlStatus DropDatabase(Session& session, const std::string& name) {
  SLIPWAY_CHECK_OK(session.Execute("DROP DATABASE IF EXISTS " + QuoteName(name) + " WITH (FORCE)"));
  return {};
}

}  // namespace slipway::drivers::postgres
