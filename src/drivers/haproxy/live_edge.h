// An Edge on a real HAProxy, over its runtime socket.
//
// Connection document:
//   driver: haproxy
//   socket: run/haproxy.sock     # `stats socket … level admin`; relative to the workspace
//   config: haproxy.cfg          # only where HAProxy's own list of its files cannot be read from here
//   state_file: run/servers.state  # only where the path in its configuration is another one from here
#pragma once

#include <memory>

#include "drivers/haproxy/config.h"
#include "drivers/haproxy/edge.h"

namespace slipway::drivers {

// kInvalid: the connection document is wrong. Does not connect yet. `context` must outlive the edge.
base::Result<std::unique_ptr<Edge>> OpenLiveEdge(const Context& context);

// The connection document is as it should be, and its `socket` in full.
base::Result<std::filesystem::path> SocketOf(const Context& context);

}  // namespace slipway::drivers
