// A secret that stands in clear in a file somebody wrote, and the name under which slipway is to keep it
// instead.
#pragma once

#include <string>
#include <string_view>

#include "base/secret.h"
#include "base/yaml.h"

namespace slipway::fleet {

struct ClearSecret {
  std::string name;  // `customer-acme-db`
  std::string what;  // `the password of acme's database`
  std::string file;
  base::Position at;
  base::Secret value;
};

// `customer-acme-db`: what everything that belongs to one customer is called.
inline std::string SecretName(std::string_view slug, std::string_view what) {
  return "customer-" + std::string(slug) + "-" + std::string(what);
}

}  // namespace slipway::fleet
