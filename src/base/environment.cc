#include "base/environment.h"

#include <cstdlib>
#include <vector>

namespace slipway::base {
namespace {

std::vector<std::string>& Aside() {
  static std::vector<std::string> variables;
  return variables;
}

}  // namespace

void SetAside(std::span<const std::string_view> names) {
  for (const std::string_view view : names) {
    const std::string name(view);
    const char* value = std::getenv(name.c_str());
    if (value == nullptr) continue;
    Aside().push_back(name + "=" + value);
    unsetenv(name.c_str());
  }
}

std::optional<std::string> Variable(const std::string& name) {
  if (const char* value = std::getenv(name.c_str())) return value;
  for (const std::string& variable : Aside())
    if (variable.starts_with(name + "=")) return variable.substr(name.size() + 1);
  return std::nullopt;
}

std::span<const std::string> VariablesSetAside() { return Aside(); }

}  // namespace slipway::base
