// The file that says which commands of one slipway process are running, so that none outlives it unnoticed.
//
//   .slipway/spawn/<pid>-<start>     header, then 1,024 slots of 32 bytes
//
// Each command runs in a session of its own and writes itself into its slot just before exec; slipway clears
// the slot once the command has ended. The file is locked (flock) by an open description that slipway shares
// with its guard process, so the lock is free only when both are gone. The guard ends whatever stands in the
// slots when slipway dies, and only then lets go. Should the guard have been killed as well, whoever finds
// the lock free ends the rest (AwaitLeftovers).
//
// A slot holds the session's number and two readings of the boot clock, taken just before and just after the
// command was created: its start time lies between them, which tells it from a later process with the same
// number.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/file.h"
#include "base/result.h"
#include "process/identity.h"

namespace slipway::process {

struct Slot {
  std::int32_t session = 0;     // the command's pid, group and session at once; 0 = free
  std::uint32_t grace_ms = 0;   // between TERM and KILL
  std::int64_t not_before = 0;  // CLOCK_BOOTTIME, nanoseconds
  std::int64_t not_after = 0;
  std::int64_t reserved = 0;
};
static_assert(sizeof(Slot) == 32);

class Ledger {
 public:
  static constexpr int kSlots = 1024;

  static base::Result<Ledger> Create(const std::filesystem::path& state_dir);

  int fd() const { return fd_.get(); }
  const std::filesystem::path& path() const { return path_; }
  static std::int64_t OffsetOf(int slot);

  void Clear(int slot);
  std::vector<Slot> Taken() const;
  void Remove();  // the file itself

 private:
  friend base::Status SettleFile(const std::filesystem::path& path, base::Duration patience);
  Ledger(base::Fd fd, std::filesystem::path path) : fd_(std::move(fd)), path_(std::move(path)) {}
  base::Fd fd_;
  std::filesystem::path path_;
};

// The living processes of the session a slot names; empty when it is over.
std::vector<Identity> LivingOf(const Slot& slot);

// TERM to every process of these sessions, after each one's grace KILL; returns when none is left, or false
// after `patience` (a process may hang in the kernel).
bool EndSessions(const std::vector<Slot>& slots, base::Duration patience);

// Waits until no command is left of any slipway process under `state_dir` that has died, ending what its
// guard could not. Commands of slipway processes that are alive are not touched. To be called before an
// interrupted action is settled: `probe` and `repeat` are only safe when the first attempt can no longer act.
// kIo names what is still running.
base::Status AwaitLeftovers(const std::filesystem::path& state_dir, base::Duration patience);

}  // namespace slipway::process
