// Columns of text, as wide as what stands in them.
#pragma once

#include <string>
#include <vector>

#include "cli/terminal.h"

namespace slipway::cli {

// Characters, not bytes; a wide or combining one counts as one.
std::size_t Width(std::string_view text);
std::string Padded(std::string_view text, std::size_t width);

class Table {
 public:
  explicit Table(std::vector<std::string> head) : rows_{{std::move(head), Style::kQuiet}} {}
  void Add(std::vector<std::string> cells, Style style = Style::kPlain) {
    rows_.push_back({std::move(cells), style});
  }
  bool empty() const { return rows_.size() == 1; }
  void Write(Terminal& out) const;

 private:
  struct Row {
    std::vector<std::string> cells;
    Style style;
  };
  std::vector<Row> rows_;
};

}  // namespace slipway::cli
