#include "drivers/postgres/actions.h"

namespace slipway::drivers::postgres {

std::vector<PgAction> Actions() {
  return {
      CheckAction(), StatusAction(),  QueryAction(),     VerifyAction(),
      LintAction(),  MigrateAction(), ProvisionAction(), DropAction(),
  };
}

}  // namespace slipway::drivers::postgres
