// What the store's rows remember of targets: read at once, whatever the number of runs.
#pragma once

#include <map>
#include <string>

#include "api/estate.h"
#include "journal/store.h"

namespace slipway::app {

// target -> the run that holds it
base::Result<std::map<std::string, std::string>> LocksOf(journal::Store& store);

using TargetFacts = std::map<std::string, std::map<std::string, api::TargetFact>>;  // target -> name -> fact
base::Result<TargetFacts> FactsOf(journal::Store& store);

}  // namespace slipway::app
