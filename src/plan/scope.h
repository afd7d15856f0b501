// What expressions can read when the plan is made. Private to plan/.
#pragma once

#include <map>
#include <string>

#include "base/json.h"

namespace slipway::plan {

base::Json TargetScope(const std::string& id, const std::string& kind,
                       const std::map<std::string, std::string>& labels, const base::JsonObject& attributes,
                       const std::string& time_zone);
base::Json EnvironmentScope(const std::string& name, const std::string& time_zone);

}  // namespace slipway::plan
