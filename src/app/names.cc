// What can be named on the command line: for completion, which tells no error.
#include "app/app.h"
#include "app/document.h"
#include "app/planning.h"

namespace slipway::app {

api::Names App::NamesFor(const std::string& file) {
  api::Names names;
  if (const auto workspace = session_.Workspace()) {
    for (const workspace::Environment& environment : (*workspace)->environments)
      names.environments.push_back(environment.name);
    names.plans = KeptPlans(session_);
  }
  if (file.empty()) return names;
  if (const auto procedure = ReadProcedure(session_, file)) {
    for (const procedure::Parameter& parameter : procedure->parameters)
      names.parameters.push_back({parameter.name, parameter.type == procedure::ParameterType::kSecret});
  }
  return names;
}

}  // namespace slipway::app
