// The actions that only look, in the model: what they find is well.
#include <fmt/format.h>

#include "drivers/postgres/findings.h"
#include "drivers/postgres/model.h"
#include "drivers/postgres/query.h"

namespace slipway::drivers::postgres {

namespace {

std::string VersionOf(const ModelServer& server) {
  return server.version.empty() ? "15.0 (model)" : server.version;
}

}  // namespace

ModelRun ModelCheck() {
  return [](ModelServer& server, PgCall& call) {
    Findings findings;
    findings.Pass("reachable", "a server of the simulation");
    if (const std::string least = call.Text("min_version"); !least.empty() && !server.version.empty())
      findings.Add("version",
                   ServerNumber(server.version) >= ServerNumber(least) ? Level::kPass : Level::kFail,
                   fmt::format("PostgreSQL {}, at least {} is asked for", server.version, least));
    findings.Share("connections", 1, 100, 8000, 9500);
    return findings.Judge("the server of the simulation", {{"server_version", VersionOf(server)},
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
                 {"kept", base::JsonArray{}},
                 {"server_version", VersionOf(server)}},
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

ModelRun ModelVerify() {
  return [](ModelServer& server, PgCall& call) {
    const ModelDatabase& database = Look(server, call.database());
    Findings findings;
    const std::string wanted = call.Text("version");
    // What nothing in the simulation migrated is taken to have what is expected.
    if (!wanted.empty() && !database.version.empty())
      findings.Add("version", database.version == wanted ? Level::kPass : Level::kFail,
                   fmt::format("{}, {} is expected", database.version, wanted));
    findings.Pass("the rest", "is well in the simulation");
    Outcome outcome = findings.Judge(call.database(), {{"version", wanted}, {"tables", base::JsonObject{}}});
    outcome.outputs["schema_seen"] = SchemaOf(database);
    return outcome;
  };
}

}  // namespace slipway::drivers::postgres
