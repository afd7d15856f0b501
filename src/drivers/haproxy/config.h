// What HAProxy's configuration says about a backend: whether a reload keeps the state of its servers, in
// which file, and how often they are checked. Only the keywords needed for that are understood; everything
// else is passed over.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "drivers/haproxy/edge.h"

namespace slipway::drivers {

struct ConfigText {
  std::string file;  // named in messages
  std::string text;
};

struct Persistence {
  std::filesystem::path
      state_file;            // as the configuration names it; may be relative to HAProxy's working folder
  bool all_backends = true;  // the file holds every backend (global) or this one only (local)
  base::Duration check_interval{2000};
};

// How a reload of these files, in this order, would treat the servers as they are in `backend`.
// kRefused: their state would be lost or changed; the error's `next` holds the lines to add.
base::Result<Persistence> JudgePersistence(const std::vector<ConfigText>& files, const EdgeBackend& backend);

// The servers that the files declare for a backend, with their configured weights; empty when there is no
// such backend.
std::vector<EdgeServer> DeclaredServers(const std::vector<ConfigText>& files, std::string_view backend);

}  // namespace slipway::drivers
