// haproxy.status: who serves, who is idle.
#include <fmt/core.h>

#include "base/text.h"
#include "drivers/haproxy/actions.h"

namespace slipway::drivers {

using base::JsonArray;
using base::JsonObject;

namespace {

// The server as `<role>`, with its address and its port, so that later steps need no other source for them.
void Name(JsonObject& outputs, const std::string& role, const EdgeBackend& backend, const base::Json& name) {
  const EdgeServer* server = backend.Find(base::View(name.get_string()));
  outputs[role] = server->name;
  outputs[role + "_address"] = server->address;
  auto port = base::ParseInteger(std::string_view(server->address).substr(server->address.rfind(':') + 1));
  if (port) outputs[role + "_port"] = *port;
}

}  // namespace

Outcome RunStatus(EdgeCall& call) {
  auto now = call.edge.Look(call.backend());
  if (!now) return Unknown(base::ToString(now.error()));
  JsonObject servers;
  JsonArray serving, idle;
  for (const EdgeServer& server : now->servers) {
    servers[server.name] = JsonObject{{"weight", server.weight},
                                      {"admin", ToString(server.admin)},
                                      {"address", server.address},
                                      {"check", ToString(server.health)}};
    (server.serves() ? serving : idle).push_back(boost::json::string(server.name));
  }
  Outcome done = Done({{"servers", servers}, {"weights", RecordOf(*now)}},
                      fmt::format("{}: {}", now->name, Describe(*now)));
  done.evidence = StateEvidence(*now);
  if (serving.size() == 1) Name(done.outputs, "active", *now, serving[0]);
  if (serving.size() == 1 && !idle.empty()) Name(done.outputs, "idle", *now, idle[0]);
  done.outputs["serving"] = serving;
  if (call.Argument("expect") != "one_serving") return done;
  if (serving.size() == 1 && !idle.empty()) return done;
  return NotDone(
      fmt::format("{} of the {} servers of {} serve ({}): exactly one should, with another one idle",
                  serving.size(), now->servers.size(), now->name, Describe(*now)),
      std::move(done.evidence));
}

}  // namespace slipway::drivers
