// Which release stands on which target: from the runs, the last one first, and from what people said of an
// existing estate.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "journal/store.h"

namespace slipway::app {

struct Standing {
  std::map<std::string, std::string> releases;  // parameter -> version; empty: nothing is on record
  std::string run;                              // that brought them there; `adopted`
  std::optional<base::Time> since;
  std::string note;  // why they may no longer be true
};
using Standings = std::map<std::string, Standing>;  // by target

// Of each of `targets`. What stood there once all runs up to some point were over is kept in `state`
// (kept.h), so that only what came after it is read again.
base::Result<Standings> StandingsOf(journal::Store& store, const std::filesystem::path& state,
                                    const std::set<std::string>& targets);

}  // namespace slipway::app
