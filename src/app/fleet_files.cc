#include "app/fleet_files.h"

#include "base/file.h"
#include "base/json_tree.h"

namespace slipway::app {

base::Result<fleet::File> ReadFleetFile(const std::string& name) {
  auto text = base::ReadFile(name, base::kMaxJsonTreeBytes);
  if (!text) {
    base::Error error = std::move(text).error();
    error.kind = base::ErrorKind::kInvalid;
    error.next =
        "slipway fleet check FILE…, with customers.json, deployment-policies.json or a customer's file";
    return std::unexpected(std::move(error));
  }
  return fleet::File{name, *std::move(text)};
}

}  // namespace slipway::app
