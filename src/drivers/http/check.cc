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

Outcome RunHttpCheck(const JsonObject& with, const Context& context) {
  auto statuses = ReadStatuses(with);
  auto request = ReadRequest(with, context);
  if (!statuses || !request) return Unknown(base::ToString(statuses ? request.error() : statuses.error()));
  HttpResponse raw = PerformHttp(request->request, context);
  HttpResponse response = Masked(raw, request->masker);
  const std::string asked = Asked(with);
  // The call itself ran out of time: that says nothing about the service.
  bool cut_short =
      response.failure == HttpFailure::kNoAnswer && base::SystemClock().Now() >= context.deadline;
  switch (response.failure) {
    case HttpFailure::kNone:
      break;
    case HttpFailure::kRefused:
    case HttpFailure::kBroken:
    case HttpFailure::kNoAnswer:
      if (cut_short)
        return Evidenced(Unknown(fmt::format("{}: stopped before it answered", asked)), response);
      return Evidenced(NotDone(fmt::format("{}: {}", asked, Describe(response))), response);
    case HttpFailure::kNotSent:
    case HttpFailure::kCancelled:
      return Evidenced(Unknown(fmt::format("{}: {}", asked, Describe(response))), response);
  }
  if (std::ranges::find(*statuses, response.status) == statuses->end())
    return Evidenced(
        NotDone(fmt::format("{}: {} (expected {})", asked, Describe(response), Expected(*statuses))),
        response);
  std::string contains = base::GetString(with, "contains");
  if (!contains.empty() && !raw.body.contains(contains))
    return Evidenced(
        NotDone(fmt::format("{}: the answer does not contain `{}`", asked, base::Printable(contains))),
        response);
  return Passed(response);
}

Outcome RunHttpRequest(const JsonObject& with, const Context& context) {
  auto statuses = ReadStatuses(with);
  auto request = ReadRequest(with, context);
  if (!statuses || !request) return NotDone(base::ToString(statuses ? request.error() : statuses.error()));
  HttpResponse response = Masked(PerformHttp(request->request, context), request->masker);
  const std::string asked = Asked(with);
  const std::string said = fmt::format("{}: {}", asked, Describe(response));
  switch (response.failure) {
    case HttpFailure::kNone:
      break;
    case HttpFailure::kRefused:
    case HttpFailure::kNotSent:
      return Evidenced(NotDone(said), response);
    case HttpFailure::kBroken:
    case HttpFailure::kNoAnswer:
      return Evidenced(Unknown(said + "; it may have been carried out"), response);
    case HttpFailure::kCancelled:
      return Evidenced(Unknown(said), response);
  }
  if (std::ranges::find(*statuses, response.status) != statuses->end()) return Passed(response);
  std::string unexpected = fmt::format("{} (expected {})", said, Expected(*statuses));
  if (response.status >= 400 && response.status < 500) return Evidenced(NotDone(unexpected), response);
  return Evidenced(Failed(unexpected + "; it may have been carried out"), response);
}

}  // namespace slipway::drivers
