#include "base/json_tree.h"

#include <algorithm>

#include "base/known_keys.h"
#include "base/text.h"
#include "base/utf8.h"

namespace slipway::base {
namespace {

constexpr int kMaxValues = 2'000'000;
constexpr int kMaxDepth = 64;

template <typename T>
using Parsed = std::expected<T, YamlError>;

std::unexpected<YamlError> Wrong(Position at, std::string what, std::string hint = "") {
  return std::unexpected(YamlError{at, std::move(what), std::move(hint)});
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsWord(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$'; }

// Places of bytes, asked for in rising order.
class Places {
 public:
  explicit Places(std::string_view text) : text_(text), starts_(LineStarts(text)) {}

  Position Of(std::size_t offset) {
    while (line_ + 1 < starts_.size() && starts_[line_ + 1] <= offset) {
      counted_ = starts_[++line_];
      column_ = 1;
    }
    for (; counted_ < offset; ++counted_) {
      if ((static_cast<unsigned char>(text_[counted_]) & 0xC0) != 0x80) ++column_;
    }
    return {static_cast<int>(line_) + 1, column_};
  }

 private:
  std::string_view text_;
  std::vector<std::size_t> starts_;
  std::size_t line_ = 0;     // index into starts_
  std::size_t counted_ = 0;  // up to this byte of the line
  int column_ = 1;
};

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text), places_(text) {}

  Parsed<YamlNode> Document() {
    SkipBlanks();
    if (AtEnd()) return Wrong(Here(), "the document is empty");
    auto root = Value(1);
    if (!root) return root;
    SkipBlanks();
    if (!AtEnd()) return Wrong(Here(), "something stands after the end of the document");
    return root;
  }

 private:
  bool AtEnd() const { return at_ >= text_.size(); }
  char Next() const { return AtEnd() ? '\0' : text_[at_]; }
  Position Here() { return places_.Of(at_); }

  void SkipBlanks() {
    while (!AtEnd() && (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n' || text_[at_] == '\r'))
      ++at_;
  }

  bool Take(char c) {
    SkipBlanks();
    if (Next() != c) return false;
    ++at_;
    return true;
  }

  Parsed<YamlNode> Value(int depth) {
    SkipBlanks();
    const Position at = Here();
    if (++values_ > kMaxValues) return Wrong(at, "more than 2,000,000 values in one document");
    switch (Next()) {
      case '{':
        return depth > kMaxDepth ? Wrong(at, "nested deeper than 64") : Object(at, depth);
      case '[':
        return depth > kMaxDepth ? Wrong(at, "nested deeper than 64") : Array(at, depth);
      case '"':
        return String(at);
      default:
        return Bare(at);
    }
  }

  Parsed<YamlNode> Object(Position at, int depth) {
    YamlNode node{.kind = YamlNode::Kind::kMapping, .at = at};
    KnownKeys known;
    ++at_;
    if (Take('}')) return node;
    for (;;) {
      SkipBlanks();
      const Position key_at = Here();
      if (Next() != '"') return NoName(key_at, !node.members.empty());
      if (++values_ > kMaxValues) return Wrong(key_at, "more than 2,000,000 values in one document");
      auto key = String(key_at);
      if (!key) return key;
      if (const YamlNode* earlier = known.Find(node, key->scalar)) {
        return Wrong(key_at, "the key " + Quote(key->scalar) + " stands here a second time",
                     "it stands first in line " + std::to_string(earlier->at.line));
      }
      if (!Take(':')) return Wrong(Here(), "a `:` is missing after " + Quote(key->scalar));
      auto value = Value(depth + 1);
      if (!value) return value;
      node.members.push_back({std::move(*key), std::move(*value)});
      if (Take('}')) return node;
      if (!Take(',')) return Unfinished(at, '}');
    }
  }

  Parsed<YamlNode> Array(Position at, int depth) {
    YamlNode node{.kind = YamlNode::Kind::kSequence, .at = at};
    ++at_;
    if (Take(']')) return node;
    for (;;) {
      SkipBlanks();
      if (Next() == ']') return Wrong(Here(), "a comma stands before `]`", "take the comma away");
      auto item = Value(depth + 1);
      if (!item) return item;
      node.items.push_back(std::move(*item));
      if (Take(']')) return node;
      if (!Take(',')) return Unfinished(at, ']');
    }
  }

  // Where a name in quotes should stand.
  Parsed<YamlNode> NoName(Position at, bool after_comma) {
    if (AtEnd()) return Wrong(at, "the document ends here, and its braces are not closed");
    if (Next() == '}' && after_comma) return Wrong(at, "a comma stands before `}`", "take the comma away");
    if (IsWord(Next())) return Wrong(at, "a name stands in quotes", "write \"name\": value");
    return Wrong(at, "a name in quotes is missing here", HintFor(Next()));
  }

  Parsed<YamlNode> Unfinished(Position began, char end) {
    if (AtEnd())
      return Wrong(began, std::string(end == '}' ? "this brace" : "this bracket") + " is never closed");
    return Wrong(Here(), std::string("a comma or `") + end + "` is missing here", HintFor(Next()));
  }

  static std::string HintFor(char c) {
    if (c == '/' || c == '#') return "JSON has no comments";
    if (c == '\'') return "JSON has double quotes only";
    return "";
  }

  // A number, true, false or null.
  Parsed<YamlNode> Bare(Position at) {
    const std::size_t begin = at_;
    while (!AtEnd() && (IsWord(Next()) || IsDigit(Next()) || Next() == '-' || Next() == '+' || Next() == '.'))
      ++at_;
    const std::string_view word = text_.substr(begin, at_ - begin);
    if (word == "true" || word == "false" || word == "null" || IsNumber(word))
      return YamlNode{.at = at, .scalar = std::string(word)};
    if (AtEnd() && word.empty()) return Wrong(at, "the document ends here, and a value is missing");
    if (word.empty()) return Wrong(at, "a value is missing here", HintFor(Next()));
    return Wrong(at, Quote(word) + " is no value",
                 "a text stands in quotes; true, false, null and numbers do not");
  }

  static bool IsNumber(std::string_view word) {
    const auto digits = [&] {
      const auto end = std::ranges::find_if_not(word, IsDigit);
      const auto count = static_cast<std::size_t>(end - word.begin());
      word.remove_prefix(count);
      return count;
    };
    if (word.starts_with('-')) word.remove_prefix(1);
    const bool zero = word.starts_with('0');
    const std::size_t whole = digits();
    if (whole == 0 || (zero && whole > 1)) return false;
    if (word.starts_with('.')) {
      word.remove_prefix(1);
      if (digits() == 0) return false;
    }
    if (word.starts_with('e') || word.starts_with('E')) {
      word.remove_prefix(1);
      if (word.starts_with('+') || word.starts_with('-')) word.remove_prefix(1);
      if (digits() == 0) return false;
    }
    return word.empty();
  }

  Parsed<YamlNode> String(Position at) {
    YamlNode node{.at = at, .quoted = true};
    ++at_;
    for (;;) {
      // What needs no look: up to a quote, an escape or a control character.
      const std::size_t begin = at_;
      while (!AtEnd() && text_[at_] != '"' && text_[at_] != '\\' &&
             static_cast<unsigned char>(text_[at_]) >= 0x20)
        ++at_;
      node.scalar.append(text_, begin, at_ - begin);
      if (AtEnd() || text_[at_] == '\n' || text_[at_] == '\r') return Wrong(at, "this quote is never closed");
      if (text_[at_] == '"') {
        ++at_;
        return node;
      }
      if (text_[at_] != '\\')
        return Wrong(Here(), "a control character stands in a text", "write \\t or \\u0009 for a tab");
      if (auto done = Escape(node.scalar); !done) return std::unexpected(std::move(done).error());
    }
  }

  Parsed<void> Escape(std::string& out) {
    const Position at = Here();
    ++at_;
    const char c = Next();
    ++at_;
    constexpr std::string_view kWritten = "\"\\/bfnrt", kMeant = "\"\\/\b\f\n\r\t";
    if (const std::size_t index = kWritten.find(c); c != '\0' && index != kWritten.npos) {
      out += kMeant[index];
      return {};
    }
    if (c != 'u') return Wrong(at, "an unknown escape stands in a text", "write \\\\ for a backslash");
    const int first = FourDigits();
    if (first < 0) return Wrong(at, "four hexadecimal digits follow \\u");
    auto code = static_cast<char32_t>(first);
    if (first == 0) return Wrong(at, "a NUL is not allowed");
    if (first >= 0xD800 && first <= 0xDFFF) {
      const bool pair = first < 0xDC00 && text_.substr(std::min(at_, text_.size())).starts_with("\\u");
      if (pair) at_ += 2;
      const int second = pair ? FourDigits() : -1;
      if (second < 0xDC00 || second > 0xDFFF)
        return Wrong(at, "half of a pair of \\u escapes, without the other");
      code = 0x10000 + ((code - 0xD800) << 10) + (static_cast<char32_t>(second) - 0xDC00);
    }
    AppendUtf8(code, out);
    return {};
  }

  int FourDigits() {
    int value = 0;
    for (int i = 0; i < 4; ++i, ++at_) {
      const char c = Next();
      const int lower = c | 0x20;
      if (IsDigit(c)) {
        value = value * 16 + (c - '0');
      } else if (lower >= 'a' && lower <= 'f') {
        value = value * 16 + (lower - 'a' + 10);
      } else {
        return -1;
      }
    }
    return value;
  }

  static void AppendUtf8(char32_t code, std::string& out) {
    const auto tail = [&](int shift) { out += static_cast<char>(0x80 | ((code >> shift) & 0x3F)); };
    if (code < 0x80) {
      out += static_cast<char>(code);
    } else if (code < 0x800) {
      out += static_cast<char>(0xC0 | (code >> 6));
      tail(0);
    } else if (code < 0x10000) {
      out += static_cast<char>(0xE0 | (code >> 12));
      tail(6);
      tail(0);
    } else {
      out += static_cast<char>(0xF0 | (code >> 18));
      tail(12);
      tail(6);
      tail(0);
    }
  }

  std::string_view text_;
  Places places_;
  std::size_t at_ = 0;
  int values_ = 0;
};

}  // namespace

std::expected<YamlNode, YamlError> ParseJsonTree(std::string_view text) {
  if (text.size() > kMaxJsonTreeBytes) return Wrong({1, 1}, "the document is larger than 64 MiB");
  if (const std::size_t bad = Utf8ErrorAt(text); bad != std::string_view::npos)
    return Wrong(Places(text).Of(bad), "not valid UTF-8", "save the file as UTF-8");
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  return Parser(text).Document();
}

}  // namespace slipway::base
