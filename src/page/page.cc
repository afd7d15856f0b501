#include "page/page.h"

#include "base/text.h"

namespace slipway::page {

namespace {

// Within one line, printable.
std::string OneLine(std::string_view text) {
  std::string out;
  for (char c : base::Trim(text)) {
    const bool gap = c == '\n' || c == '\r' || c == '\t';
    if (!gap || (!out.empty() && out.back() != ' ')) out += gap ? ' ' : c;
  }
  return base::Printable(out);
}

// The same, with the blanks at both ends that hold a sentence together.
std::string Fragment(std::string_view text) {
  std::string out = OneLine(text);
  if (text.starts_with(' ') && !out.empty()) out.insert(0, 1, ' ');
  if (text.ends_with(' ')) out += ' ';
  return out;
}

}  // namespace

std::string_view SignOf(Verdict verdict) {
  switch (verdict) {
    case Verdict::kPass:
      return "✓ ";
    case Verdict::kFail:
      return "✗ ";
    case Verdict::kUnknown:
      return "? ";
    case Verdict::kNone:
      return "";
  }
  return "";
}

Span Text(std::string_view text) { return {Span::Kind::kText, Fragment(text), Verdict::kNone}; }
Span Strong(std::string_view text) { return {Span::Kind::kStrong, OneLine(text), Verdict::kNone}; }
Span Code(std::string_view text) { return {Span::Kind::kCode, OneLine(text), Verdict::kNone}; }
Span Blank() { return {Span::Kind::kBlank, "", Verdict::kNone}; }
Span Judged(Verdict verdict, std::string_view text) { return {Span::Kind::kVerdict, OneLine(text), verdict}; }

Line Codes(const std::vector<std::string>& texts, std::string_view separator) {
  Line line;
  for (const std::string& text : texts) {
    if (!line.empty()) line += separator;
    line += Code(text);
  }
  return line;
}

Line& operator+=(Line& line, Span span) {
  line.push_back(std::move(span));
  return line;
}

Line& operator+=(Line& line, std::string_view text) {
  if (!text.empty()) line.push_back(Text(text));
  return line;
}

Line& operator+=(Line& line, Line more) {
  for (Span& span : more) line.push_back(std::move(span));
  return line;
}

Block Heading(int level, Line line) {
  return {.kind = Block::Kind::kHeading, .line = std::move(line), .level = level};
}
Block Prose(std::string_view text, std::string_view within) {
  return {.kind = Block::Kind::kProse, .text = std::string(text), .info = std::string(within)};
}
Block Paragraph(Line line) { return {.kind = Block::Kind::kLine, .line = std::move(line)}; }
Block Sign(Line line) { return {.kind = Block::Kind::kSign, .line = std::move(line)}; }
Block Note(Line line) { return {.kind = Block::Kind::kNote, .line = std::move(line)}; }
Block Item(Box box, Line line, Blocks children) {
  return {.kind = Block::Kind::kItem, .line = std::move(line), .box = box, .children = std::move(children)};
}
Block Step(Box box, Line line, Blocks children) {
  return {.kind = Block::Kind::kStep, .line = std::move(line), .box = box, .children = std::move(children)};
}
Block Fenced(std::string_view text, std::string_view info) {
  return {.kind = Block::Kind::kCode, .text = std::string(text), .info = std::string(info)};
}
Block Table(std::vector<std::vector<Line>> rows) {
  return {.kind = Block::Kind::kTable, .rows = std::move(rows)};
}

}  // namespace slipway::page
