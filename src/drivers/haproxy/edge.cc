#include "drivers/haproxy/edge.h"

#include <fmt/core.h>

#include <algorithm>

namespace slipway::drivers {

std::string_view ToString(Admin admin) {
  switch (admin) {
    case Admin::kReady:
      return "ready";
    case Admin::kDrain:
      return "drain";
    case Admin::kMaint:
      return "maint";
  }
  return "maint";
}

base::Result<Admin> ParseAdmin(std::string_view text) {
  for (Admin admin : {Admin::kReady, Admin::kDrain, Admin::kMaint})
    if (text == ToString(admin)) return admin;
  return base::Invalid(fmt::format("expected ready, drain or maint, got `{}`", text));
}

std::string_view ToString(Health health) {
  switch (health) {
    case Health::kUp:
      return "up";
    case Health::kDown:
      return "down";
    case Health::kUnchecked:
      return "unchecked";
    case Health::kUndecided:
      return "undecided";
  }
  return "undecided";
}

const EdgeServer* EdgeBackend::Find(std::string_view server) const {
  auto found = std::ranges::find(servers, server, &EdgeServer::name);
  return found == servers.end() ? nullptr : &*found;
}

}  // namespace slipway::drivers
