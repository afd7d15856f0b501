// SQL text to tokens, by the rules of PostgreSQL 15 (its manual, 4.1) with standard_conforming_strings on.
//
// White space and block comments, nested ones too, are stepped over; `--` comments are tokens, because they
// carry waivers. What only psql understands (`\i`, `:name`) is a bad token. Linear in time; holds a view of
// the text.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/places.h"

namespace slipway::sql {

enum class TokenKind : std::uint8_t {
  kEnd,
  kWord,    // an identifier or keyword without quotes
  kName,    // "…" or U&"…"
  kString,  // '…', E'…', U&'…', B'…', X'…', $tag$…$tag$, with what is continued on later lines
  kNumber,  // 42, 1.5e3, $1
  kSymbol,  // one character, or one of :: and :=
  kComment,
  kBad,  // error() says why
};

struct Token {
  TokenKind kind = TokenKind::kEnd;
  std::size_t begin = 0;  // bytes
  std::size_t end = 0;
};

struct LexError {
  std::size_t at = 0;  // where the trouble began
  std::string what;
  std::string hint;
};

class Lexer {
 public:
  explicit Lexer(std::string_view text, std::size_t at = 0) : text_(text), at_(at) {}

  Token Next();
  void GoTo(std::size_t offset) { at_ = offset; }
  const LexError& error() const { return error_; }  // of the last kBad; Next goes on behind it

 private:
  char At(std::size_t i) const { return i < text_.size() ? text_[i] : '\0'; }
  bool SkipBlanks();  // false: a comment is never closed
  bool SkipBlockComment();
  Token Word();
  Token Number();
  std::size_t ContinuedAt(std::size_t after) const;
  Token String(std::size_t quote, bool backslashes);
  Token Quoted(TokenKind kind, std::size_t quote);
  Token DollarQuoted(std::size_t tag_size);
  Token Colon();
  Token MetaCommand();
  Token Symbol();
  Token Until(TokenKind kind, std::size_t end);
  Token Bad(std::size_t end, std::string what, std::string hint);
  std::size_t LineEnd(std::size_t from) const;

  const std::string_view text_;
  std::size_t at_;
  std::size_t brackets_ = 0;  // inside […] a colon cuts an array
  LexError error_;
};

// All tokens but comments, up to the first bad one.
std::vector<Token> Tokens(std::string_view text);

using base::kByteOrderMark;
using base::Places;

}  // namespace slipway::sql
