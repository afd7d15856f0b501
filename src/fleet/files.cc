#include "fleet/files.h"

#include <algorithm>
#include <optional>

#include "base/json_tree.h"
#include "base/text.h"
#include "fleet/customer.h"
#include "fleet/registry.h"

namespace slipway::fleet {
namespace {

enum class Kind { kRegistry, kPolicies, kCustomer, kUnknown, kBroken };

Kind KindOf(const File& file, base::Diagnostics& problems) {
  const auto root = base::ParseJsonTree(file.text);
  Fields fields(file.name, problems);
  if (!root) {
    fields.Error(root.error().at, root.error().what, root.error().hint);
    return Kind::kBroken;
  }
  if (root->Find("customers") != nullptr) return Kind::kRegistry;
  if (root->Find("deployment_policies") != nullptr) return Kind::kPolicies;
  if (root->Find("customer") != nullptr) return Kind::kCustomer;
  fields.Error(
      root->at, "this is no file of a fleet",
      "it holds `customers`, `deployment_policies` or `customer`; a procedure is checked with slipway check");
  return Kind::kUnknown;
}

}  // namespace

std::vector<base::Diagnostics> Check(std::span<const File> files) {
  base::Diagnostics all;
  std::vector<Kind> kinds;
  for (const File& file : files) kinds.push_back(KindOf(file, all));
  std::optional<Policies> policies;
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (kinds[i] != Kind::kPolicies) continue;
    if (policies) {
      Fields(files[i].name, all)
          .Error({1, 1}, "there are two files of policies",
                 "the other is " + base::Printable(policies->file));
    } else {
      policies = ReadPolicies(files[i].text, files[i].name, all);
    }
  }
  const Policies* known = policies ? &*policies : nullptr;
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (kinds[i] == Kind::kRegistry) ReadRegistry(files[i].text, files[i].name, known, all);
    if (kinds[i] == Kind::kCustomer) ReadCustomer(files[i].text, files[i].name, known, all);
  }
  std::vector<base::Diagnostics> found(files.size());
  for (base::Diagnostic& problem : all) {
    const auto file = std::ranges::find(files, problem.file, &File::name);
    if (file != files.end())
      found[static_cast<std::size_t>(file - files.begin())].push_back(std::move(problem));
  }
  return found;
}

}  // namespace slipway::fleet
