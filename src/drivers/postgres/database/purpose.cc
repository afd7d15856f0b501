#include "drivers/postgres/database/purpose.h"

#include <fmt/format.h>

#include "base/text.h"

namespace slipway::drivers::postgres {
namespace {

constexpr char kPurpose[] =
    "SELECT p.purpose FROM slipway.purpose p JOIN pg_database d ON d.oid = p.database WHERE d.datname = "
    "current_database()";

// The one purpose that verbs look after.
constexpr std::string_view kDemo = "demo";

}  // namespace

ArgumentSheet PurposeArgument() {
  return {.name = "purpose",
          .description =
              "Only a database that was provisioned for this purpose, such as `demo`; any other is refused.",
          .pinned = true};
}

SqlResult<std::string> PurposeOf(Session& session) {
  SLIPWAY_TRY(const Rows there, session.Query("SELECT to_regclass('slipway.purpose') IS NOT NULL"));
  if (!there.Boolean(0, 0)) return "";
  SLIPWAY_TRY(const Rows purpose, session.Query(kPurpose));
  return purpose.Text(0, 0);
}

std::string MarkPurpose(const std::string& purpose, const std::string& role) {
  return fmt::format(
      "CREATE SCHEMA IF NOT EXISTS slipway; CREATE TABLE IF NOT EXISTS slipway.purpose (database oid PRIMARY "
      "KEY, "
      "purpose text NOT NULL); INSERT INTO slipway.purpose SELECT oid, {} FROM pg_database WHERE datname = "
      "current_database() ON CONFLICT DO NOTHING; ALTER TABLE slipway.purpose OWNER TO {}; ALTER SCHEMA "
      "slipway OWNER TO {}",
      QuoteText(purpose), role, role);
}

base::Status RequirePurpose(Session& session, const base::JsonObject& with) {
  const std::string wanted = base::GetString(with, "purpose");
  if (wanted.empty()) return {};
  auto purpose = PurposeOf(session);
  if (!purpose) return std::unexpected(base::Error(purpose.error()));
  if (*purpose == wanted) return {};
  return base::Refused(fmt::format("the database is not marked as {}{}", wanted,
                                   purpose->empty() ? "" : ", it is marked as " + *purpose),
                       session.where(),
                       "this is only for databases that postgres.provision made with purpose: " + wanted);
}

base::Result<Session> OpenForPurpose(const Context& context, const base::JsonObject& with) {
  auto session = Session::Open(context, base::GetString(with, "database"));
  if (!session) {
    base::Error error = session.error();
    if (session.error().state == kNoSuchDatabase && base::GetString(with, "purpose") == kDemo)
      error.next = "slipway fleet demo up";
    return std::unexpected(std::move(error));
  }
  SLIPWAY_CHECK_OK(RequirePurpose(*session, with));
  return *std::move(session);
}

base::Error ThereAlready(const Context& context, const base::JsonObject& with, const std::string& where) {
  const std::string purpose = base::GetString(with, "purpose");
  const bool same = !purpose.empty() && OpenForPurpose(context, with);
  return {base::ErrorKind::kRefused,
          fmt::format("there is a database {} already{}", base::Quote(base::GetString(with, "database")),
                      same ? ", marked as " + purpose : ""),
          where, same && purpose == kDemo ? "slipway fleet demo reset | slipway fleet demo down" : ""};
}

}  // namespace slipway::drivers::postgres
