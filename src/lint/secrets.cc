// Secrets that stand in the document, and secrets on their way to a command line. Their text is never
// repeated in a message.
#include <re2/re2.h>

#include <array>
#include <cctype>
#include <cmath>
#include <span>

#include "base/known_secrets.h"
#include "base/text.h"
#include "expr/expr.h"
#include "lint/findings.h"
#include "lint/material.h"
#include "shell/script.h"

namespace slipway::lint {
namespace {

using procedure::Action;
using procedure::Parameter;
using procedure::ParameterType;
using procedure::Phase;
using procedure::Procedure;
using procedure::Step;

constexpr std::string_view kSafe = "put it into the workspace's secrets and write `${{ secrets.NAME }}`";

re2::StringPiece Piece(std::string_view text) { return {text.data(), text.size()}; }

double BitsPerCharacter(std::string_view text) {
  std::array<int, 256> counts{};
  for (char c : text) ++counts[static_cast<unsigned char>(c)];
  double bits = 0;
  for (int count : counts)
    if (count > 0) {
      const double share = static_cast<double>(count) / static_cast<double>(text.size());
      bits -= share * std::log2(share);
    }
  return bits;
}

// Digests and commit ids look drawn at random too, and are named as such on their line.
bool NamesDigest(std::string_view line) {
  static const RE2 kDigest(R"((?i)sha-?\d|digest|checksum|fingerprint|commit|revision|@)");
  return RE2::PartialMatch(Piece(line), kDigest);
}

// Does it look drawn at random? A number of hexadecimal digits is judged by its line, see NamesDigest.
enum class Random { kNo, kHex, kYes };
Random LooksRandom(std::string_view token) {
  bool digit = false, lower = false, upper = false, hex = true;
  for (char c : token) {
    const auto u = static_cast<unsigned char>(c);
    digit = digit || std::isdigit(u) != 0;
    lower = lower || std::islower(u) != 0;
    upper = upper || std::isupper(u) != 0;
    hex = hex && std::isxdigit(u) != 0;
  }
  if (hex) {
    const bool random = token.size() >= 32 && token.size() != 40 && digit && (lower || upper) &&
                        BitsPerCharacter(token) > 3.0;
    return random ? Random::kHex : Random::kNo;
  }
  const bool random = token.size() >= 24 && digit && lower && upper && BitsPerCharacter(token) > 4.2;
  return random ? Random::kYes : Random::kNo;
}

int ColumnOf(std::string_view line, std::size_t byte) {
  int column = 1;
  for (char c : line.substr(0, byte)) column += (static_cast<unsigned char>(c) & 0xC0) != 0x80 ? 1 : 0;
  return column;
}

// What pages write where the reader has to put his own: `pass`, `YOUR_PASSWORD`, `sk-...`.
bool IsExample(std::string_view text) {
  static const RE2 kExample(
      R"((?i)^(\.\.\.|x{3,}|your|change|example|dummy|insert|replace|(user|db)?_?pass(word)?\b|passwd\b|secret\b|password[@"'\s]|[\w-]*\.\.\.))");
  return RE2::PartialMatch(Piece(text), kExample);
}

void ScanLine(std::string_view line, int number, TextOf of, Findings& findings) {
  if (const auto seen = base::FindSecret(line)) {
    if (of == TextOf::kPage && IsExample(line.substr(seen->at))) return;
    return findings.Add("secret-in-clear", {number, ColumnOf(line, seen->at)},
                        std::string(seen->what) + " stands in the document", std::string(kSafe),
                        Findings::Source::kHidden);
  }
  if (line.size() < 24) return;
  static const RE2 kToken(R"(([A-Za-z0-9+_-]{24,}))");
  re2::StringPiece rest = Piece(line), token;
  bool digest = false;  // known once a hexadecimal number was seen that did not end the search
  while (RE2::FindAndConsume(&rest, kToken, &token)) {
    const Random random = LooksRandom({token.data(), token.size()});
    digest = digest || (random == Random::kHex && NamesDigest(line));
    if (random == Random::kNo || (random == Random::kHex && digest)) continue;
    const auto byte = static_cast<std::size_t>(token.data() - line.data());
    return findings.Add("secret-in-clear", {number, ColumnOf(line, byte)}, "this looks like a key or a token",
                        std::string(kSafe), Findings::Source::kHidden);
  }
}

void ScanValue(std::string_view key, const base::Json& value, base::Position at, Findings& findings) {
  if (value.is_object()) {
    for (const auto& member : value.get_object())
      ScanValue({member.key().data(), member.key().size()}, member.value(), at, findings);
  } else if (value.is_array()) {
    for (const base::Json& item : value.get_array()) ScanValue(key, item, at, findings);
  } else if (value.is_string() && base::NamesSecret(key)) {
    const std::string_view text = base::View(value.get_string());
    if (!text.empty() && text.find("${{") == std::string_view::npos)
      findings.Add("secret-in-clear", at, "`" + base::Printable(key) + "` stands in clear",
                   std::string(kSafe), Findings::Source::kHidden);
  }
}

// ---- on a command line, as the project's reader of shell takes it

constexpr std::string_view kPassedSafely =
    "put it into the workspace's secrets, pass it as `env: { VALUE: \"${{ secrets.NAME }}\" }`, and let the "
    "command read $VALUE";

// Written out, and neither taken from elsewhere nor the name of a file, another option or a plain answer.
bool IsWrittenOut(std::string_view value) {
  static const RE2 kOther(R"(\$|^[-@/~*.;|&<>()]|^(?:true|false|yes|no|none)$)");
  return !value.empty() && !RE2::PartialMatch(Piece(value), kOther);
}

// An option that means a password only to the programs named; its group is what is attached to it.
struct SecretOption {
  std::span<const std::string_view> programs;
  const RE2& option;
  const RE2& value;  // what the password stands in
};

std::span<const SecretOption> SecretOptions() {
  static constexpr std::array<std::string_view, 1> kCurl{"curl"}, kSshPass{"sshpass"}, kLogin{"login"},
      kRedis{"redis-cli"};
  static constexpr std::array<std::string_view, 6> kClients{"mysql",   "mysqldump",    "mysqladmin",
                                                            "mariadb", "mariadb-dump", "mariadb-admin"};
  static const RE2 kUser("(?:-[a-zA-Z]*[uU]|--(?:proxy-)?user=?)(.*)"), kAttached("-p(.+)"), kP("-p(.*)"),
      kA("-a(.*)");
  static const RE2 kPair("[^:]*:(.+)"), kWhole("(.+)");
  static const std::array<SecretOption, 5> kOptions{{{kCurl, kUser, kPair},
                                                     {kClients, kAttached, kWhole},
                                                     {kSshPass, kP, kWhole},
                                                     {kLogin, kP, kWhole},
                                                     {kRedis, kA, kWhole}}};
  return kOptions;
}

const SecretOption* FindProgram(std::string_view word) {
  const std::string_view name = word.substr(word.rfind('/') + 1);
  for (const SecretOption& known : SecretOptions())
    if (std::ranges::find(known.programs, name) != known.programs.end()) return &known;
  return nullptr;
}

// `--token X`, `--db-password=X`: said by the option's name, whatever the program is.
bool IsNamedPassword(std::string_view word, std::string_view next) {
  static const RE2 kOption(
      R"((?i)--?(?:\w+[-_])*(?:password|passwd|passphrase|token|api[-_]?key|secret[-_]?key|client[-_]secret)(?:=(.*))?)");
  constexpr std::size_t kShortest = sizeof("-token") - 1;
  std::string value;
  return word.size() >= kShortest && RE2::FullMatch(Piece(word), kOption, &value) &&
         IsWrittenOut(value.empty() ? next : value);
}

bool IsPasswordOf(const SecretOption& known, std::string_view word, std::string_view next) {
  std::string attached, value;
  return RE2::FullMatch(Piece(word), known.option, &attached) &&
         RE2::FullMatch(Piece(attached.empty() ? next : attached), known.value, &value) &&
         IsWrittenOut(value);
}

// `Authorization: Bearer X`
bool IsHeader(std::string_view word) {
  constexpr std::size_t kLongestName = 64;
  static const RE2 kValue(R"(:\s*(?:(?i:basic|bearer|token)\s+)?(\S.*))");
  const std::size_t colon = word.find(':');
  if (colon == std::string_view::npos || colon > kLongestName || !base::NamesSecret(word.substr(0, colon)))
    return false;
  std::string value;
  return RE2::FullMatch(Piece(word.substr(colon)), kValue, &value) && IsWrittenOut(value);
}

// The arguments of one command.
bool HoldsPassword(std::span<const std::string> words) {
  const SecretOption* program = nullptr;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string_view word = words[i];
    const std::string_view next = i + 1 < words.size() ? std::string_view(words[i + 1]) : std::string_view();
    if (word.starts_with('-')) {
      if (IsNamedPassword(word, next) || (program != nullptr && IsPasswordOf(*program, word, next)))
        return true;
    } else if (IsHeader(word)) {
      return true;
    } else if (const SecretOption* found = FindProgram(word)) {
      program = found;
    }
  }
  return false;
}

// How deep commands are looked for in words: `ssh host "sh -c '…'"`.
constexpr int kDeepest = 3;

bool HoldsPasswordWithin(std::span<const std::string> words, int depth);

// What a shell is told: its commands, what they get on their standard input, and comments.
bool HoldsPassword(std::string_view shell, int depth) {
  if (depth > kDeepest) return false;
  const shell::Script script = shell::Read(shell);
  for (const shell::Command& command : script.commands) {
    std::vector<std::string> words;
    for (shell::Word word : command.words) {
      for (shell::Piece& piece : word.pieces)  // whose commands are in the script too
        if (piece.kind == shell::PieceKind::kSubstitution) piece.text.clear();
      words.push_back(Shown(word));
    }
    if (HoldsPassword(words) || HoldsPasswordWithin(words, depth)) return true;
    for (const shell::Redirection& redirection : command.redirections)
      if (redirection.here && HoldsPassword(*redirection.here, depth + 1)) return true;
  }
  return std::ranges::any_of(
      script.comments, [&](const shell::Comment& comment) { return HoldsPassword(comment.text, depth + 1); });
}

// A word may be a command itself.
bool HoldsPasswordWithin(std::span<const std::string> words, int depth) {
  return std::ranges::any_of(words, [&](const std::string& word) {
    return word.find(' ') != std::string::npos && HoldsPassword(word, depth + 1);
  });
}

void ScanCommand(const std::string& name, const base::Json& value, base::Position at, Findings& findings) {
  bool holds = value.is_string() && HoldsPassword(base::View(value.get_string()), 0);
  if (value.is_array()) {
    std::vector<std::string> words;
    for (const base::Json& item : value.get_array())
      words.emplace_back(item.is_string() ? base::View(item.get_string()) : std::string_view());
    holds = HoldsPassword(words) || HoldsPasswordWithin(words, 0);
  }
  if (holds)
    findings.Add("secret-in-clear", at, "a password or token stands in clear in `" + name + "`",
                 std::string(kPassedSafely), Findings::Source::kHidden);
}

constexpr std::array<std::string_view, 5> kCommands = {"shell", "argv", "args", "command", "script"};

}  // namespace

void SecretsInText(std::string_view text, TextOf of, Findings& findings) {
  const std::vector<std::size_t> starts = base::LineStarts(text);
  for (std::size_t i = 0; i < starts.size(); ++i) {
    const std::size_t end = i + 1 < starts.size() ? starts[i + 1] : text.size();
    ScanLine(text.substr(starts[i], end - starts[i]), static_cast<int>(i) + 1, of, findings);
  }
}

void SecretsInClear(const Procedure& procedure, Findings& findings) {
  SecretsInText(procedure.text, TextOf::kProcedure, findings);
  for (const Phase& phase : procedure.phases)
    for (const Step& step : phase.steps)
      ForEachAction(step, [&](const Action& action) {
        for (const auto& argument : action.with) {
          const std::string key(argument.key());
          ScanValue(key, argument.value(), action.argument_at.at(key), findings);
          if (std::ranges::find(kCommands, key) != kCommands.end())
            ScanCommand(key, argument.value(), action.argument_at.at(key), findings);
        }
      });
  for (const Parameter& parameter : procedure.parameters)
    if (parameter.fallback && !parameter.fallback->empty() && base::NamesSecret(parameter.name))
      findings.Add("secret-in-clear", parameter.at, "the default of `" + parameter.name + "` stands in clear",
                   "make it `type: secret` and give `-p " + parameter.name + "=@file`",
                   Findings::Source::kHidden);
}

void SecretsInArguments(const Procedure& procedure, Findings& findings) {
  const auto danger = [&](const expr::Reference& reference) -> std::string_view {
    const auto& path = reference.path;
    if (path[0] == "secrets") return "a secret";
    if (path[0] == "outputs" || (path[0] == "steps" && path.size() > 2 && path[2] == "outputs"))
      return "an output";
    if (path[0] != "parameters" || path.size() < 2) return "";
    const auto found = std::ranges::find(procedure.parameters, path[1], &Parameter::name);
    return found != procedure.parameters.end() && found->type == ParameterType::kSecret ? "a secret" : "";
  };
  for (const Phase& phase : procedure.phases)
    for (const Step& step : phase.steps)
      ForEachAction(step, [&](const Action& action) {
        for (std::string_view name : kCommands) {
          const base::Json* value = action.with.if_contains(name);
          if (value == nullptr) continue;
          const auto references = expr::ReferencesIn(*value);
          if (!references) continue;
          for (const expr::Reference& reference : *references) {
            const std::string_view what = danger(reference);
            if (what.empty()) continue;
            findings.Add(
                "secret-in-argv", action.argument_at.at(std::string(name)),
                std::string(what) + " becomes part of `" + std::string(name) + "`: `" +
                    expr::ToString(reference) + "`",
                "pass it as `env: { VALUE: \"${{ " + expr::ToString(reference) + " }}\" }` and read $VALUE");
            break;
          }
        }
      });
}

}  // namespace slipway::lint
