#include "cli/table.h"

namespace slipway::cli {

void Table::Write(Terminal& out) const {
  std::vector<std::vector<std::string>> cells;
  for (const Row& row : rows_) cells.push_back(row.cells);
  const std::vector<std::string> lines = base::Columns(std::move(cells));
  for (std::size_t i = 0; i < lines.size(); ++i) out.Line(lines[i], rows_[i].style);
}

}  // namespace slipway::cli
