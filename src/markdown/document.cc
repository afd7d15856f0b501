#include "markdown/document.h"

#include <cmark.h>

#include <algorithm>
#include <memory>

#include "base/text.h"
#include "base/utf8.h"
#include "markdown/flat.h"
#include "markdown/neutral.h"
#include "markdown/table.h"

namespace slipway::markdown {

namespace {

constexpr std::size_t kMaxBytes = std::size_t{1} << 19;

using NodePtr = std::unique_ptr<cmark_node, decltype(&cmark_node_free)>;

int LineOf(std::string_view text, std::size_t at) {
  return 1 + static_cast<int>(std::ranges::count(text.substr(0, at), '\n'));
}

// Of a paragraph or heading, which hold nothing but lines since the text was neutralized.
std::string LinesOf(cmark_node* block) {
  std::string text;
  for (cmark_node* node = cmark_node_first_child(block); node != nullptr; node = cmark_node_next(node)) {
    const cmark_node_type type = cmark_node_get_type(node);
    if (type == CMARK_NODE_SOFTBREAK || type == CMARK_NODE_LINEBREAK) {
      text += '\n';
    } else if (const char* literal = cmark_node_get_literal(node); literal != nullptr) {
      text += literal;
    } else {
      // Emphasis of marks alone, such as `****` within the lead of a line.
      text += LinesOf(node);
    }
  }
  return Restored(text);
}

class Reader {
 public:
  explicit Reader(std::vector<std::string_view> lines) : lines_(std::move(lines)) {}

  base::Status Children(cmark_node* node, int depth, std::vector<Block>& out) {
    for (cmark_node* child = cmark_node_first_child(node); child != nullptr; child = cmark_node_next(child)) {
      if (depth > kMaxDepth)
        return base::Invalid("quotes and lists are nested deeper than " + std::to_string(kMaxDepth),
                             std::to_string(cmark_node_get_start_line(child)), "write it flatter");
      SLIPWAY_CHECK_OK(One(child, depth, out));
    }
    return {};
  }

 private:
  base::Status One(cmark_node* node, int depth, std::vector<Block>& out);
  void Code(cmark_node* node, Block& block) const;
  std::string_view LineAt(int number) const {
    return number >= 1 && static_cast<std::size_t>(number) <= lines_.size()
               ? lines_[static_cast<std::size_t>(number - 1)]
               : std::string_view();
  }

  std::vector<std::string_view> lines_;
};

// A tick box at the beginning of an item's first paragraph.
void TakeTickBox(Block& item) {
  if (item.children.empty() || item.children.front().kind != BlockKind::kParagraph) return;
  std::string& text = item.children.front().text;
  if (text.size() < 3 || text[0] != '[' || text[2] != ']' || !std::string_view(" xX").contains(text[1]))
    return;
  if (text.size() > 3 && text[3] != ' ' && text[3] != '\t' && text[3] != '\n') return;
  item.ticked = text[1] != ' ';
  text = base::Trim(std::string_view(text).substr(3));
}

void Reader::Code(cmark_node* node, Block& block) const {
  block.kind = BlockKind::kCode;
  block.text = Restored(cmark_node_get_literal(node));
  block.info = base::Trim(Restored(cmark_node_get_fence_info(node)));
  // cmark tells no fence from indentation where there is no info string.
  const std::string_view first = LineAt(block.line);
  const auto column = static_cast<std::size_t>(std::max(cmark_node_get_start_column(node) - 1, 0));
  const std::string_view at = column <= first.size() ? first.substr(column) : std::string_view();
  const std::string_view mark = base::Trim(at);
  block.fenced = mark.starts_with("```") || mark.starts_with("~~~");
  if (!block.fenced) return;
  const std::size_t width = std::min(mark.find_first_not_of(mark[0]), mark.size());
  std::string_view last = LineAt(block.last_line);
  while (!last.empty() && std::string_view(" \t>").contains(last.front())) last.remove_prefix(1);
  last = base::Trim(last);
  block.closed = block.last_line > block.line && last.size() >= width &&
                 last.find_first_not_of(mark[0]) == std::string_view::npos;
}

base::Status Reader::One(cmark_node* node, int depth, std::vector<Block>& out) {
  Block block{.line = cmark_node_get_start_line(node), .last_line = cmark_node_get_end_line(node)};
  switch (cmark_node_get_type(node)) {
    case CMARK_NODE_HEADING:
      block.kind = BlockKind::kHeading;
      block.level = cmark_node_get_heading_level(node);
      block.text = LinesOf(node);
      break;
    case CMARK_NODE_PARAGRAPH: {
      block.text = LinesOf(node);
      block.last_line = block.line + static_cast<int>(std::ranges::count(block.text, '\n'));
      SLIPWAY_TRY(std::vector<Block> blocks, WithTables(std::move(block)));
      std::ranges::move(blocks, std::back_inserter(out));
      return {};
    }
    case CMARK_NODE_LIST:
      block.kind = BlockKind::kList;
      block.ordered = cmark_node_get_list_type(node) == CMARK_ORDERED_LIST;
      block.start = block.ordered ? cmark_node_get_list_start(node) : 0;
      SLIPWAY_CHECK_OK(Children(node, depth + 1, block.children));
      break;
    case CMARK_NODE_ITEM:
      block.kind = BlockKind::kItem;
      SLIPWAY_CHECK_OK(Children(node, depth, block.children));
      TakeTickBox(block);
      break;
    case CMARK_NODE_BLOCK_QUOTE:
      block.kind = BlockKind::kQuote;
      SLIPWAY_CHECK_OK(Children(node, depth + 1, block.children));
      break;
    case CMARK_NODE_CODE_BLOCK:
      Code(node, block);
      break;
    case CMARK_NODE_HTML_BLOCK:
      block.kind = BlockKind::kHtml;
      block.text = Restored(cmark_node_get_literal(node));
      break;
    case CMARK_NODE_THEMATIC_BREAK:
      block.kind = BlockKind::kRule;
      break;
    default:
      return base::Fail(base::ErrorKind::kInternal, "a block of an unknown kind", std::to_string(block.line));
  }
  block.last_line = std::max(block.last_line, block.line);
  out.push_back(std::move(block));
  return {};
}

// From the lines of the text that was read to those of the page.
void Remap(std::vector<Block>& blocks, const std::vector<int>& lines) {
  const auto remap = [&](int& line) {
    if (line >= 1) line = lines[std::min(static_cast<std::size_t>(line), lines.size()) - 1];
  };
  for (Block& block : blocks) {
    if (block.kind == BlockKind::kCode) {
      std::vector<int> own;
      const auto count = static_cast<int>(std::ranges::count(block.text, '\n'));
      for (int i = 0; i < count; ++i) remap(own.emplace_back(block.TextLine() + i));
      for (std::size_t i = 1; i < own.size(); ++i)
        if (own[i] != own[0] + static_cast<int>(i)) block.lines = own;
    }
    remap(block.line);
    remap(block.last_line);
    remap(block.table.header.line);
    for (Table::Row& row : block.table.rows) remap(row.line);
    Remap(block.children, lines);
  }
}

void IntoSections(std::vector<Block> blocks, Document& document) {
  document.sections.push_back({.line = 1});
  for (Block& block : blocks) {
    if (block.kind != BlockKind::kHeading) {
      document.sections.back().blocks.push_back(std::move(block));
      continue;
    }
    int parent = static_cast<int>(document.sections.size()) - 1;
    while (parent >= 0 && document.sections[static_cast<std::size_t>(parent)].level >= block.level)
      parent = document.sections[static_cast<std::size_t>(parent)].parent;
    if (parent == 0) parent = -1;
    document.sections.push_back(
        {.level = block.level, .title = std::move(block.text), .line = block.line, .parent = parent});
  }
}

// `---` at the top, up to the next such line, if what stands between looks like `key: value`.
std::optional<Block> FrontMatter(const std::vector<std::string_view>& lines) {
  if (lines.size() < 3 || base::Trim(lines[0]) != "---" || !lines[1].contains(':')) return std::nullopt;
  Block block{.kind = BlockKind::kFrontMatter, .line = 1};
  for (std::size_t i = 1; i < lines.size(); ++i) {
    if (base::Trim(lines[i]) == "---") {
      block.last_line = static_cast<int>(i) + 1;
      return block;
    }
    block.text += std::string(lines[i]) + "\n";
  }
  return std::nullopt;
}

std::vector<std::string_view> LinesOf(std::string_view text) {
  std::vector<std::string_view> lines;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

// One kind of line end, and no character that stands for another while cmark reads.
std::string Cleaned(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\r') {
      if (i + 1 == text.size() || text[i + 1] != '\n') out += '\n';
    } else if (const auto c = static_cast<unsigned char>(text[i]); c < 0x20 && c != '\n' && c != '\t') {
      out += ' ';
    } else {
      out += text[i];
    }
  }
  return out;
}

base::Status CheckText(std::string_view text) {
  if (text.size() > kMaxBytes)
    return base::Invalid("the page has " + base::FormatSize(static_cast<std::int64_t>(text.size())) +
                             ", and at most 512KiB are read",
                         "1", "cut it into several pages");
  if (const std::size_t at = base::Utf8ErrorAt(text); at != std::string_view::npos)
    return base::Invalid("the text is not UTF-8", std::to_string(LineOf(text, at)),
                         "a page is text: Markdown, saved as UTF-8");
  if (const std::size_t at = text.find('\0'); at != std::string_view::npos)
    return base::Invalid("a NUL byte in the text", std::to_string(LineOf(text, at)),
                         "a page is text: Markdown, saved as UTF-8");
  return {};
}

base::Status ReadInto(std::string_view raw, Document& document) {
  SLIPWAY_CHECK_OK(CheckText(raw));
  std::string text = Cleaned(raw);
  std::vector<std::string_view> lines = LinesOf(text);
  const int last_line = static_cast<int>(lines.size());
  const std::optional<Flat> flat = Unflattened(lines);
  document.flat = flat.has_value();
  if (flat) {
    text = flat->text;
    lines = LinesOf(text);
  }
  const std::optional<Block> front = FrontMatter(lines);
  SLIPWAY_TRY(std::string neutral, Neutralized(text));
  if (front) {
    // Blank lines in its place keep the numbers of those below.
    std::size_t end = 0;
    for (int i = 0; i < front->last_line; ++i)
      end = std::min(neutral.find('\n', end), neutral.size() - 1) + 1;
    neutral.replace(0, end, static_cast<std::size_t>(front->last_line), '\n');
  }
  const NodePtr root(cmark_parse_document(neutral.data(), neutral.size(), CMARK_OPT_DEFAULT),
                     cmark_node_free);
  std::vector<Block> blocks;
  if (front) blocks.push_back(*front);
  SLIPWAY_CHECK_OK(Reader(lines).Children(root.get(), 0, blocks));
  if (flat) Remap(blocks, flat->lines);
  IntoSections(std::move(blocks), document);
  for (std::size_t i = 0; i + 1 < document.sections.size(); ++i)
    document.sections[i].last_line = document.sections[i + 1].line - 1;
  document.sections.back().last_line = std::max(last_line, 1);
  document.text = std::move(text);
  return {};
}

void Visit(const Section& section, const std::vector<Block>& blocks,
           const std::function<void(const Section&, const Block&)>& visit) {
  for (const Block& block : blocks) {
    visit(section, block);
    Visit(section, block.children, visit);
  }
}

}  // namespace

base::Result<Document> Read(std::string_view text, std::string_view file) {
  Document document{.file = std::string(file)};
  if (base::Status read = ReadInto(text, document); !read) {
    read.error().where = document.file + ":" + read.error().where;
    return std::unexpected(std::move(read).error());
  }
  return document;
}

void ForEachBlock(const Document& document, const std::function<void(const Section&, const Block&)>& visit) {
  for (const Section& section : document.sections) Visit(section, section.blocks, visit);
}

}  // namespace slipway::markdown
