// What the model of the haproxy driver acts on: the backends of simulated HAProxies, in memory. A test may
// say that a server is not well.
#pragma once

#include <map>
#include <mutex>
#include <string>

#include "drivers/haproxy/haproxy.h"

namespace slipway::drivers {

// Thread-safe: each call holds the mutex.
struct ModelProxies {
  struct Backend {
    EdgeBackend backend;
    base::Time began;
    std::map<std::string, std::int64_t> sessions;  // in progress for good, by server
  };

  std::mutex mutex;
  std::map<std::string, Backend> backends;  // by socket and name; guarded by mutex
};

std::unique_ptr<Driver> HaproxyModel(std::shared_ptr<ModelProxies> world);

}  // namespace slipway::drivers
