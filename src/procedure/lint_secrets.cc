// Secrets that stand in the document, and secrets on their way to a command line. Their text is never
// repeated in a message.
#include <re2/re2.h>

#include <array>
#include <cctype>
#include <cmath>

#include "base/known_secrets.h"
#include "base/text.h"
#include "expr/expr.h"
#include "procedure/lint_rules.h"

namespace slipway::procedure {
namespace {

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

// Does it look drawn at random? Digests and commit ids do, and are named as such on their line.
bool LooksRandom(std::string_view token, std::string_view line) {
  static const RE2 kDigest(R"((?i)sha-?\d|digest|checksum|fingerprint|commit|revision|@)");
  bool digit = false, lower = false, upper = false, hex = true;
  for (char c : token) {
    const auto u = static_cast<unsigned char>(c);
    digit = digit || std::isdigit(u) != 0;
    lower = lower || std::islower(u) != 0;
    upper = upper || std::isupper(u) != 0;
    hex = hex && std::isxdigit(u) != 0;
  }
  if (hex) {
    return token.size() >= 32 && token.size() != 40 && digit && (lower || upper) &&
           BitsPerCharacter(token) > 3.0 && !RE2::PartialMatch(Piece(line), kDigest);
  }
  return token.size() >= 24 && digit && lower && upper && BitsPerCharacter(token) > 4.2;
}

int ColumnOf(std::string_view line, std::size_t byte) {
  int column = 1;
  for (char c : line.substr(0, byte)) column += (static_cast<unsigned char>(c) & 0xC0) != 0x80 ? 1 : 0;
  return column;
}

void ScanLine(std::string_view line, int number, Findings& findings) {
  if (const auto seen = base::FindSecret(line)) {
    return findings.Add("secret-in-clear", {number, ColumnOf(line, seen->at)},
                        std::string(seen->what) + " stands in the document", std::string(kSafe),
                        Findings::Source::kHidden);
  }
  if (line.size() < 24) return;
  static const RE2 kToken(R"(([A-Za-z0-9+_=-]{24,}))");
  re2::StringPiece rest = Piece(line), token;
  while (RE2::FindAndConsume(&rest, kToken, &token)) {
    if (!LooksRandom({token.data(), token.size()}, line)) continue;
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

}  // namespace

void SecretsInClear(const Procedure& procedure, Findings& findings) {
  const std::vector<std::size_t> starts = base::LineStarts(procedure.text);
  for (std::size_t i = 0; i < starts.size(); ++i) {
    const std::size_t end = i + 1 < starts.size() ? starts[i + 1] : procedure.text.size();
    ScanLine(std::string_view(procedure.text).substr(starts[i], end - starts[i]), static_cast<int>(i) + 1,
             findings);
  }
  for (const Phase& phase : procedure.phases)
    for (const Step& step : phase.steps)
      ForEachAction(step, [&](const Action& action) {
        for (const auto& argument : action.with) {
          const std::string key(argument.key());
          ScanValue(key, argument.value(), action.argument_at.at(key), findings);
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
        for (std::string_view name : {"shell", "argv", "args", "command", "script"}) {
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

}  // namespace slipway::procedure
