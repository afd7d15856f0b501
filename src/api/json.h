// The `--json` shapes, the same for the command line and the server; docs/manual/json.md lists them.
// Times are RFC 3339 text, absent ones null.
#pragma once

#include "api/api.h"
#include "api/simulation.h"
#include "api/sop.h"
#include "base/json.h"

namespace slipway::api {

base::Json ToJson(const RunSummary& run);
base::Json ToJson(const StepView& step);
base::Json ToJson(const RunDetails& run);
base::Json ToJson(const RunReport& report);
base::Json ToJson(const WaitView& wait);
base::Json ToJson(const LogLine& line);
base::Json ToJson(const RunLog& log);
base::Json ToJson(const Explanation& explanation);
base::Json ToJson(const CheckReport& report);
base::Json ToJson(const InitReport& report);
base::Json ToJson(const TargetEntry& target);
base::Json ToJson(const Hold& hold);
base::Json ToJson(const SecretEntry& secret);
base::Json ToJson(const FleetCustomer& customer);
base::Json ToJson(const FleetAddReport& report);
base::Json ToJson(const FleetUpdatePreview& preview);
base::Json ToJson(const FleetWayBack& back);
base::Json ToJson(const FleetImportReport& report);
base::Json ToJson(const FleetReport& report);
base::Json ToJson(const ImportReport& report);
base::Json ToJson(const DiffReport& report);
base::Json ToJson(const ConfirmReport& report);
base::Json ToJson(const ExportReport& report);
base::Json ToJson(const SimulationReport& report);

template <typename T>
base::Json ToJson(const std::vector<T>& list) {
  base::JsonArray array;
  for (const T& item : list) array.push_back(ToJson(item));
  return array;
}

}  // namespace slipway::api
