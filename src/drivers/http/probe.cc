// http.probe: a steady stream of requests, judged by error rate and latency.
//
// The stream is open: a request starts when it is due, whether or not the ones before have ended, and its
// latency counts from when it was due (otherwise a stalled service would be asked less and look better:
// "coordinated omission", G. Tene).
#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <optional>

#include "base/text.h"
#include "drivers/http/actions.h"

namespace slipway::drivers {
namespace {

using base::Duration;
using base::JsonObject;
using Steady = std::chrono::steady_clock;

// Beyond this a service answers nothing any more; what is due then counts as an error without being sent.
constexpr std::size_t kMostInFlight = 256;

void Count(HttpSamples& samples, HttpResponse response, const std::vector<int>& statuses,
           std::int64_t microseconds) {
  ++samples.total;
  bool good = response.failure == HttpFailure::kNone &&
              std::ranges::find(statuses, response.status) != statuses.end();
  if (good) {
    samples.microseconds.push_back(microseconds);
    return;
  }
  ++samples.errors;
  if (!samples.first_failure) samples.first_failure = std::move(response);
}

// More errors than the whole stream may have: no need to go on.
bool Hopeless(const HttpSamples& samples, const JsonObject& with) {
  std::int64_t planned =
      std::max(base::GetInt(with, "rate") * base::GetInt(with, "for") / 1000, samples.total);
  return samples.total >= base::GetInt(with, "min_samples") &&
         samples.errors * 10000 > planned * base::GetInt(with, "max_error_rate");
}

// False when the call was cancelled or its deadline came before the stream was over.
bool Stream(const JsonObject& with, const HttpRequest& request, const std::vector<int>& statuses,
            const Context& context, HttpSamples& samples) {
  HttpPool pool(context);
  const auto began = Steady::now();
  const auto length = std::chrono::milliseconds(base::GetInt(with, "for"));
  const auto gap = std::chrono::microseconds(1'000'000 / base::GetInt(with, "rate"));
  for (std::int64_t number = 0;;) {
    if (context.cancel.cancelled() || base::SystemClock().Now() >= context.deadline) return false;
    if (Hopeless(samples, with)) return true;
    auto now = Steady::now();
    auto due = began + number * gap;
    bool more = due - began < length;
    if (!more && pool.in_flight() == 0) return true;
    if (more && due <= now) {
      ++number;
      if (pool.in_flight() >= kMostInFlight) {
        Count(samples, {.failure = HttpFailure::kNoAnswer, .error = "too many requests without an answer"},
              statuses, 0);
        continue;
      }
      pool.Start(request, [&samples, &statuses, due](HttpResponse response) {
        auto took = std::chrono::duration_cast<std::chrono::microseconds>(Steady::now() - due);
        Count(samples, std::move(response), statuses, took.count());
      });
      continue;
    }
    auto wait =
        std::chrono::ceil<std::chrono::milliseconds>(more ? due - now : std::chrono::milliseconds(50));
    pool.Work(std::min<Duration>(wait, Duration{50}));
  }
}

JsonObject EvidenceOf(const HttpSamples& samples) {
  JsonObject evidence{{"samples", samples.total},
                      {"errors", samples.errors},
                      {"p50_us", samples.Percentile(50)},
                      {"p95_us", samples.Percentile(95)},
                      {"p99_us", samples.Percentile(99)},
                      {"max_us", samples.microseconds.empty() ? 0 : samples.microseconds.back()}};
  if (samples.first_failure) evidence["first_failure"] = ResponseEvidence(*samples.first_failure);
  return evidence;
}

std::optional<std::int64_t> LimitOf(const JsonObject& with, const std::string& name) {
  const base::Json* limit = with.if_contains(name);
  return limit != nullptr && limit->is_int64() ? std::optional(limit->get_int64()) : std::nullopt;
}

// What was measured beside its limits, `max_…` and `warn_…`, where it has one.
class Judgement {
 public:
  explicit Judgement(const JsonObject& with) : with_(with) {}

  // A limit of something of which nothing was measured.
  void AddUnknown(const std::string& name, const std::string& why) {
    if (!LimitOf(with_, "max_" + name) && !LimitOf(with_, "warn_" + name)) return;
    unknown = why;
    checks.push_back(JsonObject{{"check", name}, {"verdict", "unknown"}, {"seen", why}});
  }

  template <typename Exceeds>
  void Add(const std::string& name, const std::string& seen, Exceeds exceeds,
           std::string (*show)(std::int64_t), const std::string& more = "") {
    const auto most = LimitOf(with_, "max_" + name), warn = LimitOf(with_, "warn_" + name);
    if (!most && !warn) return;
    const bool fails = most && exceeds(*most), warns = !fails && warn && exceeds(*warn);
    const std::string allowed = show(warns || !most ? *warn : *most);
    const std::string told = fmt::format("{} (allowed {}){}", seen, allowed, fails ? more : "");
    if (fails && failed.empty()) failed = told;
    if (warns) warned += "; warning: " + told;
    checks.push_back(JsonObject{{"check", name},
                                {"verdict", fails   ? "fail"
                                            : warns ? "warn"
                                                    : "pass"},
                                {"seen", told}});
  }

  base::JsonArray checks;
  std::string failed;   // the first limit that is exceeded, in words; empty when none is
  std::string warned;   // every one that only warns
  std::string unknown;  // why a limit could not be judged; empty when all could

 private:
  const JsonObject& with_;
};

Judgement JudgementOf(const JsonObject& with, const HttpSamples& samples) {
  Judgement judgement(with);
  judgement.Add(
      "error_rate", fmt::format("{} of {} requests failed", samples.errors, samples.total),
      [&](std::int64_t allowed) { return samples.errors * 10000 > samples.total * allowed; },
      [](std::int64_t allowed) { return base::FormatPercentage(allowed); },
      samples.first_failure ? ": " + Describe(*samples.first_failure) : "");
  for (const int percent : {50, 95, 99}) {
    if (samples.microseconds.empty()) {
      judgement.AddUnknown(fmt::format("p{}", percent), "no request was answered as expected");
      continue;
    }
    const std::int64_t seen = samples.Percentile(percent);
    judgement.Add(
        fmt::format("p{}", percent), fmt::format("p{} was {}.{:03}ms", percent, seen / 1000, seen % 1000),
        [&](std::int64_t most) { return seen > most * 1000; },
        [](std::int64_t most) { return base::FormatDuration(Duration{most}); });
  }
  return judgement;
}

}  // namespace

std::int64_t HttpSamples::Percentile(int percent) const {
  if (microseconds.empty()) return 0;
  std::size_t rank = (microseconds.size() * static_cast<std::size_t>(percent) + 99) / 100;
  return microseconds[std::max<std::size_t>(rank, 1) - 1];
}

Outcome JudgeProbe(const JsonObject& with, HttpSamples samples, bool whole) {
  std::ranges::sort(samples.microseconds);
  JsonObject evidence = EvidenceOf(samples);
  const std::string asked = base::GetString(with, "url");
  if (!whole)
    return Unknown(fmt::format("{}: stopped before the probe was over", asked), std::move(evidence));
  if (samples.total < base::GetInt(with, "min_samples"))
    return Unknown(fmt::format("{}: {} requests, at least {} are needed to judge", asked, samples.total,
                               base::GetInt(with, "min_samples")),
                   std::move(evidence));
  Judgement judgement = JudgementOf(with, samples);
  evidence["checks"] = std::move(judgement.checks);
  if (!judgement.failed.empty())
    return NotDone(fmt::format("{}: {}", asked, judgement.failed), std::move(evidence));
  if (!judgement.unknown.empty()) return Unknown(asked + ": " + judgement.unknown, std::move(evidence));
  Outcome done = Done(
      {}, fmt::format("{}: {} requests, {} failed, p95 {}.{:03}ms{}", asked, samples.total, samples.errors,
                      samples.Percentile(95) / 1000, samples.Percentile(95) % 1000, judgement.warned));
  for (std::string_view name : {"samples", "errors", "p50_us", "p95_us", "p99_us", "checks"})
    done.outputs[name] = evidence[name];
  done.evidence = std::move(evidence);
  return done;
}

Outcome RunHttpProbe(const JsonObject& with, const Context& context) {
  auto statuses = ReadStatuses(with);
  auto request = ReadRequest(with, context);
  if (!statuses || !request) return Unknown(base::ToString(statuses ? request.error() : statuses.error()));
  HttpSamples samples;
  bool whole = Stream(with, request->request, *statuses, context, samples);
  if (samples.first_failure) samples.first_failure = Masked(*samples.first_failure, request->masker);
  return JudgeProbe(with, std::move(samples), whole);
}

}  // namespace slipway::drivers
