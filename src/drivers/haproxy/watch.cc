// haproxy.watch: what users got from one server, by HAProxy's own counters.
//
// A retry or redispatch is an answer that failed on this server and that HAProxy hid from the user; it counts
// as a failure, or `retry-on` would hide a broken release altogether.
#include <fmt/core.h>

#include <algorithm>

#include "base/text.h"
#include "drivers/haproxy/actions.h"

namespace slipway::drivers {
namespace {

using base::Duration;
using base::JsonObject;

constexpr Duration kTick{100};

struct Tally {
  std::int64_t samples = 0;
  std::int64_t errors = 0;
  JsonObject evidence;

  // Basis points, rounded up: one failure in a million is not none.
  std::int64_t rate() const { return samples == 0 ? 0 : (errors * 10000 + samples - 1) / samples; }
};

Tally Between(const EdgeCounters& first, const EdgeCounters& last, bool client_errors) {
  std::int64_t hidden = (last.retries - first.retries) + (last.redispatches - first.redispatches) +
                        (last.connect_errors - first.connect_errors) +
                        (last.response_errors - first.response_errors);
  std::int64_t answers = last.answers - first.answers;
  std::int64_t bad = last.errors_5xx - first.errors_5xx;
  if (client_errors) bad += last.errors_4xx - first.errors_4xx;
  Tally tally{answers + hidden, bad + hidden, {}};
  tally.evidence = {{"samples", tally.samples},
                    {"errors", tally.errors},
                    {"error_rate_bp", tally.rate()},
                    {"answers", answers},
                    {"answers_5xx", last.errors_5xx - first.errors_5xx},
                    {"answers_4xx", last.errors_4xx - first.errors_4xx},
                    {"retries", last.retries - first.retries},
                    {"redispatches", last.redispatches - first.redispatches},
                    {"connect_errors", last.connect_errors - first.connect_errors},
                    {"response_errors", last.response_errors - first.response_errors}};
  return tally;
}

std::string Describe(const EdgeCall& call, const Tally& tally) {
  return fmt::format("{} of {} requests to {}/{} failed ({}; allowed {})", tally.errors, tally.samples,
                     call.backend(), call.Argument("server"),
                     base::FormatPercentage(std::min<std::int64_t>(tally.rate(), 10000)),
                     base::FormatPercentage(base::GetInt(call.prepared.action.with, "max_error_rate")));
}

Outcome Judge(const EdgeCall& call, Tally tally) {
  std::int64_t allowed = base::GetInt(call.prepared.action.with, "max_error_rate");
  std::int64_t least = base::GetInt(call.prepared.action.with, "min_samples");
  std::string text = Describe(call, tally);
  if (tally.samples < least)
    return Unknown(fmt::format("{}: at least {} requests are needed to judge", text, least),
                   std::move(tally.evidence));
  if (tally.rate() > allowed) return NotDone(std::move(text), std::move(tally.evidence));
  Outcome done = Done({{"samples", tally.samples}, {"errors", tally.errors}}, std::move(text));
  done.evidence = std::move(tally.evidence);
  return done;
}

// More failures than the whole window may have at this pace: no need to let more users meet them.
bool Hopeless(const EdgeCall& call, const Tally& tally, Duration elapsed) {
  std::int64_t allowed = base::GetInt(call.prepared.action.with, "max_error_rate");
  if (tally.samples < base::GetInt(call.prepared.action.with, "min_samples") || elapsed.count() <= 0)
    return false;
  std::int64_t expected =
      tally.samples * std::max(call.Time("for").count() / elapsed.count(), std::int64_t{1});
  return tally.errors * 10000 > expected * allowed && tally.rate() > allowed;
}

}  // namespace

Outcome RunWatch(EdgeCall& call) {
  const std::string server = call.Argument("server");
  const bool client_errors = call.Argument("errors") == "4xx_and_5xx";
  const base::Time began = call.context.clock.Now();
  auto first = call.edge.Count(call.backend(), server);
  if (!first) return Unknown(base::ToString(first.error()));
  while (true) {
    bool waited = call.edge.Wait(std::min(kTick, call.Time("for")));
    auto last = call.edge.Count(call.backend(), server);
    if (!last) return Unknown(base::ToString(last.error()));
    if (last->process != first->process || last->answers < first->answers)
      return Unknown(fmt::format("HAProxy was reloaded or its counters were cleared while {}/{} was watched",
                                 call.backend(), server));
    Tally tally = Between(*first, *last, client_errors);
    if (last->went_down > first->went_down)
      return NotDone(fmt::format("HAProxy's checks took server {}/{} down", call.backend(), server),
                     std::move(tally.evidence));
    Duration elapsed = call.context.clock.Now() - began;
    if (Hopeless(call, tally, elapsed)) return NotDone(Describe(call, tally), std::move(tally.evidence));
    if (!waited) return Unknown("stopped before the watch was over", std::move(tally.evidence));
    if (elapsed >= call.Time("for")) return Judge(call, std::move(tally));
  }
}

}  // namespace slipway::drivers
