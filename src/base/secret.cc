#include "base/secret.h"

#include <sodium.h>

#include <algorithm>
#include <iterator>
#include <ostream>

#include "base/bytes.h"
#include "base/text.h"
#include "base/utf8.h"

namespace slipway::base {
namespace {

constexpr std::string_view kMasked = "***";
constexpr std::size_t kShortest = 4;    // bytes; shorter needles would be found everywhere
constexpr std::size_t kUnwrapped = 60;  // base64 programs break lines at 64 or 76 characters

struct Range {
  std::size_t begin;
  std::size_t end;
};

bool IsUnreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
         c == '.' || c == '~';
}

// Percent-encoding (RFC 3986); the characters of `kept` stay as they are.
std::string UrlEncoded(std::string_view text, std::string_view digits, std::string_view kept) {
  std::string out;
  for (char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (IsUnreserved(c) || kept.find(c) != std::string_view::npos) {
      out += c;
    } else {
      out += '%';
      out += digits[byte >> 4];
      out += digits[byte & 15];
    }
  }
  return out;
}

void AppendUnicodeEscape(std::string& out, unsigned unit, std::string_view digits) {
  out += "\\u";
  for (int shift = 12; shift >= 0; shift -= 4) out += digits[unit >> shift & 15];
}

// How the common JSON writers differ: which printable characters they escape too, the case of hex digits, and
// whether text beyond ASCII stands as itself.
struct JsonStyle {
  std::string_view digits;
  bool ascii_only;
  std::string_view escaped_as_unicode;
  bool escape_slash;
};

std::string JsonEscaped(std::string_view text, const JsonStyle& style) {
  constexpr std::string_view kShort = "\"\\\b\f\n\r\t";
  constexpr std::string_view kLetters = "\"\\bfnrt";
  std::string out;
  while (!text.empty()) {
    const Utf8Char c = FirstUtf8(text);
    const std::string_view bytes = text.substr(0, std::max<std::size_t>(c.size, 1));
    text.remove_prefix(bytes.size());
    if (const auto at = kShort.find(bytes[0]); at != std::string_view::npos) {
      out += '\\';
      out += kLetters[at];
    } else if (bytes[0] == '/' && style.escape_slash) {
      out += "\\/";
    } else if (c.size == 1 &&
               (c.code < 0x20 || style.escaped_as_unicode.find(bytes[0]) != std::string_view::npos)) {
      AppendUnicodeEscape(out, c.code, style.digits);
    } else if (c.size > 1 && style.ascii_only && c.code > 0xFFFF) {
      AppendUnicodeEscape(out, 0xD800 + ((c.code - 0x10000) >> 10), style.digits);
      AppendUnicodeEscape(out, 0xDC00 + ((c.code - 0x10000) & 0x3FF), style.digits);
    } else if (c.size > 1 && style.ascii_only) {
      AppendUnicodeEscape(out, c.code, style.digits);
    } else {
      out += bytes;
    }
  }
  return out;
}

// The characters of base64 text that depend on nothing but the value, when `before` bytes precede it in its
// group of three.
std::string Base64Core(std::string_view value, std::size_t before) {
  const std::string text = Base64(std::string(before, '\0').append(value));
  const std::size_t first = (before * 8 + 5) / 6;
  const std::size_t whole = (before + value.size()) * 8 / 6;
  return text.substr(first, whole - first);
}

std::string UrlAlphabet(std::string text) {
  std::ranges::replace(text, '+', '-');
  std::ranges::replace(text, '/', '_');
  return text;
}

std::vector<std::string> Forms(std::string_view value) {
  constexpr std::string_view kLower = "0123456789abcdef";
  constexpr std::string_view kUpper = "0123456789ABCDEF";
  std::vector<std::string> forms{std::string(value)};
  for (std::string_view digits : {kLower, kUpper}) {
    forms.push_back(JsonEscaped(value, {digits, false, "", false}));
    forms.push_back(JsonEscaped(value, {digits, true, "", false}));
    forms.push_back(JsonEscaped(value, {digits, true, "\x7f", false}));
    forms.push_back(JsonEscaped(value, {digits, true, "", true}));
    forms.push_back(JsonEscaped(value, {digits, false, "<>&", false}));
    for (std::string_view kept : {"", "/", "/:@!$&'()*+,;=", "!'()*"}) {
      forms.push_back(UrlEncoded(value, digits, kept));
    }
    std::string form = UrlEncoded(value, digits, " ");
    std::ranges::replace(form, ' ', '+');
    forms.push_back(std::move(form));
  }
  for (std::size_t before = 0; before < 3; ++before) {
    forms.push_back(Base64Core(value, before));
    forms.push_back(UrlAlphabet(Base64Core(value, before)));
  }
  return forms;
}

void FindAll(std::string_view text, std::string_view needle, std::vector<Range>& found) {
  for (std::size_t at = text.find(needle); at != std::string_view::npos; at = text.find(needle, at + 1)) {
    found.push_back({at, at + needle.size()});
  }
}

// Finds the needles in the text with its line ends left out, as base64 programs break long lines.
void FindWrapped(std::string_view text, const std::vector<std::string>& needles, std::vector<Range>& found) {
  std::string joined;
  std::vector<std::size_t> origin;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n' || text[i] == '\r') continue;
    joined += text[i];
    origin.push_back(i);
  }
  std::vector<Range> in_joined;
  for (const std::string& needle : needles) {
    if (needle.size() > kUnwrapped) FindAll(joined, needle, in_joined);
  }
  for (const Range& range : in_joined) found.push_back({origin[range.begin], origin[range.end - 1] + 1});
}

void Wipe(std::string& text) {
  text.resize(text.capacity());  // the whole buffer: what was moved away from leaves its bytes behind
  sodium_memzero(text.data(), text.size());
  text.clear();
}

}  // namespace

Secret::Secret(Secret&& other) noexcept {
  value_.swap(other.value_);
  Wipe(other.value_);  // a short value lay in the string itself and is still there
}

Secret& Secret::operator=(const Secret& other) {
  if (this != &other) {
    Wipe(value_);
    value_ = other.value_;
  }
  return *this;
}

Secret& Secret::operator=(Secret&& other) noexcept {
  if (this != &other) {
    Wipe(value_);
    value_.swap(other.value_);
    Wipe(other.value_);
  }
  return *this;
}

Secret::~Secret() { Wipe(value_); }

std::ostream& operator<<(std::ostream& out, const Secret&) { return out << kSecretText; }

void tag_invoke(const boost::json::value_from_tag&, Json& json, const Secret&) { json = kSecretText; }

void Masker::Add(const Secret& secret) {
  const std::string& value = secret.Reveal();
  std::vector<std::string> found = Forms(value);
  // Programs cut, indent and quote text line by line, and often drop the last line end.
  for (const std::string& line : Split(value, '\n')) {
    if (const std::string_view part = Trim(line); part.size() >= kShortest && part != value) {
      std::ranges::move(Forms(part), std::back_inserter(found));
    }
  }
  for (std::string& needle : found) {
    if (needle.size() >= kShortest && value.size() >= kShortest) needles_.push_back(std::move(needle));
  }
  std::ranges::sort(needles_, [](const std::string& a, const std::string& b) {
    return a.size() != b.size() ? a.size() > b.size() : a < b;
  });
  needles_.erase(std::ranges::unique(needles_).begin(), needles_.end());
  if (!needles_.empty()) longest_ = needles_.front().size() + needles_.front().size() / kUnwrapped * 2;
}

std::string Masker::Mask(std::string_view text) const {
  std::vector<Range> found;
  for (const std::string& needle : needles_) FindAll(text, needle, found);
  if (longest_ > kUnwrapped && text.find('\n') != std::string_view::npos) FindWrapped(text, needles_, found);
  if (found.empty()) return std::string(text);

  std::ranges::sort(found, {}, &Range::begin);
  std::string out;
  std::size_t done = 0;
  for (const Range& range : found) {
    // Overlapping finds are one: what was found second must not survive because the first was cut out of it.
    if (range.begin >= done) out.append(text.substr(done, range.begin - done)).append(kMasked);
    done = std::max(done, range.end);
  }
  return out.append(text.substr(done));
}

Json Masker::Mask(const Json& value) const {
  if (needles_.empty()) return value;
  switch (value.kind()) {
    case boost::json::kind::string:
      return Json(Mask(View(value.get_string())));
    case boost::json::kind::array: {
      JsonArray masked;
      masked.reserve(value.get_array().size());
      for (const Json& item : value.get_array()) masked.push_back(Mask(item));
      return masked;
    }
    case boost::json::kind::object: {
      JsonObject masked;
      masked.reserve(value.get_object().size());
      for (const auto& member : value.get_object()) {
        masked[Mask(std::string_view(member.key().data(), member.key().size()))] = Mask(member.value());
      }
      return masked;
    }
    case boost::json::kind::int64: {
      // A secret of digits comes back as a number from whoever parses it.
      const bool secret = std::ranges::find(needles_, std::to_string(value.get_int64())) != needles_.end();
      return secret ? Json(kMasked) : value;
    }
    case boost::json::kind::uint64: {
      const bool secret = std::ranges::find(needles_, std::to_string(value.get_uint64())) != needles_.end();
      return secret ? Json(kMasked) : value;
    }
    case boost::json::kind::null:
    case boost::json::kind::bool_:
    case boost::json::kind::double_:
      return value;
  }
  return nullptr;
}

}  // namespace slipway::base
