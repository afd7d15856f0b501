#include "app/checkpoints.h"

#include <fmt/format.h>

#include "audit/anchors.h"

namespace slipway::app {

namespace {

constexpr base::Duration kPatience{30'000};

}  // namespace

base::Status KeepCheckpoint(Session& session) {
  SLIPWAY_TRY(journal::Store * store, session.Store());
  SLIPWAY_TRY(const journal::Checkpoint checkpoint, store->MakeCheckpoint());
  const auto workspace = session.Settings();
  if (!workspace) return std::unexpected<base::Error>(workspace.error());
  const std::string& file = (*workspace)->checkpoints_file;
  const std::vector<std::string>& command = (*workspace)->checkpoints_command;
  SLIPWAY_TRY(const auto root, session.Root());
  if (!file.empty()) SLIPWAY_CHECK_OK(audit::AppendAnchor(root / file, checkpoint.note));
  if (command.empty()) return {};
  process::Command run;
  run.argv = command;
  run.environment = process::InheritedEnvironment({});
  run.directory = root;
  run.input = checkpoint.note;
  run.output_limit = 4096;
  const process::Ended ended = session.Outside().spawner.Run(run, {.timeout = kPatience});
  if (ended.how == process::Ended::How::kExited && ended.code == 0) return {};
  return base::Fail(
      base::ErrorKind::kIo,
      ended.error.empty() ? fmt::format("{} ended with {}", command[0], ended.code) : ended.error,
      "audit.checkpoints");
}

}  // namespace slipway::app
