// Runs commands, so that none outlives us unnoticed: DESIGN's "no orphans".
//
// A command is our child in a session of its own, with no terminal, every signal at its default and only the
// files it is given. Before it execs it has written itself into the ledger (process/ledger.h). A guard
// process, forked when the spawner starts and in its own session, holds a pipe from us; when that closes,
// however we died, it ends what stands in the ledger (TERM, grace, KILL). What a command leaves running in
// its own process group ends with it: something that is to stay is a service (StartDetached), which nothing
// here ever ends.
//
// Thread-safe: Run blocks its caller, any number of callers at once up to 1,024.
#pragma once

#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "process/capture.h"
#include "process/identity.h"

namespace slipway::process {

struct Command {
  std::vector<std::string> argv;         // argv[0] without a slash is looked up in PATH of `environment`
  std::vector<std::string> environment;  // `NAME=value`, all of it; see InheritedEnvironment
  std::filesystem::path directory;       // empty = ours
  std::string input;                     // its standard input; empty = /dev/null
  // Of the caller, who keeps them: they become its standard input (in place of `input`) and output (which is
  // then not captured). -1 = as said above and below. To be blocking, as the command expects them.
  int input_fd = -1;
  int output_fd = -1;
  std::size_t output_limit = 1u << 20;  // bytes kept of each of stdout and stderr; all of it is read
  base::Duration grace{5000};           // between TERM and KILL when it must stop
};

struct Patience {
  base::Duration timeout = base::Duration::max();
  int cancel_fd = -1;  // stop when this becomes readable
};

struct Ended {
  enum class How {
    kExited,      // by itself, with `code`
    kSignalled,   // by signal `code`, which was not ours
    kTimedOut,    // we stopped it
    kCancelled,   // we stopped it
    kNotStarted,  // nothing ran; `error` says why
    kHanging,     // we stopped it and it does not end (a process may hang in the kernel)
  };
  How how = How::kNotStarted;
  int code = 0;
  bool killed = false;  // KILL was needed
  std::string error;
  Capture output{0};
  Capture error_output{0};
};

class Spawner {
 public:
  // Does nothing yet: a program that runs no command pays for no guard.
  explicit Spawner(std::filesystem::path state_dir);
  // Waits for the guard, which ends any command still running.
  ~Spawner();
  Spawner(const Spawner&) = delete;
  Spawner& operator=(const Spawner&) = delete;

  // Forks the guard; the first Run does it where nobody did. To be called early: a small process forks
  // cheaply.
  base::Status Start();
  Ended Run(const Command& command, const Patience& patience);
  int GuardPid() const;  // 0 before Start

 private:
  struct Parts;
  const std::filesystem::path state_dir_;
  mutable std::mutex mutex_;
  std::unique_ptr<Parts> parts_;  // made once, guarded by mutex_ until then
};

// Our environment without our own settings (`SLIPWAY_…`), then `more`, which wins.
std::vector<std::string> InheritedEnvironment(const std::vector<std::pair<std::string, std::string>>& more);

struct Detached {
  std::vector<std::string> argv;
  std::vector<std::string> environment;
  std::filesystem::path directory;
  int output_fd = -1;    // its stdout and stderr
  int identity_fd = -1;  // gets `<pid> <start> <boot>` from the new process itself just before it execs
};

// Starts a program that outlives us: session leader, nobody's child. Whoever dies at whatever instant, it
// either never ran, or `identity_fd` says who it is before its first instruction. kIo: it does not run.
base::Result<Identity> StartDetached(const Detached& detached);
// Reads what it wrote; empty when nothing (whole) is there.
std::optional<Identity> ParseIdentity(std::string_view line);  // with its line end
std::optional<Identity> ReadIdentityFile(const std::filesystem::path& path);

}  // namespace slipway::process
