// Runs in the order in which they were started, R1 first.
#pragma once

#include <vector>

#include "api/run.h"
#include "base/result.h"
#include "journal/store.h"

namespace slipway::app {

std::int64_t NumberOf(const std::string& run);  // 7 for R7; 0 = no such name
base::Result<std::vector<api::RunSummary>> AllRuns(journal::Store& store);

}  // namespace slipway::app
