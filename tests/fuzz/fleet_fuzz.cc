// Whatever a registry, its policies or a customer's configuration say: errors with places and without the
// secrets, or targets that can be read, without them too. The first byte says which file it is.
#include "base/yaml.h"
#include "fleet/customer.h"
#include "fleet/import.h"
#include "fuzz.h"

namespace {

using namespace slipway;
using fuzz::Require;

void CheckPlaces(const base::Diagnostics& problems) {
  for (const base::Diagnostic& problem : problems)
    Require(!problem.what.empty() && problem.at.line > 0 && problem.at.column > 0);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text = fuzz::Text(data, size).substr(1);
  base::Diagnostics problems;
  if (data[0] == 'c') {
    const auto config = fleet::ReadCustomer(text, "f", nullptr, problems);
    CheckPlaces(problems);
    const std::string said = base::Render(problems, text);
    for (const auto& secret : config.in_clear) {
      const std::string line = std::to_string(secret.at.line);
      Require(
          !said.contains('\n' + std::string(5 - std::min<std::size_t>(line.size(), 5), ' ') + line + " | "));
    }
    return 0;
  }
  if (data[0] == 'p') {
    static_cast<void>(fleet::Rings(nullptr));
    const auto policies = fleet::ReadPolicies(text, "f", problems);
    static_cast<void>(fleet::Rings(&policies));
    return CheckPlaces(problems), 0;
  }
  const auto registry = fleet::ReadRegistry(text, "f", nullptr, problems);
  CheckPlaces(problems);
  if (base::HasErrors(problems)) return 0;
  const auto imported = fleet::Import(registry, nullptr);
  Require(base::ParseYaml(imported.targets, base::kWideYaml).has_value());
  for (const auto& server : imported.servers)
    Require(base::ParseYaml(fleet::ConnectionLine(server)).has_value());
  Require(fleet::Changes(imported.targets, imported.targets).value().empty());
  return 0;
}
