#include "process/identity.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <string_view>

#include "base/file.h"
#include "base/text.h"

namespace slipway::process {

namespace {

// A file of /proc, which has no size to go by; empty when it cannot be read.
std::string Slurp(const char* path) {
  base::Fd fd(open(path, O_RDONLY | O_CLOEXEC));
  if (!fd.valid()) return {};
  std::array<char, 4096> buffer;
  ssize_t got = read(fd.get(), buffer.data(), buffer.size());
  return got > 0 ? std::string(buffer.data(), static_cast<std::size_t>(got)) : std::string();
}

int PidfdOpen(int pid) { return static_cast<int>(syscall(SYS_pidfd_open, pid, 0)); }

// A pidfd of exactly this process, or an invalid one when it is gone. The order matters: once the descriptor
// is open the number cannot come to mean another process behind our back, so what is compared is what gets
// the signal.
base::Fd OpenExactly(const Identity& identity) {
  if (identity.pid <= 0 || identity.boot != BootId()) return base::Fd();
  base::Fd fd(PidfdOpen(identity.pid));
  if (!fd.valid()) return fd;
  auto stat = ReadStat(identity.pid);
  if (!stat || stat->ended() || stat->start != identity.start) return base::Fd();
  return fd;
}

}  // namespace

const std::string& BootId() {
  static const std::string kBoot(base::Trim(Slurp("/proc/sys/kernel/random/boot_id")));
  return kBoot;
}

std::optional<Stat> ReadStat(int pid) {
  const std::string text = Slurp(fmt::format("/proc/{}/stat", pid).c_str());
  std::size_t close = text.rfind(')');  // the name before it may hold blanks and brackets
  if (close == text.npos || close + 2 >= text.size()) return std::nullopt;
  std::vector<std::string> fields = base::Split(std::string_view(text).substr(close + 2), ' ');
  if (fields.size() < 20) return std::nullopt;
  auto number = [&](std::size_t field) {  // numbered as in proc(5), the state being 3
    return base::ParseInteger(fields[field - 3]).value_or(0);
  };
  return Stat{.state = fields[0][0],
              .parent = static_cast<int>(number(4)),
              .group = static_cast<int>(number(5)),
              .session = static_cast<int>(number(6)),
              .start = number(22)};
}

base::Result<Identity> IdentityOf(int pid) {
  auto stat = ReadStat(pid);
  if (!stat || stat->ended())
    return base::Fail(base::ErrorKind::kIo, fmt::format("process {} has ended", pid));
  return Identity{pid, stat->start, BootId()};
}

bool Alive(const Identity& identity) { return OpenExactly(identity).valid(); }

base::Result<bool> Signal(const Identity& identity, int signal) {
  base::Fd fd = OpenExactly(identity);
  if (!fd.valid()) return false;
  if (syscall(SYS_pidfd_send_signal, fd.get(), signal, nullptr, 0) == 0) return true;
  if (errno == ESRCH) return false;
  return base::Fail(base::ErrorKind::kIo,
                    fmt::format("process {} cannot be signalled: {}", identity.pid, base::ErrnoText(errno)));
}

bool AwaitGone(const Identity& identity, base::Duration patience, int cancel_fd) {
  base::Fd fd = OpenExactly(identity);
  if (!fd.valid()) return true;
  const auto until = std::chrono::steady_clock::now() + patience;
  while (true) {
    const auto left = std::chrono::ceil<base::Duration>(until - std::chrono::steady_clock::now());
    std::array<pollfd, 2> wait{{{fd.get(), POLLIN, 0}, {cancel_fd, POLLIN, 0}}};
    const auto timeout = std::clamp<std::int64_t>(left.count(), 0, 60'000);
    if (poll(wait.data(), wait.size(), static_cast<int>(timeout)) < 0 && errno != EINTR)
      return !Alive(identity);
    if (wait[0].revents != 0) return true;
    if (wait[1].revents != 0 || left.count() <= 0) return false;
  }
}

std::vector<Identity> LivingInSession(int session, std::int64_t since) {
  std::vector<Identity> living;
  std::error_code error;
  for (std::filesystem::directory_iterator entry("/proc", error), end; !error && entry != end;
       entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    int pid = 0;
    auto [rest, problem] = std::from_chars(name.data(), name.data() + name.size(), pid);
    if (problem != std::errc() || rest != name.data() + name.size()) continue;
    auto stat = ReadStat(pid);
    if (stat && !stat->ended() && stat->session == session && stat->start >= since)
      living.push_back({pid, stat->start, BootId()});
  }
  return living;
}

std::vector<Identity> LivingInSessionOf(const Identity& leader) {
  if (leader.boot != BootId()) return {};
  auto stat = ReadStat(leader.pid);
  if (stat && stat->start != leader.start) return {};
  return LivingInSession(leader.pid, leader.start);
}

void SignalAll(const std::vector<Identity>& processes, int signal) {
  for (const Identity& identity : processes) (void)Signal(identity, signal);
}

base::Json ToJson(const Identity& identity) {
  return base::JsonObject{{"pid", identity.pid}, {"start", identity.start}, {"boot", identity.boot}};
}

base::Result<Identity> IdentityFromJson(const base::Json& json) {
  if (!json.is_object()) return base::Invalid("a process identity is an object with pid, start and boot");
  const base::JsonObject& object = json.get_object();
  Identity identity{static_cast<int>(base::GetInt(object, "pid")), base::GetInt(object, "start"),
                    base::GetString(object, "boot")};
  if (identity.pid <= 0 || identity.boot.empty())
    return base::Invalid("a process identity without pid or boot");
  return identity;
}

}  // namespace slipway::process
