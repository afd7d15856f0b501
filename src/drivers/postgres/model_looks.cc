// The actions that only look, in the model: what they find is well.
#include <fmt/format.h>

#include "drivers/postgres/findings.h"
#include "drivers/postgres/model.h"
#include "drivers/postgres/query.h"

namespace slipway::drivers::postgres {

namespace {

constexpr char kVersion[] = "15.0 (model)";

}  // namespace

ModelRun ModelCheck() {
  return [](ModelServer&, PgCall&) {
    Findings findings;
    findings.Pass("reachable", "a server of the simulation");
    findings.Share("connections", 1, 100, 8000, 9500);
    return findings.Judge("the server of the simulation", {{"server_version", kVersion},
                                                           {"role", "model"},
                                                           {"tls", "TLSv1.3"},
                                                           {"connections", 1},
                                                           {"max_connections", 100}});
  };
}

ModelRun ModelStatus() {
  return [](ModelServer& server, PgCall& call) {
    const ModelDatabase& database = Look(server, call.database());
    return Done({{"exists", true},
                 {"version", database.version},
                 {"version_from", database.version.empty() ? "" : "slipway.migrations"},
                 {"size", 0},
                 {"server_version", kVersion}},
                fmt::format("{} of the simulation", call.database()));
  };
}

ModelRun ModelQuery() {
  return [](ModelServer&, PgCall& call) {
    const Expectation expected = ReadExpectation(call.with()).value_or(Expectation{});
    const std::int64_t count = expected.rows.value_or(expected.value ? 1 : 0);
    base::JsonObject outputs{{"count", expected.empty == false && count == 0 ? 1 : count},
                             {"rows", base::JsonArray{}}};
    outputs["value"] = expected.value.value_or("");
    return Done(std::move(outputs), "answered as expected");
  };
}

}  // namespace slipway::drivers::postgres
