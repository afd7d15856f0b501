// Whatever the bytes: an error with its place, or blocks that stand within the page, one after the other,
// each inside its section, and whose text is found on their lines.
#include <algorithm>

#include "base/text.h"
#include "fuzz.h"
#include "markdown/document.h"
#include "markdown/inline.h"

namespace {

using slipway::fuzz::Require;
using slipway::markdown::Block;
using slipway::markdown::BlockKind;

void CheckBlock(const Block& block, int last_line) {
  Require(block.line >= 1 && block.line <= block.last_line && block.last_line <= last_line);
  const std::string plain = slipway::markdown::Plain(block.text);
  Require(plain.size() <= block.text.size());
  for (const std::string& span : slipway::markdown::CodeSpans(block.text))
    Require(span.size() < block.text.size());
  if (block.kind == BlockKind::kTable) {
    for (const auto& row : block.table.rows) Require(row.cells.size() == block.table.header.cells.size());
  }
  Require(block.kind == BlockKind::kList || block.kind == BlockKind::kItem ||
          block.kind == BlockKind::kQuote || block.children.empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = slipway::fuzz::Text(data, size);
  const auto document = slipway::markdown::Read(text, "fuzz");
  if (!document) {
    Require(!document.error().what.empty() && document.error().where.starts_with("fuzz:"));
    return 0;
  }
  Require(!document->sections.empty());
  int line = 1;
  for (const auto& section : document->sections) {
    Require(section.line >= line);
    line = section.line;
  }
  const int last_line = std::max(document->sections.back().last_line, 1);
  slipway::markdown::ForEachBlock(*document,
                                  [&](const auto&, const Block& block) { CheckBlock(block, last_line); });
  return 0;
}
