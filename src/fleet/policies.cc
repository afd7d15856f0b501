#include "fleet/policies.h"

#include <algorithm>
#include <array>
#include <map>

#include "base/json_tree.h"
#include "base/text.h"

namespace slipway::fleet {
namespace {

using base::YamlNode;

const std::vector<std::string>& SourceNames() {
  static const std::vector<std::string> kNames = {"stable_tags_only", "latest_stable_tag", "main_branch"};
  return kNames;
}

Source SourceOf(std::string_view name) {
  const auto found = std::ranges::find(SourceNames(), name);
  return static_cast<Source>(found - SourceNames().begin());
}

class PoliciesReader {
 public:
  PoliciesReader(const std::string& file, Policies& out, base::Diagnostics& problems)
      : fields_(file, problems), out_(out) {}

  void Read(const YamlNode& root);
  Fields& fields() { return fields_; }

 private:
  void ReadPolicy(const YamlNode& key, const YamlNode& node);
  MinorReleases ReadMinor(const YamlNode& node);
  void ReadRules(const YamlNode& node);
  void ReadLifecycle(const YamlNode& node);
  void ReadMinorRules(const YamlNode& node);
  void ReadPhase(const YamlNode& node);
  void CheckPhases(const YamlNode& phases);

  Fields fields_;
  Policies& out_;
};

void PoliciesReader::Read(const YamlNode& root) {
  if (!fields_.Map(root, "the policies",
                   {"deployment_policies", "version_lifecycle", "deployment_rules", "minor_release_rules"}))
    return;
  fields_.NoSecrets("", root);
  const YamlNode* policies = fields_.Need(root, "deployment_policies", "the file");
  if (policies != nullptr && fields_.AnyMap(*policies, "deployment_policies")) {
    if (policies->members.empty()) fields_.Error(policies->at, "deployment_policies is empty");
    for (const auto& [key, value] : policies->members) ReadPolicy(key, value);
  }
  if (const YamlNode* node = root.Find("version_lifecycle")) ReadLifecycle(*node);
  if (const YamlNode* node = root.Find("deployment_rules")) ReadRules(*node);
  if (const YamlNode* node = root.Find("minor_release_rules")) ReadMinorRules(*node);
}

void PoliciesReader::ReadPolicy(const YamlNode& key, const YamlNode& node) {
  Policy policy{.name = fields_.Id(key, "policy"), .at = key.at};
  if (!fields_.Map(
          node, "policy " + base::Quote(key.scalar),
          {"description", "deployment_source", "auto_update", "supported_versions", "minimum_testing_period",
           "rollback_window", "maintenance_window", "minor_release_policy"}))
    return;
  fields_.Text(node, "description");
  fields_.Need(node, "deployment_source", "a policy");
  policy.source = ReadSource(fields_, node, "deployment_source");
  policy.auto_update = fields_.Flag(node, "auto_update", false);
  policy.supported = fields_.Versions(node, "supported_versions");
  fields_.Duration(node, "minimum_testing_period");
  if (const YamlNode* listed = node.Find("supported_versions");
      listed != nullptr && listed->kind == YamlNode::Kind::kSequence && listed->items.empty())
    fields_.Error(listed->at, "supported_versions is empty, and would allow any version",
                  "name the versions, such as v2.1.0");
  policy.rollback_window = fields_.Duration(node, "rollback_window");
  if (policy.rollback_window &&
      (policy.rollback_window->length.count() == 0 || policy.rollback_window->after_release))
    fields_.Error(node.Find("rollback_window")->at,
                  "a rollback window is how old a backup may be, at least 1_seconds", "such as 24_hours");
  policy.maintenance = fields_.MaintenanceWindow(node, "maintenance_window");
  if (const YamlNode* minor = node.Find("minor_release_policy")) policy.minor = ReadMinor(*minor);
  if (!policy.name.empty()) out_.policies.push_back(std::move(policy));
}

MinorReleases PoliciesReader::ReadMinor(const YamlNode& node) {
  static const std::vector<std::string> kAdoptions = {"manual_approval_required", "phased_automatic",
                                                      "early_adopter", "immediate"};
  MinorReleases minor;
  if (!fields_.Map(node, "minor_release_policy",
                   {"adoption_strategy", "notification_advance", "rollout_delay",
                    "requires_customer_approval", "testing_period", "batch_deployment", "batch_size"}))
    return minor;
  fields_.OneOf(node, "adoption_strategy", kAdoptions);
  fields_.Duration(node, "notification_advance");
  minor.delay = fields_.Duration(node, "rollout_delay");
  fields_.Duration(node, "testing_period");
  fields_.Flag(node, "requires_customer_approval");
  const bool batches = fields_.Flag(node, "batch_deployment", false);
  const PlacedText size = fields_.TextAt(node, "batch_size");
  if (!size.value.empty()) {
    const std::string_view text = size.value;
    const auto percent = text.ends_with("_percent")
                             ? base::ParseInteger(text.substr(0, text.size() - std::size("_percent") + 1))
                             : base::ParseInteger("");
    if (percent && *percent >= 1 && *percent <= 100) {
      minor.batch_percent = static_cast<int>(*percent);
    } else {
      fields_.Error(size.at, base::Quote(text) + " is no size of a batch", "write it like 25_percent");
    }
  }
  if (batches && size.at.line == 0)
    fields_.Error(node.Find("batch_deployment")->at, "a policy with batches needs `batch_size`");
  if (!batches && size.at.line > 0)
    fields_.Error(size.at, "there is a batch_size, and batch_deployment is not true");
  return minor;
}

void PoliciesReader::ReadLifecycle(const YamlNode& node) {
  if (!fields_.AnyMap(node, "version_lifecycle")) return;
  for (const auto& [key, value] : node.members) {
    // The branch has a life of its own beside the versions.
    if (key.scalar != "main") fields_.VersionOf(key, "a version");
    if (!fields_.Map(value, "the life of " + base::Quote(key.scalar),
                     {"status", "release_date", "support_level", "end_of_life", "security_updates",
                      "feature_updates", "release_type", "backward_compatible"}))
      continue;
    for (const std::string_view name : {"status", "release_date", "support_level", "release_type"})
      fields_.Text(value, name);
    for (const std::string_view name : {"security_updates", "feature_updates", "backward_compatible"})
      fields_.Flag(value, name);
    if (const YamlNode* end = value.Find("end_of_life"); end != nullptr && !end->IsNull())
      fields_.Date(value, "end_of_life");
  }
}

void PoliciesReader::ReadRules(const YamlNode& node) {
  if (!fields_.AnyMap(node, "deployment_rules")) return;
  for (const auto& [key, value] : node.members) {
    Rules rules{.environment = key.scalar, .at = key.at};
    if (!fields_.Map(value, "the rules of " + base::Quote(key.scalar),
                     {"allowed_sources", "requires_backup", "requires_approval", "requires_testing",
                      "allowed_time_windows"}))
      continue;
    fields_.Need(value, "allowed_sources", "an environment's rules");
    for (const PlacedText& name : fields_.Texts(value, "allowed_sources")) {
      if (std::ranges::find(SourceNames(), name.value) == SourceNames().end()) {
        fields_.Error(name.at, "unknown source " + base::Quote(name.value),
                      workspace::Suggest(name.value, SourceNames()));
      } else {
        rules.sources.push_back({SourceOf(name.value), name.at});
        if (rules.sources.back().value == Source::kMainBranch && rules.environment == kProduction)
          fields_.Error(name.at, std::string(kNoBranch), std::string(kTags));
      }
    }
    rules.requires_approval = fields_.Flag(value, "requires_approval");
    fields_.Flag(value, "requires_backup");
    fields_.Flag(value, "requires_testing");
    static const std::vector<std::string> kWindows = {"maintenance_window", "any"};
    for (const PlacedText& name : fields_.Texts(value, "allowed_time_windows")) {
      if (std::ranges::find(kWindows, name.value) == kWindows.end())
        fields_.Error(name.at, "unknown time window " + base::Quote(name.value),
                      workspace::Suggest(name.value, kWindows));
    }
    out_.rules.push_back(std::move(rules));
  }
}

void PoliciesReader::ReadMinorRules(const YamlNode& node) {
  if (!fields_.Map(node, "minor_release_rules",
                   {"compatibility_requirements", "testing_requirements", "rollout_phases"}))
    return;
  fields_.FreeMap(node, "compatibility_requirements");
  fields_.FreeMap(node, "testing_requirements");
  const YamlNode* phases = node.Find("rollout_phases");
  if (phases == nullptr || !fields_.List(*phases, "rollout_phases")) return;
  if (phases->items.empty()) fields_.Error(phases->at, "rollout_phases is empty");
  for (const YamlNode& phase : phases->items) ReadPhase(phase);
  CheckPhases(*phases);
}

void PoliciesReader::ReadPhase(const YamlNode& node) {
  if (!fields_.Map(node, "a phase", {"phase", "duration", "customer_types", "success_criteria"})) return;
  Phase phase{.at = node.at};
  fields_.Need(node, "phase", "a phase");
  fields_.Need(node, "customer_types", "a phase");
  phase.name = fields_.Text(node, "phase");
  phase.tiers = fields_.Texts(node, "customer_types");
  fields_.Duration(node, "duration");
  if (node.Find("success_criteria") != nullptr) fields_.Texts(node, "success_criteria");
  out_.phases.push_back(std::move(phase));
}

// Every tier has exactly one phase, or a release would never reach it, or twice.
void PoliciesReader::CheckPhases(const YamlNode& phases) {
  std::vector<std::string> names;
  for (const Policy& policy : out_.policies) names.push_back(policy.name);
  std::map<std::string, std::string> seen;  // tier -> phase
  for (const Phase& phase : out_.phases) {
    for (const PlacedText& tier : phase.tiers) {
      if (out_.Find(tier.value) == nullptr)
        fields_.Error(tier.at, "unknown policy " + base::Quote(tier.value),
                      workspace::Suggest(tier.value, names));
      if (const auto [earlier, is_new] = seen.emplace(tier.value, phase.name); !is_new)
        fields_.Error(tier.at, "customers of " + base::Quote(tier.value) + " are in two phases",
                      "the other is " + base::Quote(earlier->second));
    }
  }
  for (const Policy& policy : out_.policies) {
    if (!seen.contains(policy.name))
      fields_.Error(
          policy.at, "no phase of the roll-out has customers of " + base::Quote(policy.name),
          "name it in `customer_types` of one in line " + std::to_string(phases.at.line) + " and below");
  }
}

}  // namespace

std::string_view ToString(Source source) { return SourceNames()[static_cast<std::size_t>(source)]; }

Placed<std::optional<Source>> ReadSource(Fields& fields, const YamlNode& map, std::string_view key) {
  const PlacedText name = fields.OneOf(map, key, SourceNames());
  if (name.value.empty()) return {std::nullopt, name.at};
  return {SourceOf(name.value), name.at};
}

const Policy* Policies::Find(std::string_view name) const {
  const auto found = std::ranges::find(policies, name, &Policy::name);
  return found == policies.end() ? nullptr : &*found;
}

const Rules* Policies::FindRules(std::string_view environment) const {
  const auto found = std::ranges::find(rules, environment, &Rules::environment);
  return found == rules.end() ? nullptr : &*found;
}

Policies ReadPolicies(std::string_view text, const std::string& file, base::Diagnostics& problems) {
  Policies out{.file = file};
  auto root = base::ParseJsonTree(text);
  if (!root) {
    Fields(file, problems).Error(root.error().at, root.error().what, root.error().hint);
    return out;
  }
  PoliciesReader reader(file, out, problems);
  reader.Read(*root);
  reader.fields().HideSecrets();
  return out;
}

std::vector<std::string> Rings(const Policies* policies) {
  std::vector<std::string> rings;
  if (policies != nullptr) {
    for (const Phase& phase : policies->phases)
      for (const PlacedText& tier : phase.tiers) rings.push_back(tier.value);
  }
  for (const std::string_view tier : {"demo", "startup", "standard", "enterprise"}) {
    const bool known = policies == nullptr || policies->Find(tier) != nullptr;
    if (known && std::ranges::find(rings, tier) == rings.end()) rings.emplace_back(tier);
  }
  for (const Policy& policy : policies == nullptr ? std::vector<Policy>{} : policies->policies) {
    if (std::ranges::find(rings, policy.name) == rings.end()) rings.push_back(policy.name);
  }
  return rings;
}

}  // namespace slipway::fleet
