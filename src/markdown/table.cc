#include "markdown/table.h"

#include <algorithm>

#include "base/text.h"

namespace slipway::markdown {

namespace {

std::vector<std::string> Cells(std::string_view line) {
  line = base::Trim(line);
  if (line.starts_with('|')) line.remove_prefix(1);
  std::vector<std::string> cells(1);
  bool escaped = false;
  bool open = false;  // something behind the last pipe
  for (const char c : line) {
    if (c == '|' && !escaped) {
      cells.back() = base::Trim(cells.back());
      cells.emplace_back();
      open = false;
      continue;
    }
    if (c == '|') cells.back().pop_back();
    cells.back() += c;
    open = open || (c != ' ' && c != '\t');
    escaped = c == '\\' && !escaped;
  }
  cells.back() = base::Trim(cells.back());
  if (!open && cells.size() > 1) cells.pop_back();
  return cells;
}

// `|---|:-:|`: how many columns it rules off; 0 when it is no such line.
std::size_t RuledColumns(std::string_view line) {
  if (line.find_first_not_of("|-: \t") != std::string_view::npos || !line.contains('-') ||
      !line.contains('|'))
    return 0;
  const std::vector<std::string> cells = Cells(line);
  const bool ruled = std::ranges::all_of(cells, [](std::string_view cell) {
    if (cell.starts_with(':')) cell.remove_prefix(1);
    if (cell.ends_with(':')) cell.remove_suffix(1);
    return !cell.empty() && cell.find_first_not_of('-') == std::string_view::npos;
  });
  return ruled ? cells.size() : 0;
}

// The line that rules the header off, or 0.
std::size_t RulingLine(const std::vector<std::string>& lines) {
  for (std::size_t i = 1; i < lines.size(); ++i) {
    const std::size_t columns = RuledColumns(lines[i]);
    if (columns > 0 && Cells(lines[i - 1]).size() == columns) return i;
  }
  return 0;
}

}  // namespace

base::Result<std::vector<Block>> WithTables(Block paragraph) {
  if (!paragraph.text.contains('|') || !paragraph.text.contains('\n'))
    return std::vector{std::move(paragraph)};
  const std::vector<std::string> lines = base::Split(paragraph.text, '\n');
  const std::size_t ruling = RulingLine(lines);
  if (ruling == 0) return std::vector{std::move(paragraph)};

  const auto line = [&](std::size_t i) { return paragraph.line + static_cast<int>(i); };
  Block table{.kind = BlockKind::kTable, .line = line(ruling - 1), .last_line = paragraph.last_line};
  table.table.header = {line(ruling - 1), Cells(lines[ruling - 1])};
  const std::size_t columns = table.table.header.cells.size();
  if (columns > kMaxColumns)
    return base::Invalid("a table has " + std::to_string(columns) + " columns, and at most " +
                             std::to_string(kMaxColumns) + " are read",
                         std::to_string(table.line));
  // A short row is filled up; that has to stay in proportion to the text.
  std::size_t cells = 0;
  for (std::size_t i = ruling + 1; i < lines.size(); ++i) {
    table.table.rows.push_back({line(i), Cells(lines[i])});
    table.table.rows.back().cells.resize(columns);
    cells += columns;
    if (cells > 200'000)
      return base::Invalid("a table has more than 200000 cells", std::to_string(line(i)),
                           "cut it into several");
  }
  std::vector<Block> blocks;
  if (ruling > 1) {
    paragraph.text = base::Join(std::span(lines).first(ruling - 1), "\n");
    paragraph.last_line = line(ruling - 2);
    blocks.push_back(std::move(paragraph));
  }
  blocks.push_back(std::move(table));
  return blocks;
}

}  // namespace slipway::markdown
