// Starts one program: the part that runs between clone and exec. Internal to this folder.
//
// The child shares our memory until it execs (CLONE_VM | CLONE_VFORK, as posix_spawn does), so nothing is
// copied however large we are, and it tells why it failed by writing it down. Only system calls are made in
// it.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/file.h"
#include "base/result.h"
#include "process/identity.h"

namespace slipway::process {

// Program, arguments and surroundings in the form the kernel takes, made before clone.
struct Image {
  // `argv[0]` without a slash is looked up in PATH of `environment`; with one it is relative to `directory`.
  Image(const std::vector<std::string>& argv, const std::vector<std::string>& environment,
        const std::filesystem::path& directory);
  Image(const Image&) = delete;
  Image& operator=(const Image&) = delete;

  std::vector<std::string> candidates;  // paths to try, in order
  std::vector<const char*> paths;       // the same; this and those below end with a null
  std::vector<char*> argv;
  std::vector<char*> environment;
  std::string directory;
};

struct LaunchRequest {
  const Image* image = nullptr;
  int input = -1;  // become 0, 1 and 2; each at least 3
  int output = -1;
  int error = -1;
  // A command: its slot in the ledger.
  int ledger = -1;
  std::int64_t slot_at = 0;
  std::uint32_t grace_ms = 0;
  // A detached program: where it writes `<pid> <start> <boot>`, a line, just before exec.
  int identity = -1;
  const char* boot = nullptr;
};

struct Launched {
  int pid = 0;
  base::Fd pidfd;
};

// kIo: it does not run, and never did; `what` names the cause (`./start: no such file or directory`).
base::Result<Launched> Launch(const LaunchRequest& request);
// As Launch, twice removed: not our child, so it outlives us and never becomes our zombie.
base::Result<Identity> LaunchDetached(const LaunchRequest& request);

}  // namespace slipway::process
