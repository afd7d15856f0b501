// The schema of a database as a list of its objects with their definitions, and the digest of that.
//
// The definitions are as PostgreSQL writes them itself, without casts, parentheses and blanks: it writes some
// expressions differently once they were dumped and restored (`x IN ('a', 'b')` on a varchar, for one). No
// number of the server and no position of a column is in them, so that a copy has the digest of its original.
// What belongs to an extension is left out, for a restore takes it from the server, and so are indexes that
// are invalid, which a dump leaves out.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "drivers/postgres/session/session.h"

namespace slipway::drivers::postgres {

// Settings of the session (search_path and what else decides how expressions are written), for good.
SqlStatus WritePlainly(Session& session);

enum class Objects {
  kAll,
  kOfCustomer,  // without the schema `slipway` and public.schema_migrations
};
using SeeObject = std::function<void(std::string_view object, std::string_view definition)>;

// `sha256:…` over every object, `index public.staff_name`, and its definition; each is shown to `see`. In the
// session's own transaction where it has one. Writes plainly.
SqlResult<std::string> DigestSchema(Session& session, Objects which, const SeeObject& see = {});

// What slipway finds or leaves behind: that digest of the customer's objects, for whoever has nothing more to
// do in this session. Empty: nobody could see it, as where somebody else locks a table.
std::string SchemaLeft(Session& session);

}  // namespace slipway::drivers::postgres
