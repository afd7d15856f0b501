#include "engine/planned.h"

#include <fmt/format.h>

#include "base/bytes.h"
#include "base/file.h"

namespace slipway::engine {

std::string ChangedSincePlan(const plan::Plan& plan, const workspace::Workspace& workspace,
                             const std::filesystem::path& root) {
  for (const auto& [parameter, release] : plan.releases) {
    auto found = workspace::LoadRelease(workspace, release.version);
    if (!found) return base::ToString(found.error());
    if (found->digest != release.digest) {
      return fmt::format("release {} is no longer what was planned: {} instead of {}", release.version,
                         found->digest, release.digest);
    }
  }
  for (const auto& [path, digest] : plan.files) {
    auto inside = base::Inside(root, path);
    auto bytes = inside ? base::ReadFile(*inside, 1u << 30) : std::unexpected(inside.error());
    if (!bytes) return base::ToString(bytes.error());
    if (base::Sha256Text(*bytes) != digest)
      return fmt::format("file {} is no longer what was planned; plan it again", path);
  }
  return "";
}

}  // namespace slipway::engine
