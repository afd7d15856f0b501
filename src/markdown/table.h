// Pipe tables as GitHub reads them, out of the lines of a paragraph.
#pragma once

#include <string_view>
#include <vector>

#include "base/result.h"
#include "markdown/document.h"

namespace slipway::markdown {

inline constexpr std::size_t kMaxColumns = 10'000;

// The paragraph, cut where a table begins: what stands before it, if anything, and the table, which goes on
// to its end. One block when there is no table.
base::Result<std::vector<Block>> WithTables(Block paragraph);

}  // namespace slipway::markdown
