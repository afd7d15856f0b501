// Verification of a whole store: everything is read once and nothing in it is trusted.
//
// Each event's bytes are hashed again and compared with its leaf; sequence numbers have no gap; the tree is
// built again and compared with every stored hash, with every signed checkpoint and with the checkpoints kept
// elsewhere; the columns beside the bytes, the blobs and the file itself are checked; and the engine's rows
// are folded again and compared one by one.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "audit/report.h"
#include "base/result.h"
#include "journal/checkpoint.h"
#include "journal/projection.h"
#include "journal/store.h"
#include "journal/view.h"

namespace slipway::audit {

struct VerifyOptions {
  journal::Projection* projection =
      nullptr;                       // none: rows are not compared; used from another thread during the call
  std::vector<std::string> anchors;  // notes of checkpoints kept elsewhere
  std::optional<journal::VerifierKey> key;  // kept elsewhere too; none: the store's own word for it
  bool check_file = true;  // also the file's own structure, which is slower than all the rest
};

// An error means that it could not be looked at; what is wrong in it is in the report.
base::Result<Report> Verify(journal::Store& store, const VerifyOptions& options = {});
base::Result<Report> Verify(journal::View& view, const VerifyOptions& options = {});

}  // namespace slipway::audit
