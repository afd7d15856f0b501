#include "base/text.h"

#include <algorithm>
#include <array>

#include "base/json.h"
#include "base/utf8.h"

namespace slipway::base {
namespace {

struct Unit {
  std::string_view name;
  std::int64_t factor;
};

constexpr std::array<Unit, 5> kDurationUnits = {
    {{"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1'000}, {"ms", 1}}};

constexpr std::array<Unit, 9> kSizeUnits = {{{"TiB", std::int64_t{1} << 40},
                                             {"TB", 1'000'000'000'000},
                                             {"GiB", std::int64_t{1} << 30},
                                             {"GB", 1'000'000'000},
                                             {"MiB", std::int64_t{1} << 20},
                                             {"MB", 1'000'000},
                                             {"KiB", std::int64_t{1} << 10},
                                             {"kB", 1'000},
                                             {"B", 1}}};

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// Takes the digits at the front; nothing when there are none or they pass 2^53.
std::optional<std::int64_t> TakeNumber(std::string_view& text) {
  if (text.empty() || !IsDigit(text[0])) return std::nullopt;
  std::int64_t value = 0;
  while (!text.empty() && IsDigit(text[0])) {
    value = value * 10 + (text[0] - '0');
    if (value > kMaxInteger) return std::nullopt;
    text.remove_prefix(1);
  }
  return value;
}

std::string_view TakeLetters(std::string_view& text) {
  std::size_t count = 0;
  while (count < text.size() && IsLetter(text[count])) ++count;
  const std::string_view letters = text.substr(0, count);
  text.remove_prefix(count);
  return letters;
}

std::optional<std::int64_t> DurationMillis(std::string_view text) {
  std::int64_t total = 0;
  std::size_t next_unit = 0;  // units come from large to small, each at most once
  do {
    const auto number = TakeNumber(text);
    if (!number) return std::nullopt;
    const std::string_view name = TakeLetters(text);
    const auto* unit = std::find_if(kDurationUnits.begin() + next_unit, kDurationUnits.end(),
                                    [&](const Unit& u) { return u.name == name; });
    if (unit == kDurationUnits.end()) return std::nullopt;
    next_unit = static_cast<std::size_t>(unit - kDurationUnits.begin()) + 1;
    if (*number > (kMaxInteger - total) / unit->factor) return std::nullopt;
    total += *number * unit->factor;
  } while (!text.empty());
  return total;
}

std::optional<std::int64_t> BasisPoints(std::string_view text) {
  const auto whole = TakeNumber(text);
  if (!whole || *whole > 100) return std::nullopt;
  std::int64_t hundredths = 0;
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    const std::size_t before = text.size();
    const auto digits = TakeNumber(text);
    const std::size_t count = before - text.size();
    if (!digits || count > 2) return std::nullopt;
    hundredths = count == 1 ? *digits * 10 : *digits;
  }
  if (text != "%" || *whole * 100 + hundredths > 10'000) return std::nullopt;
  return *whole * 100 + hundredths;
}

// Optimal string alignment: insertion, deletion, substitution and the swap of two neighbours each cost one
// (Damerau 1964, restricted form).
std::size_t Distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1), above(b.size() + 1), row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) above[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + (a[i - 1] == b[j - 1] ? 0u : 1u)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        row[j] = std::min(row[j], before[j - 2] + 1);
      }
    }
    before.swap(above);
    above.swap(row);
  }
  return above[b.size()];
}

// Marks that turn the direction of writing, and the C1 controls, change what a terminal shows just as escapes
// do.
bool IsSafeOnTerminal(char32_t c) {
  if (c < 0x20 || (c >= 0x7F && c <= 0x9F)) return false;
  return !((c >= 0x200E && c <= 0x200F) || (c >= 0x2028 && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069));
}

void AppendEscaped(std::string& out, std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  for (char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    out += "\\x";
    out += kDigits[byte >> 4];
    out += kDigits[byte & 15];
  }
}

}  // namespace

Result<Duration> ParseDuration(std::string_view text) {
  if (const auto millis = DurationMillis(text)) return Duration{*millis};
  return Invalid(Quote(text) + " is not a duration", "", "write it like 250ms, 5s, 10m or 1h30m");
}

std::string FormatDuration(Duration d) {
  if (d.count() == 0) return "0s";
  std::string text = d.count() < 0 ? "-" : "";
  std::int64_t left = d.count() < 0 ? -d.count() : d.count();
  for (const Unit& unit : kDurationUnits) {
    if (left >= unit.factor) text += std::to_string(left / unit.factor).append(unit.name);
    left %= unit.factor;
  }
  return text;
}

Result<std::int64_t> ParsePercentage(std::string_view text) {
  if (const auto points = BasisPoints(text)) return *points;
  return Invalid(Quote(text) + " is not a percentage", "", "write it like 5% or 0.25%, from 0% to 100%");
}

std::string FormatPercentage(std::int64_t basis_points) {
  std::string text = basis_points < 0 ? "-" : "";
  const std::int64_t points = basis_points < 0 ? -basis_points : basis_points;
  text += std::to_string(points / 100);
  if (const std::int64_t rest = points % 100; rest != 0) {
    text += '.';
    text += static_cast<char>('0' + rest / 10);
    if (rest % 10 != 0) text += static_cast<char>('0' + rest % 10);
  }
  return text + "%";
}

Result<std::int64_t> ParseSize(std::string_view text) {
  std::string_view rest = text;
  if (const auto number = TakeNumber(rest)) {
    for (const Unit& unit : kSizeUnits) {
      if (unit.name == rest && *number <= kMaxInteger / unit.factor) return *number * unit.factor;
    }
  }
  return Invalid(Quote(text) + " is not a size", "", "write it like 512B, 64KiB, 4MiB or 5MB");
}

std::string FormatSize(std::int64_t bytes) {
  for (const Unit& unit : kSizeUnits) {
    if (bytes != 0 && bytes % unit.factor == 0) return std::to_string(bytes / unit.factor).append(unit.name);
  }
  return std::to_string(bytes) + "B";
}

Result<std::int64_t> ParseInteger(std::string_view text) {
  std::string_view rest = text;
  const bool negative = rest.starts_with('-');
  if (negative) rest.remove_prefix(1);
  const bool padded = rest.size() > 1 && rest[0] == '0';
  const auto number = TakeNumber(rest);
  if (number && rest.empty() && !padded) return negative ? -*number : *number;
  return Invalid(Quote(text) + " is not a whole number", "",
                 "write decimal digits, within ±9007199254740992");
}

Result<bool> ParseBoolean(std::string_view text) {
  if (text == "true") return true;
  if (text == "false") return false;
  return Invalid(Quote(text) + " is neither true nor false", "", "write true or false");
}

bool IsId(std::string_view text) {
  if (text.empty() || text.size() > 64 || text[0] < 'a' || text[0] > 'z') return false;
  return std::ranges::all_of(
      text, [](char c) { return (c >= 'a' && c <= 'z') || IsDigit(c) || c == '-' || c == '_'; });
}

bool IsUtf8(std::string_view text) { return Utf8ErrorAt(text) == std::string_view::npos; }

std::optional<std::string> DidYouMean(std::string_view word, std::span<const std::string> candidates) {
  // Distance costs length times length; nobody mistypes a word this long.
  if (word.size() > 100) return std::nullopt;
  std::size_t nearest = word.size() / 3 + 1;
  const std::string* found = nullptr;
  for (const std::string& candidate : candidates) {
    const std::size_t longer = std::max(candidate.size(), word.size());
    if (longer - std::min(candidate.size(), word.size()) >= nearest) continue;
    const std::size_t distance = Distance(word, candidate);
    if (distance < nearest) {
      nearest = distance;
      found = &candidate;
    }
  }
  if (found == nullptr) return std::nullopt;
  return *found;
}

std::vector<std::string> Split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  for (;;) {
    const std::size_t end = text.find(separator);
    parts.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

std::string Join(std::span<const std::string> parts, std::string_view separator) {
  std::string text;
  for (const std::string& part : parts) {
    if (&part != parts.data()) text += separator;
    text += part;
  }
  return text;
}

std::string_view Trim(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n\v\f";
  const std::size_t begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

bool StartsWith(std::string_view text, std::string_view prefix) { return text.starts_with(prefix); }
bool EndsWith(std::string_view text, std::string_view suffix) { return text.ends_with(suffix); }

std::string Quote(std::string_view text) {
  constexpr std::size_t kMost = 60;
  if (text.size() <= kMost) return "`" + Printable(text) + "`";
  std::size_t end = kMost;
  while (end > kMost - 4 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return "`" + Printable(text.substr(0, end)) + "…`";
}

std::string Printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const Utf8Char c = FirstUtf8(text);
    const std::string_view bytes = text.substr(0, c.size == 0 ? 1 : c.size);
    if (c.size != 0 && IsSafeOnTerminal(c.code)) {
      out += bytes;
    } else {
      AppendEscaped(out, bytes);
    }
    text.remove_prefix(bytes.size());
  }
  return out;
}

}  // namespace slipway::base
