// Which process is meant, so that a number used again never stands for another one.
//
// A process is its pid, its start time and the boot it belongs to. A zombie is dead: it has ended, and
// whoever should have reaped it may never do so (pid 1 of many containers does not). Signals go through a
// pidfd that was opened before the identity was compared. All functions are thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/json.h"
#include "base/result.h"

namespace slipway::process {

struct Identity {
  int pid = 0;
  std::int64_t start = 0;  // clock ticks since boot: field 22 of /proc/PID/stat
  std::string boot;        // /proc/sys/kernel/random/boot_id
  bool operator==(const Identity&) const = default;
};

// The fields of /proc/PID/stat that matter here.
struct Stat {
  char state = '?';
  int parent = 0;
  int group = 0;
  int session = 0;
  std::int64_t start = 0;
  bool ended() const { return state == 'Z' || state == 'X' || state == 'x'; }
};

const std::string& BootId();
std::optional<Stat> ReadStat(int pid);  // empty when there is no such process

// kIo: there is no such process, or it has ended.
base::Result<Identity> IdentityOf(int pid);
bool Alive(const Identity& identity);

// False: it was gone, nobody got the signal. kIo: not permitted.
base::Result<bool> Signal(const Identity& identity, int signal);

// Waits until it is gone; false when `patience` ran out or `cancel_fd` (-1 = none) became readable.
bool AwaitGone(const Identity& identity, base::Duration patience, int cancel_fd = -1);

// Every living process of a session that started at or after `since` ticks.
std::vector<Identity> LivingInSession(int session, std::int64_t since = 0);

// Every living process of the session that `leader` leads or led. None when its number is another process's
// by now: it cannot be given anew while a session of that number lives.
std::vector<Identity> LivingInSessionOf(const Identity& leader);

// Sends `signal` to each of them that is still the same process.
void SignalAll(const std::vector<Identity>& processes, int signal);

base::Json ToJson(const Identity& identity);  // {"pid", "start", "boot"}
base::Result<Identity> IdentityFromJson(const base::Json& json);

}  // namespace slipway::process
