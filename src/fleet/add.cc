#include "fleet/add.h"

#include <fmt/format.h>

#include "base/text.h"
#include "fleet/target_text.h"

namespace slipway::fleet {
namespace {

// Lines of YAML, those without a value left out.
class Lines {
 public:
  void Add(int indent, std::string_view key, std::string_view value) {
    if (!value.empty()) text += fmt::format("{:{}}{}: {}\n", "", indent, key, Scalar(value));
  }
  std::string text;
};

std::string Flag(bool value) { return value ? "true" : "false"; }

}  // namespace

std::string TargetFileOf(std::string_view slug) { return fmt::format("targets/customer-{}.yaml", slug); }

std::string TargetOf(const CustomerConfig& config, const Policies* policies, const std::string& connection,
                     const std::string& version) {
  const Policy* policy = policies == nullptr ? nullptr : policies->Find(config.policy);
  Lines out;
  out.text = fmt::format(
      "# Written by `slipway fleet add`.\napiVersion: slipway/v1\nkind: Targets\ntargets:\n  - id: {0}\n    "
      "kind: customer\n"
      "    labels: {{ ring: {1}, industry: {2}, size: {3}, policy: {1} }}\n    attributes:\n",
      config.slug, Scalar(config.policy), Scalar(config.industry), Scalar(config.size));
  out.Add(6, "name", config.name);
  out.Add(6, "connection", connection);
  out.Add(6, "database", config.database.database);
  out.Add(6, "role", config.database.role);
  out.Add(6, "target_version", version);
  const auto source = config.source.value || policy == nullptr ? config.source.value : policy->source.value;
  if (source) out.Add(6, "source", ToString(*source));
  const auto automatic =
      config.auto_update || policy == nullptr ? config.auto_update : std::optional(policy->auto_update);
  if (automatic) out.Add(6, "auto_update", Flag(*automatic));
  out.Add(6, "proven_within", ProvenWithin(policy));
  out.text += "      admin:\n";
  out.Add(8, "name", config.admin_name);
  out.Add(8, "email", config.admin_email);
  out.Add(8, "min_length", std::to_string(config.passwords.length));
  out.Add(8, "min_classes", std::to_string(config.passwords.classes));
  out.text += "      sample:\n";
  out.Add(8, "wanted", Flag(config.seeding.sample_data));
  out.Add(8, "employees", std::to_string(config.seeding.employees));
  out.Add(8, "violations", Flag(config.seeding.violations));
  if (!config.contact_name.empty() || !config.contact_email.empty()) {
    out.text += "      contact:\n";
    out.Add(8, "name", config.contact_name);
    out.Add(8, "email", config.contact_email);
  }
  const auto& maintenance =
      config.maintenance || policy == nullptr ? config.maintenance : policy->maintenance;
  if (!maintenance) return out.text;
  if (maintenance->window) out.text += "    window: " + WindowText(*maintenance->window) + "\n";
  out.Add(4, "time_zone", maintenance->time_zone);
  return out.text;
}

Server ServerOf(const CustomerConfig& config) {
  return {ConnectionName(config.database.host, config.database.port), config.database.host,
          config.database.port, config.database.sslmode};
}

}  // namespace slipway::fleet
