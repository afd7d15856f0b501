// Where a run stands in the log, so that its report can be held against it. Internal to the report.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "base/result.h"
#include "journal/store.h"
#include "page/page.h"

namespace slipway::app {

struct Proof {
  std::map<std::int64_t, std::string> leaves;  // by seq, in hexadecimal digits
  page::Blocks blocks;
};

// Hashes the stored bytes of the run's events again and compares them with their leaves; and proves the last
// of them against the newest signed checkpoint, where one covers it. Makes no checkpoint.
base::Result<Proof> ProofOf(journal::Store& store, const std::string& run);

}  // namespace slipway::app
