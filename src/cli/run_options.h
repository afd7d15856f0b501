// What every verb understands that runs a procedure, and how it runs it: `slipway run`, and the verbs that
// are a short way to write it for one procedure of the workspace.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "cli/procedure_options.h"
#include "cli/verb.h"

namespace slipway::cli {

struct RunOptions {
  std::string plan;
  bool no_wait = false;
  bool dry_run = false;

  // `dry_run_help`: what `--dry-run` only does.
  void AddTo(Options& options, std::string_view dry_run_help);
};

// Says so where the workspace has no such procedure: it is the workspace's own copy that runs.
base::Status IsHere(const std::string& procedure);

// The plan, where only that is wanted; else the run, shown as it goes. Answers the exit code.
Exit RunProcedure(Call& call, const Options& options, const ProcedureOptions& procedure,
                  const RunOptions& wanted);

}  // namespace slipway::cli
