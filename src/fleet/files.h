// Files of SecureWatch's, whichever they are, checked together.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/diagnostic.h"

namespace slipway::fleet {

struct File {
  std::string name;
  std::string text;
};

// All that is wrong with each file, in their order: told by its content as a registry, policies or a
// customer's configuration, and checked against the policies where they are among the files.
std::vector<base::Diagnostics> Check(std::span<const File> files);

}  // namespace slipway::fleet
