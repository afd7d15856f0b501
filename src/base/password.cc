#include "base/password.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/utf8.h"

namespace slipway::base {
namespace {

constexpr std::size_t kMostBytes = 72;     // bcrypt looks at no more
constexpr std::size_t kShortestAbout = 6;  // shorter words are in anything

std::string Lower(std::string text) {
  std::ranges::transform(text, text.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; });
  return text;
}

}  // namespace

Status CheckPassword(const Secret& password, const PasswordPolicy& policy,
                     const std::vector<std::string>& about) {
  const std::string& text = password.Reveal();
  std::int64_t length = 0, lower = 0, upper = 0, digit = 0, other = 0;
  for (std::string_view rest = text; !rest.empty(); ++length) {
    const Utf8Char c = FirstUtf8(rest);
    rest.remove_prefix(std::max<std::size_t>(c.size, 1));
    if (c.size == 0 || c.code < 0x20 || c.code == 0x7F)
      return Refused("the password holds a control character, or is not UTF-8");
    if (c.code >= 'a' && c.code <= 'z')
      lower = 1;
    else if (c.code >= 'A' && c.code <= 'Z')
      upper = 1;
    else if (c.code >= '0' && c.code <= '9')
      digit = 1;
    else
      other = 1;
  }
  if (length < policy.length)
    return Refused(fmt::format("the password has under {} characters", policy.length));
  if (text.size() > kMostBytes)
    return Refused(fmt::format("the password has over {} bytes, and bcrypt looks at no more", kMostBytes));
  if (lower + upper + digit + other < policy.classes)
    return Refused(fmt::format(
        "the password has under {} of lower case, upper case, digits and other characters", policy.classes));
  const std::string folded = Lower(text);
  for (const std::string& word : about) {
    if (word.size() >= kShortestAbout && folded.contains(Lower(word)))
      return Refused("the password holds the user's own name or address");
  }
  return {};
}

}  // namespace slipway::base
