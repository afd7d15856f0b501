#include "drivers/http/client.h"

#include <curl/curl.h>
#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <list>
#include <mutex>

#include "base/text.h"

namespace slipway::drivers {
namespace {

using base::Duration;
using base::Invalid;
using base::Status;

void StartCurl() {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
}

// One request of libcurl with what it points to.
struct Transfer {
  CURL* easy = nullptr;
  curl_slist* headers = nullptr;
  HttpRequest request;
  HttpResponse response;
  std::string error = std::string(CURL_ERROR_SIZE, '\0');
  HttpPool::Finished finished;

  ~Transfer() {
    curl_easy_cleanup(easy);
    curl_slist_free_all(headers);
  }
};

std::size_t TakeBody(char* data, std::size_t size, std::size_t count, void* user) {
  auto& response = *static_cast<HttpResponse*>(user);
  std::size_t bytes = size * count;
  std::size_t room = kBodyLimit - response.body.size();
  response.body.append(data, std::min(bytes, room));
  response.body_cut = response.body_cut || bytes > room;
  return bytes;
}

std::size_t TakeHeader(char* data, std::size_t size, std::size_t count, void* user) {
  auto& response = *static_cast<HttpResponse*>(user);
  std::string_view line = base::Trim({data, size * count});
  if (line.starts_with("HTTP/")) response.headers.clear();  // the answer before a redirect
  std::size_t colon = line.find(':');
  if (colon == line.npos || response.headers.size() >= 100) return size * count;
  std::string name(line.substr(0, colon));
  std::ranges::transform(name, name.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  response.headers.emplace_back(std::move(name), base::Trim(line.substr(colon + 1)));
  return size * count;
}

void SetOptions(Transfer& transfer, Duration timeout) {
  CURL* easy = transfer.easy;
  const HttpRequest& request = transfer.request;
  curl_easy_setopt(easy, CURLOPT_URL, request.url.c_str());
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, request.follow ? 1L : 0L);
  curl_easy_setopt(easy, CURLOPT_MAXREDIRS, 5L);
  curl_easy_setopt(easy, CURLOPT_PROXY, "");
  curl_easy_setopt(easy, CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, std::max<long>(timeout.count(), 1));
  curl_easy_setopt(easy, CURLOPT_USERAGENT, "slipway/" SLIPWAY_VERSION);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, TakeBody);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &transfer.response);
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, TakeHeader);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, &transfer.response);
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer.error.data());
  curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request.method.c_str());
  if (request.method == "HEAD") curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
  if (request.send_body) {
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request.body.c_str());
  }
  for (const auto& [name, value] : request.headers)
    transfer.headers =
        curl_slist_append(transfer.headers, (value.empty() ? name + ";" : name + ": " + value).c_str());
  transfer.headers = curl_slist_append(transfer.headers, "Expect:");
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, transfer.headers);
}

// Whether a time-out came before anything could be sent.
bool NeverConnected(CURL* easy) {
  curl_off_t connected = 0;
  curl_easy_getinfo(easy, CURLINFO_PRETRANSFER_TIME_T, &connected);
  return connected == 0;
}

bool ConnectionRefused(CURL* easy) {
  long number = 0;
  curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &number);
  return number == ECONNREFUSED;
}

// An answer that is no HTTP is told as an unsupported protocol: that the request was not sent is not said by
// it.
HttpFailure FailureOf(CURL* easy, CURLcode code) {
  switch (static_cast<int>(code)) {
    case CURLE_OK:
      return HttpFailure::kNone;
    case CURLE_COULDNT_CONNECT:
      return ConnectionRefused(easy) ? HttpFailure::kRefused : HttpFailure::kNotSent;
    case CURLE_OPERATION_TIMEDOUT:
      return NeverConnected(easy) ? HttpFailure::kNotSent : HttpFailure::kNoAnswer;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_URL_MALFORMAT:
    case CURLE_FAILED_INIT:
      return HttpFailure::kNotSent;
    default:
      return NeverConnected(easy) ? HttpFailure::kNotSent : HttpFailure::kBroken;
  }
}

void Conclude(Transfer& transfer, CURLcode code) {
  HttpResponse& response = transfer.response;
  long status = 0;
  curl_off_t took = 0;
  curl_easy_getinfo(transfer.easy, CURLINFO_RESPONSE_CODE, &status);
  curl_easy_getinfo(transfer.easy, CURLINFO_TOTAL_TIME_T, &took);
  response.status = static_cast<int>(status);
  response.microseconds = took;
  long redirects = 0;
  curl_easy_getinfo(transfer.easy, CURLINFO_REDIRECT_COUNT, &redirects);
  response.redirects = static_cast<int>(redirects);
  response.failure = FailureOf(transfer.easy, code);
  if (response.failure == HttpFailure::kNone) return;
  if (response.failure == HttpFailure::kRefused) {
    response.error = "connection refused";
  } else {
    response.error = transfer.error.c_str();
    if (response.error.empty()) response.error = curl_easy_strerror(code);
    while (response.error.ends_with('.')) response.error.pop_back();
  }
}

}  // namespace

Status CheckUrl(std::string_view url) {
  StartCurl();
  std::string text(url);
  if (!url.starts_with("http://") && !url.starts_with("https://"))
    return Invalid(fmt::format("`{}` is no http:// or https:// URL", base::Printable(url.substr(0, 200))),
                   "url");
  CURLU* parsed = curl_url();
  CURLUcode code = curl_url_set(parsed, CURLUPART_URL, text.c_str(), 0);
  curl_url_cleanup(parsed);
  if (code == CURLUE_OK && url.find_first_of(std::string_view(" \r\n\t\0", 5)) == url.npos) return {};
  return Invalid(fmt::format("`{}` is no URL", base::Printable(url.substr(0, 200))), "url");
}

Status CheckMethod(std::string_view method) {
  bool good = !method.empty() && method.size() <= 20;
  for (char c : method) good = good && c >= 'A' && c <= 'Z';
  if (good) return {};
  return Invalid(fmt::format("`{}` is no HTTP method", base::Printable(method.substr(0, 40))), "method");
}

struct HttpPool::Impl {
  explicit Impl(const Context& given) : context(given) {}
  const Context& context;
  CURLM* multi = nullptr;
  std::list<std::unique_ptr<Transfer>> transfers;
};

HttpPool::HttpPool(const Context& context) : impl_(std::make_unique<Impl>(context)) {
  StartCurl();
  impl_->multi = curl_multi_init();
}

HttpPool::~HttpPool() {
  Abort();
  curl_multi_cleanup(impl_->multi);
}

void HttpPool::Abort() {
  for (auto& transfer : impl_->transfers) curl_multi_remove_handle(impl_->multi, transfer->easy);
  impl_->transfers.clear();
}

std::size_t HttpPool::in_flight() const { return impl_->transfers.size(); }

void HttpPool::Start(const HttpRequest& request, Finished finished) {
  auto transfer = std::make_unique<Transfer>();
  transfer->easy = curl_easy_init();
  transfer->request = request;
  transfer->finished = std::move(finished);
  Duration left = impl_->context.deadline - base::SystemClock().Now();
  SetOptions(*transfer, std::min(request.timeout, left));
  curl_multi_add_handle(impl_->multi, transfer->easy);
  impl_->transfers.push_back(std::move(transfer));
}

void HttpPool::Work(Duration at_most) {
  int running = 0;
  curl_multi_perform(impl_->multi, &running);
  if (static_cast<std::size_t>(running) == impl_->transfers.size() && !impl_->context.cancel.cancelled()) {
    curl_waitfd cancel{impl_->context.cancel.fd(), CURL_WAIT_POLLIN, 0};
    curl_multi_poll(impl_->multi, &cancel, 1,
                    static_cast<int>(std::clamp<std::int64_t>(at_most.count(), 0, 60'000)), nullptr);
    curl_multi_perform(impl_->multi, &running);
  }
  int left = 0;
  while (CURLMsg* message = curl_multi_info_read(impl_->multi, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    CURL* easy = message->easy_handle;
    CURLcode code = message->data.result;
    auto found =
        std::ranges::find(impl_->transfers, easy, [](const auto& transfer) { return transfer->easy; });
    std::unique_ptr<Transfer> transfer = std::move(*found);
    impl_->transfers.erase(found);
    Conclude(*transfer, code);
    curl_multi_remove_handle(impl_->multi, easy);
    transfer->finished(std::move(transfer->response));
  }
}

HttpResponse PerformHttp(const HttpRequest& request, const Context& context) {
  HttpResponse result;
  if (context.cancel.cancelled() || base::SystemClock().Now() >= context.deadline)
    return {.failure = HttpFailure::kNotSent, .error = "stopped before it was sent"};
  bool finished = false;
  HttpPool pool(context);
  pool.Start(request, [&](HttpResponse response) {
    result = std::move(response);
    finished = true;
  });
  while (!finished) {
    if (context.cancel.cancelled())
      return {.failure = HttpFailure::kCancelled, .error = "cancelled while it was in progress"};
    pool.Work(Duration{1000});
  }
  return result;
}

}  // namespace slipway::drivers
