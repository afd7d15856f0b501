#include "drivers/http/model.h"

#include <algorithm>

#include "drivers/http/actions.h"
#include "drivers/http/http.h"

namespace slipway::drivers {

using base::JsonObject;

std::span<const ActionSheet> HttpModelDriver::Sheets() const { return HttpSheets(); }

base::Result<Prepared> HttpModelDriver::Prepare(const Action& action, Context&) {
  return PrepareHttp(action);
}

Outcome HttpModelDriver::Run(const Prepared& prepared, std::span<const JsonObject>, Sink&, Context& context) {
  const JsonObject& with = prepared.action.with;
  if (context.cancel.cancelled() || context.clock.Now() >= context.deadline)
    return NotDone("stopped before it was sent");
  auto statuses = ReadStatuses(with);
  if (!statuses) return NotDone(base::ToString(statuses.error()));
  if (prepared.action.uses == "http.probe") return RunProbe(with, context);
  if (prepared.action.uses == "http.request") {
    std::lock_guard lock(mutex_);
    std::string url = base::GetString(with, "url");
    if (base::GetString(with, "method") == "DELETE")
      resources_.erase(url);
    else
      resources_[url] = base::GetString(with, "body");
  }
  return Done({{"status", statuses->front()}, {"body", ""}});
}

Outcome HttpModelDriver::RunProbe(const JsonObject& with, Context& context) const {
  std::int64_t length = base::GetInt(with, "for");
  base::Duration left = context.deadline - context.clock.Now();
  context.clock.Sleep(std::min(base::Duration{length}, left));
  if (left.count() < length) return Unknown("stopped before the probe was over");
  std::int64_t samples = base::GetInt(with, "rate") * length / 1000;
  if (samples < base::GetInt(with, "min_samples"))
    return Unknown("too few requests to judge", {{"samples", samples}});
  return Done({{"samples", samples},
               {"errors", 0},
               {"p50_us", 1000},
               {"p95_us", 1000},
               {"p99_us", 1000},
               {"checks", base::JsonArray()}});
}

Outcome HttpModelDriver::Probe(const Prepared&, std::span<const JsonObject>, Context&) {
  return Unknown("nobody can see from here whether a request was carried out");
}

std::map<std::string, std::string> HttpModelDriver::Resources() const {
  std::lock_guard lock(mutex_);
  return resources_;
}

std::unique_ptr<Driver> HttpModel() { return std::make_unique<HttpModelDriver>(); }

}  // namespace slipway::drivers
