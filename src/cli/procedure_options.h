// FILE, -e and -p: what every verb understands that works on a procedure.
#pragma once

#include <string>
#include <vector>

#include "api/document.h"
#include "base/result.h"
#include "cli/options.h"

namespace slipway::cli {

struct ProcedureOptions {
  std::string file;
  std::string environment;
  std::vector<std::string> parameters;

  void AddTo(Options& options) {
    options.Required("FILE", file, "the procedure")
        .Text("-e,--environment", environment, "ENV", "where; the lowest of the ladder when omitted")
        .Texts("-p,--parameter", parameters, "NAME=VALUE", "a parameter; name=@file for a secret");
  }

  base::Result<api::ProcedureRequest> Request() const {
    SLIPWAY_TRY(auto pairs, SplitParameters(parameters));
    return api::ProcedureRequest{file, environment, std::move(pairs)};
  }
};

}  // namespace slipway::cli
