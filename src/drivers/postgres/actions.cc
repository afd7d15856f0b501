#include "drivers/postgres/actions.h"

#include "drivers/postgres/backups/backups.h"

namespace slipway::drivers::postgres {

std::string Stopped(const Context& context) {
  if (context.cancel.cancelled()) return "cancelled before it began";
  if (context.clock.Now() >= context.deadline) return "out of time before it began";
  return "";
}

std::vector<PgAction> Actions(process::Spawner& spawner) {
  return {
      CheckAction(),         StatusAction(),       QueryAction(),   VerifyAction(),
      LintAction(),          DueAction(),          MigrateAction(), DownAction(),
      ReversibleAction(),    ProvisionAction(),    DropAction(),    SeedAction(),
      AdminUserAction(),     TakeBackAction(),     ArchiveAction(), UnarchiveAction(),
      BackupAction(spawner), ProveAction(spawner), LossAction(),    RestoreAction(spawner),
      SwapBackAction(),      ForgetAction(),       ProvenAction(),  PruneAction(),
  };
}

}  // namespace slipway::drivers::postgres
