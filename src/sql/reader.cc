#include "sql/reader.h"

#include <algorithm>

namespace slipway::sql {
namespace {

constexpr std::size_t kMaxName = 63;  // NAMEDATALEN - 1

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }

bool SameWord(std::string_view token, std::string_view lower) {
  return std::ranges::equal(token, lower, {}, Lower);
}

// As the server does: a character is never cut in two.
std::string Cut(std::string name) {
  if (name.size() <= kMaxName) return name;
  std::size_t end = kMaxName;
  while (end > 0 && (static_cast<unsigned char>(name[end]) & 0xC0) == 0x80) --end;
  name.resize(end);
  return name;
}

std::string Unquoted(std::string_view name) {
  std::string out;
  for (std::size_t i = 1; i + 1 < name.size(); ++i) {
    if (name[i] == '"') ++i;  // written twice
    out += name[i];
  }
  return out;
}

}  // namespace

std::string Folded(std::string_view word) {
  std::string out(word);
  std::ranges::transform(out, out.begin(), Lower);
  return out;
}

std::size_t Reader::offset() const {
  if (!AtEnd()) return tokens_[at_].begin;
  return tokens_.empty() ? 0 : tokens_.back().end;
}

std::string_view Reader::text() const {
  return AtEnd() ? std::string_view()
                 : text_.substr(tokens_[at_].begin, tokens_[at_].end - tokens_[at_].begin);
}

bool Reader::Peek(std::string_view words) const { return Reader(*this).Take(words); }

bool Reader::Take(std::string_view words) {
  Reader ahead = *this;
  while (!words.empty()) {
    const std::size_t end = std::min(words.find(' '), words.size());
    if (ahead.kind() != TokenKind::kWord || !SameWord(ahead.text(), words.substr(0, end))) return false;
    ahead.Skip();
    words.remove_prefix(std::min(end + 1, words.size()));
  }
  *this = ahead;
  return true;
}

bool Reader::PeekSymbol(char symbol) const {
  return kind() == TokenKind::kSymbol && text() == std::string_view(&symbol, 1);
}

bool Reader::TakeSymbol(char symbol) {
  if (!PeekSymbol(symbol)) return false;
  Skip();
  return true;
}

std::string Reader::TakeIdentifier() {
  std::string name;
  if (kind() == TokenKind::kWord) name = Cut(Folded(text()));
  if (kind() == TokenKind::kName && text().starts_with('"')) name = Cut(Unquoted(text()));
  if (kind() == TokenKind::kWord || kind() == TokenKind::kName) Skip();
  return name;
}

Name Reader::TakeName() {
  Name name{.name = TakeIdentifier()};
  while (TakeSymbol('.')) name = {.schema = name.name, .name = TakeIdentifier()};
  return name;
}

std::optional<Reader> Reader::TakeGroup() {
  if (!PeekSymbol('(')) return std::nullopt;
  std::size_t depth = 0;
  const std::size_t begin = at_ + 1;
  for (; !AtEnd(); Skip()) {
    if (PeekSymbol('(')) ++depth;
    if (PeekSymbol(')') && --depth == 0) break;
  }
  const Reader inside(text_, tokens_.subspan(begin, at_ - begin));
  Skip();
  return inside;
}

std::vector<Reader> Reader::Parts() const {
  std::vector<Reader> parts;
  for (Reader end = *this, begin = *this; !begin.AtEnd(); begin = end) {
    while (!end.AtEnd() && !end.PeekSymbol(','))
      if (!end.TakeGroup()) end.Skip();
    parts.push_back(begin.Before(end));
    end.Skip();
  }
  return parts;
}

std::optional<Reader> Reader::Find(std::string_view words) const {
  for (Reader place = *this; !place.AtEnd();) {
    if (place.Peek(words)) return place;
    if (!place.TakeGroup()) place.Skip();
  }
  return std::nullopt;
}

Reader Reader::Before(const Reader& end) const { return {text_, tokens_.subspan(at_, end.at_ - at_)}; }

}  // namespace slipway::sql
