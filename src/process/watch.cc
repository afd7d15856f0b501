#include "process/watch.h"

#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <thread>

namespace slipway::process {

namespace {

using std::chrono::steady_clock;

constexpr base::Duration kKillPatience{2000};

steady_clock::time_point After(base::Duration how_long) {
  const auto now = steady_clock::now();
  const auto most =
      std::chrono::floor<base::Duration>(steady_clock::time_point::max() - now) - base::Duration{1};
  return now + std::clamp(how_long, base::Duration{0}, most);
}

}  // namespace

Watch::Watch(const Launched& command, base::Fd out, base::Fd err, const Command& how,
             const Patience& patience)
    : command_(command),
      patience_(patience),
      grace_(how.grace),
      out_{std::move(out), Capture(how.output_limit)},
      err_{std::move(err), Capture(how.output_limit)},
      until_(After(patience.timeout)) {}

void Watch::ReadSome(Stream& stream, int times) {
  __attribute__((uninitialized)) std::array<char, 65536> buffer;
  for (; stream.fd.valid() && times > 0; --times) {
    const ssize_t got = read(stream.fd.get(), buffer.data(), buffer.size());
    if (got > 0) {
      stream.capture.Add({buffer.data(), static_cast<std::size_t>(got)});
    } else if (got == 0 || (errno != EINTR && errno != EAGAIN)) {
      stream.fd.Reset();
    } else if (errno == EAGAIN) {
      return;
    }
  }
}

void Watch::UntilOver() {
  while (!hanging_ && !WaitOnce()) {
  }
  if (hanging_) return;
  if (stopping_)
    AwaitSession();
  else
    kill(-command_.pid, SIGKILL);  // what it left behind in its group; its own number is held by its zombie
  ReadSome(out_, 1024);
  ReadSome(err_, 1024);
}

bool Watch::WaitOnce() {
  std::array<pollfd, 4> wait{{{command_.pidfd.get(), POLLIN, 0},
                              {out_.fd.get(), POLLIN, 0},
                              {err_.fd.get(), POLLIN, 0},
                              {stopping_ ? -1 : patience_.cancel_fd, POLLIN, 0}}};
  const auto left = std::chrono::ceil<base::Duration>(until_ - steady_clock::now());
  const int timeout = static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 3'600'000));
  if (poll(wait.data(), wait.size(), timeout) < 0) return false;
  if (wait[1].revents != 0) ReadSome(out_, 1);
  if (wait[2].revents != 0) ReadSome(err_, 1);
  if (wait[0].revents != 0) return true;
  Judge(wait[3].revents != 0);
  return false;
}

void Watch::Judge(bool cancelled) {
  const bool late = steady_clock::now() >= until_;
  if (!stopping_) {
    if (cancelled)
      StopAll(Ended::How::kCancelled);
    else if (late)
      StopAll(Ended::How::kTimedOut);
  } else if (late && !killed_) {
    KillAll();
  } else if (late) {
    hanging_ = true;
  }
}

void Watch::StopAll(Ended::How why) {
  why_ = why;
  stopping_ = true;
  until_ = After(grace_);
  SignalAll(LivingInSession(command_.pid), SIGTERM);
}

void Watch::KillAll() {
  killed_ = true;
  until_ = After(kKillPatience);
  SignalAll(LivingInSession(command_.pid), SIGKILL);
}

// The command itself has ended; the rest of its session gets what is left of its grace.
void Watch::AwaitSession() {
  while (!LivingInSession(command_.pid).empty()) {
    ReadSome(out_, 16);
    ReadSome(err_, 16);
    if (steady_clock::now() >= until_) {
      if (killed_) {
        hanging_ = true;
        return;
      }
      KillAll();
    }
    std::this_thread::sleep_for(base::Duration{5});
  }
}

Ended Watch::Reap() {
  Ended ended;
  ended.output = std::move(out_.capture);
  ended.error_output = std::move(err_.capture);
  ended.killed = killed_;
  if (hanging_) {
    ended.how = Ended::How::kHanging;
    return ended;
  }
  siginfo_t info{};
  while (waitid(P_PIDFD, static_cast<id_t>(command_.pidfd.get()), &info, WEXITED) != 0) {
    if (errno == EINTR) continue;
    ended.how = Ended::How::kHanging;  // somebody else took its status: nobody can tell how it ended
    ended.error = "its exit status was lost";
    return ended;
  }
  ended.code = info.si_status;
  ended.how = why_;
  if (!stopping_ && info.si_code != CLD_EXITED) ended.how = Ended::How::kSignalled;
  return ended;
}

}  // namespace slipway::process
