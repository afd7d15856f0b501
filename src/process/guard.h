// The process that ends our commands when we die. Internal to this folder.
#pragma once

#include "process/ledger.h"

namespace slipway::process {

struct Guard {
  int pid = 0;
  base::Fd pidfd;
  base::Fd pipe;  // it acts when this closes
};

base::Result<Guard> StartGuard(Ledger& ledger);

}  // namespace slipway::process
