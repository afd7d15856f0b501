#include <algorithm>

#include "page/html_style.h"
#include "page/page.h"
#include "page/prose.h"

namespace slipway::page {
namespace {

std::string_view ClassOf(Verdict verdict) {
  switch (verdict) {
    case Verdict::kPass:
      return "pass";
    case Verdict::kFail:
      return "fail";
    case Verdict::kUnknown:
      return "unknown";
    case Verdict::kNone:
      return "none";
  }
  return "none";
}

std::string Written(const Line& line) {
  std::string out;
  for (const Span& span : line) {
    switch (span.kind) {
      case Span::Kind::kText:
        out += Escaped(span.text);
        break;
      case Span::Kind::kStrong:
        out += "<strong>" + Escaped(span.text) + "</strong>";
        break;
      case Span::Kind::kCode:
        out += "<code>" + Escaped(span.text) + "</code>";
        break;
      case Span::Kind::kBlank:
        out += "<span class=\"blank\"></span>";
        break;
      case Span::Kind::kVerdict:
        out += "<span class=\"verdict " + std::string(ClassOf(span.verdict)) + "\">" +
               std::string(SignOf(span.verdict)) + Escaped(span.text) + "</span>";
        break;
    }
  }
  return out;
}

// Code where no line ends within a word, as `--dry-run` at its hyphen, unless the word is too long for one.
std::string CodeOut(std::string_view text) {
  constexpr std::size_t kFits = 60;
  std::string out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find_first_of(" \t\r\n"), text.size());
    const std::string_view word = text.substr(0, end);
    const bool kept = word.contains('-') && word.size() <= kFits;
    out += kept ? "<span>" + Escaped(word) + "</span>" : Escaped(word);
    const std::size_t next = std::min(text.find_first_not_of(" \t\r\n", end), text.size());
    out += Escaped(text.substr(end, next - end));
    text.remove_prefix(next);
  }
  return out;
}

// Several lines to write on: they share the width of the page.
bool IsForm(const Line& line) { return std::ranges::count(line, Span::Kind::kBlank, &Span::kind) > 1; }

std::string_view Mark(Box box) {
  switch (box) {
    case Box::kNone:
      return "";
    case Box::kEmpty:
      return "<span class=\"box\" role=\"img\" aria-label=\"not ticked\"></span>";
    case Box::kTicked:
      return "<span class=\"box\" role=\"img\" aria-label=\"ticked\">✓</span>";
  }
  return "";
}

class Writer {
 public:
  void Write(const Blocks& blocks) {
    for (std::size_t i = 0; i < blocks.size(); ++i) {
      const bool item = blocks[i].kind == Block::Kind::kItem;
      if (item && (i == 0 || blocks[i - 1].kind != Block::Kind::kItem)) out_ += "<ul>\n";
      Write(blocks[i]);
      if (item && (i + 1 == blocks.size() || blocks[i + 1].kind != Block::Kind::kItem)) out_ += "</ul>\n";
    }
  }
  std::string Take() { return std::move(out_); }

 private:
  void Tagged(std::string_view open, const Line& line, std::string_view tag) {
    out_ += "<" + std::string(open) + ">" + Written(line) + "</" + std::string(tag) + ">\n";
  }

  void Write(const Block& block) {
    switch (block.kind) {
      case Block::Kind::kHeading: {
        const std::string tag = "h" + std::to_string(block.level);
        return Tagged(tag, block.line, tag);
      }
      case Block::Kind::kProse:
        out_ += "<div class=\"prose\">\n" + ProseToHtml(block.text) + "</div>\n";
        return;
      case Block::Kind::kLine:
        return Tagged("p", block.line, "p");
      case Block::Kind::kSign:
        return Tagged("p class=\"sign\"", block.line, "p");
      case Block::Kind::kNote:
        return Tagged("p class=\"note\"", block.line, "p");
      case Block::Kind::kItem:
        out_ += block.box == Box::kNone ? "<li>" : "<li class=\"tick\">" + std::string(Mark(block.box));
        out_ += IsForm(block.line) ? "<span class=\"sign\">" + Written(block.line) + "</span>"
                                   : Written(block.line);
        if (!block.children.empty()) {
          out_ += "\n";
          Write(block.children);
        }
        out_ += "</li>\n";
        return;
      case Block::Kind::kStep:
        out_ +=
            "<section class=\"step\">\n<h3>" + std::string(Mark(block.box)) + Written(block.line) + "</h3>\n";
        Write(block.children);
        out_ += "</section>\n";
        return;
      case Block::Kind::kCode:
        out_ += "<pre>" + CodeOut(block.text) + "</pre>\n";
        return;
      case Block::Kind::kTable:
        return TableOut(block);
    }
  }

  void TableOut(const Block& block) {
    if (block.rows.empty()) return;
    const auto row = [&](const std::vector<Line>& cells, const std::string& tag) {
      out_ += "<tr>";
      for (const Line& cell : cells) out_ += "<" + tag + ">" + Written(cell) + "</" + tag + ">";
      out_ += "</tr>\n";
    };
    bool headed = false;
    for (const Line& cell : block.rows.front()) headed = headed || !cell.empty();
    out_ += headed ? "<table>\n<thead>" : "<table class=\"facts\">\n";
    if (headed) row(block.rows.front(), "th");
    out_ += headed ? "</thead>\n<tbody>\n" : "<tbody>\n";
    for (std::size_t i = 1; i < block.rows.size(); ++i) row(block.rows[i], "td");
    out_ += "</tbody></table>\n";
  }

  std::string out_;
};

// Text within a string of CSS: everything but the plainest characters by number.
std::string CssString(std::string_view text) {
  static constexpr std::string_view kHex = "0123456789abcdef";
  std::string out = "\"";
  for (char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = byte >= 0x80 || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                       (c >= '0' && c <= '9') || c == ' ' || c == '.' || c == ':' || c == '-';
    if (plain) {
      out += c;
    } else {
      out += "\\0000";
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    }
  }
  return out + "\"";
}

}  // namespace

std::string ToHtml(const Page& page) {
  Writer writer;
  writer.Write(page.blocks);
  std::string out =
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
      "'unsafe-inline'\">\n"
      "<meta name=\"viewport\" content=\"width=device-width\">\n<title>" +
      Escaped(page.title) + "</title>\n<style>\n";
  out += kStyle;
  out += "@page { @top-left { content: " + CssString(Text(page.above).text) +
         " } @bottom-left { content: " + CssString(Text(page.below).text) +
         " } }\n</style>\n</head>\n<body>\n";
  out += writer.Take();
  out += "</body>\n</html>\n";
  return out;
}

}  // namespace slipway::page
