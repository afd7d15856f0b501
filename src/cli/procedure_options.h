// FILE, -e, -p and --only: what every verb understands that works on a procedure.
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
  std::vector<std::string> only;

  void AddTo(Options& options) {
    options.Required("FILE", file, "the procedure")
        .Text("-e,--environment", environment, "ENV", "where; the lowest of the ladder when omitted")
        .Texts("-p,--parameter", parameters, "NAME=VALUE", "a parameter; name=@file for a secret")
        .Texts("--only", only, "KEY=VALUE[,VALUE]",
               "of the targets it selects only those, such as id=acme or labels.ring=early");
  }

  base::Result<api::ProcedureRequest> Request() const {
    SLIPWAY_TRY(auto pairs, SplitParameters(parameters));
    SLIPWAY_TRY(auto conditions, SplitConditions(only));
    return api::ProcedureRequest{file, environment, std::move(pairs), std::move(conditions)};
  }
};

}  // namespace slipway::cli
