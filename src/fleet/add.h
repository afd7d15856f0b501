// A customer's configuration as a workspace has it: the text of its own file in targets/, and the passwords
// that no file may hold. Pure: the same configuration gives the same bytes.
#pragma once

#include <string>

#include "fleet/customer.h"
#include "fleet/import.h"

namespace slipway::fleet {

// `targets/customer-acme.yaml`: one file a customer, so that adding one touches no other.
std::string TargetFileOf(std::string_view slug);

// Of a configuration without errors. `connection` is the name of its server in slipway.yaml.
std::string TargetOf(const CustomerConfig& config, const Policies* policies, const std::string& connection,
                     const std::string& version);

// The server of its database, with a name as `fleet import` gives it.
Server ServerOf(const CustomerConfig& config);

}  // namespace slipway::fleet
