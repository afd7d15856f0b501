// What the haproxy actions need of a load balancer: look at a backend, change weights and admin states in one
// go, and keep that state for the next reload. LiveEdge speaks to a real HAProxy; the model is a table in
// memory.
//
// An Edge is made for one call and used by one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "drivers/driver.h"

namespace slipway::drivers {

enum class Admin { kReady, kDrain, kMaint };
std::string_view ToString(Admin admin);  // ready | drain | maint
base::Result<Admin> ParseAdmin(std::string_view text);

// Health as HAProxy's own checks see it. A server without checks is always kUnchecked.
enum class Health { kUp, kDown, kUnchecked, kUndecided };
std::string_view ToString(Health health);

struct EdgeServer {
  std::string name;
  std::string address;    // `127.0.0.1:18081`
  int weight = 0;         // in force now, 0 … 256
  int config_weight = 0;  // that HAProxy read from its configuration
  Admin admin = Admin::kReady;
  Health health = Health::kUndecided;

  bool serves() const { return weight > 0 && admin == Admin::kReady; }
};

// Servers in the order of the configuration.
struct EdgeBackend {
  std::string name;
  std::vector<EdgeServer> servers;

  const EdgeServer* Find(std::string_view server) const;
};

// HAProxy's counters of one server since its process began.
struct EdgeCounters {
  std::int64_t process = 0;   // the process that counted: another one began at zero
  std::int64_t sessions = 0;  // in progress now (`scur`)
  std::int64_t answers = 0;   // of every status
  std::int64_t errors_4xx = 0;
  std::int64_t errors_5xx = 0;
  std::int64_t connect_errors = 0;   // econ
  std::int64_t response_errors = 0;  // eresp
  std::int64_t retries = 0;          // wretr: failed here, tried again
  std::int64_t redispatches = 0;     // wredis: failed here, given to another server
  std::int64_t went_down = 0;
};

// How often HAProxy checks a server, and what its configuration says; read when a change is prepared.
struct EdgeSetup {
  base::Duration check_interval{2000};
};

struct EdgeChange {
  std::string server;
  std::optional<int> weight;
  std::optional<Admin> admin;
};

class Edge {
 public:
  virtual ~Edge() = default;

  // kInvalid: no such backend. kIo: HAProxy cannot be asked.
  virtual base::Result<EdgeBackend> Look(const std::string& backend) = 0;
  virtual base::Result<EdgeCounters> Count(const std::string& backend, const std::string& server) = 0;
  // kRefused, with the lines to add, where what is changed now would be lost when HAProxy reloads.
  virtual base::Result<EdgeSetup> Setup(const EdgeBackend& backend) = 0;
  // All changes in the order given, as one command line: no request is served between them.
  virtual base::Status Change(const std::string& backend, std::span<const EdgeChange> changes) = 0;
  virtual base::Status CutSessions(const std::string& backend, const std::string& server) = 0;
  // Writes what a reload will read. Returns when it is on disk and holds the weights and admin states of
  // `expected`.
  virtual base::Status Save(const EdgeBackend& expected) = 0;
  // Waits; false as soon as the call is cancelled or its deadline has come.
  virtual bool Wait(base::Duration how_long) = 0;
};

}  // namespace slipway::drivers
