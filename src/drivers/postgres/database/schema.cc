#include "drivers/postgres/database/schema.h"

#include "base/bytes.h"
#include "base/sha256_stream.h"
#include "drivers/postgres/database/schema_sql.h"

namespace slipway::drivers::postgres {

SqlStatus WritePlainly(Session& session) {
  SLIPWAY_CHECK_OK(session.Query(kWritePlainly));
  return {};
}

SqlResult<std::string> DigestSchema(Session& session, Objects which, const SeeObject& see) {
  SLIPWAY_CHECK_OK(WritePlainly(session));
  base::Sha256Stream all;
  const std::optional<std::string> every = which == Objects::kAll ? "true" : "false";
  SLIPWAY_CHECK_OK(session.Stream(kListSchema, std::span(&every, 1), [&](const Rows& row) {
    const std::string_view object = row.View(0, 0), definition = row.View(0, 1);
    for (const std::string_view part : {object, std::string_view("\t"), definition, std::string_view("\n")})
      all.Add(part);
    if (see) see(object, definition);
    return true;
  }));
  return base::DigestText(all.End());
}

std::string SchemaLeft(Session& session) {
  // PostgreSQL locks what it writes the definition of; whoever changes a table just now is not waited for.
  if (!session.Execute("SET lock_timeout = '2s'")) return "";
  return DigestSchema(session, Objects::kOfCustomer).value_or("");
}

}  // namespace slipway::drivers::postgres
