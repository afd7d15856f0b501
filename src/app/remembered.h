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

// How an act left the schema of a target, or what the first look saw where that is not on record; and, by
// `RUN/STEP`, after whom somebody had changed it by hand when the last act began. See engine/facts.h.
inline constexpr char kSchema[] = "schema", kSchemaDrifted[] = "schema_drifted";

// Has the schema of a target, of which somebody saw the digest `seen` at that time, changed since? none |
// differs | unknown: how it was left is not on record, or it was left so after the look.
std::string_view DriftOf(const std::map<std::string, api::TargetFact>& facts, std::string_view seen,
                         base::Time at);

}  // namespace slipway::app
