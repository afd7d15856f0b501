// A page people follow, read as CommonMark (0.30, by cmark) into sections, lists, tick boxes, code, tables
// and quotes, each with its line. What a page means is for others to say; here it is only read.
//
// Text stays as it was written: emphasis, code spans and links are not taken apart, and no character is added
// or lost but the indentation of a line; inline.h reads them. Beyond CommonMark: pipe tables and tick boxes
// as GitHub reads them, and `---` at the very top opens front matter. Link reference definitions stay
// paragraphs.
//
// A page that lost its marks in a browser gets them back where a line says what it was (flat.h).
//
// Refused with the line: text over 512 KiB, invalid UTF-8, NUL bytes, nesting over 64, over 10,000 columns of
// a table. Time is linear in the text and memory within 200 MiB. Values are copied and hold no view of the
// text.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace slipway::markdown {

enum class BlockKind : std::uint8_t {
  kHeading,    // level, text
  kParagraph,  // text: its lines, without indentation
  kList,       // children: kItem; ordered, start
  kItem,       // children; ticked, where it begins with a tick box
  kCode,       // text: its lines, each with its line feed; fenced: info, closed
  kTable,      // table
  kQuote,      // children
  kHtml,       // text
  kRule,
  kFrontMatter,  // text: the lines between the two `---`
};

struct Table {
  struct Row {
    int line = 0;
    std::vector<std::string> cells;  // as many as the header has; `\|` is `|`
  };
  Row header;
  std::vector<Row> rows;
};

struct Block {
  BlockKind kind = BlockKind::kParagraph;
  int line = 0;       // of its first line, from 1; of code the fence
  int last_line = 0;  // of its last; of closed code the fence
  int level = 0;      // kHeading: 1 … 6
  std::string text;
  std::string info;     // kCode: what stands behind the opening fence
  bool fenced = false;  // kCode: fenced, and not merely indented
  bool closed = false;  // kCode: its fence is closed and did not just end with the text
  bool ordered = false;
  int start = 0;               // kList: the number of the first item of an ordered list
  std::optional<bool> ticked;  // kItem: `[ ]` or `[x]`; the box is not part of the text
  std::vector<int> lines;      // kCode: the line of the file each line of `text` stands on, where they do not
                               // follow one another
  Table table;
  std::vector<Block> children;

  // The line of the file on which the first line of `text` stands.
  int TextLine() const { return kind == BlockKind::kFrontMatter || fenced ? line + 1 : line; }
  // … and that of any other line of it, from 0.
  int TextLine(int at) const {
    return static_cast<std::size_t>(at) < lines.size() ? lines[static_cast<std::size_t>(at)]
                                                       : TextLine() + at;
  }
};

// A heading at the top level and what follows it, up to the next one.
struct Section {
  int level = 0;      // 1 … 6; 0: what stands before the first heading
  std::string title;  // as written, without the marks of the heading
  int line = 0;       // of the heading; 1 for the first section
  int last_line = 0;
  int parent = -1;  // index of the nearest section before it with a lower level; -1: none
  std::vector<Block> blocks;
};

struct Document {
  std::string file;               // the name in messages
  bool flat = false;              // copied out of a browser, without its marks; see flat.h
  std::string text;               // as it was read: with line feeds alone, and of a flat page with its marks
  std::vector<Section> sections;  // in order; the first is what stands before any heading, and may be empty
};

// An error says what and, as `where`, the file and line.
base::Result<Document> Read(std::string_view text, std::string_view file);

// Every block, a parent before its children, in the order of the page.
void ForEachBlock(const Document& document, const std::function<void(const Section&, const Block&)>& visit);

}  // namespace slipway::markdown
