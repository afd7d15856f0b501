#include <algorithm>

#include "api/json.h"
#include "base/text.h"
#include "cli/moment.h"
#include "cli/report.h"
#include "cli/verb.h"

namespace slipway::cli {

Exit Explain(Call& call) {
  std::string id;
  Options options("explain",
                  "Who holds what since when, what the run waits for, who can turn it, what comes next.");
  options.Required("RUN", id, "the run").Json();
  if (const auto over = Read(call, options)) return *over;
  const auto e = call.api.Explain(id);
  if (!e) return Fail(call.out, e.error());
  if (options.json()) {
    call.out.Json(api::ToJson(*e));
    return Exit::kSucceeded;
  }
  Terminal& out = call.out;
  out.Line(e->run.id + " is " + e->run.state + (e->run.reason.empty() ? "" : ": " + e->run.reason),
           StyleOf(e->run.state));
  out.Line("driven by  " + e->driver);
  if (e->run.targets.size() > 1) out.Line("targets    " + CountsOf(e->run.targets));
  if (!e->locks.empty())
    out.Line("holds      " + base::Join(e->locks, ", ") + ", since " + Moment(e->run.started_at));
  if (!e->asked.empty()) out.Line("asked      " + e->asked, Style::kCare);
  for (const std::string& step : e->doing) out.Line("does       " + step);
  TellWaits(out, e->waiting);
  for (const std::string& then : e->then) out.Line("then       " + then);
  for (const std::string& next : e->next) {
    const bool said = std::ranges::find(e->waiting, next, &api::WaitView::next) != e->waiting.end();
    if (!said) out.Line("next:      " + next);
  }
  return Exit::kSucceeded;
}

}  // namespace slipway::cli
