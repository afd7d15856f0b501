// The haproxy driver: moves traffic between the servers of a backend of a running HAProxy, over its runtime
// socket.
//
//   haproxy.status   which server serves, which is idle; weights and admin states
//   haproxy.shift    moves the traffic to one server in steps of absolute weights
//   haproxy.drain    takes a server out: no new requests, wait for those in progress, maintenance
//   haproxy.restore  sets weights and admin states as recorded; the undo of the two above
//   haproxy.watch    judges one server by HAProxy's own counters of what users got from it
//
// A change is done only when it has been read back from HAProxy and stands in the file that a reload reads,
// and it is refused before it begins where HAProxy's configuration would not read it.
#pragma once

#include <functional>
#include <memory>

#include "drivers/haproxy/edge.h"

namespace slipway::drivers {

class HaproxyDriver final : public Driver {
 public:
  using OpenEdge = std::function<base::Result<std::unique_ptr<Edge>>(const Context&)>;

  explicit HaproxyDriver(OpenEdge open);
  std::string_view Name() const override { return "haproxy"; }
  std::span<const ActionSheet> Sheets() const override;
  base::Result<Prepared> Prepare(const Action& action, Context& context) override;
  Outcome Run(const Prepared& prepared, std::span<const base::JsonObject> progress, Sink& sink,
              Context& context) override;
  Outcome Probe(const Prepared& prepared, std::span<const base::JsonObject> progress,
                Context& context) override;
  Outcome Restored(const Prepared& undone, Context& context) override;

 private:
  const OpenEdge open_;
};

// On real HAProxies, one per connection.
std::unique_ptr<Driver> MakeHaproxyDriver();

// For simulation: HAProxies in memory that behave, one table for the life of the driver. Their servers are
// those of the configuration that the connection names (`config:`), else `blue` with all the traffic and
// `green` without.
std::unique_ptr<Driver> HaproxyModel();

}  // namespace slipway::drivers
