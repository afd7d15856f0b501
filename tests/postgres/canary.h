// For the suite of conformance: a login on a server whose password is what every secret of the suite is
// worth, so that no text of libpq or of the server may hold it either.
#pragma once

#include "drivers/conformance.h"
#include "drivers/postgres/session/session.h"
#include "postgres/call.h"

namespace slipway::tests {

// The connection of that superuser, who is made the first time. For one server a program.
inline base::JsonObject CanaryConnection(const Server& server) {
  static const bool made = [&] {
    Call call(server);
    auto session = drivers::postgres::Session::Open(call.context()).value();
    const base::Secret password{std::string(drivers::kCanary)};
    const std::string verifier = session.Verifier("canary", password).value();
    return session
        .Execute("CREATE ROLE canary SUPERUSER LOGIN PASSWORD " + drivers::postgres::QuoteText(verifier))
        .has_value();
  }();
  EXPECT_TRUE(made);
  return server.Connection("canary");
}

}  // namespace slipway::tests
