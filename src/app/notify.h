// Tells people how a run stands: `notify:` of the procedure and of the workspace, to a webhook or a command.
#pragma once

#include <filesystem>
#include <memory>

#include "base/clock.h"
#include "base/random.h"
#include "drivers/driver.h"
#include "engine/engine.h"
#include "process/spawner.h"
#include "workspace/workspace.h"

namespace slipway::app {

struct NotifyParts {
  base::Clock& clock;
  base::Random& random;
  const drivers::Registry& drivers;
  drivers::SecretSource& secrets;
  const workspace::Workspace& workspace;
  process::Spawner& spawner;
  std::filesystem::path root;
  std::filesystem::path state_dir;
};

// Thread-safe. A webhook gets `{"occasion": …, "run": …}` as a POST, a command on its standard input; both
// have ten seconds. What came of it is on record and changes nothing else.
std::unique_ptr<engine::Notifier> MakeNotifier(NotifyParts parts);

}  // namespace slipway::app
