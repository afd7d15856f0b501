// Functions of the server that act even in a transaction that may only read: they end sessions, take locks,
// write files, tell other sessions. What a function of the database itself does with them is not seen.
#pragma once

#include <string>
#include <string_view>

namespace slipway::sql {

// The first one that the statement calls, by its name; empty: none.
std::string CalledWithEffects(std::string_view statement);

}  // namespace slipway::sql
