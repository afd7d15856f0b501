// The model: HAProxies in memory. Servers become healthy at once, answer every request well, and time passes
// only by waiting on the context's clock, so a simulated run is a function of its seed.
#include "drivers/haproxy/model.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/file.h"
#include "base/text.h"
#include "drivers/haproxy/config.h"
#include "drivers/haproxy/live_edge.h"
#include "drivers/haproxy/record.h"

namespace slipway::drivers {
namespace {

using base::Result;
using base::Status;

constexpr std::int64_t kRequestsPerSecond = 1000;

EdgeServer Slot(std::string name, int weight) {
  EdgeServer server;
  server.address = name + ".model:80";
  server.name = std::move(name);
  server.weight = server.config_weight = weight;
  server.health = Health::kUp;
  return server;
}

class ModelEdge final : public Edge {
 public:
  ModelEdge(std::shared_ptr<ModelProxies> world, std::string socket, const Context& context)
      : world_(std::move(world)), socket_(std::move(socket)), context_(context) {}

  Result<EdgeBackend> Look(const std::string& backend) override {
    std::lock_guard lock(world_->mutex);
    return Find(backend).backend;
  }

  Result<EdgeCounters> Count(const std::string& backend, const std::string& server) override {
    std::lock_guard lock(world_->mutex);
    ModelProxies::Backend& found = Find(backend);
    if (found.backend.Find(server) == nullptr)
      return base::Invalid(fmt::format("HAProxy has no server `{}/{}`", backend, server));
    EdgeCounters counters;
    counters.process = 1;
    counters.sessions = found.sessions[server];
    counters.answers = (context_.clock.Now() - found.began).count() * kRequestsPerSecond / 1000;
    return counters;
  }

  Result<EdgeSetup> Setup(const EdgeBackend&) override { return EdgeSetup{base::Duration{200}}; }

  Status Change(const std::string& backend, std::span<const EdgeChange> changes) override {
    std::lock_guard lock(world_->mutex);
    for (const EdgeChange& change : changes) {
      for (EdgeServer& server : Find(backend).backend.servers) {
        if (server.name != change.server) continue;
        if (change.weight) server.weight = *change.weight;
        if (change.admin) server.admin = *change.admin;
      }
    }
    return {};
  }

  Status CutSessions(const std::string& backend, const std::string& server) override {
    std::lock_guard lock(world_->mutex);
    Find(backend).sessions.erase(server);
    return {};
  }
  Status Save(const EdgeBackend&) override { return {}; }

  bool Wait(base::Duration how_long) override {
    if (context_.cancel.cancelled() || context_.clock.Now() >= context_.deadline) return false;
    context_.clock.Sleep(std::min<base::Duration>(how_long, context_.deadline - context_.clock.Now()));
    return !context_.cancel.cancelled() && context_.clock.Now() < context_.deadline;
  }

 private:
  ModelProxies::Backend& Find(const std::string& backend) {
    auto [found, fresh] = world_->backends.try_emplace(socket_ + " " + backend);
    if (fresh) {
      found->second.backend = {backend, Declared(backend)};
      found->second.began = context_.clock.Now();
    }
    return found->second;
  }

  std::vector<EdgeServer> Declared(const std::string& backend) const {
    std::string config =
        context_.connection == nullptr ? "" : base::GetString(*context_.connection, "config");
    std::vector<EdgeServer> servers;
    if (!config.empty()) {
      if (auto text = base::ReadFile(context_.workspace / config))
        servers = DeclaredServers({{config, *text}}, backend);
    }
    if (servers.empty()) servers = {Slot("blue", 100), Slot("green", 0)};
    return servers;
  }

  const std::shared_ptr<ModelProxies> world_;
  const std::string socket_;
  const Context& context_;
};

}  // namespace

std::unique_ptr<Driver> HaproxyModel(std::shared_ptr<ModelProxies> world) {
  return std::make_unique<HaproxyDriver>([world](const Context& context) -> Result<std::unique_ptr<Edge>> {
    SLIPWAY_TRY(std::filesystem::path socket, SocketOf(context));
    return std::make_unique<ModelEdge>(world, socket.string(), context);
  });
}

std::unique_ptr<Driver> HaproxyModel() { return HaproxyModel(std::make_shared<ModelProxies>()); }

}  // namespace slipway::drivers
