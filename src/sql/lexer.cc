#include "sql/lexer.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"

namespace slipway::sql {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsNewline(char c) { return c == '\n' || c == '\r'; }
bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\f' || IsNewline(c); }
bool StartsWord(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}
bool InTag(char c) { return StartsWord(c) || IsDigit(c); }
bool InWord(char c) { return InTag(c) || c == '$'; }
bool Is(char c, char lower) { return (c | 0x20) == lower; }

constexpr std::pair<std::string_view, std::string_view> kWaysOut[] = {
    {"\\i", "write those statements into a file of their own in the version's folder"},
    {"\\ir", "write those statements into a file of their own in the version's folder"},
    {"\\include", "write those statements into a file of their own in the version's folder"},
    {"\\set", "write the value itself where it is used"},
    {"\\connect", "a file speaks to one database, which is chosen outside it"},
    {"\\c", "a file speaks to one database, which is chosen outside it"},
    {"\\copy", "write COPY … FROM stdin; with its data below, ended by a line `\\.`"},
    {"\\.", "it ends the data of COPY … FROM stdin, and none stands here"},
    {"\\g", "end the statement with `;`"},
    {"\\gexec", "write a DO block that executes what it has put together"},
    {"\\if", "write a DO block with IF"},
};

}  // namespace

Token Lexer::Until(TokenKind kind, std::size_t end) { return {kind, std::exchange(at_, end), end}; }

Token Lexer::Bad(std::size_t end, std::string what, std::string hint) {
  error_ = {at_, std::move(what), std::move(hint)};
  return Until(TokenKind::kBad, end);
}

std::size_t Lexer::LineEnd(std::size_t from) const {
  return std::min(text_.find_first_of("\r\n", from), text_.size());
}

bool Lexer::SkipBlockComment() {
  std::size_t depth = 0;
  for (std::size_t i = at_; i + 1 < text_.size();) {
    if (text_[i] == '/' && text_[i + 1] == '*') {
      ++depth;
      i += 2;
    } else if (text_[i] == '*' && text_[i + 1] == '/') {
      i += 2;
      if (--depth == 0) {
        at_ = i;
        return true;
      }
    } else {
      ++i;
    }
  }
  return false;
}

bool Lexer::SkipBlanks() {
  while (at_ < text_.size()) {
    if (IsBlank(text_[at_])) {
      ++at_;
    } else if (text_[at_] == '/' && At(at_ + 1) == '*') {
      if (!SkipBlockComment()) return false;
    } else {
      break;
    }
  }
  return true;
}

Token Lexer::Next() {
  if (!SkipBlanks())
    return Bad(text_.size(), "the comment that begins here is never closed",
               "close it with `*/`; comments nest, so each `/*` needs one");
  if (at_ >= text_.size()) return {TokenKind::kEnd, text_.size(), text_.size()};
  const char c = text_[at_];
  const char next = At(at_ + 1);
  if (c == '-' && next == '-') return Until(TokenKind::kComment, LineEnd(at_));
  if (c == '\'') return String(at_, false);
  if (c == '"') return Quoted(TokenKind::kName, at_);
  if (next == '\'' && Is(c, 'e')) return String(at_ + 1, true);
  if (next == '\'' && (Is(c, 'b') || Is(c, 'x') || Is(c, 'n'))) return String(at_ + 1, false);
  if (Is(c, 'u') && next == '&' && At(at_ + 2) == '\'') return String(at_ + 2, false);
  if (Is(c, 'u') && next == '&' && At(at_ + 2) == '"') return Quoted(TokenKind::kName, at_ + 2);
  if (StartsWord(c)) return Word();
  if (IsDigit(c) || (c == '.' && IsDigit(next)) || (c == '$' && IsDigit(next))) return Number();
  if (c == '$') {
    std::size_t end = at_ + 1;
    while (InTag(At(end))) ++end;
    if (At(end) == '$') return DollarQuoted(end + 1 - at_);
  }
  if (c == ':') return Colon();
  if (c == '\\') return MetaCommand();
  return Symbol();
}

Token Lexer::Word() {
  if (text_.substr(at_).starts_with(kByteOrderMark))
    return Bad(at_ + kByteOrderMark.size(), "a byte order mark stands in the middle of the file",
               "remove it; it comes from joining files");
  std::size_t end = at_ + 1;
  while (InWord(At(end))) ++end;
  return Until(TokenKind::kWord, end);
}

Token Lexer::Number() {
  std::size_t end = at_ + 1;
  const auto digits = [&] {
    while (IsDigit(At(end))) ++end;
  };
  digits();
  if (text_[at_] == '$') return Until(TokenKind::kNumber, end);
  if (text_[at_] != '.' && At(end) == '.' && At(end + 1) != '.') {
    ++end;
    digits();
  }
  if (Is(At(end), 'e')) {
    const std::size_t sign = At(end + 1) == '+' || At(end + 1) == '-' ? 1 : 0;
    if (IsDigit(At(end + 1 + sign))) {  // otherwise the `e` begins what comes next, such as E'…'
      end += 1 + sign;
      digits();
    }
  }
  return Until(TokenKind::kNumber, end);
}

// A string goes on behind blanks and `--` comments that hold a line break, by the same rules: 'a' ⏎ 'b'. The
// quote where it does, or npos.
std::size_t Lexer::ContinuedAt(std::size_t after) const {
  bool newline = false;
  std::size_t i = after;
  while (IsBlank(At(i)) || (At(i) == '-' && At(i + 1) == '-')) {
    newline = newline || IsNewline(At(i));
    i = At(i) == '-' ? LineEnd(i) : i + 1;
  }
  return newline && At(i) == '\'' ? i : std::string_view::npos;
}

Token Lexer::String(std::size_t quote, bool backslashes) {
  for (std::size_t i = quote + 1; i < text_.size(); ++i) {
    if (text_[i] == '\\' && backslashes) {
      ++i;
    } else if (text_[i] == '\'' && At(i + 1) == '\'') {
      ++i;
    } else if (text_[i] == '\'') {
      const std::size_t next = ContinuedAt(i + 1);
      if (next == std::string_view::npos) return Until(TokenKind::kString, i + 1);
      i = next;
    }
  }
  return Bad(text_.size(), "the string that begins here is never closed",
             "close it with `'`; inside it write `''`");
}

Token Lexer::Quoted(TokenKind kind, std::size_t quote) {
  for (std::size_t i = quote + 1; i < text_.size(); ++i) {
    if (text_[i] != '"') continue;
    if (At(i + 1) != '"') return Until(kind, i + 1);
    ++i;
  }
  return Bad(text_.size(), "the quoted name that begins here is never closed", "close it with `\"`");
}

Token Lexer::DollarQuoted(std::size_t tag_size) {
  const std::string_view tag = text_.substr(at_, tag_size);
  const std::size_t end = text_.find(tag, at_ + tag_size);
  if (end != std::string_view::npos) return Until(TokenKind::kString, end + tag_size);
  return Bad(text_.size(), "the string that begins here with " + base::Quote(tag) + " is never closed",
             "close it with the same " + base::Quote(tag));
}

Token Lexer::Colon() {
  const char next = At(at_ + 1);
  if (next == ':' || next == '=') return Until(TokenKind::kSymbol, at_ + 2);
  const bool variable = InTag(next) || next == '\'' || next == '"' || (next == '{' && At(at_ + 2) == '?');
  if (brackets_ > 0 || !variable) return Until(TokenKind::kSymbol, at_ + 1);
  std::size_t end = at_ + (next == '{' ? 3 : 2);
  while (InTag(At(end))) ++end;
  if (!InTag(next)) end = std::min(end + 1, text_.size());
  return Bad(end,
             base::Quote(text_.substr(at_, end - at_)) + " is a variable of psql, which is not used here",
             "write the value itself; a value that differs by database belongs in a table or a setting");
}

Token Lexer::MetaCommand() {
  std::size_t end = at_ + 1;
  while (end < text_.size() && !IsBlank(text_[end]) && text_[end] != '\\' && text_[end] != ';') ++end;
  const std::string_view name = text_.substr(at_, end - at_);
  const auto* way = std::ranges::find(kWaysOut, name, &std::pair<std::string_view, std::string_view>::first);
  // What stands behind it on the line belongs to it, and need not be SQL.
  return Bad(
      LineEnd(at_), base::Quote(name) + " is a command of psql, which is not used here",
      std::string(way == std::end(kWaysOut) ? "remove the line; a file holds SQL alone" : way->second));
}

Token Lexer::Symbol() {
  const char c = text_[at_];
  if (c == '[') ++brackets_;
  if (c == ']' && brackets_ > 0) --brackets_;
  if (c == ';') brackets_ = 0;
  return Until(TokenKind::kSymbol, at_ + 1);
}

std::vector<Token> Tokens(std::string_view text) {
  std::vector<Token> tokens;
  Lexer lexer(text);
  for (Token token = lexer.Next(); token.kind != TokenKind::kEnd && token.kind != TokenKind::kBad;
       token = lexer.Next())
    if (token.kind != TokenKind::kComment) tokens.push_back(token);
  return tokens;
}

}  // namespace slipway::sql
