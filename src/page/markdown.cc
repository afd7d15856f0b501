// A page in Markdown. Its form is regular, so that it can be read back: a heading a phase, an entry with a
// tick box a step or an item of a checklist, fenced code what is run.
#include <algorithm>

#include "base/text.h"
#include "page/page.h"

namespace slipway::page {
namespace {

constexpr std::string_view kLineToWriteOn = "____________________";

// A fence longer than any run of backticks within.
std::string Fence(std::string_view text, std::size_t least) {
  std::size_t longest = 0, run = 0;
  for (char c : text) {
    run = c == '`' ? run + 1 : 0;
    longest = std::max(longest, run);
  }
  return std::string(std::max(longest + 1, least), '`');
}

std::string CodeSpan(const std::string& text) {
  const std::string fence = Fence(text, 1);
  const bool pad = text.empty() || text.front() == '`' || text.back() == '`';
  return fence + (pad ? " " : "") + text + (pad ? " " : "") + fence;
}

// A tab is part of code and prose, and harmless; all else that moves a cursor is shown as what it is.
std::string Shown(std::string_view line) {
  std::vector<std::string> parts = base::Split(line, '\t');
  for (std::string& part : parts) part = base::Printable(part);
  return base::Join(parts, "\t");
}

std::string Written(const Line& line) {
  std::string out;
  for (const Span& span : line) {
    switch (span.kind) {
      case Span::Kind::kText:
        out += span.text;
        break;
      case Span::Kind::kStrong:
        out += "**" + span.text + "**";
        break;
      case Span::Kind::kCode:
        out += CodeSpan(span.text);
        break;
      case Span::Kind::kBlank:
        out += kLineToWriteOn;
        break;
      case Span::Kind::kVerdict:
        out += "**" + std::string(SignOf(span.verdict)) + span.text + "**";
        break;
    }
  }
  return out;
}

std::string_view Mark(Box box) {
  switch (box) {
    case Box::kNone:
      return "- ";
    case Box::kEmpty:
      return "- [ ] ";
    case Box::kTicked:
      return "- [x] ";
  }
  return "- ";
}

class Writer {
 public:
  void Write(const Blocks& blocks, const std::string& indent) {
    for (std::size_t i = 0; i < blocks.size(); ++i) {
      const bool in_list = blocks[i].kind == Block::Kind::kItem && i + 1 < blocks.size() &&
                           blocks[i + 1].kind == Block::Kind::kItem;
      Write(blocks[i], indent);
      if (!in_list) EndParagraph();
    }
  }
  std::string Take() { return std::move(out_); }

 private:
  void EndParagraph() {
    if (!out_.ends_with("\n\n")) out_ += '\n';
  }

  void Lines(std::string_view text, const std::string& indent) {
    for (const std::string& line : base::Split(text, '\n'))
      out_ += (base::Trim(line).empty() ? "" : indent + Shown(line)) + "\n";
  }

  void Write(const Block& block, const std::string& indent) {
    switch (block.kind) {
      case Block::Kind::kHeading:
        out_ += std::string(static_cast<std::size_t>(block.level), '#') + " " + Written(block.line) + "\n";
        break;
      case Block::Kind::kProse:
        if (!block.info.empty()) out_ += indent + block.info + "\n";
        Lines(base::Trim(block.text), indent);
        if (!block.info.empty()) out_ += indent + block.info + "\n";
        break;
      case Block::Kind::kLine:
      case Block::Kind::kSign:
        out_ += indent + Written(block.line) + "\n";
        break;
      case Block::Kind::kNote:
        out_ += indent + "> **" + Written(block.line) + "**\n";
        break;
      case Block::Kind::kItem:
        out_ += indent + std::string(Mark(block.box)) + Written(block.line) + "\n";
        Children(block, indent);
        break;
      case Block::Kind::kStep:
        out_ += indent + std::string(Mark(block.box)) + Written(block.line) + "\n\n";
        Write(block.children, indent + "    ");
        break;
      case Block::Kind::kCode:
        CodeOut(block, indent);
        break;
      case Block::Kind::kTable:
        TableOut(block, indent);
        break;
    }
  }

  // Right under their entry where they are entries themselves, else as paragraphs of it.
  void Children(const Block& block, const std::string& indent) {
    if (block.children.empty()) return;
    const Block::Kind first = block.children.front().kind;
    if (first != Block::Kind::kItem) out_ += '\n';
    Write(block.children, indent + "    ");
    while (out_.ends_with("\n\n")) out_.pop_back();
  }

  void CodeOut(const Block& block, const std::string& indent) {
    std::string_view text = block.text;
    while (text.ends_with('\n')) text.remove_suffix(1);
    const std::string fence = Fence(text, 3);
    out_ += indent + fence + block.info + "\n";
    for (const std::string& line : base::Split(text, '\n'))
      out_ += (line.empty() ? "" : indent) + Shown(line) + "\n";
    out_ += indent + fence + "\n";
  }

  void TableOut(const Block& block, const std::string& indent) {
    const auto row = [&](const std::vector<Line>& cells) {
      out_ += indent + "|";
      for (const Line& cell : cells) {
        std::string text = Written(cell);
        for (std::size_t at = 0; (at = text.find('|', at)) != std::string::npos; at += 2)
          text.insert(at, 1, '\\');
        out_ += " " + text + (text.empty() ? "|" : " |");
      }
      out_ += "\n";
    };
    if (block.rows.empty()) return;
    row(block.rows.front());
    out_ += indent + "|";
    for (std::size_t i = 0; i < block.rows.front().size(); ++i) out_ += "---|";
    out_ += "\n";
    for (std::size_t i = 1; i < block.rows.size(); ++i) row(block.rows[i]);
  }

  std::string out_;
};

}  // namespace

std::string ToMarkdown(const Page& page) {
  Writer writer;
  writer.Write(page.blocks, "");
  std::string out = writer.Take();
  while (out.ends_with("\n\n")) out.pop_back();
  return out;
}

}  // namespace slipway::page
