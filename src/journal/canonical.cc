#include "journal/canonical.h"

#include <algorithm>
#include <boost/json/value_stack.hpp>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <string>

namespace slipway::journal {
namespace {

// Position of the first byte at or after `i` that is no plain ASCII string character.
std::size_t SkipPlain(std::string_view text, std::size_t i) {
  constexpr std::uint64_t kOnes = 0x0101010101010101u;
  constexpr std::uint64_t kHigh = 0x8080808080808080u;
  while (i + 8 <= text.size()) {
    std::uint64_t w;
    std::memcpy(&w, text.data() + i, 8);
    const std::uint64_t quote = w ^ (kOnes * '"');
    const std::uint64_t slash = w ^ (kOnes * '\\');
    const std::uint64_t hit = (w | (w - kOnes * 0x20) | (quote - kOnes) | (slash - kOnes)) &
                              kHigh;  // may also hit late: checked below
    if (hit != 0) break;
    i += 8;
  }
  while (i < text.size()) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c < 0x20 || c == '"' || c == '\\' || c >= 0x80) break;
    ++i;
  }
  return i;
}

// Length of the well-formed UTF-8 sequence (RFC 3629) at `i`, or 0.
std::size_t Utf8Length(std::string_view text, std::size_t i) {
  auto at = [&](std::size_t k) { return k < text.size() ? static_cast<unsigned char>(text[k]) : 0u; };
  auto tail = [&](std::size_t k) { return (at(k) & 0xC0u) == 0x80u; };
  const unsigned a = at(i);
  if (a < 0x80) return 1;
  if (a >= 0xC2 && a <= 0xDF) return tail(i + 1) ? 2 : 0;
  if (a >= 0xE0 && a <= 0xEF) {
    const unsigned b = at(i + 1);
    const unsigned low = a == 0xE0 ? 0xA0 : 0x80;
    const unsigned high = a == 0xED ? 0x9F : 0xBF;
    return b >= low && b <= high && tail(i + 2) ? 3 : 0;
  }
  if (a >= 0xF0 && a <= 0xF4) {
    const unsigned b = at(i + 1);
    const unsigned low = a == 0xF0 ? 0x90 : 0x80;
    const unsigned high = a == 0xF4 ? 0x8F : 0xBF;
    return b >= low && b <= high && tail(i + 2) && tail(i + 3) ? 4 : 0;
  }
  return 0;
}

// RFC 8785 orders member names by UTF-16 code units. That is the order of the UTF-8 bytes, but for characters
// beyond U+FFFF (lead byte F0…), whose surrogates stand before U+E000…U+FFFF (lead byte EE, EF).
bool Utf16Less(std::string_view a, std::string_view b) {
  const std::size_t n = std::min(a.size(), b.size());
  for (std::size_t i = 0; i < n; ++i) {
    auto x = static_cast<unsigned char>(a[i]);
    auto y = static_cast<unsigned char>(b[i]);
    if (x == y) continue;
    if (x >= 0xEE && y >= 0xEE && (x >= 0xF0) != (y >= 0xF0)) return x >= 0xF0;
    return x < y;
  }
  return a.size() < b.size();
}

}  // namespace

// Feeds what it reads to the value stack. A friend of the reader, so that Boost stays out of its header.
class CanonicalReader::Builder {
 public:
  Builder(CanonicalReader& in, boost::json::value_stack& stack) : in_(in), stack_(stack) {}

  bool Value(int depth) {
    if (in_.AtEnd()) return false;
    switch (in_.text_[in_.i_]) {
      case '{':
        return depth < kMaxDepth && Object(depth);
      case '[':
        return depth < kMaxDepth && Array(depth);
      case '"': {
        std::string_view s;
        std::string buffer;
        if (!in_.StringView(s, buffer)) return false;
        stack_.push_string(s);
        return true;
      }
      case 't':
        return in_.Literal("true") && (stack_.push_bool(true), true);
      case 'f':
        return in_.Literal("false") && (stack_.push_bool(false), true);
      case 'n':
        return in_.Literal("null") && (stack_.push_null(), true);
      default: {
        std::int64_t n = 0;
        return in_.Integer(n) && (stack_.push_int64(n), true);
      }
    }
  }

 private:
  bool Object(int depth) {
    ++in_.i_;
    if (in_.Take('}')) return stack_.push_object(0), true;
    std::string_view previous;
    std::string buffers[2];  // a name with escapes must outlive the next one
    std::size_t count = 0;
    do {
      std::string_view name;
      if (!in_.StringView(name, buffers[count % 2])) return false;
      if (count > 0 && !Utf16Less(previous, name)) return false;
      previous = name;
      stack_.push_key(name);
      if (!in_.Take(':') || !Value(depth + 1)) return false;
      ++count;
    } while (in_.Take(','));
    if (!in_.Take('}')) return false;
    stack_.push_object(count);
    return true;
  }

  bool Array(int depth) {
    ++in_.i_;
    if (in_.Take(']')) return stack_.push_array(0), true;
    std::size_t count = 0;
    do {
      if (!Value(depth + 1)) return false;
      ++count;
    } while (in_.Take(','));
    if (!in_.Take(']')) return false;
    stack_.push_array(count);
    return true;
  }

  CanonicalReader& in_;
  boost::json::value_stack& stack_;
};

bool CanonicalReader::Take(char c) {
  if (i_ >= text_.size() || text_[i_] != c) return false;
  ++i_;
  return true;
}

bool CanonicalReader::Literal(std::string_view expected) {
  if (text_.substr(i_, expected.size()) != expected) return false;
  i_ += expected.size();
  return true;
}

bool CanonicalReader::Integer(std::int64_t& value) {
  const std::size_t start = i_;
  Take('-');
  const std::size_t digits = i_;
  while (i_ < text_.size() && text_[i_] >= '0' && text_[i_] <= '9') ++i_;
  if (i_ == digits || i_ - digits > 16) return false;
  if (text_[digits] == '0' && (i_ - digits > 1 || digits > start)) return false;  // 01, -0
  std::from_chars(text_.data() + start, text_.data() + i_, value);
  return value <= base::kMaxInteger && value >= -base::kMaxInteger;
}

// `view` points into the text, or into `buffer` where there are escapes.
bool CanonicalReader::StringView(std::string_view& view, std::string& buffer) {
  if (!Take('"')) return false;
  std::size_t start = i_;
  bool copied = false;
  buffer.clear();
  for (;;) {
    i_ = SkipPlain(text_, i_);
    if (i_ >= text_.size()) return false;
    const auto c = static_cast<unsigned char>(text_[i_]);
    if (c == '"') break;
    if (c >= 0x80) {
      const std::size_t n = Utf8Length(text_, i_);
      if (n == 0) return false;
      i_ += n;
    } else if (c == '\\') {
      buffer.append(text_, start, i_ - start);
      copied = true;
      if (!Escape(buffer)) return false;
      start = i_;
    } else {
      return false;
    }
  }
  view = text_.substr(start, i_ - start);
  if (copied) view = buffer.append(view);
  ++i_;
  return true;
}

// Only the escapes the canonical form has: the short ones, and \u00xx for the other control characters.
bool CanonicalReader::Escape(std::string& out) {
  constexpr std::string_view kNames = "\"\\bfnrt";
  constexpr std::string_view kValues = "\"\\\b\f\n\r\t";
  ++i_;
  if (i_ >= text_.size()) return false;
  if (const auto k = kNames.find(text_[i_]); k != std::string_view::npos) {
    out.push_back(kValues[k]);
    ++i_;
    return true;
  }
  if (text_.substr(i_, 3) != "u00" || i_ + 5 > text_.size()) return false;
  const char tens = text_[i_ + 3];
  const auto low = std::string_view("0123456789abcdef").find(text_[i_ + 4]);
  if ((tens != '0' && tens != '1') || low == std::string_view::npos) return false;
  const char c = static_cast<char>((tens - '0') * 16 + static_cast<int>(low));
  if (kValues.find(c) != std::string_view::npos) return false;
  out.push_back(c);
  i_ += 5;
  return true;
}

bool CanonicalReader::String(std::string& value) {
  std::string_view view;
  std::string buffer;
  if (!StringView(view, buffer)) return false;
  value = view;
  return true;
}

bool CanonicalReader::Value(base::Json& value) {
  thread_local boost::json::value_stack stack;
  stack.reset();
  if (!Builder(*this, stack).Value(0)) {
    stack.reset();
    return false;
  }
  value = stack.release();
  return true;
}

base::Result<base::Json> ReadCanonical(std::string_view text) {
  CanonicalReader reader(text);
  base::Json value;
  if (!reader.Value(value) || !reader.AtEnd()) {
    return base::Invalid("not canonical JSON at byte " + std::to_string(reader.at()));
  }
  return value;
}

}  // namespace slipway::journal
