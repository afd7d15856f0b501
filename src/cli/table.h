// Columns of text, as wide as what stands in them.
#pragma once

#include <string>
#include <vector>

#include "base/columns.h"
#include "cli/terminal.h"

namespace slipway::cli {

using base::Padded;
using base::Width;

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
