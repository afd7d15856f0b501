#include <algorithm>
#include <charconv>
#include <string>
#include <vector>

#include "api/json.h"
#include "base/text.h"
#include "cli/moment.h"
#include "cli/report.h"
#include "cli/table.h"
#include "cli/verb.h"

namespace slipway::cli {
namespace {

const std::vector<std::string> kStates = {"waiting",     "running",         "paused",
                                          "succeeded",   "failed",          "rolling_back",
                                          "rolled_back", "rollback_failed", "cancelled"};

}  // namespace

Exit Runs(Call& call) {
  api::RunQuery query;
  std::string limit;
  Options options("runs", "All runs, newest first.");
  options.Text("-s,--state", query.state, "STATE", "only those in this state")
      .Text("-e,--environment", query.environment, "ENV", "only those there")
      .Text("-n,--limit", limit, "N", "only the newest so many")
      .Json();
  if (const auto over = Read(call, options)) return *over;
  if (!query.state.empty() && std::ranges::find(kStates, query.state) == kStates.end()) {
    const auto near = base::DidYouMean(query.state, kStates);
    return Fail(call.out,
                base::Error{base::ErrorKind::kInvalid, "unknown state " + base::Quote(query.state), "",
                            near ? "slipway runs -s " + *near : "one of " + base::Join(kStates, ", ")});
  }
  if (!limit.empty()) {
    const auto number = base::ParseInteger(limit);
    if (!number || *number < 1)
      return Fail(call.out, base::Error{base::ErrorKind::kInvalid, "--limit wants a number from 1", "",
                                        "slipway runs --help"});
    query.limit = *number;
  }
  const auto runs = call.api.Runs(query);
  if (!runs) return Fail(call.out, runs.error());
  if (options.json()) {
    call.out.Json(api::ToJson(*runs));
    return Exit::kSucceeded;
  }
  Table table({"RUN", "PROCEDURE", "ENVIRONMENT", "STATE", "STARTED", "TOOK", "PLAN"});
  for (const api::RunSummary& run : *runs) {
    table.Add({run.id, run.procedure, run.environment, run.state, Moment(run.started_at),
               Took(std::optional(run.started_at), run.finished_at), Short(run.plan)},
              StyleOf(run.state));
  }
  if (table.empty())
    call.out.Line(query.state.empty() && query.environment.empty() ? "no runs yet" : "no such runs");
  else
    table.Write(call.out);
  return Exit::kSucceeded;
}

}  // namespace slipway::cli
