#include "cli/run_options.h"
#include "cli/verb.h"

namespace slipway::cli {

Exit Run(Call& call) {
  ProcedureOptions procedure;
  RunOptions request;
  Options options("run", "Does what the procedure says, step by step, and puts everything on record.");
  procedure.AddTo(options);
  request.AddTo(options, "the same as `slipway plan`");
  options.Json();
  if (const auto over = Read(call, options)) return *over;
  return RunProcedure(call, options, procedure, request);
}

}  // namespace slipway::cli
