// Reading a statement by its words. A reader is a small value that stands before one of the statement's
// tokens; each Take… steps over what it asks for, or stays where it is. Views the text and tokens given,
// which must outlive it.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sql/lexer.h"

namespace slipway::sql {

// A name as the server stores it: unquoted letters folded to lower case, cut to 63 bytes.
struct Name {
  std::string schema;  // empty: not written
  std::string name;    // empty: not written, or as U&"…", which is not decoded

  friend bool operator==(const Name&, const Name&) = default;
};

std::string Folded(std::string_view word);  // A-Z to a-z, as the server does in UTF-8

class Reader {
 public:
  Reader(std::string_view text, std::span<const Token> tokens) : text_(text), tokens_(tokens) {}

  bool AtEnd() const { return at_ >= tokens_.size(); }
  TokenKind kind() const { return AtEnd() ? TokenKind::kEnd : tokens_[at_].kind; }
  std::size_t offset() const;     // of the token that comes; at the end, behind the last one
  std::string_view text() const;  // of the token that comes

  // `words` are keywords in lower case, separated by blanks: all of them, one after another.
  bool Peek(std::string_view words) const;
  bool Take(std::string_view words);
  bool PeekSymbol(char symbol) const;
  bool TakeSymbol(char symbol);
  void Skip() { at_ += AtEnd() ? 0U : 1U; }  // one token

  std::string TakeIdentifier();  // empty: none stands here
  Name TakeName();               // a, s.a or c.s.a

  // Steps over a group in parentheses that stands here, and gives what is in it.
  std::optional<Reader> TakeGroup();
  // What is left, cut at each comma outside parentheses.
  std::vector<Reader> Parts() const;
  // The place of these words outside parentheses, from here on.
  std::optional<Reader> Find(std::string_view words) const;
  bool Has(std::string_view words) const { return Find(words).has_value(); }
  // What stands from here up to `end`, which was found from here.
  Reader Before(const Reader& end) const;

 private:
  std::string_view text_;
  std::span<const Token> tokens_;
  std::size_t at_ = 0;
};

}  // namespace slipway::sql
