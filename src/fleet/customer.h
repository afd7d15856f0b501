// A customer's configuration, as SecureWatch writes it (document appendix A.1 and the richer template): who
// the customer is, which database it gets, who administers it and what it begins with.
// docs/formats/customers.md says what of it means what here.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostic.h"
#include "base/password.h"
#include "fleet/clear_secret.h"
#include "fleet/database_url.h"
#include "fleet/fields.h"
#include "fleet/policies.h"

namespace slipway::fleet {

struct Seeding {
  bool sample_data = false;
  std::int64_t employees = 100;
  bool violations = false;
};

struct CustomerConfig {
  std::string file;
  std::string name, slug, industry, size, domain;
  std::string contact_name, contact_email;
  std::string policy;                    // as written, else by size
  std::string environment;               // production | staging | demo
  Placed<std::optional<Source>> source;  // none: the policy's
  PlacedVersion target;                  // none: the latest
  std::optional<bool> auto_update;
  std::optional<Maintenance> maintenance;
  DatabaseUrl database;  // without a password one is to be generated
  std::string admin_name, admin_email;
  bool generate_database_password = true;
  bool generate_admin_password = true;
  base::PasswordPolicy passwords;  // security.password_policy; the administrator's keeps to it
  Seeding seeding;
  std::vector<std::string> frameworks;
  std::vector<ClearSecret> in_clear;  // what the file holds and no file should
};

// Reads the text of the file, and `policies` where there are any. Appends all that is wrong with it to
// `problems`: errors, and a warning for each secret in clear.
CustomerConfig ReadCustomer(std::string_view text, const std::string& file, const Policies* policies,
                            base::Diagnostics& problems);

// `ACME Corp, Inc.` -> `acme-corp-inc`: lower case, blanks as `-`; other characters are left out. May be
// empty.
std::string DeriveSlug(std::string_view name);

}  // namespace slipway::fleet
