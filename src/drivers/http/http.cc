#include "drivers/http/http.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/text.h"
#include "drivers/http/actions.h"

namespace slipway::drivers {

using base::Invalid;
using base::Json;
using base::JsonObject;
using base::Result;
using base::Status;

namespace {

Result<int> ReadStatus(const Json& value) {
  std::int64_t status = -1;
  if (value.is_int64()) status = value.get_int64();
  if (value.is_string()) status = base::ParseInteger(base::View(value.get_string())).value_or(-1);
  if (status < 100 || status > 599) return Invalid("`status` is a number from 100 to 599, or a list of them");
  return static_cast<int>(status);
}

bool HasSecret(std::string_view text) { return text.contains("${{"); }

Status CheckHeader(std::string_view name, std::string_view value) {
  bool good = !name.empty();
  for (char c : name) good = good && c > 32 && c < 127 && c != ':';
  if (good && value.find_first_of(std::string_view("\r\n\0", 3)) == value.npos) return {};
  return Invalid(fmt::format("header `{}` has a character that no header may have", base::Printable(name)));
}

class HttpDriver final : public Driver {
 public:
  std::string_view Name() const override { return "http"; }
  std::span<const ActionSheet> Sheets() const override { return HttpSheets(); }

  Result<Prepared> Prepare(const Action& action, Context&) override { return PrepareHttp(action); }

  Outcome Run(const Prepared& prepared, std::span<const JsonObject>, Sink&, Context& context) override {
    const Action& action = prepared.action;
    if (action.uses == "http.check") return RunHttpCheck(action.with, context);
    if (action.uses == "http.probe") return RunHttpProbe(action.with, context);
    if (action.uses == "http.request") return RunHttpRequest(action.with, context);
    return NotDone(fmt::format("unknown action `{}`", action.uses));
  }

  Outcome Probe(const Prepared&, std::span<const JsonObject>, Context&) override {
    return Unknown("nobody can see from here whether a request was carried out");
  }
};

}  // namespace

Result<Prepared> PrepareHttp(const Action& action) {
  auto sheet = std::ranges::find(HttpSheets(), action.uses, &ActionSheet::name);
  if (sheet == HttpSheets().end()) return Invalid(fmt::format("unknown action `{}`", action.uses));
  SLIPWAY_TRY(JsonObject with, NormalizeAll(*sheet, action.with, true));
  SLIPWAY_CHECK_OK(CheckHttpArguments(with));
  return Prepared{{action.uses, std::move(with)}, {}, {}, {}};
}

Result<std::vector<int>> ReadStatuses(const JsonObject& with) {
  std::vector<int> statuses;
  const Json* given = with.if_contains("status");
  if (given == nullptr || given->is_null()) return std::vector<int>{200};
  if (!given->is_array()) {
    SLIPWAY_TRY(int status, ReadStatus(*given));
    return std::vector<int>{status};
  }
  for (const Json& item : given->get_array()) {
    SLIPWAY_TRY(int status, ReadStatus(item));
    statuses.push_back(status);
  }
  if (statuses.empty()) return Invalid("`status` is an empty list");
  return statuses;
}

Status CheckHttpArguments(const JsonObject& with) {
  SLIPWAY_CHECK_OK(ReadStatuses(with));
  std::string url = base::GetString(with, "url");
  if (!HasSecret(url)) SLIPWAY_CHECK_OK(CheckUrl(url));
  SLIPWAY_CHECK_OK(CheckMethod(base::GetString(with, "method", "GET")));
  for (const auto& member : base::GetObject(with, "headers"))
    if (member.value().is_string())
      SLIPWAY_CHECK_OK(CheckHeader(member.key(), base::View(member.value().get_string())));
  if (with.contains("rate") && (base::GetInt(with, "rate") < 1 || base::GetInt(with, "rate") > 10'000))
    return Invalid("`rate` is a number of requests a second from 1 to 10000", "rate");
  return {};
}

std::string KeptText(std::string_view bytes, std::size_t limit) {
  if (bytes.size() > limit) {
    bytes = bytes.substr(0, limit);
    while (!bytes.empty() && (bytes.back() & 0xC0) == 0x80) bytes.remove_suffix(1);
    if (!bytes.empty() && (bytes.back() & 0x80) != 0) bytes.remove_suffix(1);
  }
  return base::IsUtf8(bytes) ? std::string(bytes) : base::Printable(bytes);
}

HttpResponse Masked(const HttpResponse& response, const base::Masker& masker) {
  HttpResponse masked = response;
  if (masker.empty()) return masked;
  masked.error = masker.Mask(response.error);
  masked.body = masker.Mask(response.body);
  for (auto& [name, value] : masked.headers) {
    name = masker.Mask(name);
    value = masker.Mask(value);
  }
  return masked;
}

Result<Revealed> ReadRequest(const JsonObject& with, const Context& context) {
  Revealed result;
  SLIPWAY_TRY(Json revealed, context.Reveal(Json(with), &result.masker));
  const JsonObject& plain = revealed.get_object();
  HttpRequest& request = result.request;
  request.method = base::GetString(plain, "method", "GET");
  request.url = base::GetString(plain, "url");
  if (!CheckUrl(request.url)) return Invalid("the URL is none");  // it may hold a secret, so it is not shown
  for (const auto& member : base::GetObject(plain, "headers")) {
    if (!member.value().is_string()) continue;
    std::string_view value = base::View(member.value().get_string());
    SLIPWAY_CHECK_OK(CheckHeader(member.key(), value));
    request.headers.emplace_back(member.key(), value);
  }
  if (const Json* body = plain.if_contains("body"); body != nullptr && body->is_string()) {
    request.body = base::View(body->get_string());
    request.send_body = true;
  }
  request.follow = base::GetBool(plain, "follow");
  request.timeout = base::Duration{base::GetInt(plain, "timeout", 5000)};
  return result;
}

JsonObject ResponseEvidence(const HttpResponse& response) {
  if (response.failure != HttpFailure::kNone && response.status == 0)
    return {{"error", KeptText(response.error, 500)}, {"microseconds", response.microseconds}};
  static constexpr std::string_view kShown[] = {"content-type", "content-length", "location", "retry-after",
                                                "server",       "date",           "via",      "x-request-id"};
  JsonObject headers;
  for (const auto& [name, value] : response.headers) {
    bool shown = std::ranges::find(kShown, name) != std::end(kShown) || name.starts_with("x-");
    if (shown) headers[name] = KeptText(value, 200);
  }
  JsonObject evidence{{"status", response.status},
                      {"headers", std::move(headers)},
                      {"body", KeptText(response.body, 2048)},
                      {"microseconds", response.microseconds}};
  if (!response.error.empty()) evidence["error"] = KeptText(response.error, 500);
  return evidence;
}

std::string Describe(const HttpResponse& response) {
  if (response.failure != HttpFailure::kNone) return base::Printable(response.error);
  std::string_view body = response.body;
  std::string first = base::Printable(base::Trim(body.substr(0, body.find('\n'))).substr(0, 100));
  return fmt::format("status {}{}{}", response.status, first.empty() ? "" : ": ", first);
}

std::unique_ptr<Driver> MakeHttpDriver() { return std::make_unique<HttpDriver>(); }

}  // namespace slipway::drivers
