// Which slot has which port: one small file per port, kept, so that a slot keeps the port it was once given.
//
//   .slipway/service/ports/<port>     holds `<connection>/<slot>`
//
// A file comes into being whole (link), so two processes never both believe that they have a port. Automatic
// ports lie in 20000-29999, below the range from which the kernel takes ports of outgoing connections.
#pragma once

#include <filesystem>
#include <optional>
#include <set>
#include <string>

#include "base/result.h"

namespace slipway::drivers {

class Ports {
 public:
  explicit Ports(std::filesystem::path folder) : folder_(std::move(folder)) {}

  std::optional<std::string> OwnerOf(int port) const;
  // The port `owner` has, or the first that is neither taken, nor `excluded`, nor in use by any program.
  // Changes nothing.
  base::Result<int> Pick(const std::string& owner, const std::set<int>& excluded) const;
  // True: it is `owner`'s now, or was already. False: another slot has it.
  base::Result<bool> Reserve(int port, const std::string& owner) const;

 private:
  std::filesystem::path folder_;
};

// Nobody listens on it, on any address of this machine.
bool IsFree(int port);
// Somebody accepts connections on 127.0.0.1.
bool IsListening(int port);

}  // namespace slipway::drivers
