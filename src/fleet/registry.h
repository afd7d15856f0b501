// SecureWatch's `customers.json`, as it is: who the customers are, what version each has and shall have, and
// where its database is. docs/formats/customers.md says what of it means what here.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostic.h"
#include "fleet/database_url.h"
#include "fleet/fields.h"
#include "fleet/policies.h"

namespace slipway::fleet {

struct RegisteredCustomer {
  base::Position at;
  std::string name;
  PlacedText slug;
  std::string industry, size;
  PlacedVersion current, target;
  PlacedText policy;
  Placed<std::optional<Source>> source;  // none: the policy's
  Placed<std::optional<DatabaseUrl>> database;
  Placed<std::optional<bool>> auto_update;  // none: the policy's
  std::string contact_name, contact_email;
  std::optional<Maintenance> maintenance;  // none: the policy's
};

struct RegisteredEnvironment {
  std::string name;
  base::Position at;
  std::vector<PlacedText> allowed;  // names of policies, or `all`
  Placed<std::optional<Source>> default_source;
  Placed<std::optional<bool>> requires_approval;
};

struct Registry {
  std::string file;
  std::vector<RegisteredCustomer> customers;  // as written
  base::Position customers_at;
  Placed<std::optional<std::int64_t>> total;
  PlacedVersion latest, next;
  std::optional<std::vector<PlacedVersion>> supported;
  std::vector<PlacedVersion> deprecated;
  base::Position distribution_at;  // line 0: there is none
  std::map<std::string, Placed<std::int64_t>> distribution;
  std::vector<RegisteredEnvironment> environments;

  const RegisteredEnvironment* FindEnvironment(std::string_view name) const;
  // Where a customer of this policy lives, as the registry does not say it: the environment of the policy's
  // own name (demo), else production. Null when there is neither.
  const RegisteredEnvironment* HomeOf(std::string_view policy) const;
  // Where there is neither, all but the demonstration is.
  bool InProduction(std::string_view policy) const;
};

// Reads the text of the file, and `policies` beside it where there are any. Appends all that is wrong with
// the registry, in itself and against the policies, to `problems`; a diagnostic may be about the file of the
// policies.
Registry ReadRegistry(std::string_view text, const std::string& file, const Policies* policies,
                      base::Diagnostics& problems);

// A slug: lower-case letters, digits and `-`, a letter or digit at both ends, at most 50.
bool IsSlug(std::string_view text);
inline constexpr std::string_view kSlugHint =
    "lower-case letters, digits and `-`, a letter or digit at both ends, at most 50";

const std::vector<std::string>& Industries();
const std::vector<std::string>& Sizes();

}  // namespace slipway::fleet
