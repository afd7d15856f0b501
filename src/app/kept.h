// What was worked out once, kept from one time to the next in the folder `cache` of the state: for answers
// that cost much and change seldom. A cache: whoever deletes it loses nothing, and what cannot be read of it
// is not there.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "base/json.h"

namespace slipway::app {

// `key`: everything that it was made of; where that is another one now, it is not there.
std::optional<base::JsonObject> ReadKept(const std::filesystem::path& state, const std::string& name,
                                         const std::string& key);

// Only where there is a state; that it cannot be written is no error.
void Keep(const std::filesystem::path& state, const std::string& name, const std::string& key,
          base::JsonObject kept);

}  // namespace slipway::app
