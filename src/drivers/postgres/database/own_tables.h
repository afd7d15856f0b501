// Tables of slipway's own in a customer's database: who makes them, and who may write into them then.
#pragma once

#include <string>
#include <string_view>

#include "drivers/postgres/session/session.h"

namespace slipway::drivers::postgres {

struct OwnTables {
  std::string_view names;      // an array of `schema.table`: `{slipway.seeds,slipway.own_rows}`
  std::string_view make;       // statements; what is there already stays as it is
  std::string_view let_write;  // what `{0}`, a quoted role, has to be granted where another role makes them
};

// Makes what is missing, as `role` where it may, else as the connection's own role. The session is `role`'s
// afterwards. kStatement, without a SQLSTATE and with the GRANT that is missing: neither may.
SqlStatus MakeOwnTables(Session& session, const std::string& role, const OwnTables& tables);

}  // namespace slipway::drivers::postgres
