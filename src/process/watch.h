// Waits for one command: reads what it writes, and stops it when its time is up. Internal to this folder.
#pragma once

#include <chrono>

#include "base/file.h"
#include "process/launch.h"
#include "process/spawner.h"

namespace slipway::process {

class Watch {
 public:
  Watch(const Launched& command, base::Fd out, base::Fd err, const Command& how, const Patience& patience);

  // Returns when the command has ended and left nothing running in its group (or, when it was stopped, its
  // session).
  void UntilOver();
  bool hanging() const { return hanging_; }
  Ended Reap();  // after UntilOver; takes the exit status

 private:
  using SteadyTime = std::chrono::steady_clock::time_point;
  struct Stream {
    base::Fd fd;
    Capture capture;
  };

  bool WaitOnce();  // true when the command itself has ended
  void Judge(bool cancelled);
  void StopAll(Ended::How why);
  void KillAll();
  void AwaitSession();
  static void ReadSome(Stream& stream, int times);

  const Launched& command_;
  const Patience& patience_;
  const base::Duration grace_;
  Stream out_;
  Stream err_;
  SteadyTime
      until_;  // the timeout; once it is being stopped, the end of the grace, then of our patience with KILL
  bool stopping_ = false;
  bool killed_ = false;
  bool hanging_ = false;
  Ended::How why_ = Ended::How::kExited;
};

}  // namespace slipway::process
