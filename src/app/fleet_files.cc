#include "app/fleet_files.h"

#include <algorithm>
#include <filesystem>
#include <iterator>

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

base::Result<std::optional<fleet::File>> ReadPoliciesBeside(const std::string& file,
                                                            const std::string& named) {
  std::string name = named;
  if (name.empty()) {
    const std::filesystem::path beside =
        std::filesystem::path(file).parent_path() / "deployment-policies.json";
    std::error_code ignored;
    if (beside != file && std::filesystem::exists(beside, ignored)) name = beside.string();
  }
  if (name.empty()) return std::nullopt;
  return ReadFleetFile(name);
}

std::string CheckAgain(const std::string& file, const std::optional<fleet::File>& policies) {
  const bool both = policies && policies->name != file;
  return "put them right, and see with slipway fleet check " + file + (both ? " " + policies->name : "");
}

std::string RenderOf(const base::Diagnostics& problems, const fleet::File& file) {
  base::Diagnostics own;
  std::ranges::copy_if(problems, std::back_inserter(own),
                       [&](const base::Diagnostic& problem) { return problem.file == file.name; });
  return base::Render(own, file.text);
}

}  // namespace slipway::app
