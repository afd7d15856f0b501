#include "base/diagnostic.h"

#include <algorithm>
#include <tuple>

#include "base/known_secrets.h"
#include "base/text.h"

namespace slipway::base {
namespace {

constexpr std::size_t kMaxShown = 100;  // characters of a source line

bool StartsCharacter(char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }

std::size_t Characters(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(text, StartsCharacter));
}

// The lines of a document, asked for in order of place: a line of megabytes is read once, not for each of the
// errors in it.
class Source {
 public:
  explicit Source(std::string_view text) : text_(text), starts_(LineStarts(text)) {}

  // Line `number` (from 1), without its line end.
  std::string_view Line(int number) {
    if (number == number_) return line_;
    number_ = number;
    line_ = Cut(static_cast<std::size_t>(number));
    may_hold_secret_ = MayHoldSecret(line_);
    byte_ = 0;
    column_ = 1;
    return line_;
  }
  bool MayBeSecret() const { return may_hold_secret_; }

  // The byte of the line at which character `column` (from 1) begins, or its end.
  std::size_t ByteOf(int column) {
    if (column < column_) byte_ = 0, column_ = 1;
    while (byte_ < line_.size() && column_ < column) {
      do ++byte_;
      while (byte_ < line_.size() && !StartsCharacter(line_[byte_]));
      ++column_;
    }
    return byte_;
  }

 private:
  std::string_view Cut(std::size_t index) const {
    if (index == 0 || index > starts_.size()) return {};
    const std::size_t begin = starts_[index - 1];
    std::string_view line =
        text_.substr(begin, index < starts_.size() ? starts_[index] - begin : std::string_view::npos);
    for (std::string_view end : {"\n", "\r", "\u0085", "\u2028", "\u2029"}) {
      if (line.ends_with(end)) line.remove_suffix(end.size());
    }
    return line;
  }

  std::string_view text_;
  std::vector<std::size_t> starts_;
  int number_ = 0;
  std::string_view line_;
  bool may_hold_secret_ = false;
  std::size_t byte_ = 0;
  int column_ = 1;  // of byte_
};

// At most kMaxShown characters, with the place that is meant well inside.
std::string_view Window(std::string_view line, std::size_t& caret) {
  std::size_t begin = 0;
  if (caret > kMaxShown - 20) begin = caret - std::min(caret, kMaxShown / 2);
  while (begin < line.size() && !StartsCharacter(line[begin])) ++begin;
  std::size_t end = std::min(line.size(), begin + kMaxShown);
  while (end < line.size() && !StartsCharacter(line[end])) ++end;
  caret -= std::min(caret, begin);
  return line.substr(begin, end - begin);
}

// Blanks stand in for tabs, so that the caret stands where the eye expects it.
std::string Shown(std::string_view part) {
  std::string text(part);
  std::ranges::replace(text, '\t', ' ');
  return Printable(text);
}

void RenderSource(const Position& at, Source& source, std::string& out, const std::string& margin) {
  const std::string_view whole = source.Line(at.line);
  if (source.MayBeSecret() || Trim(whole).empty()) return;
  std::size_t caret = source.ByteOf(at.column);
  const std::string_view line = Window(whole, caret);
  const std::string number = std::to_string(at.line);
  out += margin.substr(std::min(margin.size(), number.size())) + number + " | " + Shown(line) + "\n";
  out += margin + " | " + std::string(Characters(Shown(line.substr(0, caret))), ' ') + "^\n";
}

void RenderOne(const Diagnostic& diagnostic, Source& source, std::string& out) {
  out += Printable(diagnostic.file);
  if (diagnostic.at.line > 0) {
    out += ":" + std::to_string(diagnostic.at.line) + ":" + std::to_string(diagnostic.at.column);
  }
  if (!diagnostic.file.empty() || diagnostic.at.line > 0) out += ": ";
  out += diagnostic.severity == Severity::kError ? "error: " : "warning: ";
  out += Printable(diagnostic.what);
  if (!diagnostic.rule.empty()) out += " [" + diagnostic.rule + "]";
  out += "\n";
  const std::string margin(5, ' ');
  if (diagnostic.at.line > 0 && !diagnostic.hide_source) RenderSource(diagnostic.at, source, out, margin);
  if (!diagnostic.origin.empty()) out += margin + " = made from " + Printable(diagnostic.origin) + "\n";
  if (!diagnostic.suggestion.empty()) out += margin + " = " + Printable(diagnostic.suggestion) + "\n";
}

}  // namespace

bool HasErrors(const Diagnostics& diagnostics) {
  return std::ranges::any_of(diagnostics, [](const Diagnostic& d) { return d.severity == Severity::kError; });
}

std::string Render(const Diagnostics& diagnostics, std::string_view text) {
  std::vector<const Diagnostic*> ordered;
  for (const Diagnostic& diagnostic : diagnostics) ordered.push_back(&diagnostic);
  // The address settles ties: libstdc++ 12 has its stable sort on a function that clang calls deprecated.
  std::ranges::sort(ordered, {}, [](const Diagnostic* d) {
    return std::tuple(std::string_view(d->file), d->at.line, d->at.column, d);
  });
  std::string out;
  Source source(text);
  for (const Diagnostic* d : ordered) RenderOne(*d, source, out);
  return out;
}

}  // namespace slipway::base
