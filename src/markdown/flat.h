// Pages that were copied out of a browser: the words are there, the marks of headings and code are not, and
// no line is blank. They are read as what they were, where a line says so itself: `¶` behind a heading, `# `
// before a comment of code, `[ ]`, `SOP 3: …`. Where nothing says so the line stays text.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::markdown {

struct Flat {
  std::string text;  // with the marks put back
  std::vector<int>
      lines;  // of each of its lines: the line of the page; of an added one that of its neighbour
};

// nullopt: the page has its marks. `lines` are those of the page, without line ends.
std::optional<Flat> Unflattened(const std::vector<std::string_view>& lines);

}  // namespace slipway::markdown
