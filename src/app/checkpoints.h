// Signed tree heads: kept in the store, and copies of them where whoever holds the store cannot reach them.
#pragma once

#include "app/session.h"

namespace slipway::app {

// Signs the tree head, keeps it in the store, and hands the note to what `audit.checkpoints` names: a file it
// is appended to, a command that gets it on its standard input.
base::Status KeepCheckpoint(Session& session);

}  // namespace slipway::app
