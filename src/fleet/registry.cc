#include "fleet/registry.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/json_tree.h"
#include "base/text.h"
#include "fleet/contradictions.h"

namespace slipway::fleet {
namespace {

using base::YamlNode;

constexpr std::size_t kLongestSlug = 50;  // `customer-SLUG-db` is the id of a secret

const std::vector<std::string>& Tiers() {
  static const std::vector<std::string> kTiers = {"enterprise", "standard", "startup", "demo"};
  return kTiers;
}

class RegistryReader {
 public:
  RegistryReader(const std::string& file, const Policies* policies, Registry& out,
                 base::Diagnostics& problems)
      : fields_(file, problems), policies_(policies), out_(out) {}

  void Read(const YamlNode& root);
  Fields& fields() { return fields_; }

 private:
  void ReadCustomer(const YamlNode& node);
  void ReadVersions(const YamlNode& node, RegisteredCustomer& customer);
  void ReadTarget(const YamlNode& node, RegisteredCustomer& customer);
  void ReadDatabase(const YamlNode& node, RegisteredCustomer& customer);
  void ReadRest(const YamlNode& node, RegisteredCustomer& customer);
  void WarnOfPasswords();
  void ReadMetadata(const YamlNode& node);
  void ReadDistribution(const YamlNode& node);
  void ReadEnvironments(const YamlNode& node);
  std::vector<std::string> PolicyNames() const;

  Fields fields_;
  const Policies* policies_;
  Registry& out_;
};

void RegistryReader::Read(const YamlNode& root) {
  if (root.kind == YamlNode::Kind::kMapping && root.Find("customers") == nullptr)
    return fields_.Error(root.at, "this is no registry: it has no `customers`");
  if (!fields_.Map(root, "the registry", {"customers", "metadata", "deployment_environments"})) return;
  // First, as a customer may follow the latest version.
  if (const YamlNode* node = root.Find("metadata")) ReadMetadata(*node);
  if (const YamlNode* node = root.Find("deployment_environments")) ReadEnvironments(*node);
  const YamlNode* customers = root.Find("customers");
  if (!fields_.List(*customers, "customers")) return;
  out_.customers_at = customers->at;
  if (customers->items.empty()) fields_.Error(customers->at, "the registry names no customer");
  out_.customers.reserve(customers->items.size());
  for (const YamlNode& customer : customers->items) ReadCustomer(customer);
  WarnOfPasswords();
}

void RegistryReader::WarnOfPasswords() {
  const auto in_clear = [](const RegisteredCustomer& customer) {
    return customer.database.value && customer.database.value->has_password();
  };
  const auto first = std::ranges::find_if(out_.customers, in_clear);
  if (first == out_.customers.end()) return;
  const auto count = std::ranges::count_if(out_.customers, in_clear);
  fields_.Warning(first->database.at,
                  count == 1 ? "a password stands in clear"
                             : fmt::format("{} passwords stand in clear, the first of them here", count),
                  "slipway fleet import keeps them as customer-SLUG-db; then take them out of this file");
}

void RegistryReader::ReadCustomer(const YamlNode& node) {
  RegisteredCustomer customer{.at = node.at};
  if (const YamlNode* url = node.Find("database_url")) fields_.IsSecret(*url);
  if (!fields_.Map(node, "a customer",
                   {"name", "slug", "industry", "size", "current_version", "target_version",
                    "deployment_policy", "deployment_source", "database_url", "render_services", "setup_date",
                    "last_updated", "auto_update", "contact", "maintenance_window"}))
    return;
  for (const std::string_view key : {"name", "slug", "industry", "size", "current_version", "target_version",
                                     "deployment_policy", "database_url"})
    fields_.Need(node, key, "a customer");
  customer.name = fields_.Text(node, "name");
  customer.slug = fields_.TextAt(node, "slug");
  if (!customer.slug.value.empty() && !IsSlug(customer.slug.value)) {
    fields_.Error(customer.slug.at, base::Quote(customer.slug.value) + " is no slug", std::string(kSlugHint));
    customer.slug.value.clear();
  }
  customer.industry = fields_.OneOf(node, "industry", Industries()).value;
  customer.size = fields_.OneOf(node, "size", Sizes()).value;
  customer.policy = fields_.TextAt(node, "deployment_policy");
  if (const auto names = PolicyNames();
      !customer.policy.value.empty() && std::ranges::find(names, customer.policy.value) == names.end()) {
    fields_.Error(customer.policy.at, "unknown policy " + base::Quote(customer.policy.value),
                  workspace::Suggest(customer.policy.value, names));
    customer.policy.value.clear();
  }
  customer.source = ReadSource(fields_, node, "deployment_source");
  ReadVersions(node, customer);
  ReadDatabase(node, customer);
  ReadRest(node, customer);
  out_.customers.push_back(std::move(customer));
}

void RegistryReader::ReadVersions(const YamlNode& node, RegisteredCustomer& customer) {
  customer.current = fields_.Version(node, "current_version");
  ReadTarget(node, customer);
  if (!customer.current.value || !customer.target.value) return;
  if (base::Precedence(*customer.current.value, *customer.target.value) > 0)
    fields_.Error(customer.target.at,
                  "target_version " + base::ToString(*customer.target.value) + " is below current_version " +
                      base::ToString(*customer.current.value),
                  "a version is taken back with slipway fleet rollback, not with a target");
}

// `latest_stable` is what the scripts write for a customer that follows the latest tag.
void RegistryReader::ReadTarget(const YamlNode& node, RegisteredCustomer& customer) {
  const YamlNode* target = node.Find("target_version");
  if (target == nullptr || target->scalar != "latest_stable") {
    customer.target = fields_.Version(node, "target_version");
    return;
  }
  customer.target = {.value = out_.latest.value, .at = target->at};
  if (customer.source.value && *customer.source.value != Source::kLatestStableTag)
    fields_.Error(target->at, "`latest_stable` goes with deployment_source latest_stable_tag only",
                  "name the version");
  if (out_.latest.at.line == 0)
    fields_.Error(target->at, "nobody says which version `latest_stable` is",
                  "name it as latest_version in metadata");
}

void RegistryReader::ReadDatabase(const YamlNode& node, RegisteredCustomer& customer) {
  const YamlNode* url = node.Find("database_url");
  if (url == nullptr) return;
  customer.database.at = url->at;
  const std::string text = fields_.TextOf(*url, "database_url");
  if (text.empty()) return;
  auto database = ParseDatabaseUrl(text);
  if (!database) return fields_.Error(url->at, database.error().what, database.error().next);
  if (const auto good = CheckPassword(database->password); !good)
    return fields_.Error(url->at, good.error().what, good.error().next);
  customer.database.value = *std::move(database);
}

void RegistryReader::ReadRest(const YamlNode& node, RegisteredCustomer& customer) {
  if (const YamlNode* flag = node.Find("auto_update"))
    customer.auto_update = {fields_.Flag(node, "auto_update"), flag->at};
  if (const YamlNode* contact = node.Find("contact");
      contact != nullptr && fields_.Map(*contact, "contact", {"email", "name"})) {
    customer.contact_email = fields_.Text(*contact, "email");
    customer.contact_name = fields_.Text(*contact, "name");
  }
  if (const YamlNode* services = node.Find("render_services");
      services != nullptr && fields_.Map(*services, "render_services", {"backend", "frontend"})) {
    fields_.Text(*services, "backend");
    fields_.Text(*services, "frontend");
  }
  const std::string since = fields_.Date(node, "setup_date");
  const std::string updated = fields_.Date(node, "last_updated");
  if (!since.empty() && !updated.empty() && updated < since)
    fields_.Error(node.Find("last_updated")->at, "last_updated is before setup_date");
  customer.maintenance = fields_.MaintenanceWindow(node, "maintenance_window");
  for (const auto& [key, value] : node.members) {
    if (key.scalar != "database_url") fields_.NoSecrets(key.scalar, value);
  }
}

void RegistryReader::ReadMetadata(const YamlNode& node) {
  if (!fields_.Map(
          node, "metadata",
          {"last_updated", "total_customers", "latest_version", "next_planned_version", "deployment_strategy",
           "supported_versions", "deprecated_versions", "version_distribution"}))
    return;
  fields_.NoSecrets("", node);
  if (const PlacedText at = fields_.TextAt(node, "last_updated"); !at.value.empty()) {
    if (!workspace::ParseInstant(at.value, "UTC", workspace::Edge::kStart))
      fields_.Error(at.at, base::Quote(at.value) + " is no time", "write it like 2026-11-21T10:30:00Z");
  }
  if (const YamlNode* total = node.Find("total_customers"))
    out_.total = {fields_.Number(node, "total_customers"), total->at};
  out_.latest = fields_.Version(node, "latest_version");
  out_.next = fields_.Version(node, "next_planned_version");
  fields_.Text(node, "deployment_strategy");
  if (node.Find("supported_versions") != nullptr)
    out_.supported = fields_.Versions(node, "supported_versions");
  out_.deprecated = fields_.Versions(node, "deprecated_versions");
  if (const YamlNode* distribution = node.Find("version_distribution")) ReadDistribution(*distribution);
}

void RegistryReader::ReadDistribution(const YamlNode& node) {
  if (!fields_.AnyMap(node, "version_distribution")) return;
  out_.distribution_at = node.at;
  for (const auto& [key, value] : node.members) {
    const PlacedVersion version = fields_.VersionOf(key, "a version");
    const auto count = fields_.Number(node, key.scalar);
    if (version.value && count) out_.distribution[key.scalar] = {*count, value.at};
  }
}

void RegistryReader::ReadEnvironments(const YamlNode& node) {
  if (!fields_.AnyMap(node, "deployment_environments")) return;
  auto names = PolicyNames();
  names.emplace_back("all");
  for (const auto& [key, value] : node.members) {
    RegisteredEnvironment environment{.name = key.scalar, .at = key.at};
    if (!fields_.Map(value, "environment " + base::Quote(key.scalar),
                     {"allowed_policies", "default_source", "requires_approval"}))
      continue;
    fields_.Need(value, "allowed_policies", "an environment");
    environment.allowed = fields_.Texts(value, "allowed_policies");
    for (const PlacedText& name : environment.allowed) {
      if (std::ranges::find(names, name.value) == names.end())
        fields_.Error(name.at, "unknown policy " + base::Quote(name.value),
                      workspace::Suggest(name.value, names));
    }
    environment.default_source = ReadSource(fields_, value, "default_source");
    if (const YamlNode* flag = value.Find("requires_approval"))
      environment.requires_approval = {fields_.Flag(value, "requires_approval"), flag->at};
    out_.environments.push_back(std::move(environment));
  }
}

std::vector<std::string> RegistryReader::PolicyNames() const {
  if (policies_ == nullptr || policies_->policies.empty()) return Tiers();
  std::vector<std::string> names;
  for (const Policy& policy : policies_->policies) names.push_back(policy.name);
  return names;
}

}  // namespace

const RegisteredEnvironment* Registry::FindEnvironment(std::string_view name) const {
  const auto found = std::ranges::find(environments, name, &RegisteredEnvironment::name);
  return found == environments.end() ? nullptr : &*found;
}

const RegisteredEnvironment* Registry::HomeOf(std::string_view policy) const {
  const RegisteredEnvironment* own = FindEnvironment(policy);
  return own != nullptr ? own : FindEnvironment(kProduction);
}

bool Registry::InProduction(std::string_view policy) const {
  const RegisteredEnvironment* home = HomeOf(policy);
  return home == nullptr ? policy != "demo" : home->name == kProduction;
}

Registry ReadRegistry(std::string_view text, const std::string& file, const Policies* policies,
                      base::Diagnostics& problems) {
  Registry out{.file = file};
  auto root = base::ParseJsonTree(text);
  if (!root) {
    Fields(file, problems).Error(root.error().at, root.error().what, root.error().hint);
    return out;
  }
  RegistryReader reader(file, policies, out, problems);
  reader.Read(*root);
  if (!out.customers.empty()) ReportContradictions(out, policies, reader.fields(), problems);
  reader.fields().HideSecrets();
  return out;
}

bool IsSlug(std::string_view text) {
  const auto plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  return !text.empty() && text.size() <= kLongestSlug && plain(text.front()) && plain(text.back()) &&
         std::ranges::all_of(text, [&](char c) { return plain(c) || c == '-'; });
}

const std::vector<std::string>& Industries() {
  static const std::vector<std::string> kAll = {"technology", "healthcare", "finance", "retail", "education"};
  return kAll;
}

const std::vector<std::string>& Sizes() {
  static const std::vector<std::string> kAll = {"startup", "standard", "midsize", "enterprise"};
  return kAll;
}

}  // namespace slipway::fleet
