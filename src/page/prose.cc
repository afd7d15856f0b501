#include "page/prose.h"

#include <algorithm>
#include <map>
#include <vector>

#include "base/text.h"
#include "markdown/document.h"

namespace slipway::page {

namespace {

constexpr std::size_t kLongestLink = 2048;

bool IsPunctuation(char c) { return std::string_view("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~").contains(c); }
bool IsSpace(char c) { return c == ' ' || c == '\n' || c == '\t'; }
bool IsWord(char c) { return !IsSpace(c) && !IsPunctuation(c); }

bool IsSafe(std::string_view url) {
  return url.starts_with("https://") || url.starts_with("http://") || url.starts_with("mailto:") ||
         url.starts_with("#");
}

// One pass over the text of a paragraph. A mark that is closed later becomes a tag then; until then, and for
// ever where nothing closes it, it stands as it was written.
class Inline {
 public:
  explicit Inline(std::string_view text) : text_(text) {}

  std::string Run() {
    while (at_ < text_.size()) Next();
    std::string out;
    for (const std::string& piece : pieces_) out += piece;
    return out;
  }

 private:
  struct Open {
    std::string mark;
    std::size_t piece = 0;
  };

  char Peek(std::size_t ahead) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\n'; }

  void Next() {
    switch (text_[at_]) {
      case '\\':
        return Escape();
      case '`':
        return CodeSpan();
      case '*':
      case '_':
        return Emphasis();
      case '[':
        return OpenLink();
      case ']':
        return CloseLink();
      default:
        return Plain();
    }
  }

  void Put(std::size_t count) {
    pieces_.push_back(Escaped(text_.substr(at_, count)));
    at_ += count;
  }

  void Plain() {
    std::size_t end = at_ + 1;
    while (end < text_.size() && !std::string_view("\\`*_[]").contains(text_[end])) ++end;
    Put(end - at_);
  }

  void Escape() {
    if (Peek(1) == '\n' && at_ + 1 < text_.size()) {
      pieces_.emplace_back("<br>");
      ++at_;
    } else if (IsPunctuation(Peek(1))) {
      ++at_;
      Put(1);
    } else {
      Put(1);
    }
  }

  void CodeSpan() {
    std::size_t length = 0;
    while (Peek(length) == '`') ++length;
    // Where no run of this length follows, none will later.
    if (const auto none = unclosed_.find(length); none != unclosed_.end()) return Put(length);
    for (std::size_t at = at_ + length; at < text_.size();) {
      if (text_[at] != '`') {
        ++at;
        continue;
      }
      std::size_t run = 0;
      while (at + run < text_.size() && text_[at + run] == '`') ++run;
      if (run == length) {
        std::string code(text_.substr(at_ + length, at - at_ - length));
        std::ranges::replace(code, '\n', ' ');
        if (code.size() > 2 && code.front() == ' ' && code.back() == ' ')
          code = code.substr(1, code.size() - 2);
        pieces_.push_back("<code>" + Escaped(code) + "</code>");
        at_ = at + run;
        return;
      }
      at += run;
    }
    unclosed_[length] = true;
    Put(length);
  }

  void Emphasis() {
    const char c = text_[at_];
    const std::size_t length = Peek(1) == c ? 2 : 1;
    const char before = at_ == 0 ? '\n' : text_[at_ - 1];
    const char after = Peek(length);
    const bool within = c == '_' && IsWord(before) && IsWord(after);
    const std::string mark(length, c);
    const auto open = std::ranges::find(open_, mark, &Open::mark);
    if (!within && open != open_.end() && !IsSpace(before)) {
      const std::string tag = length == 2 ? "strong" : "em";
      pieces_[open->piece] = "<" + tag + ">";
      pieces_.push_back("</" + tag + ">");
      open_.erase(open, open_.end());
      at_ += length;
      return;
    }
    if (!within && open == open_.end() && !IsSpace(after)) open_.push_back({mark, pieces_.size()});
    Put(length);
  }

  void OpenLink() {
    const bool image = at_ > 0 && text_[at_ - 1] == '!';
    if (!image && std::ranges::find(open_, "[", &Open::mark) == open_.end())
      open_.push_back({"[", pieces_.size()});
    Put(1);
  }

  void CloseLink() {
    const auto open = std::ranges::find(open_, "[", &Open::mark);
    if (open == open_.end() || Peek(1) != '(') {
      if (open != open_.end()) open_.erase(open);
      return Put(1);
    }
    const std::string_view rest = text_.substr(at_ + 2, kLongestLink);
    const std::size_t end = rest.find_first_of(") \n");
    const std::size_t piece = open->piece;
    open_.erase(open, open_.end());
    if (end == std::string_view::npos || rest[end] != ')' || !IsSafe(rest.substr(0, end))) return Put(1);
    pieces_[piece] = "<a href=\"" + Escaped(rest.substr(0, end)) + "\">";
    pieces_.emplace_back("</a>");
    at_ += 2 + end + 1;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::vector<std::string> pieces_;
  std::vector<Open> open_;  // at most five: each mark once
  std::map<std::size_t, bool> unclosed_;
};

std::string InlineHtml(std::string_view text) { return Inline(text).Run(); }

class Prose {
 public:
  std::string Run(const markdown::Document& document) {
    for (const markdown::Section& section : document.sections) {
      if (section.level > 0) out_ += "<h4>" + InlineHtml(section.title) + "</h4>\n";
      All(section.blocks);
    }
    return std::move(out_);
  }

 private:
  void All(const std::vector<markdown::Block>& blocks) {
    for (const markdown::Block& block : blocks) One(block);
  }

  void Wrapped(std::string_view tag, const markdown::Block& block) {
    out_ += "<" + std::string(tag) + ">\n";
    All(block.children);
    out_ += "</" + std::string(tag) + ">\n";
  }

  void One(const markdown::Block& block) {
    switch (block.kind) {
      case markdown::BlockKind::kHeading:
        out_ += "<h4>" + InlineHtml(block.text) + "</h4>\n";
        break;
      case markdown::BlockKind::kParagraph:
        out_ += "<p>" + InlineHtml(block.text) + "</p>\n";
        break;
      case markdown::BlockKind::kList:
        Wrapped(block.ordered ? "ol" : "ul", block);
        break;
      case markdown::BlockKind::kItem:
        ItemOut(block);
        break;
      case markdown::BlockKind::kCode:
      case markdown::BlockKind::kHtml:
      case markdown::BlockKind::kFrontMatter:
        out_ += "<pre>" + EscapedLines(block.text) + "</pre>\n";
        break;
      case markdown::BlockKind::kTable:
        TableOut(block.table);
        break;
      case markdown::BlockKind::kQuote:
        Wrapped("blockquote", block);
        break;
      case markdown::BlockKind::kRule:
        out_ += "<hr>\n";
        break;
    }
  }

  void ItemOut(const markdown::Block& block) {
    out_ += block.ticked ? (*block.ticked ? "<li class=\"tick\"><span class=\"box\">✓</span>"
                                          : "<li class=\"tick\"><span class=\"box\"></span>")
                         : "<li>";
    All(block.children);
    out_ += "</li>\n";
  }

  void TableOut(const markdown::Table& table) {
    const auto row = [&](const markdown::Table::Row& cells, const std::string& tag) {
      out_ += "<tr>";
      for (const std::string& cell : cells.cells)
        out_ += "<" + tag + ">" + InlineHtml(cell) + "</" + tag + ">";
      out_ += "</tr>\n";
    };
    out_ += "<table>\n<thead>";
    row(table.header, "th");
    out_ += "</thead>\n<tbody>\n";
    for (const markdown::Table::Row& each : table.rows) row(each, "td");
    out_ += "</tbody></table>\n";
  }

  static std::string EscapedLines(std::string_view text) {
    std::string out;
    for (const std::string& line : base::Split(text, '\n')) out += Escaped(line) + "\n";
    while (out.ends_with("\n\n")) out.pop_back();
    return out;
  }

  std::string out_;
};

}  // namespace

std::string Escaped(std::string_view text) {
  std::string out;
  bool first = true;
  for (const std::string& line : base::Split(text, '\n')) {
    if (!first) out += '\n';
    first = false;
    for (char c : base::Printable(line)) {
      switch (c) {
        case '&':
          out += "&amp;";
          break;
        case '<':
          out += "&lt;";
          break;
        case '>':
          out += "&gt;";
          break;
        case '"':
          out += "&quot;";
          break;
        case '\'':
          out += "&#39;";
          break;
        default:
          out += c;
      }
    }
  }
  return out;
}

std::string ProseToHtml(std::string_view markdown) {
  const auto document = markdown::Read(markdown, "");
  if (!document) return "<pre>" + Escaped(markdown) + "</pre>\n";
  return Prose().Run(*document);
}

}  // namespace slipway::page
