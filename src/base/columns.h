// Text in columns, for a terminal or a file.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace slipway::base {

// Characters, not bytes; a wide or combining one counts as one.
std::size_t Width(std::string_view text);
std::string Padded(std::string_view text, std::size_t width);

// A line a row, each column as wide as its widest cell and two blanks after it. Cells are made Printable; no
// line ends in a blank. Rows may differ in length.
std::vector<std::string> Columns(std::vector<std::vector<std::string>> rows);

}  // namespace slipway::base
