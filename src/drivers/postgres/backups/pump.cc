#include "drivers/postgres/backups/pump.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace slipway::drivers::postgres {
namespace {

using base::Fd;
using base::Status;

constexpr std::size_t kPiece = 64 * 1024;
constexpr int kPipe = 1 << 20;  // the most an ordinary user may ask for

std::unexpected<base::Error> IoError(const std::string& what, int error) {
  return base::Fail(base::ErrorKind::kIo, what + ": " + base::ErrnoText(error));
}

}  // namespace

Status ReadThrough(int fd, const TakeBytes& take, const std::function<bool()>& stopped) {
  std::array<char, kPiece> buffer;
  while (true) {
    if (stopped()) return base::Fail(base::ErrorKind::kIo, "stopped");
    const ssize_t got = read(fd, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return IoError("it cannot be read", errno);
    if (got == 0) return {};
    SLIPWAY_CHECK_OK(take({buffer.data(), static_cast<std::size_t>(got)}));
  }
}

base::Result<std::unique_ptr<Drain>> Drain::Start(TakeBytes take) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return IoError("a pipe", errno);
  Fd ours(ends[0]);
  auto drain = std::make_unique<Drain>();
  drain->command_end_ = Fd(ends[1]);
  fcntl(ours.get(), F_SETPIPE_SZ, kPipe);
  drain->thread_ =
      std::jthread([&status = drain->status_, ours = std::move(ours), take = std::move(take)]() mutable {
        status = ReadThrough(ours.get(), take, [] { return false; });
        ours.Reset();
      });
  return drain;
}

Drain::~Drain() { (void)Finish(); }

Status Drain::Finish() {
  command_end_.Reset();
  if (thread_.joinable()) thread_.join();
  return status_;
}

base::Result<std::unique_ptr<Feed>> Feed::Start(std::function<Status(const TakeBytes& write)> feed) {
  // Not a pipe: writing to one that nobody reads any more would send us a signal.
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
    return IoError("a pair of sockets", errno);
  Fd ours(ends[0]);
  auto self = std::make_unique<Feed>();
  self->command_end_ = Fd(ends[1]);
  self->thread_ = std::jthread([it = self.get(), ours = std::move(ours), feed = std::move(feed)]() mutable {
    it->status_ = feed([&](std::string_view bytes) { return it->Send(ours.get(), bytes); });
    ours.Reset();
  });
  return self;
}

Status Feed::Send(int fd, std::string_view bytes) {
  while (!bytes.empty() && !cut_off_) {
    const ssize_t sent = send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0)
      cut_off_ = true;
    else
      bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  if (cut_off_ && skip_) return base::Fail(base::ErrorKind::kIo, "the command stopped reading");
  return {};
}

Feed::~Feed() { (void)Finish(Rest::kSkipped); }

Status Feed::Finish(Rest rest) {
  if (rest == Rest::kSkipped) skip_ = true;
  command_end_.Reset();
  if (thread_.joinable()) thread_.join();
  return status_;
}

}  // namespace slipway::drivers::postgres
