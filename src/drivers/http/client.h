// HTTP requests that end at a deadline or at once when cancelled. libcurl stays behind this header.
//
// Only http and https; no proxy, no credentials and no cookies from the environment, so that a check asks
// exactly what it names. Redirects are followed only where asked.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "drivers/driver.h"

namespace slipway::drivers {

struct HttpRequest {
  std::string method = "GET";
  std::string url;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  bool send_body = false;
  bool follow = false;  // at most 5 redirects
  base::Duration timeout{5000};
};

// How a request ended without an answer. What it proves differs: after kNotSent the server has seen nothing.
enum class HttpFailure {
  kNone,
  kRefused,    // nobody listens there: the service is down
  kNotSent,    // no such host, no route, no TLS: the service was never reached
  kNoAnswer,   // sent, and the time was up
  kBroken,     // sent, and the connection ended without a whole answer
  kCancelled,  // by the caller
};

struct HttpResponse {
  HttpFailure failure = HttpFailure::kNone;
  std::string error;  // for a person; empty when answered
  int status = 0;
  int redirects = 0;  // how many were followed: those who sent us on had the request
  std::vector<std::pair<std::string, std::string>> headers;  // names in lower case
  std::string body;                                          // at most kBodyLimit bytes of it
  bool body_cut = false;
  std::int64_t microseconds = 0;
};

inline constexpr std::size_t kBodyLimit = 1u << 20;

// kInvalid where the URL or method cannot be used at all; nothing is sent.
base::Status CheckUrl(std::string_view url);
base::Status CheckMethod(std::string_view method);

// One request, blocking, within the request's timeout and the call's deadline.
HttpResponse PerformHttp(const HttpRequest& request, const Context& context);

// Requests in flight side by side on kept connections, for probes. One thread.
class HttpPool {
 public:
  explicit HttpPool(const Context& context);
  ~HttpPool();
  using Finished = std::function<void(HttpResponse)>;
  void Start(const HttpRequest& request, Finished finished);
  std::size_t in_flight() const;
  // Works until something finished, `until` has come, or the call is cancelled.
  void Work(base::Duration at_most);
  void Abort();  // forgets what is in flight; its callbacks are not called

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace slipway::drivers
