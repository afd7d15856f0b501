#include "base/known_secrets.h"

#include <re2/re2.h>

#include <array>
#include <span>

namespace slipway::base {
namespace {

re2::StringPiece Piece(std::string_view text) { return {text.data(), text.size()}; }

struct Shape {
  std::string_view what;
  std::string_view hint;  // stands in every match; finding it is cheaper
  const RE2& form;        // the first group is the secret
};

std::span<const Shape> Shapes() {
  static const RE2 kAws(R"(\b((?:AKIA|ASIA)[0-9A-Z]{16})\b)");
  static const RE2 kPrivateKey(R"((-----BEGIN [A-Z ]*PRIVATE KEY-----))");
  static const RE2 kUrl(R"([A-Za-z][A-Za-z0-9+.-]*://[^\s/:@'"]*:([^\s/@'"$*<{][^\s/@'"]*)@)");
  static const RE2 kGitHub(R"(\b(gh[pousr]_[A-Za-z0-9]{36}))");
  static const RE2 kSlack(R"(\b(xox[abeprs]-[A-Za-z0-9-]{10}))");
  static const RE2 kWebhook(R"(hooks\.slack\.com/(services/[A-Za-z0-9]+/[A-Za-z0-9]+/[A-Za-z0-9]+))");
  static const RE2 kRender(R"(\b(rnd_[A-Za-z0-9]{16}))");
  static const RE2 kJwt(R"(\b(eyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8}))");
  static const RE2 kAssigned(
      R"re((?i)(?:password|passwd|passphrase|secret|token|api[_-]?key|access[_-]?key)[\w-]*=([^\s"'$&{<*=|;)][^\s"'&]{3}))re");
  static const std::array<Shape, 9> kShapes{{{"an AWS access key", "IA", kAws},
                                             {"a private key", "-----BEGIN", kPrivateKey},
                                             {"a password in a URL", "://", kUrl},
                                             {"a GitHub token", "gh", kGitHub},
                                             {"a Slack token", "xox", kSlack},
                                             {"a Slack webhook", "hooks.slack.com", kWebhook},
                                             {"a Render API key", "rnd_", kRender},
                                             {"a signed web token", "eyJ", kJwt},
                                             {"a password or token", "=", kAssigned}}};
  return kShapes;
}

}  // namespace

bool NamesSecret(std::string_view name) {
  static const RE2 kNames(
      R"((?i)(?:^|[_.-])(?:password|passwd|pwd|passphrase|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|authorization|webhook)$)");
  static const RE2 kCamel(R"([a-z](?:Password|Secret|Token|ApiKey|PrivateKey)$)");
  return RE2::PartialMatch(Piece(name), kNames) || RE2::PartialMatch(Piece(name), kCamel);
}

std::optional<SecretSeen> FindSecret(std::string_view text) {
  for (const Shape& shape : Shapes()) {
    re2::StringPiece hit;
    if (text.find(shape.hint) == std::string_view::npos) continue;
    if (!RE2::PartialMatch(Piece(text), shape.form, &hit)) continue;
    return SecretSeen{shape.what, static_cast<std::size_t>(hit.data() - text.data())};
  }
  return std::nullopt;
}

bool MayHoldSecret(std::string_view line) {
  static const RE2 kNamed(
      R"((?i)(?:password|passwd|pwd|passphrase|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|authorization|webhook)["']?\s*:\s*["']?[^\s"'${},[])");
  static const RE2 kUrl(R"(://[^\s/:@"']*:[^@"'$][^@"']*@)");
  static const RE2 kOption(
      R"((?i)(?:-[a-z]*u|--(?:proxy-)?user)["',=\s]+[^\s:"',]+:[^\s"'$,{]|--?(?:\w+[-_])*(?:password|passwd|passphrase|token|api[-_]?key|secret[-_]?key|client[-_]secret)["',=\s]+[^\s"'$,\]{-]|(?:mysql|mariadb|sshpass|login|redis-cli).*\s["']?-[pa]["',\s]*[^\s"'$,{])");
  return RE2::PartialMatch(Piece(line), kNamed) || RE2::PartialMatch(Piece(line), kOption) ||
         (line.find("://") != std::string_view::npos && RE2::PartialMatch(Piece(line), kUrl)) ||
         FindSecret(line).has_value();
}

}  // namespace slipway::base
