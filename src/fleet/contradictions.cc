#include "fleet/contradictions.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "base/text.h"

namespace slipway::fleet {
namespace {

using base::Position;
using base::Quote;
using base::ToString;

// How many a list of names shows before it says that there are more.
constexpr std::size_t kShown = 5;

std::string Some(const std::vector<std::string>& names) {
  if (names.size() <= kShown) return base::Join(names, ", ");
  return base::Join(std::span(names).first(kShown), ", ") +
         fmt::format(" and {} more", names.size() - kShown);
}

std::string Count(std::int64_t count, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", count, count == 1 ? one : many);
}

class Checker {
 public:
  Checker(const Registry& registry, const Policies* policies, Fields& fields, base::Diagnostics& problems)
      : registry_(registry),
        policies_(policies),
        fields_(fields),
        policy_fields_(policies == nullptr ? "" : policies->file, problems) {}

  void Check() {
    CheckTwice();
    CheckCounts();
    CheckVersions();
    CheckEnvironments();
    for (const RegisteredCustomer& customer : registry_.customers) CheckCustomer(customer);
    if (policies_ != nullptr)
      CheckPolicies();
    else
      CheckUnsaid();
  }

 private:
  void CheckTwice();
  void CheckCounts();
  void CheckDistribution(const std::map<std::string, std::vector<std::string>>& installed);
  void CheckVersions();
  void CheckEnvironments();
  void CheckPolicies();
  void CheckUnsaid();
  void CheckCustomer(const RegisteredCustomer& customer);
  void CheckInstalled(const RegisteredCustomer& customer);
  void CheckHome(const RegisteredCustomer& customer);
  void CheckSource(const RegisteredCustomer& customer, const Policy* policy);
  void CheckPolicy(const RegisteredCustomer& customer, const Policy& policy);

  const Registry& registry_;
  const Policies* policies_;
  Fields& fields_;
  Fields policy_fields_;
};

// Slugs, databases and roles are each one customer's.
void Checker::CheckTwice() {
  std::unordered_map<std::string, Position> slugs;
  std::unordered_map<std::string, std::string> databases, roles;  // -> slug
  for (const RegisteredCustomer& customer : registry_.customers) {
    const PlacedText& slug = customer.slug;
    if (!slug.value.empty()) {
      if (const auto [earlier, is_new] = slugs.emplace(slug.value, slug.at); !is_new)
        fields_.Error(slug.at, "the slug " + Quote(slug.value) + " stands twice",
                      fmt::format("the other is in line {}", earlier->second.line));
    }
    if (!customer.database.value) continue;
    const DatabaseUrl& url = *customer.database.value;
    const std::string server = fmt::format("{}:{}", url.host, url.port);
    const std::string whose = slug.value.empty() ? customer.name : slug.value;
    if (const auto [earlier, is_new] = databases.emplace(server + "/" + url.database, whose); !is_new)
      fields_.Error(customer.database.at, fmt::format("the database {} on {} is that of {} already",
                                                      Quote(url.database), server, Quote(earlier->second)));
    if (const auto [earlier, is_new] = roles.emplace(server + "/" + url.role, whose); !is_new)
      fields_.Error(customer.database.at,
                    fmt::format("the user {} on {} is that of {} already", Quote(url.role), server,
                                Quote(earlier->second)),
                    "each customer's database has a user of its own");
  }
}

void Checker::CheckCounts() {
  const auto number = static_cast<std::int64_t>(registry_.customers.size());
  if (registry_.total.value && *registry_.total.value != number)
    fields_.Error(registry_.total.at,
                  fmt::format("total_customers is {}, and {} here", *registry_.total.value,
                              Count(number, "customer stands", "customers stand")));
  std::map<std::string, std::vector<std::string>> installed;
  for (const RegisteredCustomer& customer : registry_.customers) {
    if (customer.current.value) installed[ToString(*customer.current.value)].push_back(customer.slug.value);
  }
  if (registry_.distribution_at.line > 0) CheckDistribution(installed);
}

void Checker::CheckDistribution(const std::map<std::string, std::vector<std::string>>& installed) {
  for (const auto& [version, said] : registry_.distribution) {
    const auto found = installed.find(version);
    const auto have = found == installed.end() ? std::vector<std::string>{} : found->second;
    if (static_cast<std::int64_t>(have.size()) == said.value) continue;
    fields_.Error(said.at,
                  fmt::format("version_distribution says {} {} {}, and {} it", said.value,
                              said.value == 1 ? "customer has" : "customers have", version,
                              Count(static_cast<std::int64_t>(have.size()), "has", "have")),
                  have.empty() ? "" : Some(have));
  }
  for (const auto& [version, have] : installed) {
    if (registry_.distribution.contains(version)) continue;
    fields_.Error(registry_.distribution_at,
                  fmt::format("version_distribution leaves out {}, which {} {}", version, Some(have),
                              have.size() == 1 ? "has" : "have"));
  }
}

void Checker::CheckVersions() {
  if (!registry_.supported) return;
  const std::vector<PlacedVersion>& supported = *registry_.supported;
  const auto& latest = registry_.latest;
  if (supported.empty()) return;
  if (latest.value && !Contains(supported, *latest.value))
    fields_.Error(latest.at, "latest_version " + ToString(*latest.value) + " is not among supported_versions",
                  List(supported));
  for (const PlacedVersion& version : registry_.deprecated) {
    if (Contains(supported, *version.value))
      fields_.Error(version.at, ToString(*version.value) + " is supported and deprecated at once");
  }
  const auto& next = registry_.next;
  if (latest.value && next.value && base::Precedence(*next.value, *latest.value) <= 0)
    fields_.Error(next.at, "next_planned_version " + ToString(*next.value) + " is not above latest_version " +
                               ToString(*latest.value));
}

void Checker::CheckEnvironments() {
  for (const RegisteredEnvironment& environment : registry_.environments) {
    const bool branch = environment.default_source.value == Source::kMainBranch;
    if (branch && environment.name == kProduction)
      fields_.Error(environment.default_source.at, std::string(kNoBranch), std::string(kTags));
    const Rules* rules = policies_ == nullptr ? nullptr : policies_->FindRules(environment.name);
    if (policies_ != nullptr && !policies_->rules.empty() && rules == nullptr)
      fields_.Error(environment.at, fmt::format("{} has no rules for environment {}", policies_->file,
                                                Quote(environment.name)));
    if (rules == nullptr) continue;
    const auto allowed = [&](const Placed<Source>& source) {
      return source.value == environment.default_source.value;
    };
    if (environment.default_source.value && std::ranges::none_of(rules->sources, allowed))
      fields_.Error(environment.default_source.at,
                    fmt::format("{} does not allow the source {} in {}", policies_->file,
                                ToString(*environment.default_source.value), environment.name));
    const auto& approval = environment.requires_approval;
    if (approval.value && rules->requires_approval && *approval.value != *rules->requires_approval)
      fields_.Error(approval.at, fmt::format("requires_approval is {} here and {} in {}", *approval.value,
                                             *rules->requires_approval, policies_->file));
  }
}

void Checker::CheckPolicies() {
  std::map<std::string, std::int64_t> customers;
  for (const RegisteredCustomer& customer : registry_.customers) ++customers[customer.policy.value];
  for (const Phase& phase : policies_->phases) {
    for (const PlacedText& tier : phase.tiers) {
      if (policies_->Find(tier.value) != nullptr && !customers.contains(tier.value))
        policy_fields_.Warning(
            tier.at, fmt::format("no customer of {} has the policy {}", registry_.file, Quote(tier.value)),
            "a wave for this ring alone would select nobody, which is an error");
    }
  }
  for (const Policy& policy : policies_->policies) {
    for (const PlacedVersion& version : policy.supported) {
      if (Contains(registry_.deprecated, *version.value))
        policy_fields_.Error(version.at, fmt::format("policy {} supports {}, which {} calls deprecated",
                                                     policy.name, ToString(*version.value), registry_.file));
    }
  }
}

// Whom nothing gives a source: without policies nobody knows whether it is a branch.
void Checker::CheckUnsaid() {
  std::vector<std::string> unsaid;
  Position first;
  for (const RegisteredCustomer& customer : registry_.customers) {
    const std::string& policy = customer.policy.value;
    if (policy.empty() || customer.source.at.line > 0 || !registry_.InProduction(policy)) continue;
    const RegisteredEnvironment* home = registry_.HomeOf(policy);
    if (home != nullptr && home->default_source.at.line > 0) continue;
    if (unsaid.empty()) first = customer.policy.at;
    unsaid.push_back(customer.slug.value);
  }
  if (unsaid.empty()) return;
  fields_.Warning(
      first,
      fmt::format("nobody says from which source production gets {}: a policy does, and there are "
                  "no policies here",
                  Some(unsaid)),
      "give deployment-policies.json as well, or a deployment_source of tags");
}

void Checker::CheckCustomer(const RegisteredCustomer& customer) {
  CheckInstalled(customer);
  if (customer.policy.value.empty()) return;
  CheckHome(customer);
  const Policy* policy = policies_ == nullptr ? nullptr : policies_->Find(customer.policy.value);
  CheckSource(customer, policy);
  if (policy != nullptr) CheckPolicy(customer, *policy);
}

void Checker::CheckInstalled(const RegisteredCustomer& customer) {
  const auto& current = customer.current;
  const auto& target = customer.target;
  const bool listed = registry_.supported.has_value();
  if (current.value && Contains(registry_.deprecated, *current.value)) {
    fields_.Warning(current.at, ToString(*current.value) + " is deprecated and still installed",
                    target.value ? "it is to become " + ToString(*target.value) : "");
  } else if (current.value && listed && !Contains(*registry_.supported, *current.value)) {
    fields_.Warning(current.at,
                    ToString(*current.value) + " is installed, and neither supported nor deprecated",
                    List(*registry_.supported));
  }
  if (!target.value) return;
  if (Contains(registry_.deprecated, *target.value))
    return fields_.Error(target.at, "target_version " + ToString(*target.value) + " is deprecated");
  const bool next = registry_.next.value && *registry_.next.value == *target.value;
  if (listed && !next && !Contains(*registry_.supported, *target.value))
    fields_.Error(target.at, "target_version " + ToString(*target.value) + " is not among supported_versions",
                  List(*registry_.supported));
}

void Checker::CheckHome(const RegisteredCustomer& customer) {
  const RegisteredEnvironment* home = registry_.HomeOf(customer.policy.value);
  if (home == nullptr || home->allowed.empty()) return;  // that it is empty is told where it stands
  std::vector<std::string> allowed;
  for (const PlacedText& name : home->allowed) allowed.push_back(name.value);
  const bool all = std::ranges::find(allowed, "all") != allowed.end();
  if (!all && std::ranges::find(allowed, customer.policy.value) == allowed.end())
    fields_.Error(customer.policy.at,
                  fmt::format("the policy {} is not allowed in {}", Quote(customer.policy.value), home->name),
                  "there it can be " + base::Join(allowed, ", "));
}

void Checker::CheckSource(const RegisteredCustomer& customer, const Policy* policy) {
  const auto& source = customer.source;
  if (policy != nullptr && source.value && policy->source.value && *source.value > *policy->source.value)
    fields_.Error(source.at, fmt::format("policy {} allows {}, and {} is looser", policy->name,
                                         ToString(*policy->source.value), ToString(*source.value)));
  const auto from = source.value || policy == nullptr ? source.value : policy->source.value;
  const Position at = source.value ? source.at : customer.policy.at;
  if (from == Source::kMainBranch && registry_.InProduction(customer.policy.value))
    return fields_.Error(at, std::string(kNoBranch), std::string(kTags));
  const RegisteredEnvironment* home = registry_.HomeOf(customer.policy.value);
  const Rules* rules = home == nullptr || policies_ == nullptr ? nullptr : policies_->FindRules(home->name);
  if (from && rules != nullptr &&
      std::ranges::find(rules->sources, *from, &Placed<Source>::value) == rules->sources.end()) {
    std::vector<std::string> allowed;
    for (const Placed<Source>& one : rules->sources) allowed.emplace_back(ToString(one.value));
    fields_.Error(at, fmt::format("the source {} is not allowed in {}", ToString(*from), home->name),
                  "there it can be " + base::Join(allowed, ", "));
  }
}

void Checker::CheckPolicy(const RegisteredCustomer& customer, const Policy& policy) {
  if (customer.auto_update.value == true && !policy.auto_update)
    fields_.Error(customer.auto_update.at,
                  fmt::format("auto_update is true, and policy {} does not allow it", policy.name));
  const auto& target = customer.target;
  if (target.value && !policy.supported.empty() && !Contains(policy.supported, *target.value))
    fields_.Error(target.at,
                  fmt::format("policy {} does not support {}", policy.name, ToString(*target.value)),
                  "it supports " + List(policy.supported));
}

}  // namespace

void ReportContradictions(const Registry& registry, const Policies* policies, Fields& fields,
                          base::Diagnostics& problems) {
  Checker(registry, policies, fields, problems).Check();
}

}  // namespace slipway::fleet
