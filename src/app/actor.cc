#include "app/actor.h"

#include <pwd.h>
#include <unistd.h>

#include <array>
#include <string>

#include "base/text.h"

namespace slipway::app {

namespace {

std::string UserName() {
  std::array<char, 4096> buffer;
  passwd entry{};
  passwd* found = nullptr;
  if (getpwuid_r(geteuid(), &entry, buffer.data(), buffer.size(), &found) == 0 && found != nullptr) {
    return found->pw_name;
  }
  return "uid " + std::to_string(geteuid());
}

}  // namespace

std::string CurrentActor() {
  std::array<char, 256> host{};
  if (gethostname(host.data(), host.size() - 1) != 0) host[0] = '\0';
  return base::Printable(UserName()) + "@" +
         (host[0] == '\0' ? "unknown host" : base::Printable(host.data())) + ", unverified";
}

}  // namespace slipway::app
