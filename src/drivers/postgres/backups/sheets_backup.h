// The sheets of what makes, proves and restores backups: the same for real servers and in the model.
#pragma once

#include "drivers/action.h"

namespace slipway::drivers::postgres {

ActionSheet BackupSheet();
ActionSheet ProveSheet();
ActionSheet LossSheet();
ActionSheet RestoreSheet();
ActionSheet SwapBackSheet();
ActionSheet ForgetSheet();
ActionSheet ProvenSheet();
ActionSheet PruneSheet();

}  // namespace slipway::drivers::postgres
