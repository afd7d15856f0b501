#include "app/history.h"

#include <algorithm>

#include "app/views.h"
#include "base/text.h"

namespace slipway::app {

std::int64_t NumberOf(const std::string& run) {
  if (run.size() < 2 || run[0] != 'R') return 0;
  return base::ParseInteger(std::string_view(run).substr(1)).value_or(0);
}

base::Result<std::vector<api::RunSummary>> AllRuns(journal::Store& store) {
  SLIPWAY_TRY(const auto rows, store.Scan(journal::Table::kRun));
  std::vector<api::RunSummary> runs;
  runs.reserve(rows.size());
  for (const journal::Row& row : rows) {
    SLIPWAY_TRY(api::RunSummary run, SummaryOf(row));
    runs.push_back(std::move(run));
  }
  std::ranges::sort(runs, {}, [](const api::RunSummary& run) { return NumberOf(run.id); });
  return runs;
}

}  // namespace slipway::app
