#include "base/version.h"

#include <algorithm>
#include <optional>

#include "base/text.h"

namespace slipway::base {
namespace {

constexpr std::size_t kMaxSize = 128;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsNumber(std::string_view text) { return !text.empty() && std::ranges::all_of(text, IsDigit); }
bool HasLeadingZero(std::string_view text) { return text.size() > 1 && text[0] == '0'; }

bool IsIdentifier(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return IsDigit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-';
  });
}

// What follows the first `mark`, taken off `text`; absent without a mark.
std::optional<std::string_view> TakeAfter(std::string_view& text, char mark) {
  const std::size_t at = text.find(mark);
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view rest = text.substr(at + 1);
  text = text.substr(0, at);
  return rest;
}

// Numbers of any length: the longer is the greater.
std::weak_ordering CompareNumbers(const std::string& a, const std::string& b) {
  if (const auto by_size = a.size() <=> b.size(); by_size != 0) return by_size;
  return a <=> b;
}

std::weak_ordering CompareIdentifiers(const std::string& a, const std::string& b) {
  if (IsNumber(a) && IsNumber(b)) return CompareNumbers(a, b);
  if (IsNumber(a) != IsNumber(b)) return IsNumber(a) ? std::weak_ordering::less : std::weak_ordering::greater;
  return a <=> b;
}

}  // namespace

Result<Version> ParseVersion(std::string_view text) {
  const auto wrong = Invalid(Quote(text) + " is not a version", "", "write MAJOR.MINOR.PATCH, such as 1.4.0");
  Version version;
  std::string_view rest = text;
  version.v = rest.starts_with('v');
  if (version.v) rest.remove_prefix(1);
  if (rest.size() > kMaxSize) return wrong;

  if (const auto build = TakeAfter(rest, '+')) {
    if (!std::ranges::all_of(Split(*build, '.'), IsIdentifier)) return wrong;
    version.build = *build;
  }
  if (const auto pre_release = TakeAfter(rest, '-')) {
    version.pre_release = Split(*pre_release, '.');
    for (const std::string& part : version.pre_release)
      if (!IsIdentifier(part) || (IsNumber(part) && HasLeadingZero(part))) return wrong;
  }
  const std::vector<std::string> core = Split(rest, '.');
  if (core.size() != version.core.size()) return wrong;
  for (const std::string& part : core)
    if (!IsNumber(part) || HasLeadingZero(part)) return wrong;
  std::ranges::copy(core, version.core.begin());
  return version;
}

std::weak_ordering Precedence(const Version& a, const Version& b) {
  for (std::size_t i = 0; i < a.core.size(); ++i)
    if (const auto order = CompareNumbers(a.core[i], b.core[i]); order != 0) return order;
  if (a.pre_release.empty() || b.pre_release.empty()) return a.pre_release.empty() <=> b.pre_release.empty();
  for (std::size_t i = 0; i < std::min(a.pre_release.size(), b.pre_release.size()); ++i)
    if (const auto order = CompareIdentifiers(a.pre_release[i], b.pre_release[i]); order != 0) return order;
  return a.pre_release.size() <=> b.pre_release.size();
}

std::string ToString(const Version& version) {
  std::string text = (version.v ? "v" : "") + Join(version.core, ".");
  if (!version.pre_release.empty()) text += "-" + Join(version.pre_release, ".");
  if (!version.build.empty()) text += "+" + version.build;
  return text;
}

}  // namespace slipway::base
