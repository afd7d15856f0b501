// The actions of the http driver, one file each. Inside the driver only.
#pragma once

#include <optional>
#include <vector>

#include "drivers/http/client.h"

namespace slipway::drivers {

const std::vector<ActionSheet>& HttpSheets();

// The expected statuses: `200`, `"200"`, or a list of them. kInvalid otherwise.
base::Result<std::vector<int>> ReadStatuses(const base::JsonObject& with);

// The action with its arguments checked and filled in; does no I/O.
base::Result<Prepared> PrepareHttp(const Action& action);

// URL, method, headers and statuses are usable as they are written (a secret still stands as its name).
base::Status CheckHttpArguments(const base::JsonObject& with);

// The request of the arguments, secrets revealed, and what hides them again in whatever comes back.
struct Revealed {
  HttpRequest request;
  base::Masker masker;
};
// kInvalid: a header with a line end, a URL that is none.
base::Result<Revealed> ReadRequest(const base::JsonObject& with, const Context& context);

// The response without the secrets that were sent. To be used before anything is cut from it: half a secret
// would not be found any more.
HttpResponse Masked(const HttpResponse& response, const base::Masker& masker);

// At most `limit` bytes of text as it came, so that whoever masks it finds what it knows; spelled out where
// it is no UTF-8.
std::string KeptText(std::string_view bytes, std::size_t limit);

// Status, a few headers and the first 2 KiB of the body, of a masked response.
base::JsonObject ResponseEvidence(const HttpResponse& response);

// `503 after 2ms: db: connection refused`, or how it ended without an answer.
std::string Describe(const HttpResponse& response);

// What an answer without secrets amounts to, of a real service or of the model's. `contains`: the answer
// holds the text of that argument, or none is asked for.
Outcome JudgeCheck(const base::JsonObject& with, const HttpResponse& response, bool contains);
Outcome JudgeRequest(const base::JsonObject& with, const HttpResponse& response);

// What a probe measured.
struct HttpSamples {
  std::vector<std::int64_t> microseconds;  // of those that were answered as expected
  std::int64_t total = 0;
  std::int64_t errors = 0;
  std::optional<HttpResponse> first_failure;

  std::int64_t Percentile(int percent) const;  // nearest rank of sorted ones; 0 when there is none
};

// `whole`: the stream was not cut short.
Outcome JudgeProbe(const base::JsonObject& with, HttpSamples samples, bool whole);

Outcome RunHttpCheck(const base::JsonObject& with, const Context& context);
Outcome RunHttpProbe(const base::JsonObject& with, const Context& context);
Outcome RunHttpRequest(const base::JsonObject& with, const Context& context);

}  // namespace slipway::drivers
