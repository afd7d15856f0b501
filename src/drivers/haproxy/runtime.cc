#include "drivers/haproxy/runtime.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/file.h"
#include "base/text.h"

namespace slipway::drivers {
namespace {

using base::Duration;
using base::ErrorKind;
using base::Fail;
using base::Fd;
using base::Result;
using base::Status;

constexpr Duration kAnswerLimit{5000};
constexpr Duration kLastLook{500};
constexpr std::size_t kReplyLimit = 16u << 20;

std::unexpected<base::Error> Trouble(const std::filesystem::path& socket, std::string_view what) {
  return Fail(ErrorKind::kIo, fmt::format("HAProxy's runtime socket: {}", what), socket.string());
}

// A name of the socket that fits sockaddr_un whatever the length of the path: through the open folder.
Result<std::string> ShortName(const std::filesystem::path& socket, Fd& folder) {
  if (socket.native().size() < sizeof(sockaddr_un::sun_path)) return socket.native();
  folder = Fd(open(socket.parent_path().c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!folder.valid()) return Trouble(socket, base::ErrnoText(errno));
  std::string name = fmt::format("/proc/self/fd/{}/{}", folder.get(), socket.filename().native());
  if (name.size() >= sizeof(sockaddr_un::sun_path)) return Trouble(socket, "its name is too long");
  return name;
}

Result<Fd> Connect(const std::filesystem::path& socket) {
  Fd folder;
  SLIPWAY_TRY(std::string name, ShortName(socket, folder));
  Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd.valid()) return Trouble(socket, base::ErrnoText(errno));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, name.c_str(), name.size() + 1);
  if (connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return Trouble(socket,
                   errno == ECONNREFUSED ? "nothing listens (is HAProxy running?)" : base::ErrnoText(errno));
  return fd;
}

// The time by which one answer must be there. A call that is cancelled or past its deadline may still look
// where things stand, so it keeps the short limit.
class AnswerLimit {
 public:
  explicit AnswerLimit(const Context& context)
      : context_(context), until_(base::SystemClock().Now() + kAnswerLimit) {
    until_ = std::min(until_, std::max(context.deadline, base::SystemClock().Now() + kLastLook));
  }

  // Waits until `fd` is ready for `events`.
  Status Await(const Fd& fd, short events, const std::filesystem::path& socket) {
    while (true) {
      base::Time now = base::SystemClock().Now();
      bool cancelled = context_.cancel.cancelled();
      if (cancelled) until_ = std::min(until_, now + kLastLook);
      if (now >= until_) return Trouble(socket, "no answer in time");
      pollfd waits[] = {{fd.get(), events, 0}, {cancelled ? -1 : context_.cancel.fd(), POLLIN, 0}};
      int ready = poll(waits, 2, static_cast<int>((until_ - now).count()));
      if (ready < 0 && errno != EINTR) return Trouble(socket, base::ErrnoText(errno));
      if (ready > 0 && waits[0].revents != 0) return {};
    }
  }

 private:
  const Context& context_;
  base::Time until_;
};

}  // namespace

Result<std::string> AskRuntime(const std::filesystem::path& socket, std::string_view line,
                               const Context& context) {
  AnswerLimit limit(context);
  SLIPWAY_TRY(Fd fd, Connect(socket));
  std::string text = std::string(line) + "\n";
  for (std::size_t sent = 0; sent < text.size();) {
    SLIPWAY_CHECK_OK(limit.Await(fd, POLLOUT, socket));
    ssize_t n = send(fd.get(), text.data() + sent, text.size() - sent, MSG_NOSIGNAL);
    if (n < 0 && errno != EAGAIN && errno != EINTR) return Trouble(socket, base::ErrnoText(errno));
    if (n > 0) sent += static_cast<std::size_t>(n);
  }
  std::string reply;
  while (true) {
    SLIPWAY_CHECK_OK(limit.Await(fd, POLLIN, socket));
    char buffer[16384];
    ssize_t n = recv(fd.get(), buffer, sizeof buffer, 0);
    if (n == 0) break;
    if (n < 0 && errno != EAGAIN && errno != EINTR) return Trouble(socket, base::ErrnoText(errno));
    if (n > 0) reply.append(buffer, static_cast<std::size_t>(n));
    if (reply.size() > kReplyLimit) return Trouble(socket, "its answer is larger than 16 MiB");
  }
  // Every answer ends with an empty line, so nothing at all means that the peer died.
  if (reply.empty()) return Trouble(socket, "closed without an answer");
  return reply;
}

Status AcceptedReply(std::string_view reply, std::string_view line) {
  std::string_view said = base::Trim(reply);
  if (said.empty()) return {};
  std::string one_line;
  for (const std::string& part : base::Split(said, '\n')) {
    if (base::Trim(part).empty()) continue;
    if (!one_line.empty()) one_line += "; ";
    one_line += base::Printable(base::Trim(part));
  }
  return base::Refused(fmt::format("HAProxy said \"{}\"", one_line), fmt::format("`{}`", line));
}

bool WaitOrCancel(Duration how_long, const Context& context) {
  base::Time until = base::SystemClock().Now() + how_long;
  while (true) {
    base::Time now = base::SystemClock().Now();
    if (context.cancel.cancelled() || now >= context.deadline) return false;
    if (now >= until) return true;
    auto left = std::min(until, context.deadline) - now;
    pollfd wait{context.cancel.fd(), POLLIN, 0};
    poll(&wait, 1, static_cast<int>(std::min<std::int64_t>(left.count(), 60'000)));
  }
}

}  // namespace slipway::drivers
