// Copies of signed tree heads, kept where whoever holds the store cannot reach them.
#pragma once

#include "app/session.h"

namespace slipway::app {

// Signs the tree head and hands the note to what `audit.checkpoints` names: a file it is appended to, a
// command that gets it on its standard input. Nothing to do where nothing is named.
base::Status KeepCheckpoint(Session& session);

}  // namespace slipway::app
