#include "fleet/target_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.h"
#include "base/utf8.h"

namespace slipway::fleet {
namespace {

constexpr std::array<std::string_view, 7> kDays = {"sun", "mon", "tue", "wed", "thu", "fri", "sat"};

bool IsPlain(std::string_view text) {
  const auto letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  };
  return !text.empty() && text != "null" && letter(text.front()) && !text.ends_with(' ') &&
         std::ranges::all_of(text, [&](char c) {
           return letter(c) || c == ' ' || c == '.' || c == '_' || c == '-' || c == '/' || c == '@' ||
                  c == '+';
         });
}

}  // namespace

std::string Scalar(std::string_view text) {
  if (IsPlain(text)) return std::string(text);
  std::string out = "\"";
  while (!text.empty()) {
    const base::Utf8Char c = base::FirstUtf8(text);
    const std::string_view bytes = text.substr(0, std::max<std::size_t>(c.size, 1));
    const bool hidden = c.code < 0x20 || (c.code >= 0x7F && c.code < 0xA0) || c.code == 0x2028 ||
                        c.code == 0x2029 || c.code == 0xFEFF || c.code == 0xFFFE || c.code == 0xFFFF;
    if (c.code == '"' || c.code == '\\') {
      out += '\\';
      out += bytes;
    } else if (hidden) {
      out += fmt::format("\\u{:04X}", static_cast<std::uint32_t>(c.code));
    } else {
      out += bytes;
    }
    text.remove_prefix(bytes.size());
  }
  return out + "\"";
}

std::string ProvenWithin(const Policy* policy) {
  return policy == nullptr || !policy->rollback_window
             ? ""
             : base::FormatDuration(policy->rollback_window->length);
}

std::string WindowText(const workspace::Window& window) {
  std::string days;
  if (window.days.size() < 7) {
    for (const int day : window.days)
      days += fmt::format("{}{}", days.empty() ? "" : ", ", kDays[static_cast<std::size_t>(day)]);
    days = "days: [" + days + "], ";
  }
  return fmt::format("{{ {}from: \"{:02}:{:02}\", to: \"{:02}:{:02}\" }}", days, window.start / 60,
                     window.start % 60, window.end / 60, window.end % 60);
}

}  // namespace slipway::fleet
