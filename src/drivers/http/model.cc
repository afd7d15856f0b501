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
  const bool changes = prepared.action.uses == "http.request";
  if (context.cancel.cancelled() || context.clock.Now() >= context.deadline)
    return changes ? NotDone("stopped before it was sent") : Unknown("stopped before it was sent");
  if (prepared.action.uses == "http.probe") return RunProbe(with, context);
  const HttpResponse response = Ask(with);
  if (!changes) return JudgeCheck(with, response, response.body.contains(base::GetString(with, "contains")));
  std::lock_guard lock(mutex_);
  const std::string url = base::GetString(with, "url");
  if (!broken_.contains(url)) {
    if (base::GetString(with, "method") == "DELETE")
      resources_.erase(url);
    else
      resources_[url] = base::GetString(with, "body");
  }
  return JudgeRequest(with, response);
}

HttpResponse HttpModelDriver::Ask(const JsonObject& with) {
  std::lock_guard lock(mutex_);
  const auto broken = broken_.find(base::GetString(with, "url"));
  if (broken != broken_.end()) return {.status = broken->second, .body = "broken in the simulation"};
  const auto statuses = ReadStatuses(with);
  return {.status = statuses ? statuses->front() : 0, .body = base::GetString(with, "contains")};
}

Outcome HttpModelDriver::RunProbe(const JsonObject& with, Context& context) {
  const base::Duration length{base::GetInt(with, "for")};
  const base::Duration left = context.deadline - context.clock.Now();
  context.clock.Sleep(std::min(length, left));
  HttpSamples samples{.total = base::GetInt(with, "rate") * length.count() / 1000};
  const HttpResponse response = Ask(with);
  const auto statuses = ReadStatuses(with);
  if (statuses && std::ranges::find(*statuses, response.status) != statuses->end()) {
    samples.microseconds = {1000};  // of each of them
  } else {
    samples.errors = samples.total;
    samples.first_failure = response;
  }
  return JudgeProbe(with, std::move(samples), left >= length);
}

Outcome HttpModelDriver::Probe(const Prepared&, std::span<const JsonObject>, Context&) {
  return Unknown("nobody can see from here whether a request was carried out");
}

std::map<std::string, std::string> HttpModelDriver::Resources() const {
  std::lock_guard lock(mutex_);
  return resources_;
}

void HttpModelDriver::Break(const std::string& url, int status) {
  std::lock_guard lock(mutex_);
  broken_[url] = status;
}

std::unique_ptr<Driver> HttpModel() { return std::make_unique<HttpModelDriver>(); }

}  // namespace slipway::drivers
