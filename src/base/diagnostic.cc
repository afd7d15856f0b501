#include "base/diagnostic.h"

#include <algorithm>
#include <span>
#include <tuple>

#include "base/known_secrets.h"
#include "base/text.h"

namespace slipway::base {
namespace {

constexpr std::size_t kMaxShown = 100;  // characters of a source line

// Line `number` (from 1) of the text, without its line end.
std::string_view Line(std::string_view text, std::span<const std::size_t> starts, int number) {
  const auto index = static_cast<std::size_t>(number);
  if (index > starts.size()) return {};
  const std::size_t begin = starts[index - 1];
  std::string_view line = text.substr(begin, index < starts.size() ? starts[index] - begin : text.npos);
  for (std::string_view end : {"\n", "\r", "\u0085", "\u2028", "\u2029"}) {
    if (line.ends_with(end)) line.remove_suffix(end.size());
  }
  return line;
}

bool StartsCharacter(char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }

std::size_t Characters(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(text, StartsCharacter));
}

// The byte at which character `column` (from 1) begins, or the end.
std::size_t ByteOf(std::string_view line, int column) {
  int at = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (StartsCharacter(line[i]) && ++at >= column) return i;
  }
  return line.size();
}

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

void RenderSource(const Position& at, std::string_view whole, std::string& out, const std::string& margin) {
  if (Trim(whole).empty()) return;
  std::size_t caret = ByteOf(whole, at.column);
  const std::string_view line = Window(whole, caret);
  const std::string number = std::to_string(at.line);
  out += margin.substr(std::min(margin.size(), number.size())) + number + " | " + Shown(line) + "\n";
  out += margin + " | " + std::string(Characters(Shown(line.substr(0, caret))), ' ') + "^\n";
}

void RenderOne(const Diagnostic& diagnostic, std::string_view line, std::string& out) {
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
  const bool shown = diagnostic.at.line > 0 && !diagnostic.hide_source && !MayHoldSecret(line);
  if (shown) RenderSource(diagnostic.at, line, out, margin);
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
  const std::vector<std::size_t> starts = LineStarts(text);
  for (const Diagnostic* d : ordered)
    RenderOne(*d, d->at.line > 0 ? Line(text, starts, d->at.line) : "", out);
  return out;
}

}  // namespace slipway::base
