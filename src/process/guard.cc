#include "process/guard.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

namespace slipway::process {

namespace {

// Only the ledger and the pipe stay open, so that nothing waits for us: not a terminal, not a reader of our
// output.
void CloseAllBut(int first, int second) {
  const int null = open("/dev/null", O_RDWR);
  for (int fd = 0; fd < 3; ++fd) dup2(null, fd);
  const auto low = static_cast<unsigned>(std::min(first, second));
  const auto high = static_cast<unsigned>(std::max(first, second));
  if (low > 3) syscall(SYS_close_range, 3U, low - 1, 0);
  if (high > low + 1) syscall(SYS_close_range, low + 1, high - 1, 0);
  syscall(SYS_close_range, high + 1, ~0U, 0);
}

[[noreturn]] void GuardMain(Ledger& ledger, int pipe) {
  setsid();
  prctl(PR_SET_NAME, "slipway-guard");
  sigset_t all;
  sigfillset(&all);
  sigprocmask(SIG_SETMASK, &all, nullptr);  // who stops slipway politely must not stop its guard first
  CloseAllBut(ledger.fd(), pipe);
  if (chdir("/") != 0) _exit(1);
  char byte = 0;
  while (read(pipe, &byte, 1) != 0 && errno == EINTR) {
  }
  // Everybody who could still write a slot held the other end until exec, so the ledger is complete now.
  while (!EndSessions(ledger.Taken(), base::Duration{60'000})) {
  }
  ledger.Remove();
  _exit(0);
}

}  // namespace

base::Result<Guard> StartGuard(Ledger& ledger) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0)
    return base::Fail(base::ErrorKind::kIo, "no pipe to the guard: " + base::ErrnoText(errno));
  base::Fd read_end(ends[0]);
  base::Fd write_end(ends[1]);
  const int pid = fork();
  if (pid < 0)
    return base::Fail(base::ErrorKind::kIo, "the guard cannot be forked: " + base::ErrnoText(errno));
  if (pid == 0) {
    write_end.Reset();
    GuardMain(ledger, read_end.get());
  }
  base::Fd pidfd(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
  return Guard{pid, std::move(pidfd), std::move(write_end)};
}

}  // namespace slipway::process
