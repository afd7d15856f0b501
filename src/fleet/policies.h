// SecureWatch's `deployment-policies.json`, as it is: what each tier of customers may be given, when and from
// where, and in which order releases reach the tiers. docs/formats/customers.md says what of it means what
// here.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostic.h"
#include "fleet/fields.h"

namespace slipway::fleet {

// Where a customer's versions come from; from the strictest to the loosest.
enum class Source { kStableTagsOnly, kLatestStableTag, kMainBranch };

// Nobody knows what a branch holds, so no rule may give one to this environment.
inline constexpr std::string_view kProduction = "production";
inline constexpr std::string_view kNoBranch = "production is never given a branch";
inline constexpr std::string_view kTags = "a deployment_source of tags";
std::string_view ToString(Source source);
// The member `key`; unknown ones are reported.
Placed<std::optional<Source>> ReadSource(Fields& fields, const base::YamlNode& map, std::string_view key);

// How a minor release reaches the customers of a policy; what is absent was not said.
struct MinorReleases {
  std::optional<Span> delay;         // after the release
  std::optional<int> batch_percent;  // of the customers, at once
};

struct Policy {
  std::string name;
  base::Position at;
  Placed<std::optional<Source>> source;
  bool auto_update = false;
  std::vector<PlacedVersion> supported;  // empty: nothing is said
  // How long after a release a customer may be taken back; so old may the proof be of what it would get.
  std::optional<Span> rollback_window;
  std::optional<Maintenance> maintenance;
  MinorReleases minor;
};

// What an environment asks of a deployment.
struct Rules {
  std::string environment;
  base::Position at;
  std::vector<Placed<Source>> sources;
  std::optional<bool> requires_approval;
};

struct Phase {
  std::string name;
  base::Position at;
  std::vector<PlacedText> tiers;  // names of policies
};

struct Policies {
  std::string file;
  std::vector<Policy> policies;
  std::vector<Rules> rules;
  std::vector<Phase> phases;  // in the order of the roll-out

  const Policy* Find(std::string_view name) const;
  const Rules* FindRules(std::string_view environment) const;
};

// Reads the text of the file and appends all that is wrong with it to `problems`.
Policies ReadPolicies(std::string_view text, const std::string& file, base::Diagnostics& problems);

// The tiers in the order in which releases reach them: as the phases say, else demo, startup, standard,
// enterprise.
std::vector<std::string> Rings(const Policies* policies);

}  // namespace slipway::fleet
