// The files of one slot:
//
//   .slipway/service/<connection>/<slot>/
//     lock          held (flock) by whoever changes the slot; a process being started holds it until its exec
//     record.json   what is to run: release, port, env (unrevealed), started_at; written before the start
//     process       `<pid> <start> <boot>`, written by the service's own process just before its exec; empty
//     = none service.log   what it writes; service.log.1 … .5 are of the starts before data/         the
//     service's own (SLOT_DIR)
//
// At whatever instant anybody is killed: after the lock is free, either `process` names the service that
// runs, or none does.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "base/file.h"
#include "drivers/service/slots.h"
#include "process/identity.h"

namespace slipway::drivers {

class SlotFiles {
 public:
  SlotFiles(const std::filesystem::path& state_dir, const std::string& connection, const std::string& slot);

  const std::filesystem::path& folder() const { return folder_; }
  std::filesystem::path data() const { return folder_ / "data"; }
  std::filesystem::path log() const { return folder_ / "service.log"; }

  base::Status Make() const;  // the folders
  // The lock, or kIo when `context` was cancelled or ran out of time first.
  base::Result<base::Fd> Lock(const Context& context) const;
  base::Result<SlotState> Read() const;
  std::optional<process::Identity> Process() const;
  base::Result<base::Fd> OpenProcess() const;  // emptied, to be written by the new process
  base::Status WriteRecord(const SlotState& state) const;
  base::Result<base::Fd> RotateLog() const;  // a new, empty log for a start
  std::string LogTail() const;               // its last 64 KiB, whole lines

 private:
  std::filesystem::path folder_;
};

}  // namespace slipway::drivers
