#include "drivers/haproxy/record.h"

#include <fmt/core.h>

#include <algorithm>

namespace slipway::drivers {

using base::JsonObject;
using base::Result;

JsonObject RecordOf(const EdgeBackend& backend) {
  JsonObject record;
  for (const EdgeServer& server : backend.servers)
    record[server.name] = JsonObject{{"weight", server.weight}, {"admin", ToString(server.admin)}};
  return record;
}

Result<EdgeBackend> WithRecord(const EdgeBackend& now, const JsonObject& record) {
  EdgeBackend wanted = now;
  for (const auto& member : record) {
    auto server = std::ranges::find(wanted.servers, std::string_view(member.key()), &EdgeServer::name);
    if (server == wanted.servers.end())
      return base::Invalid(
          fmt::format("HAProxy has no server `{}/{}`", now.name, std::string_view(member.key())), "servers");
    const std::string form =
        fmt::format("server `{}` needs a weight (0 to 256) and an admin state", server->name);
    if (!member.value().is_object()) return base::Invalid(form);
    const JsonObject& state = member.value().get_object();
    std::int64_t weight = base::GetInt(state, "weight", -1);
    if (weight < 0 || weight > 256) return base::Invalid(form);
    server->weight = static_cast<int>(weight);
    SLIPWAY_TRY(server->admin, ParseAdmin(base::GetString(state, "admin")));
  }
  return wanted;
}

bool SameState(const EdgeBackend& a, const EdgeBackend& b) {
  return std::ranges::equal(a.servers, b.servers, [](const EdgeServer& x, const EdgeServer& y) {
    return x.name == y.name && x.weight == y.weight && x.admin == y.admin;
  });
}

std::string Describe(const EdgeBackend& backend) {
  std::string text;
  for (const EdgeServer& server : backend.servers) {
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", server.name, server.weight);
    if (server.admin != Admin::kReady) text += fmt::format(" {}", ToString(server.admin));
  }
  return text;
}

EdgeBackend Ladder(const EdgeBackend& prior, const std::string& to, int percent) {
  int sum = 0;
  for (const EdgeServer& server : prior.servers)
    if (server.name != to && server.serves()) sum += server.weight;
  EdgeBackend wanted = prior;
  for (EdgeServer& server : wanted.servers) {
    if (server.name == to) {
      server.weight = percent;
      server.admin = Admin::kReady;
    } else if (server.serves()) {
      int share = (100 - percent) * server.weight / sum;
      server.weight = percent < 100 ? std::max(share, 1) : 0;
    }
  }
  return wanted;
}

std::vector<EdgeChange> WeightChanges(const EdgeBackend& now, const EdgeBackend& wanted) {
  std::vector<EdgeChange> raised, lowered;
  for (const EdgeServer& server : wanted.servers) {
    const EdgeServer* before = now.Find(server.name);
    if (before == nullptr || before->weight == server.weight) continue;
    (before->weight < server.weight ? raised : lowered).push_back({server.name, server.weight, {}});
  }
  raised.insert(raised.end(), lowered.begin(), lowered.end());
  return raised;
}

}  // namespace slipway::drivers
