#include "process/launch.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <linux/close_range.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>

#include "base/text.h"
#include "process/ledger.h"

// The C library's clone under the name that no sanitizer wraps: their wrapper takes every child for a fork.
extern "C" int __clone(int (*function)(void*), void* stack, int flags, void* argument, ...);

// What runs in the child must not touch a sanitizer's state, which is its parent's.
#define SLIPWAY_IN_CHILD __attribute__((no_sanitize("address", "thread", "undefined"), no_stack_protector))

namespace slipway::process {

namespace {

constexpr std::size_t kStackSize = 64 * 1024;

// Memory the child runs on; one a thread, as that thread stands still until the child has exec'd.
char* StackTop(int which) {
  thread_local std::array<std::unique_ptr<char[]>, 2> stacks;
  auto& stack = stacks[static_cast<std::size_t>(which)];
  if (!stack) stack = std::make_unique_for_overwrite<char[]>(kStackSize);
  auto top = reinterpret_cast<std::uintptr_t>(stack.get() + kStackSize);
  return reinterpret_cast<char*>(top & ~std::uintptr_t{63});
}

// Shared by parent and child.
struct Child {
  const LaunchRequest* request = nullptr;
  const char* directory = nullptr;  // null = ours
  const char* const* paths = nullptr;
  char* const* argv = nullptr;
  char* const* environment = nullptr;
  std::int64_t not_before = 0;
  char* second_stack = nullptr;
  int pid = 0;
  std::uint64_t start = 0;
  int error = 0;                // errno of what failed
  const char* stage = nullptr;  // what failed; null = exec was reached
};

std::int64_t BootClock() {
  timespec now{};
  clock_gettime(CLOCK_BOOTTIME, &now);
  return now.tv_sec * 1'000'000'000 + now.tv_nsec;
}

SLIPWAY_IN_CHILD int Stop(Child* child, const char* stage) {
  child->stage = stage;
  child->error = errno;
  syscall(SYS_exit_group, 127);
  return 127;
}

// Appends the decimal digits of `number`; answers the new end.
SLIPWAY_IN_CHILD char* AppendNumber(char* to, std::uint64_t number) {
  char digits[24];
  int count = 0;
  do {
    digits[count++] = static_cast<char>('0' + number % 10);
    number /= 10;
  } while (number != 0);
  while (count > 0) *to++ = digits[--count];
  return to;
}

// Field 22 of our own stat, read without a library.
SLIPWAY_IN_CHILD std::uint64_t OwnStart() {
  char text[1024] __attribute__((uninitialized));
  const long fd = syscall(SYS_openat, AT_FDCWD, "/proc/self/stat", O_RDONLY | O_CLOEXEC);
  if (fd < 0) return 0;
  const long got = syscall(SYS_read, fd, text, sizeof text);
  syscall(SYS_close, fd);
  long at = got - 1;
  while (at > 0 && text[at] != ')') --at;
  for (int blanks = 0; at < got && blanks < 20; ++at)
    if (text[at] == ' ') ++blanks;
  std::uint64_t start = 0;
  for (; at < got && text[at] >= '0' && text[at] <= '9'; ++at)
    start = start * 10 + static_cast<std::uint64_t>(text[at] - '0');
  return start;
}

SLIPWAY_IN_CHILD bool WriteIdentity(Child* child) {
  const LaunchRequest& request = *child->request;
  child->start = OwnStart();
  char line[128];
  char* to = AppendNumber(line, static_cast<std::uint64_t>(child->pid));
  *to++ = ' ';
  to = AppendNumber(to, child->start);
  *to++ = ' ';
  for (const char* from = request.boot; *from && to < line + sizeof line - 2; ++from) *to++ = *from;
  *to++ = '\n';
  const long size = to - line;
  return syscall(SYS_pwrite64, request.identity, line, size, 0L) == size;
}

SLIPWAY_IN_CHILD bool WriteSlot(const Child& child) {
  timespec now;
  syscall(SYS_clock_gettime, CLOCK_BOOTTIME, &now);
  Slot slot;
  slot.session = child.pid;
  slot.grace_ms = child.request->grace_ms;
  slot.not_before = child.not_before;
  slot.not_after = now.tv_sec * 1'000'000'000 + now.tv_nsec;
  const long size = sizeof slot;
  return syscall(SYS_pwrite64, child.request->ledger, &slot, size, child.request->slot_at) == size;
}

SLIPWAY_IN_CHILD bool Become(int from, int to) {
  if (from == to) return syscall(SYS_fcntl, to, F_SETFD, 0) == 0;
  return syscall(SYS_dup3, from, to, 0) == to;
}

SLIPWAY_IN_CHILD int RunChild(void* argument) {
  auto* child = static_cast<Child*>(argument);
  const LaunchRequest& request = *child->request;
  // Every signal as a fresh login would have it: what our caller ignored (a shell's `&` ignores INT and QUIT)
  // is not ours to hand on, or a stop signal would be lost. All zero is the default action in every layout of
  // the kernel's struct.
  char all_default[64] = {};
  for (int signal = 1; signal <= 64; ++signal)
    if (signal != SIGKILL && signal != SIGSTOP) syscall(SYS_rt_sigaction, signal, all_default, nullptr, 8L);
  if (syscall(SYS_setsid) < 0) return Stop(child, "a new session");
  if (!Become(request.input, 0) || !Become(request.output, 1) || !Become(request.error, 2))
    return Stop(child, "its input and output");
  if (syscall(SYS_close_range, 3U, ~0U, CLOSE_RANGE_CLOEXEC) < 0) return Stop(child, "closing files");
  if (child->directory && syscall(SYS_chdir, child->directory) < 0) return Stop(child, "its directory");
  child->pid = static_cast<int>(syscall(SYS_getpid));
  if (request.ledger >= 0 && !WriteSlot(*child)) return Stop(child, "noting it in the list of commands");
  if (request.identity >= 0 && !WriteIdentity(child)) return Stop(child, "noting what runs");
  std::uint64_t nothing_blocked = 0;
  syscall(SYS_rt_sigprocmask, SIG_SETMASK, &nothing_blocked, nullptr, 8L);
  int error = ENOENT;
  for (const char* const* path = child->paths; *path; ++path) {
    syscall(SYS_execve, *path, child->argv, child->environment);
    if (errno != ENOENT && errno != ENOTDIR) error = errno;
    if (errno != ENOENT && errno != ENOTDIR && errno != EACCES) break;
  }
  errno = error;
  return Stop(child, "");
}

// The first child of two: makes the real one and is gone.
SLIPWAY_IN_CHILD int RunBetween(void* argument) {
  auto* child = static_cast<Child*>(argument);
  if (__clone(RunChild, child->second_stack, CLONE_VM | CLONE_VFORK | SIGCHLD, child) < 0)
    return Stop(child, "a new process");
  syscall(SYS_exit_group, 0);
  return 0;
}

// Signals stay blocked around it, so that no handler of ours runs in a child that shares our memory.
int Clone(int (*function)(void*), Child* child, int* pidfd) {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  const int pid =
      __clone(function, StackTop(0), CLONE_VM | CLONE_VFORK | CLONE_PIDFD | SIGCHLD, child, pidfd);
  const int error = errno;
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  errno = error;
  return pid;
}

Child ChildOf(const LaunchRequest& request) {
  return {.request = &request,
          .directory = request.image->directory.empty() ? nullptr : request.image->directory.c_str(),
          .paths = request.image->paths.data(),
          .argv = request.image->argv.data(),
          .environment = request.image->environment.data(),
          .not_before = BootClock()};
}

void Reap(int pidfd) {
  siginfo_t info;
  while (waitid(P_PIDFD, static_cast<id_t>(pidfd), &info, WEXITED) != 0 && errno == EINTR) {
  }
}

std::unexpected<base::Error> NotStarted(const LaunchRequest& request, const char* stage, int error) {
  std::string cause = base::ErrnoText(error);
  const std::string program = base::Printable(request.image->argv[0]);
  if (*stage)
    return base::Fail(base::ErrorKind::kIo, fmt::format("{}: {} failed: {}", program, stage, cause));
  if (error == ENOENT) cause = "no such program";
  if (error == ENOEXEC) cause = "not a program (a script needs a #! line)";
  return base::Fail(base::ErrorKind::kIo, fmt::format("{}: {}", program, cause));
}

}  // namespace

Image::Image(const std::vector<std::string>& arguments, const std::vector<std::string>& variables,
             const std::filesystem::path& where)
    : directory(where.string()) {
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  std::string_view path = "/usr/local/bin:/usr/bin:/bin";
  for (const std::string& variable : variables) {
    environment.push_back(const_cast<char*>(variable.c_str()));
    if (variable.starts_with("PATH=")) path = std::string_view(variable).substr(5);
  }
  environment.push_back(nullptr);
  if (arguments[0].contains('/')) {
    candidates.push_back(arguments[0]);
  } else if (!arguments[0].empty()) {
    for (const std::string& folder : base::Split(path, ':'))
      candidates.push_back((folder.empty() ? "." : folder) + "/" + arguments[0]);
  }
  for (const std::string& candidate : candidates) paths.push_back(candidate.c_str());
  paths.push_back(nullptr);
}

base::Result<Launched> Launch(const LaunchRequest& request) {
  Child child = ChildOf(request);
  int pidfd = -1;
  const int pid = Clone(RunChild, &child, &pidfd);
  if (pid < 0) return NotStarted(request, "a new process", errno);
  Launched launched{pid, base::Fd(pidfd)};
  if (!child.stage) return launched;
  Reap(pidfd);
  return NotStarted(request, child.stage, child.error);
}

base::Result<Identity> LaunchDetached(const LaunchRequest& request) {
  Child child = ChildOf(request);
  child.second_stack = StackTop(1);
  int pidfd = -1;
  const int pid = Clone(RunBetween, &child, &pidfd);
  if (pid < 0) return NotStarted(request, "a new process", errno);
  base::Fd owner(pidfd);
  Reap(pidfd);
  if (child.stage) return NotStarted(request, child.stage, child.error);
  return Identity{child.pid, static_cast<std::int64_t>(child.start), request.boot};
}

}  // namespace slipway::process
