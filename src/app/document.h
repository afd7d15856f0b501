// Reading a procedure from its file.
#pragma once

#include <string>

#include "api/failure.h"
#include "base/diagnostic.h"
#include "procedure/procedure.h"

namespace slipway::app {

api::Answer<procedure::Procedure> ReadProcedure(const std::string& file);

// The error of a file that cannot be read, with the one that may have been meant.
base::Error Missing(base::Error error, const std::string& file);

// kInvalid with every diagnostic rendered: `3 errors (deploy.yaml)`.
api::Failure Broken(const base::Diagnostics& diagnostics, const std::string& text, const std::string& file);

}  // namespace slipway::app
