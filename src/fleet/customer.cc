#include "fleet/customer.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/json_tree.h"
#include "base/text.h"
#include "fleet/registry.h"

namespace slipway::fleet {
namespace {

using base::YamlNode;

// What the template of the document writes where a password is to be made.
constexpr std::string_view kGenerate = "auto_generated_or_provided";

class CustomerReader {
 public:
  CustomerReader(const std::string& file, const Policies* policies, CustomerConfig& out,
                 base::Diagnostics& problems)
      : fields_(file, problems), policies_(policies), out_(out) {}

  void Read(const YamlNode& root);
  Fields& fields() { return fields_; }

 private:
  void ReadWho(const YamlNode& root);
  void ReadSlug(const YamlNode& node);
  void ReadDeployment(const YamlNode& root);
  void CheckDeployment(base::Position policy_at);
  void ReadDatabase(const YamlNode& root);
  void ReadDatabaseUrl(const YamlNode& node);
  void ReadPasswordPolicy(const YamlNode& root);
  void ReadAdmin(const YamlNode& root);
  void ReadSeeding(const YamlNode& root);
  void ReadRest(const YamlNode& root);
  std::string Required(const YamlNode& map, std::string_view key, std::string_view of);
  std::string Email(const YamlNode& map, std::string_view key);
  // The secret at `key`; empty when it is absent or to be generated. It is noted as one in clear.
  base::Secret ReadSecret(const YamlNode& map, std::string_view key, std::string_view name,
                          std::string_view what);
  void Note(const YamlNode& node, std::string_view name, std::string_view what, base::Secret value);

  Fields fields_;
  const Policies* policies_;
  CustomerConfig& out_;
};

void CustomerReader::Read(const YamlNode& root) {
  if (!fields_.Map(root, "a customer's configuration",
                   {"customer", "deployment", "render", "database", "admin", "seeding", "compliance",
                    "branding", "features", "notifications", "security"}))
    return;
  ReadWho(root);
  ReadDeployment(root);
  ReadDatabase(root);
  ReadPasswordPolicy(root);
  ReadAdmin(root);
  ReadSeeding(root);
  ReadRest(root);
}

void CustomerReader::ReadWho(const YamlNode& root) {
  const YamlNode* node = fields_.Need(root, "customer", "the configuration");
  if (node == nullptr ||
      !fields_.Map(*node, "customer", {"name", "slug", "industry", "size", "domain", "contact"}))
    return;
  out_.name = Required(*node, "name", "customer");
  fields_.Need(*node, "industry", "customer");
  fields_.Need(*node, "size", "customer");
  out_.industry = fields_.OneOf(*node, "industry", Industries()).value;
  out_.size = fields_.OneOf(*node, "size", Sizes()).value;
  out_.domain = fields_.Text(*node, "domain");
  ReadSlug(*node);
  if (const YamlNode* contact = node->Find("contact");
      contact != nullptr && fields_.Map(*contact, "contact", {"primary_email", "primary_name", "phone"})) {
    out_.contact_email = Email(*contact, "primary_email");
    out_.contact_name = fields_.Text(*contact, "primary_name");
    fields_.Text(*contact, "phone");
  }
}

void CustomerReader::ReadSlug(const YamlNode& node) {
  const PlacedText slug = fields_.TextAt(node, "slug");
  out_.slug = slug.value;
  if (slug.at.line == 0) {
    out_.slug = DeriveSlug(out_.name);
    if (!out_.name.empty() && !IsSlug(out_.slug))
      fields_.Error(node.Find("name")->at, "no slug follows from this name", "write customer.slug");
  } else if (!slug.value.empty() && !IsSlug(slug.value)) {
    fields_.Error(slug.at, base::Quote(slug.value) + " is no slug", std::string(kSlugHint));
  }
}

void CustomerReader::ReadDeployment(const YamlNode& root) {
  static const std::vector<std::string> kEnvironments = {"production", "staging", "demo"};
  out_.environment = "production";
  out_.policy = out_.size == "startup" || out_.size == "enterprise" ? out_.size : "standard";
  base::Position policy_at = root.at;
  if (const YamlNode* node = root.Find("deployment");
      node != nullptr && fields_.Map(*node, "deployment",
                                     {"policy", "source", "target_version", "environment", "auto_update",
                                      "maintenance_window"})) {
    if (const PlacedText policy = fields_.TextAt(*node, "policy"); !policy.value.empty()) {
      out_.policy = policy.value;
      policy_at = policy.at;
    }
    if (const PlacedText where = fields_.OneOf(*node, "environment", kEnvironments); !where.value.empty())
      out_.environment = where.value;
    out_.source = ReadSource(fields_, *node, "source");
    out_.target = fields_.Version(*node, "target_version");
    out_.auto_update = fields_.Flag(*node, "auto_update");
    out_.maintenance = fields_.MaintenanceWindow(*node, "maintenance_window");
  }
  CheckDeployment(policy_at);
}

void CustomerReader::CheckDeployment(base::Position policy_at) {
  std::vector<std::string> names = Rings(policies_);
  if (std::ranges::find(names, out_.policy) == names.end())
    return fields_.Error(policy_at, "unknown policy " + base::Quote(out_.policy),
                         workspace::Suggest(out_.policy, names));
  const Policy* policy = policies_ == nullptr ? nullptr : policies_->Find(out_.policy);
  const auto source = out_.source.value || policy == nullptr ? out_.source.value : policy->source.value;
  const base::Position at = out_.source.value ? out_.source.at : policy_at;
  const Rules* rules = policies_ == nullptr ? nullptr : policies_->FindRules(out_.environment);
  if (source == Source::kMainBranch && out_.environment == kProduction) {
    fields_.Error(at, std::string(kNoBranch), std::string(kTags));
  } else if (source && rules != nullptr &&
             std::ranges::find(rules->sources, *source, &Placed<Source>::value) == rules->sources.end()) {
    fields_.Error(at, fmt::format("the source {} is not allowed in {}", ToString(*source), out_.environment));
  }
  const auto& target = out_.target;
  if (policy != nullptr && target.value && !policy->supported.empty() &&
      !Contains(policy->supported, *target.value))
    fields_.Error(target.at,
                  fmt::format("policy {} does not support {}", policy->name, base::ToString(*target.value)),
                  "it supports " + List(policy->supported));
}

void CustomerReader::ReadDatabase(const YamlNode& root) {
  const YamlNode* node = fields_.Need(root, "database", "the configuration");
  if (node == nullptr) return;
  for (const std::string_view key : {"password", "url"}) {
    if (const YamlNode* secret = node->Find(key)) fields_.IsSecret(*secret);
  }
  if (!fields_.Map(*node, "database", {"host", "name", "user", "password", "port", "url"})) return;
  DatabaseUrl& database = out_.database;
  database.host = Required(*node, "host", "database");
  database.database = Required(*node, "name", "database");
  database.role = Required(*node, "user", "database");
  std::ranges::transform(database.host, database.host.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  const auto check = [&](std::string_view key, const std::string& value, const base::Status& good) {
    if (!value.empty() && !good) fields_.Error(node->Find(key)->at, good.error().what, good.error().next);
  };
  check("host", database.host, CheckHost(database.host));
  check("name", database.database, CheckDatabaseName("the database's name", database.database));
  check("user", database.role, CheckDatabaseName("the database's user", database.role));
  if (const auto port = fields_.Number(*node, "port"); port && (*port < 1 || *port > 65535)) {
    fields_.Error(node->Find("port")->at, "port is a number from 1 to 65535");
  } else if (port) {
    database.port = static_cast<int>(*port);
  }
  database.password = ReadSecret(*node, "password", "db", "the password of the database");
  if (const YamlNode* url = node->Find("url")) ReadDatabaseUrl(*url);
  out_.generate_database_password = !database.has_password();
}

// What the URL says as well has to be the same.
void CustomerReader::ReadDatabaseUrl(const YamlNode& node) {
  const std::string text = fields_.TextOf(node, "url");
  if (text.empty()) return;
  auto url = ParseDatabaseUrl(text);
  if (!url) return fields_.Error(node.at, url.error().what, url.error().next);
  DatabaseUrl& database = out_.database;
  const auto differs = [&](std::string_view what) {
    fields_.Error(node.at, fmt::format("the URL names another {} than the fields beside it", what));
  };
  if (!database.host.empty() && url->host != database.host) differs("host");
  if (url->port != database.port) differs("port");
  if (!database.database.empty() && url->database != database.database) differs("database");
  if (!database.role.empty() && url->role != database.role) differs("user");
  database.sslmode = url->sslmode;
  if (!url->has_password()) return;
  if (const auto good = CheckPassword(url->password); !good)
    return fields_.Error(node.at, good.error().what, good.error().next);
  if (database.has_password() && database.password.Reveal() != url->password.Reveal())
    return differs("password");
  database.password = url->password;
  Note(node, "db", "the password in the URL of the database", url->password);
}

// A word that is not known is taken for the strictest.
void CustomerReader::ReadPasswordPolicy(const YamlNode& root) {
  static const std::map<std::string, base::PasswordPolicy, std::less<>> kPolicies = {
      {"basic", {8, 2}}, {"standard", {12, 3}}, {"strong", {16, 4}}};
  const YamlNode* security = root.Find("security");
  const YamlNode* node = security == nullptr || security->kind != YamlNode::Kind::kMapping
                             ? nullptr
                             : security->Find("password_policy");
  if (node == nullptr || node->kind != YamlNode::Kind::kScalar) return;
  const auto found = kPolicies.find(node->scalar);
  out_.passwords = found == kPolicies.end() ? kPolicies.at("strong") : found->second;
  if (found == kPolicies.end())
    fields_.Warning(node->at, "unknown password policy " + base::Quote(node->scalar) + ", `strong` is taken",
                    "one of basic, standard, strong");
}

void CustomerReader::ReadAdmin(const YamlNode& root) {
  const YamlNode* node = fields_.Need(root, "admin", "the configuration");
  if (node == nullptr || !fields_.Map(*node, "admin", {"email", "name", "password"})) return;
  fields_.Need(*node, "email", "admin");
  out_.admin_email = Email(*node, "email");
  out_.admin_name = Required(*node, "name", "admin");
  const base::Secret password = ReadSecret(*node, "password", "admin", "the password of the administrator");
  out_.generate_admin_password = password.Reveal().empty();
  if (out_.generate_admin_password) return;
  const std::string local = out_.admin_email.substr(0, out_.admin_email.find('@'));
  if (const auto good = base::CheckPassword(password, out_.passwords, {local, out_.admin_name}); !good)
    fields_.Error(node->Find("password")->at, good.error().what, "leave it out, and slipway makes one");
}

void CustomerReader::ReadSeeding(const YamlNode& root) {
  const YamlNode* node = root.Find("seeding");
  if (node == nullptr || !fields_.Map(*node, "seeding",
                                      {"include_sample_data", "sample_employee_count",
                                       "include_sample_violations", "training_assignments"}))
    return;
  out_.seeding.sample_data = fields_.Flag(*node, "include_sample_data", false);
  out_.seeding.employees = fields_.Number(*node, "sample_employee_count").value_or(out_.seeding.employees);
  out_.seeding.violations = fields_.Flag(*node, "include_sample_violations", false);
  fields_.Text(*node, "training_assignments");
  if (out_.seeding.employees > 1'000'000)
    fields_.Error(node->Find("sample_employee_count")->at, "sample_employee_count is over 1,000,000");
}

void CustomerReader::ReadRest(const YamlNode& root) {
  if (const YamlNode* node = root.Find("compliance");
      node != nullptr &&
      fields_.Map(*node, "compliance", {"required_frameworks", "industry_specific", "custom_requirements"})) {
    for (const PlacedText& name : fields_.Texts(*node, "required_frameworks"))
      out_.frameworks.push_back(name.value);
    fields_.Flag(*node, "industry_specific");
    if (const YamlNode* more = node->Find("custom_requirements")) {
      fields_.List(*more, "custom_requirements");
      fields_.NoSecrets("", *more);
    }
  }
  if (const YamlNode* node = root.Find("render");
      node != nullptr && fields_.Map(*node, "render", {"api_key", "region"})) {
    ReadSecret(*node, "api_key", "render", "an API key of Render");
    fields_.Text(*node, "region");
  }
  if (const YamlNode* node = root.Find("notifications");
      node != nullptr &&
      fields_.Map(*node, "notifications", {"email_alerts", "slack_webhook", "sms_alerts"})) {
    ReadSecret(*node, "slack_webhook", "slack", "a Slack webhook");
    fields_.Flag(*node, "email_alerts");
    fields_.Flag(*node, "sms_alerts");
  }
  for (const std::string_view key : {"branding", "features", "security"}) {
    fields_.FreeMap(root, key);
    if (const YamlNode* node = root.Find(key)) fields_.NoSecrets("", *node);
  }
}

std::string CustomerReader::Required(const YamlNode& map, std::string_view key, std::string_view of) {
  fields_.Need(map, key, of);
  return fields_.Text(map, key);
}

std::string CustomerReader::Email(const YamlNode& map, std::string_view key) {
  const PlacedText text = fields_.TextAt(map, key);
  const std::size_t at = text.value.find('@');
  const bool good = at != 0 && at != text.value.npos && at + 1 < text.value.size() &&
                    text.value.find_first_of("@ \t\"<>", at + 1) == text.value.npos;
  if (text.value.empty() || good) return text.value;
  fields_.Error(text.at, base::Quote(text.value) + " is no address", "write it like admin@example.com");
  return "";
}

base::Secret CustomerReader::ReadSecret(const YamlNode& map, std::string_view key, std::string_view name,
                                        std::string_view what) {
  const YamlNode* node = map.Find(key);
  if (node == nullptr) return {};
  fields_.IsSecret(*node);
  if (node->kind == YamlNode::Kind::kScalar && node->quoted &&
      (node->scalar.empty() || node->scalar == kGenerate))
    return {};
  const std::string text = fields_.TextOf(*node, key);
  if (text.empty()) return {};
  base::Secret value(text);
  if (text.size() < 4) {
    fields_.Error(node->at, std::string(key) + " has under 4 bytes, too short to be masked", "change it");
    return {};
  }
  Note(*node, name, what, value);
  return value;
}

void CustomerReader::Note(const YamlNode& node, std::string_view name, std::string_view what,
                          base::Secret value) {
  fields_.IsSecret(node);
  const std::string kept = out_.slug.empty() ? "" : SecretName(out_.slug, name);
  fields_.Warning(
      node.at, std::string(what) + " stands in clear",
      kept.empty() ? "" : "slipway fleet add keeps it as " + kept + "; then take it out of this file");
  out_.in_clear.push_back({kept, std::string(what), fields_.file(), node.at, std::move(value)});
}

}  // namespace

CustomerConfig ReadCustomer(std::string_view text, const std::string& file, const Policies* policies,
                            base::Diagnostics& problems) {
  CustomerConfig out{.file = file};
  auto root = base::ParseJsonTree(text);
  if (!root) {
    Fields(file, problems).Error(root.error().at, root.error().what, root.error().hint);
    return out;
  }
  CustomerReader reader(file, policies, out, problems);
  reader.Read(*root);
  reader.fields().HideSecrets();
  return out;
}

std::string DeriveSlug(std::string_view name) {
  std::string slug;
  for (const char c : name) {
    if (c >= 'A' && c <= 'Z') {
      slug += static_cast<char>(c - 'A' + 'a');
    } else if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) {
      slug += c;
    } else if ((c == ' ' || c == '-') && !slug.empty() && slug.back() != '-') {
      slug += '-';
    }
  }
  while (slug.ends_with('-')) slug.pop_back();
  return slug;
}

}  // namespace slipway::fleet
