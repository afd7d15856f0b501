#include "sop/jumps.h"

#include <re2/re2.h>

#include <algorithm>
#include <cctype>

#include "base/text.h"

namespace slipway::sop {

namespace {

using markdown::Block;
using markdown::BlockKind;

std::string Lower(std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), [](char c) {
    return static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  });
  return lower;
}

// `sop 3` names `SOP 3: Rollback`; `section 4.2` also what is numbered so.
std::vector<int> Named(std::string_view kind, std::string_view number, const std::vector<Heading>& headings) {
  const std::string name = Lower(kind) + " " + Lower(number);
  const bool by_number = name.starts_with("section ") || name.starts_with("chapter ");
  std::vector<int> named;
  for (std::size_t i = 0; i < headings.size(); ++i) {
    std::string title = Lower(headings[i].section->title);
    title.erase(0, std::min(title.find_first_not_of("*_ "), title.size()));
    const bool whole =
        title.starts_with(name) &&
        (title.size() == name.size() ||
         (std::isalnum(static_cast<unsigned char>(title[name.size()])) == 0 &&
          (title[name.size()] != '.' || title.size() == name.size() + 1 || title[name.size() + 1] == ' ')));
    if (whole || (by_number && headings[i].number == number)) named.push_back(static_cast<int>(i));
  }
  return named;
}

class Finder {
 public:
  Finder(const markdown::Document& page, const std::vector<Heading>& headings) : headings_(headings) {
    for (std::size_t i = 0; i < page.sections.size(); ++i) {
      section_ = static_cast<int>(i);
      for (const Block& block : page.sections[i].blocks) Visit(block);
    }
  }
  std::vector<Jump> Take() { return std::move(jumps_); }

 private:
  void Visit(const Block& block) {
    if (block.kind == BlockKind::kParagraph) Find(block.text, block.line);
    if (block.kind == BlockKind::kCode) {
      int line = 0;
      for (const std::string& text : base::Split(block.text, '\n')) {
        if (base::Trim(text).starts_with('#')) Find(text, block.TextLine(line));
        ++line;
      }
    }
    for (const Block& child : block.children) Visit(child);
  }

  void Find(const std::string& text, int line) {
    static const RE2 kJump(
        R"((?i)\b(?:(?:go|proceed|continue|return|jump|switch|move|skip)(?:\s+(?:back|on|over|directly))?\s+(?:to|with|at)|execute|run|perform|follow|invoke|start)\s+(?:the\s+)?[*_\[`]*((sop|section|chapter|procedure|runbook|playbook|appendix|step)\s+#?(\d+(?:\.\d+)*|(?-i:[A-Z](?:\.\d+)*)))\b)");
    re2::StringPiece rest(text), to, kind, number;
    while (RE2::FindAndConsume(&rest, kJump, &to, &kind, &number)) {
      const auto lines = std::count(text.data(), to.data(), '\n');
      std::string said(to.data(), to.size());
      std::ranges::replace(said, '\n', ' ');
      jumps_.push_back(
          {.line = line + static_cast<int>(lines),
           .section = section_,
           .to = std::move(said),
           .target = Named({kind.data(), kind.size()}, {number.data(), number.size()}, headings_)});
    }
  }

  const std::vector<Heading>& headings_;
  int section_ = 0;
  std::vector<Jump> jumps_;
};

}  // namespace

std::vector<Jump> Jumps(const markdown::Document& page, const std::vector<Heading>& headings) {
  return Finder(page, headings).Take();
}

}  // namespace slipway::sop
