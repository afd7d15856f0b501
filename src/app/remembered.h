// What the store's rows remember of targets: read at once, whatever the number of runs.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "api/estate.h"
#include "journal/store.h"

namespace slipway::app {

// target -> the run that holds it
base::Result<std::map<std::string, std::string>> LocksOf(journal::Store& store);

using TargetFacts = std::map<std::string, std::map<std::string, api::TargetFact>>;  // target -> name -> fact
base::Result<TargetFacts> FactsOf(journal::Store& store);

// The text that is remembered under `name`; empty: none is.
std::string FactText(const std::map<std::string, api::TargetFact>& facts, const std::string& name);

// Has the schema of a target, of which somebody saw the digest `seen` at that time, changed since slipway
// left it? none | differs | unknown: what slipway left is not on record, or it changed it after the look.
std::string_view DriftOf(const std::map<std::string, api::TargetFact>& facts, std::string_view seen,
                         base::Time at);

}  // namespace slipway::app
