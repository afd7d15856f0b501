// Words: quotes, escapes, expansions.
#include <algorithm>
#include <utility>

#include "base/text.h"
#include "shell/reader.h"

namespace slipway::shell {
namespace {

constexpr std::size_t kFar = 4096;  // bytes looked ahead for what closes an expression

bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }

void Add(Word& word, PieceKind kind, Quoting quoting, std::string_view text, Position at) {
  word.pieces.push_back({.kind = kind, .quoting = quoting, .text = std::string(text), .name = {}, .at = at});
}

void AddLiteral(Word& word, Quoting quoting, std::string_view text, Position at) {
  if (!word.pieces.empty() && word.pieces.back().kind == PieceKind::kLiteral &&
      word.pieces.back().quoting == quoting) {
    word.pieces.back().text += text;
  } else {
    Add(word, PieceKind::kLiteral, quoting, text, at);
  }
}

bool IsSpecial(char c) { return std::string_view("@*#?$!-").contains(c); }

// The leading name of what stands in `${…}`, and whether there is nothing else.
std::pair<std::string, bool> NameIn(std::string_view inside) {
  std::size_t begin = inside.size() > 1 && (inside[0] == '#' || inside[0] == '!') ? 1 : 0, end = begin;
  if (end < inside.size() && IsSpecial(inside[end])) {
    ++end;
  } else {
    while (end < inside.size() && InName(inside[end])) ++end;
  }
  return {std::string(inside.substr(begin, end - begin)), begin == 0 && end == inside.size()};
}

}  // namespace

bool StartsName(char c) { return IsLetter(c) || c == '_'; }
bool InName(char c) { return StartsName(c) || IsDigit(c); }
bool EndsWord(char c) { return std::string_view(" \t\r\n;&|<>()").contains(c) || c == '\0'; }

bool Reader::StartsWord() const {
  if (AtEnd()) return false;
  return !EndsWord(Peek()) || Ahead("<(") || Ahead(">(") || PlaceholderSize() > 0;
}

Word Reader::ReadWord() {
  Word word;
  word.at = Here();
  word.begin = at_;
  line_has_command_ = true;
  if (++words_ > 10 * kMaxCommands) Stop("there are more than 200000 words");
  while (!AtEnd() && ReadPiece(word)) {
  }
  word.end = std::max(at_, word.begin);
  word.written = text_.substr(word.begin, word.end - word.begin);
  return word;
}

bool Reader::ReadPiece(Word& word) {
  const char c = Peek();
  if (c == '\\') return ReadEscaped(word), true;
  if (c == '\'') return ReadSingleQuoted(word), true;
  if (c == '"') return ReadDoubleQuoted(word), true;
  if (c == '`') return ReadBackticks(word, Quoting::kNone), true;
  if (Ahead("$'")) return ReadAnsiQuoted(word), true;
  if (Ahead("$\"")) return ++at_, ReadDoubleQuoted(word), true;
  if (c == '$') return ReadDollar(word, Quoting::kNone), true;
  if (Ahead("<(") || Ahead(">(")) return ReadSubstitution(word, Quoting::kNone), true;
  if (ReadPlaceholder(word) || ReadPattern(word)) return true;
  if (EndsWord(c) && !(c == '\0' && !AtEnd())) return false;
  const std::size_t begin = at_;
  const Position at = Here();
  do ++at_;
  while (!AtEnd() && !EndsWord(Peek()) && !std::string_view("\\'\"`$*?[{").contains(Peek()));
  AddLiteral(word, Quoting::kNone, text_.substr(begin, at_ - begin), at);
  return true;
}

void Reader::ReadEscaped(Word& word) {
  const Position at = Here();
  ++at_;
  if (Take("\r\n") || Take("\n")) return;  // the word goes on in the next line
  if (AtEnd()) return AddLiteral(word, Quoting::kNone, "\\", at);
  const std::size_t begin = at_++;
  while (!AtEnd() && (static_cast<unsigned char>(Peek()) & 0xC0) == 0x80) ++at_;
  AddLiteral(word, Quoting::kSingle, text_.substr(begin, at_ - begin), at);
}

void Reader::ReadSingleQuoted(Word& word) {
  const Position at = Here();
  const std::size_t begin = ++at_;
  const std::size_t close = Rest().find('\'');
  at_ = close == std::string_view::npos ? end_ : at_ + close;
  if (AtEnd()) Complain(at, "the quote `'` that begins here is never closed");
  if (at_ > begin) AddLiteral(word, Quoting::kSingle, text_.substr(begin, at_ - begin), at);
  Take("'");
}

void Reader::ReadAnsiQuoted(Word& word) {
  const Position at = Here();
  std::string text;
  for (at_ += 2; !AtEnd() && Peek() != '\''; ++at_) {
    if (Peek() != '\\' || at_ + 1 >= end_) {
      text += Peek();
      continue;
    }
    const char c = text_[++at_];
    text += c == 'n' ? '\n' : c == 't' ? '\t' : c;
  }
  if (!Take("'")) Complain(at, "the quote `$'` that begins here is never closed");
  if (!text.empty()) AddLiteral(word, Quoting::kSingle, text, at);
}

void Reader::ReadDoubleQuoted(Word& word) {
  const Position opened = Here();
  ++at_;
  while (!AtEnd() && Peek() != '"') {
    const char c = Peek();
    const Position at = Here();
    if (c == '\\' && std::string_view("$`\"\\").contains(Peek(1)) && Peek(1) != '\0') {
      AddLiteral(word, Quoting::kDouble, text_.substr(at_ + 1, 1), at);
      at_ += 2;
    } else if (Take("\\\n") || Take("\\\r\n")) {
    } else if (c == '$') {
      ReadDollar(word, Quoting::kDouble);
    } else if (c == '`') {
      ReadBackticks(word, Quoting::kDouble);
    } else {
      const std::size_t begin = at_++;
      while (!AtEnd() && !std::string_view("\"\\$`").contains(Peek())) ++at_;
      AddLiteral(word, Quoting::kDouble, text_.substr(begin, at_ - begin), at);
    }
  }
  if (!Take("\"")) Complain(opened, "the quote `\"` that begins here is never closed");
}

void Reader::ReadDollar(Word& word, Quoting quoting) {
  if (ReadTemplate(word, quoting) || ReadArithmetic(word, quoting)) return;
  if (Ahead("${")) return ReadBraces(word, quoting);
  if (Ahead("$(")) return ReadSubstitution(word, quoting);
  const Position at = Here();
  const std::size_t begin = ++at_;
  if (StartsName(Peek())) {
    while (InName(Peek())) ++at_;
  } else if (IsDigit(Peek()) || (Peek() != '\0' && IsSpecial(Peek()))) {
    ++at_;
  } else {
    return AddLiteral(word, quoting, "$", at);
  }
  Add(word, PieceKind::kVariable, quoting, text_.substr(begin, at_ - begin), at);
  word.pieces.back().name = word.pieces.back().text;
}

bool Reader::ReadTemplate(Word& word, Quoting quoting) {
  if (!Ahead("${{")) return false;
  const std::size_t size = Rest().substr(0, kFar).find("}}");
  if (size == std::string_view::npos) return false;
  Add(word, PieceKind::kTemplate, quoting, base::Trim(Rest().substr(3, size - 3)), Here());
  at_ += size + 2;
  return true;
}

void Reader::ReadBraces(Word& word, Quoting quoting) {
  const Position at = Here();
  const std::size_t begin = at_ += 2;
  int depth = 1;
  char quote = '\0';
  for (; !AtEnd(); ++at_) {
    const char c = Peek();
    if (c == '\\') {
      ++at_;
    } else if (quote != '\0') {
      if (c == quote) quote = '\0';
    } else if (c == '"' || (c == '\'' && quoting == Quoting::kNone)) {
      quote = c;
    } else if (Ahead("${")) {
      ++depth;
    } else if (c == '}' && --depth == 0) {
      break;
    }
  }
  at_ = std::min(at_, end_);
  const std::string_view inside = text_.substr(begin, at_ - begin);
  if (!Take("}")) Complain(at, "the `${` that begins here is never closed");
  const auto [name, alone] = NameIn(inside);
  Add(word, alone ? PieceKind::kVariable : PieceKind::kExpansion, quoting, inside, at);
  word.pieces.back().name = name;
}

std::size_t Reader::ArithmeticSize() const {
  const std::string_view rest = Rest().substr(0, kFar);
  if (!rest.starts_with("((")) return 0;
  int depth = 0;
  for (std::size_t i = 0; i < rest.size(); ++i) {
    if (rest[i] == '(') ++depth;
    if (rest[i] == ')' && --depth == 0) return rest[i - 1] == ')' ? i + 1 : 0;
  }
  return 0;
}

bool Reader::ReadArithmetic(Word& word, Quoting quoting) {
  if (!Ahead("$((")) return false;
  const Position at = Here();
  ++at_;
  const std::size_t size = ArithmeticSize();
  if (size < 4) return --at_, false;
  Add(word, PieceKind::kArithmetic, quoting, base::Trim(Rest().substr(2, size - 4)), at);
  at_ += size;
  return true;
}

void Reader::ReadSubstitution(Word& word, Quoting quoting) {
  const Position at = Here();
  const std::size_t begin = at_ + 2;
  const int block = Open(BlockKind::kSubstitution);
  at_ = begin;
  ReadList({")"});
  Close();
  script_.blocks[static_cast<std::size_t>(block)].at = at;
  Add(word, PieceKind::kSubstitution, quoting, text_.substr(begin, at_ - begin), at);
  if (!Take(")")) Complain(at, "the `(` that begins here is never closed");
}

void Reader::ReadBackticks(Word& word, Quoting quoting) {
  const Position at = Here();
  const std::size_t begin = ++at_;
  std::size_t close = begin;
  while (close < end_ && text_[close] != '`') close += text_[close] == '\\' ? 2U : 1U;
  close = std::min(close, end_);
  const std::size_t end = std::exchange(end_, close);
  Open(BlockKind::kSubstitution);
  open_.push_back(nullptr);
  ReadList({});
  open_.pop_back();
  Close();
  end_ = script_.complete ? end : end_;
  if (!script_.complete) return;
  at_ = close;
  Add(word, PieceKind::kSubstitution, quoting, text_.substr(begin, close - begin), at);
  if (!Take("`")) Complain(at, "the backtick that begins here is never closed");
}

std::size_t Reader::PlaceholderSize() const {
  const char open = Peek();
  if (!options_.placeholders || (open != '<' && open != '[') || !IsLetter(Peek(1))) return 0;
  std::size_t size = 1;
  while (size < 64 && (InName(Peek(size)) || Peek(size) == '-')) ++size;
  if (Peek(size) != (open == '<' ? '>' : ']')) return 0;
  if (open == '<') return size + 1;
  const bool range = size == 4 && Peek(2) == '-';  // [a-z]
  return size < 4 || range ? 0 : size + 1;
}

bool Reader::ReadPlaceholder(Word& word) {
  const std::size_t size = PlaceholderSize();
  if (size == 0) return false;
  Add(word, PieceKind::kPlaceholder, Quoting::kNone, Rest().substr(1, size - 2), Here());
  at_ += size;
  return true;
}

std::size_t Reader::PatternSize(bool at_start) const {
  const char c = Peek();
  if (c == '*' || c == '?') return 1;
  if (c == '~' && at_start) return 1;
  if (c != '[' && c != '{') return 0;
  bool choice = false;
  for (std::size_t size = 1; size < 128 && !std::string_view(" \t\r\n\"'\\$`").contains(Peek(size)); ++size) {
    if (Peek(size) == '\0') return 0;
    if (Peek(size) == c && Peek(size + 1) != ':') return 0;
    choice = choice || Peek(size) == ',' || (Peek(size) == '.' && Peek(size + 1) == '.');
    if (Peek(size) == (c == '[' ? ']' : '}')) return (c == '[' ? size > 1 : choice) ? size + 1 : 0;
    if (EndsWord(Peek(size))) return 0;
  }
  return 0;
}

bool Reader::ReadPattern(Word& word) {
  const std::size_t size = PatternSize(word.pieces.empty());
  if (size == 0) return false;
  Add(word, PieceKind::kPattern, Quoting::kNone, Rest().substr(0, size), Here());
  at_ += size;
  return true;
}

}  // namespace slipway::shell
