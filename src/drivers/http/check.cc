// http.check and http.request: one request, one answer.
#include <fmt/core.h>

#include <algorithm>

#include "base/text.h"
#include "drivers/http/actions.h"

namespace slipway::drivers {
namespace {

using base::JsonObject;

std::string Asked(const JsonObject& with) {
  return fmt::format("{} {}", base::GetString(with, "method", "GET"), base::GetString(with, "url"));
}

std::string Expected(const std::vector<int>& statuses) {
  std::string text;
  for (int status : statuses) text += fmt::format("{}{}", text.empty() ? "" : " or ", status);
  return text;
}

Outcome Passed(const HttpResponse& response) {
  Outcome done =
      Done({{"status", response.status}, {"body", KeptText(response.body, 65536)}}, Describe(response));
  done.evidence = ResponseEvidence(response);
  return done;
}

Outcome Evidenced(Outcome outcome, const HttpResponse& response) {
  outcome.evidence = ResponseEvidence(response);
  if (!response.body.empty()) outcome.attachments.push_back({"response", response.body.substr(0, 65536)});
  return outcome;
}

}  // namespace

Outcome JudgeCheck(const JsonObject& with, const HttpResponse& response, bool contains) {
  const std::string said = fmt::format("{}: {}", Asked(with), Describe(response));
  switch (response.failure) {
    case HttpFailure::kNone:
      break;
    case HttpFailure::kRefused:
    case HttpFailure::kBroken:
    case HttpFailure::kNoAnswer:
      return Evidenced(NotDone(said), response);
    case HttpFailure::kNotSent:
    case HttpFailure::kCancelled:
      return Evidenced(Unknown(said), response);
  }
  const std::vector<int> statuses = ReadStatuses(with).value_or(std::vector<int>{});
  if (std::ranges::find(statuses, response.status) == statuses.end())
    return Evidenced(NotDone(fmt::format("{} (expected {})", said, Expected(statuses))), response);
  if (!contains)
    return Evidenced(NotDone(fmt::format("{}: the answer does not contain `{}`", Asked(with),
                                         base::Printable(base::GetString(with, "contains")))),
                     response);
  return Passed(response);
}

Outcome JudgeRequest(const JsonObject& with, const HttpResponse& response) {
  const std::string said = fmt::format("{}: {}", Asked(with), Describe(response));
  switch (response.failure) {
    case HttpFailure::kNone:
      break;
    case HttpFailure::kRefused:
    case HttpFailure::kNotSent:
      if (response.redirects == 0) return Evidenced(NotDone(said), response);
      [[fallthrough]];
    case HttpFailure::kBroken:
    case HttpFailure::kNoAnswer:
      return Evidenced(Unknown(said + "; it may have been carried out"), response);
    case HttpFailure::kCancelled:
      return Evidenced(Unknown(said), response);
  }
  const std::vector<int> statuses = ReadStatuses(with).value_or(std::vector<int>{});
  if (std::ranges::find(statuses, response.status) != statuses.end()) return Passed(response);
  std::string unexpected = fmt::format("{} (expected {})", said, Expected(statuses));
  if (response.redirects == 0 && response.status >= 400 && response.status < 500)
    return Evidenced(NotDone(unexpected), response);
  return Evidenced(Failed(unexpected + "; it may have been carried out"), response);
}

Outcome RunHttpCheck(const JsonObject& with, const Context& context) {
  auto statuses = ReadStatuses(with);
  auto request = ReadRequest(with, context);
  if (!statuses || !request) return Unknown(base::ToString(statuses ? request.error() : statuses.error()));
  HttpResponse raw = PerformHttp(request->request, context);
  HttpResponse response = Masked(raw, request->masker);
  // The call itself ran out of time: that says nothing about the service.
  if (response.failure == HttpFailure::kNoAnswer && base::SystemClock().Now() >= context.deadline)
    return Evidenced(Unknown(fmt::format("{}: stopped before it answered", Asked(with))), response);
  return JudgeCheck(with, response, raw.body.contains(base::GetString(with, "contains")));
}

Outcome RunHttpRequest(const JsonObject& with, const Context& context) {
  auto statuses = ReadStatuses(with);
  auto request = ReadRequest(with, context);
  if (!statuses || !request) return NotDone(base::ToString(statuses ? request.error() : statuses.error()));
  return JudgeRequest(with, Masked(PerformHttp(request->request, context), request->masker));
}

}  // namespace slipway::drivers
