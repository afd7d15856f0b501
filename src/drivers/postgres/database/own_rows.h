// Which rows of a database are slipway's own doing, so that taking back a database that slipway made never
// takes along rows that somebody else put there.
//
// An action that inserts rows in a transaction calls RememberOwnRows at its end; the tally stands in
// `slipway.own_rows` of that database. The tables of the ledger are nobody's data and are left out.
#pragma once

#include <string>
#include <vector>

#include "drivers/postgres/session/session.h"

namespace slipway::drivers::postgres {

// Adds what the transaction that is open inserted and deleted, as the server counted it.
SqlStatus RememberOwnRows(Session& session);

// Tables with more rows than are slipway's own: `public.staff (3 rows)`; a number with `over` was not counted
// to its end. A row that the session may not see is an error, not a row that is not there.
SqlResult<std::vector<std::string>> AppearedRows(Session& session);

}  // namespace slipway::drivers::postgres
