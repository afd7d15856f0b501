#include "postgres/proxy.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>
#include <stdexcept>

namespace slipway::tests {

namespace {

constexpr std::uint32_t kProtocol3 = 196608;

std::uint32_t Number(const std::string& bytes, std::size_t at) {
  std::uint32_t raw = 0;
  std::memcpy(&raw, bytes.data() + at, sizeof raw);
  return ntohl(raw);
}

sockaddr_in Loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  return address;
}

// Or else each message of several that are given one by one would wait for the answer to the one before.
void GiveAtOnce(int fd) {
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

bool Give(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

// Appends what is there; false: the other side has ended.
bool Take(int fd, std::string& bytes) {
  char buffer[16384];
  const ssize_t got = recv(fd, buffer, sizeof buffer, 0);
  if (got <= 0) return false;
  bytes.append(buffer, static_cast<std::size_t>(got));
  return true;
}

}  // namespace

// One connection, both ways.
struct Proxy::Link {
  Proxy& proxy;
  base::Fd client, server;
  std::string from_client, from_server;
  std::string caller;
  bool started = false;     // the startup message has passed; what comes is typed
  bool swallowing = false;  // what the server says is kept from the client

  bool Pass(std::size_t size) {
    const bool given = Give(server.get(), std::string_view(from_client).substr(0, size));
    from_client.erase(0, size);
    return given;
  }

  // Whole messages of the client go on; false: the link is over.
  bool Client() {
    while (!started && from_client.size() >= 8 && from_client.size() >= Number(from_client, 0)) {
      const std::size_t size = Number(from_client, 0);
      started = Number(from_client, 4) == kProtocol3;
      const std::string key("application_name\0", 17);
      if (const std::size_t at = from_client.find(key); started && at != std::string::npos)
        caller = from_client.c_str() + at + key.size();
      if (!Pass(size)) return false;
    }
    while (started && from_client.size() >= 5 && from_client.size() >= 1 + Number(from_client, 1)) {
      const std::size_t size = 1 + Number(from_client, 1);
      const char type = from_client.front();
      if (!swallowing && (type == 'Q' || type == 'P')) {
        const char* text = from_client.c_str() + 5;
        if (type == 'P') text += std::strlen(text) + 1;  // the name of the statement
        const std::lock_guard lock(proxy.mutex_);
        const Then then = proxy.judge_ ? proxy.judge_(caller, text) : Then::kPass;
        if (then == Then::kCut) return false;
        swallowing = then == Then::kSwallow;
      }
      if (!Pass(size)) return false;
    }
    return true;
  }

  // What the server says goes on, or is kept until it is ready for the next statement.
  bool Server() {
    if (!swallowing) {
      const bool given = Give(client.get(), from_server);
      from_server.clear();
      return given;
    }
    while (from_server.size() >= 5 && from_server.size() >= 1 + Number(from_server, 1)) {
      const bool ready = from_server.front() == 'Z';
      from_server.erase(0, 1 + Number(from_server, 1));
      if (!ready) continue;
      const std::lock_guard lock(proxy.mutex_);
      if (proxy.swallowed_) proxy.swallowed_();
      return false;
    }
    return true;
  }
};

Proxy::Proxy(int server_port)
    : server_port_(server_port),
      listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)),
      stop_(eventfd(0, EFD_CLOEXEC)) {
  sockaddr_in address = Loopback(0);
  socklen_t size = sizeof address;
  if (bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      listen(listener_.get(), 64) != 0 ||
      getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0)
    throw std::runtime_error("the test's proxy: no free port");
  port_ = ntohs(address.sin_port);
  accepting_ = std::jthread([this] { Accept(); });
}

Proxy::~Proxy() {
  const std::uint64_t one = 1;
  if (write(stop_.get(), &one, sizeof one) != sizeof one) std::abort();
  accepting_.join();
}

void Proxy::Set(Judge judge, std::function<void()> swallowed) {
  const std::lock_guard lock(mutex_);
  judge_ = std::move(judge);
  swallowed_ = std::move(swallowed);
}

void Proxy::Accept() {
  while (true) {
    pollfd fds[2] = {{listener_.get(), POLLIN, 0}, {stop_.get(), POLLIN, 0}};
    if (poll(fds, 2, -1) < 0) continue;
    if (fds[1].revents != 0) break;
    base::Fd client(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (client.get() < 0) continue;
    links_.emplace_back([this, client = std::move(client)]() mutable { Serve(std::move(client)); });
  }
  links_.clear();  // each sees that it is to stop
}

void Proxy::Serve(base::Fd client) {
  Link link{*this, std::move(client), base::Fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)), {}, {}, {}};
  const sockaddr_in address = Loopback(server_port_);
  if (connect(link.server.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return;
  for (const int fd : {link.client.get(), link.server.get()}) GiveAtOnce(fd);
  while (true) {
    pollfd fds[3] = {
        {link.client.get(), POLLIN, 0}, {link.server.get(), POLLIN, 0}, {stop_.get(), POLLIN, 0}};
    if (poll(fds, 3, -1) < 0) continue;
    if (fds[2].revents != 0) return;
    if (fds[1].revents != 0 && (!Take(link.server.get(), link.from_server) || !link.Server())) return;
    if (fds[0].revents != 0 && (!Take(link.client.get(), link.from_client) || !link.Client())) return;
  }
}

}  // namespace slipway::tests
