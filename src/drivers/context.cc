#include <fmt/core.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/text.h"
#include "drivers/driver.h"

namespace slipway::drivers {

using base::Json;
using base::JsonArray;
using base::JsonObject;
using base::Result;

CancelToken::CancelToken() : fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

CancelToken::~CancelToken() {
  if (fd_ >= 0) close(fd_);
}

void CancelToken::Cancel() {
  cancelled_.store(true, std::memory_order_release);
  std::uint64_t one = 1;
  // The counter cannot overflow in practice; a full one is readable all the same.
  [[maybe_unused]] auto written = write(fd_, &one, sizeof one);
}

namespace {

// Adds the values it hands out to the masker, where there is one.
class Remembering final : public SecretSource {
 public:
  Remembering(SecretSource& source, base::Masker* seen) : source_(source), seen_(seen) {}
  Result<base::Secret> Get(std::string_view name) override {
    auto secret = source_.Get(name);
    if (secret && seen_ != nullptr) seen_->Add(*secret);
    return secret;
  }

 private:
  SecretSource& source_;
  base::Masker* const seen_;
};

// The name in `secrets.NAME` or `secrets['NAME']`; empty when `body` is anything else.
std::string_view SecretName(std::string_view body) {
  body = base::Trim(body);
  constexpr std::string_view kParameters = "parameters.";  // a secret parameter keeps its whole name
  const std::size_t prefix = body.starts_with(kParameters) ? kParameters.size() : 0;
  if (prefix != 0 || body.starts_with("secrets.")) {
    if (prefix == 0) body.remove_prefix(8);
  } else if ((body.starts_with("secrets['") && body.ends_with("']")) ||
             (body.starts_with("secrets[\"") && body.ends_with("\"]"))) {
    body = body.substr(9, body.size() - 11);
  } else {
    return {};
  }
  constexpr std::string_view kAllowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
  return body.find_first_not_of(kAllowed, prefix) == body.npos ? body : std::string_view{};
}

// One pass from left to right; what a secret's value contains is never looked at again.
Result<std::string> RevealText(std::string_view text, SecretSource& secrets) {
  std::string out;
  while (true) {
    std::size_t open = text.find("${{");
    if (open == text.npos) return out.append(text);
    if (open > 0 && text[open - 1] == '$') {  // `$${{` stands for `${{`
      out.append(text.substr(0, open - 1)).append("${{");
      text.remove_prefix(open + 3);
      continue;
    }
    std::size_t close = text.find("}}", open);
    std::string_view name;
    if (close != text.npos) {
      const std::string_view body = text.substr(open + 3, close - open - 3);
      if (base::Trim(body) == "'$'") {  // how a `$` is kept that stands just before a secret
        out.append(text.substr(0, open)).append("$");
        text.remove_prefix(close + 2);
        continue;
      }
      name = SecretName(body);
    }
    if (name.empty())
      return base::Invalid("only `${{ secrets.NAME }}` may still stand in an argument when it is used");
    SLIPWAY_TRY(base::Secret secret, secrets.Get(name));
    out.append(text.substr(0, open)).append(secret.Reveal());
    text.remove_prefix(close + 2);
  }
}

Result<Json> RevealJson(const Json& json, SecretSource& secrets) {
  if (json.is_string()) {
    std::string_view text = base::View(json.get_string());
    if (!text.contains("${{")) return json;
    SLIPWAY_TRY(std::string revealed, RevealText(text, secrets));
    return Json(revealed);
  }
  if (json.is_array()) {
    JsonArray list;
    for (const Json& item : json.get_array()) {
      SLIPWAY_TRY(Json revealed, RevealJson(item, secrets));
      list.push_back(std::move(revealed));
    }
    return Json(std::move(list));
  }
  if (json.is_object()) {
    JsonObject object;
    for (const auto& member : json.get_object()) {
      SLIPWAY_TRY(Json revealed, RevealJson(member.value(), secrets));
      object[member.key()] = std::move(revealed);
    }
    return Json(std::move(object));
  }
  return json;
}

}  // namespace

Result<base::Secret> SecretSource::Put(std::string_view name, const base::Secret&, std::string_view) {
  return base::Refused(fmt::format("there is no store that could keep the secret `{}`", name));
}

base::Status SecretSource::Remove(std::string_view name, std::string_view) {
  return base::Refused(fmt::format("there is no store that could forget the secret `{}`", name));
}

Result<Json> Context::Reveal(const Json& json, base::Masker* seen) const {
  Remembering remembering(secrets, seen);
  return RevealJson(json, remembering);
}

}  // namespace slipway::drivers
