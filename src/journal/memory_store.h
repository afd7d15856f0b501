// The store in memory, for simulation and tests: the same rules, nothing durable but what outlives a handle.
//
// A MemoryDisk is what survives a crash. Each simulated process opens its own handle under a name; when the
// process dies, Die(name) gives back its leases, as the kernel does for real ones. Everything is thread-safe,
// and a pure function of the calls made and the Random given.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/random.h"
#include "base/result.h"
#include "journal/store.h"

namespace slipway::journal {

class MemoryDisk {
 public:
  explicit MemoryDisk(base::Random& random);  // gives the store's id and key
  ~MemoryDisk();
  MemoryDisk(const MemoryDisk&) = delete;
  MemoryDisk& operator=(const MemoryDisk&) = delete;

  // The named process is dead: its leases are free, and its handles refuse to write.
  void Die(std::string_view process);
  // The named process lives and does not know it: its leases are free for others, and it may still write.
  void LoseLeases(std::string_view process);

  // Asked before each transaction writes; an error makes it fail as a full disk does, with nothing written.
  void SetFault(std::function<base::Status()> before_write);

  struct State;
  const std::shared_ptr<State>& state() const { return state_; }

 private:
  std::shared_ptr<State> state_;
};

// A handle of the process called `process`; a name used again after Die is a new life. The disk must outlive
// it.
std::unique_ptr<Store> OpenMemoryStore(MemoryDisk& disk, std::string_view process, std::int64_t pid = 1);

}  // namespace slipway::journal
