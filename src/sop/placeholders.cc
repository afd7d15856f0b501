#include "sop/placeholders.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <set>

namespace slipway::sop {

namespace {

constexpr std::string_view kVersionPattern = R"(v\d+\.\d+\.\d+([-+][0-9A-Za-z.+-]+)?)";
// A value that means the same to every shell, with or without quotes.
constexpr std::string_view kWordPattern = "[A-Za-z0-9._/:@+-]+";

bool IsNameStart(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0; }
bool IsNamePart(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_' || c == ' ';
}
bool IsDigit(char c) { return c >= '0' && c <= '9'; }

std::size_t Digits(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::find_if_not(text, IsDigit) - text.begin());
}

// `[customer-name]` or `<host>` at the start, with its brackets; 0: none.
std::size_t BracketSize(std::string_view text) {
  if (text.size() < 4 || (text[0] != '[' && text[0] != '<') || !IsNameStart(text[1])) return 0;
  const char close = text[0] == '[' ? ']' : '>';
  std::size_t i = 1;
  while (i < text.size() && i < 60 && IsNamePart(text[i]) && (text[i] != ' ' || text[0] == '<')) ++i;
  if (i < 4 && text[0] == '[') return 0;  // `[a]` is a pattern
  return i < text.size() && text[i] == close ? i + 1 : 0;
}

// `v1.2.0` at the start; 0: none.
std::size_t VersionSize(std::string_view text) {
  if (!text.starts_with('v')) return 0;
  std::size_t at = 1;
  for (int part = 0; part < 3; ++part) {
    const std::size_t digits = Digits(text.substr(at));
    if (digits == 0) return 0;
    at += digits;
    if (part < 2 && (at == text.size() || text[at++] != '.')) return 0;
  }
  return at == text.size() || (!IsNamePart(text[at]) && text[at] != '.') || text[at] == ' ' ? at : 0;
}

// `your-org`, `YOUR_PASSWORD` at the start of a word; 0: none.
std::size_t YourSize(std::string_view text) {
  if (!text.starts_with("your-") && !text.starts_with("YOUR_") && !text.starts_with("your_")) return 0;
  std::size_t i = 5;
  while (i < text.size() && (std::isalnum(static_cast<unsigned char>(text[i])) != 0 || text[i] == text[4]))
    ++i;
  while (i > 5 && text[i - 1] == text[4]) --i;
  return i > 5 ? i : 0;
}

std::string Template(std::string_view name) { return fmt::format("${{{{ parameters.{} }}}}", name); }

std::string EnvName(std::string_view parameter) {
  std::string name(parameter);
  for (char& c : name) c = c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return name;
}

}  // namespace

std::string Versions::NameOf(std::string_view version) {
  const auto known = names_.find(version);
  if (known != names_.end()) return known->second;
  const std::string name = names_.empty() ? "version" : fmt::format("version_{}", names_.size() + 1);
  return names_.emplace(version, name).first->second;
}

bool IsSecretName(std::string_view name) {
  std::string lower(name);
  std::ranges::transform(lower, lower.begin(), [](char c) {
    return static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  });
  static constexpr std::array kWords{"password", "passwd",      "secret",       "token",     "api_key",
                                     "api-key",  "private_key", "database_url", "credential"};
  return lower.ends_with("-key") || lower.ends_with("_key") || lower == "key" ||
         std::ranges::any_of(kWords, [&](std::string_view word) { return lower.contains(word); });
}

std::string Escaped(std::string_view text) {
  std::string out(text);
  for (std::size_t at = 0; (at = out.find("${{", at)) != std::string::npos; at += 4) out.insert(at, "$");
  return out;
}

std::string ParameterName(std::string_view name) {
  std::string id;
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0) {
      id += static_cast<char>(std::tolower(byte));
    } else if (!id.empty() && id.back() != '_') {
      id += '_';
    }
  }
  while (id.ends_with('_')) id.pop_back();
  if (id.empty() || std::islower(static_cast<unsigned char>(id[0])) == 0) id = "p_" + id;
  return id.substr(0, 64);
}

bool IsOfTheShell(std::string_view variable) {
  static constexpr std::array kOwn{"USER",   "HOME",    "PWD", "OLDPWD", "HOSTNAME", "PATH",  "SHELL",
                                   "RANDOM", "SECONDS", "UID", "IFS",    "LOGNAME",  "TMPDIR"};
  return !IsNameStart(variable.empty() ? '1' : variable[0]) ||
         std::ranges::find(kOwn, variable) != kOwn.end();
}

const DraftParameter& Placeholders::Add(DraftParameter parameter) {
  const auto [known, fresh] = index_.emplace(parameter.name, taken_.size());
  if (fresh) taken_.push_back(std::move(parameter));
  return taken_[known->second];
}

std::string Placeholders::Parameter(std::string_view name, std::string_view written) {
  DraftParameter parameter{.name = ParameterName(name)};
  if (written.starts_with('$')) parameter.description = written;
  if (IsSecretName(name)) {
    parameter.type = "secret";
  } else {
    parameter.pattern = kWordPattern;
  }
  return Add(std::move(parameter)).name;
}

std::optional<std::string> Placeholders::Template(const shell::Piece& piece) {
  switch (piece.kind) {
    case shell::PieceKind::kVariable:
      if (IsOfTheShell(piece.name)) return std::nullopt;
      return sop::Template(Parameter(piece.name, "$" + piece.name));
    case shell::PieceKind::kPlaceholder:
      return sop::Template(Parameter(piece.text, piece.text));
    default:
      return std::nullopt;
  }
}

std::string Placeholders::InText(std::string_view text) {
  std::string out;
  const auto put = [&](std::string_view expression) {
    std::size_t dollars = 0;
    for (; out.ends_with('$'); ++dollars) out.pop_back();
    for (; dollars > 0; --dollars) out += kDollar;
    out += expression;
  };
  for (std::size_t i = 0; i < text.size();) {
    const std::string_view rest = text.substr(i);
    const bool at_word = i == 0 || (!IsNamePart(text[i - 1]) || text[i - 1] == ' ' || text[i - 1] == '_');
    if (rest.starts_with("$${{")) {  // text, see Escaped
      out += rest.substr(0, 4);
      i += 4;
    } else if (rest.starts_with("${{")) {  // one that was put in before
      const std::size_t end = rest.find("}}");
      const std::size_t size = end == std::string_view::npos ? rest.size() : end + 2;
      out += rest.substr(0, size);
      i += size;
    } else if (const std::size_t size = BracketSize(rest); size > 0 && (i == 0 || text[i - 1] != '.')) {
      put(sop::Template(Parameter(rest.substr(1, size - 2), rest.substr(0, size))));
      i += size;
    } else if (const std::size_t yours = at_word ? YourSize(rest) : 0; yours > 0) {
      put(sop::Template(Parameter(rest.substr(0, yours), rest.substr(0, yours))));
      i += yours;
    } else if (const std::size_t version = at_word ? VersionSize(rest) : 0; version > 0) {
      const std::string written(rest.substr(0, version));
      put(sop::Template(Add({.name = versions_.NameOf(written),
                             .pattern = std::string(kVersionPattern),
                             .description = "such as " + written})
                            .name));
      i += version;
    } else {
      out += text[i++];
    }
  }
  return out;
}

std::string Placeholders::InScript(std::string_view text, const shell::Script& script, Map& env) {
  std::set<std::string> needed;
  const auto need = [&](const std::string& variable, const std::string& parameter) {
    if (needed.insert(variable).second) env.emplace_back(variable, sop::Template(parameter));
  };
  std::set<std::string> assigned;
  const auto read = [&](const std::vector<shell::Piece>& pieces) {
    for (const shell::Piece& piece : pieces)
      if (piece.kind == shell::PieceKind::kVariable && !IsOfTheShell(piece.name) &&
          !assigned.contains(piece.name))
        need(piece.name, Parameter(piece.name, "$" + piece.name));
  };
  for (const shell::Command& command : script.commands) {
    for (const shell::Assignment& assignment : command.assignments) {
      read(assignment.value.pieces);
      assigned.insert(assignment.name);
    }
    if (command.Name() == "read" && !command.words.empty())
      if (const auto name = command.words.back().Literal()) assigned.insert(*name);
    for (const shell::Word& word : command.words) read(word.pieces);
    for (const shell::Redirection& redirection : command.redirections) read(redirection.target.pieces);
  }
  for (const shell::Block& block : script.blocks) {
    if (!block.name.empty()) assigned.insert(block.name);
    for (const shell::Word& word : block.subject) read(word.pieces);
  }
  std::string out;
  bool single = false;
  bool double_quoted = false;
  for (std::size_t i = 0; i < text.size();) {
    if (text.substr(i).starts_with("${{")) {
      out += "$${{";
      i += 3;
      continue;
    }
    const char c = text[i];
    if (c == '\'' && !double_quoted) single = !single;
    if (c == '"' && !single) double_quoted = !double_quoted;
    const std::string_view rest = text.substr(i);
    const bool at_word = i == 0 || !IsNamePart(text[i - 1]) || text[i - 1] == ' ';
    // `$<price>` is a dollar and a price, `$[…]` is arithmetic and `$$` a number of the shell's.
    const bool dollar = i > 0 && text[i - 1] == '$';
    const bool price = dollar && c == '<' && (i < 2 || text[i - 2] != '$');
    std::size_t size = (i > 0 && text[i - 1] == '.') || (dollar && !price) ? 0 : BracketSize(rest);
    std::string name;
    if (size > 0) {
      name = Parameter(rest.substr(1, size - 2), rest.substr(0, size));
    } else if (at_word && (size = YourSize(rest)) > 0) {
      name = Parameter(rest.substr(0, size), rest.substr(0, size));
    } else if (at_word && (size = VersionSize(rest)) > 0) {
      const std::string written(rest.substr(0, size));
      name = Add({.name = versions_.NameOf(written),
                  .pattern = std::string(kVersionPattern),
                  .description = "such as " + written})
                 .name;
    }
    if (size == 0) {
      out += c;
      ++i;
      continue;
    }
    const std::string variable = EnvName(name);
    need(variable, name);
    if (price && !single && !out.ends_with("\\$")) out.insert(out.size() - 1, "\\");
    out += single ? "'\"${" + variable + "}\"'" : "${" + variable + "}";
    i += size;
  }
  return out;
}

bool Placeholders::HasSecret() const {
  return std::ranges::find(taken_, "secret", &DraftParameter::type) != taken_.end();
}

}  // namespace slipway::sop
