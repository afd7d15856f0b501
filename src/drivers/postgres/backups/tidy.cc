#include "drivers/postgres/backups/tidy.h"

namespace slipway::drivers::postgres {

Context TimeToTidy(const Context& own, const CancelToken& never) {
  constexpr base::Duration kEnough{800};
  const base::Time soon = own.clock.Now() + kEnough;
  return {.clock = own.clock,
          .random = own.random,
          .cancel = never,
          .deadline = own.cancel.cancelled() ? soon : std::max(own.deadline, soon),
          .secrets = own.secrets,
          .workspace = own.workspace,
          .state_dir = own.state_dir,
          .connection = own.connection,
          .instance = own.instance,
          .epoch = own.epoch,
          .store = own.store};
}

}  // namespace slipway::drivers::postgres
