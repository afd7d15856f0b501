// -p and --no-wait: what the verbs understand that go on with a run on record.
#pragma once

#include <string>
#include <vector>

#include "api/people.h"
#include "cli/report.h"

namespace slipway::cli {

struct ResumeOptions {
  std::string run;
  std::vector<std::string> secrets;
  bool no_wait = false;

  void AddTo(Options& options) {
    options.Texts("-p,--parameter", secrets, "NAME=@FILE", "a secret parameter; the log has none of them")
        .Flag("--no-wait", no_wait, "exit 4 where the run waits for a person or a time")
        .Json();
  }

  base::Result<api::ResumeRequest> Request(const Terminal& out) const {
    SLIPWAY_TRY(auto given, SplitParameters(secrets));
    return api::ResumeRequest{run, std::move(given), Stays(out, no_wait)};
  }
};

}  // namespace slipway::cli
