#include "cli/table.h"

#include <algorithm>

#include "base/text.h"

namespace slipway::cli {

std::size_t Width(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

std::string Padded(std::string_view text, std::size_t width) {
  std::string out(text);
  const std::size_t have = Width(text);
  if (have < width) out.append(width - have, ' ');
  return out;
}

void Table::Write(Terminal& out) const {
  std::vector<std::size_t> widths;
  std::vector<Row> printable = rows_;
  for (Row& row : printable) {
    widths.resize(std::max(widths.size(), row.cells.size()));
    for (std::size_t i = 0; i < row.cells.size(); ++i) {
      row.cells[i] = base::Printable(row.cells[i]);
      widths[i] = std::max(widths[i], Width(row.cells[i]));
    }
  }
  for (const Row& row : printable) {
    std::string line;
    for (std::size_t i = 0; i < row.cells.size(); ++i) {
      line += Padded(row.cells[i], widths[i] + 2);
    }
    while (!line.empty() && line.back() == ' ') line.pop_back();
    out.Line(line, row.style);
  }
}

}  // namespace slipway::cli
