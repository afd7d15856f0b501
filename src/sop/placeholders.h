// What a page leaves to the reader, as parameters: `[customer-slug]`, `<registry>`, `$VAR`, and a version
// that stands for any (`v1.2.0`). Thread-compatible.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "shell/script.h"
#include "sop/draft.h"

namespace slipway::sop {

// A version in the commands of a page: the first one is `version`, another one `version_2`. One of these a
// page.
class Versions {
 public:
  std::string NameOf(std::string_view version);  // `v1.2.0`

 private:
  std::map<std::string, std::string, std::less<>> names_;
};

class Placeholders {
 public:
  explicit Placeholders(Versions& versions) : versions_(versions) {}

  // `${{ parameters.x }}` for a variable or placeholder; nullopt where only a shell knows it (`$1`, `$USER`).
  std::optional<std::string> Template(const shell::Piece& piece);

  // A literal in which placeholders and versions stand.
  std::string InText(std::string_view text);

  // A script, in which each placeholder becomes `${NAME}`; what it needs of the environment is added to
  // `env`. `script` is what shell::Read made of it.
  std::string InScript(std::string_view text, const shell::Script& script, Map& env);

  // Whether one of those taken so far is a secret.
  bool HasSecret() const;
  std::vector<DraftParameter> Take() { return std::move(taken_); }

 private:
  std::string Parameter(std::string_view name, std::string_view written);
  const DraftParameter& Add(DraftParameter parameter);

  Versions& versions_;
  std::vector<DraftParameter> taken_;
  std::map<std::string, std::size_t, std::less<>> index_;  // of taken_, by name
};

// Whether a name says that its value is a secret: `RENDER_API_KEY`.
bool IsSecretName(std::string_view name);

// Text in which `${{` is no expression of ours: `$${{`.
std::string Escaped(std::string_view text);

// A dollar that stands right before an expression.
inline constexpr std::string_view kDollar = "${{ '$' }}";

// The name of a parameter: `DATABASE_URL` → `database_url`.
std::string ParameterName(std::string_view name);

// What every shell has of its own.
bool IsOfTheShell(std::string_view variable);

}  // namespace slipway::sop
