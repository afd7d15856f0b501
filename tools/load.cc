// slipway-load: a steady stream of requests over kept connections, and every failure counted.
//
//   slipway-load URL [--connections 32] [--rate 500] [--slow PATH]… [--slow-share 5] [--for SECONDS]
//   [--timeout SECONDS]
//
// Requests start at a steady pace, each on a free connection (more are opened when all are busy). The slow
// share of them asks the slow paths in turn. One JSON object goes to standard output at the end: after --for
// seconds (3600 at most), or on SIGTERM or SIGINT. Requests in progress are then ended first, so that leaving
// never looks like a failure. A failure is an answer other than 2xx, a connection that ended before a whole
// answer, or no answer in time. A connection that the server closed between two requests is none. Answers
// need a Content-Length.
#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/core.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstring>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace {

using Steady = std::chrono::steady_clock;
using std::chrono::milliseconds;

struct Options {
  std::string host, port, path = "/";
  std::vector<std::string> slow;
  int connections = 32, rate = 500, slow_share = 5, seconds = 3600, timeout = 15;
};

std::int64_t WallMillis() {
  return std::chrono::duration_cast<milliseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

struct Totals {
  std::int64_t requests = 0, ok = 0, bad_status = 0, broken = 0, timeouts = 0, refused = 0, slow = 0,
               idle_closes = 0;
  std::int64_t first_failure_ms = 0, last_failure_ms = 0;
  std::map<int, std::int64_t> statuses;
  std::map<std::string, std::int64_t> releases;
  std::vector<std::int64_t> microseconds;  // of the quick requests that were answered

  void Fail(std::int64_t& kind) {
    ++kind;
    last_failure_ms = WallMillis();
    if (first_failure_ms == 0) first_failure_ms = last_failure_ms;
  }
  std::int64_t failures() const { return bad_status + broken + timeouts + refused; }
  std::int64_t Percentile(int percent) {
    if (microseconds.empty()) return 0;
    std::size_t rank = (microseconds.size() * static_cast<std::size_t>(percent) + 99) / 100;
    auto nth = microseconds.begin() + static_cast<std::ptrdiff_t>(rank - 1);
    std::nth_element(microseconds.begin(), nth, microseconds.end());
    return *nth;
  }
};

// One connection: idle, or with one request in progress.
struct Connection {
  int fd = -1;
  bool busy = false, slow = false, reused = false;
  std::string unsent, head;
  std::size_t body_left = 0;
  bool in_body = false, closes = false;
  Steady::time_point began;
};

class Load {
 public:
  explicit Load(Options options) : options_(std::move(options)), epoll_(epoll_create1(EPOLL_CLOEXEC)) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGUSR1);
    sigprocmask(SIG_BLOCK, &set, nullptr);
    signals_ = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    epoll_event event{EPOLLIN, {.ptr = nullptr}};
    epoll_ctl(epoll_, EPOLL_CTL_ADD, signals_, &event);
  }

  int Run() {
    const auto began = counted_ = Steady::now();
    for (int i = 0; i < options_.connections; ++i) Open();
    std::int64_t number = 0;
    while (true) {
      auto now = Steady::now();
      if (now - began >= std::chrono::seconds(options_.seconds)) stopping_ = true;
      if (stopping_ && busy_ == 0) break;
      while (!stopping_ && began + std::chrono::microseconds(number * 1'000'000 / options_.rate) <= now)
        Begin(number++);
      EndLate(now);
      Wait();
    }
    bool good = totals_.failures() == 0;
    Print();
    return good ? 0 : 1;
  }

 private:
  Connection* Open() {
    auto connection = std::make_unique<Connection>();
    sockaddr_in address{};
    address.sin_family = AF_INET;
    int port = 0;
    std::from_chars(options_.port.data(), options_.port.data() + options_.port.size(), port);
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    if (inet_pton(AF_INET, options_.host.c_str(), &address.sin_addr) != 1) return nullptr;
    connection->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int one = 1;
    setsockopt(connection->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    int failed = connect(connection->fd, reinterpret_cast<sockaddr*>(&address), sizeof address);
    if (failed != 0 && errno != EINPROGRESS) {
      close(connection->fd);
      return nullptr;
    }
    epoll_event event{EPOLLIN | EPOLLRDHUP, {.ptr = connection.get()}};
    epoll_ctl(epoll_, EPOLL_CTL_ADD, connection->fd, &event);
    connections_.push_back(std::move(connection));
    return connections_.back().get();
  }

  void Close(Connection* connection) {
    close(connection->fd);
    if (connection->busy) --busy_;
    connection->fd = -1;
    connection->busy = false;
  }

  void Begin(std::int64_t number) {
    bool slow = !options_.slow.empty() && number % 100 < options_.slow_share;
    Connection* connection = nullptr;
    // In turn, so that every connection is kept in use.
    for (std::size_t i = 0; i < connections_.size() && connection == nullptr; ++i) {
      Connection* candidate = connections_[++turn_ % connections_.size()].get();
      if (!candidate->busy && candidate->fd >= 0) connection = candidate;
    }
    if (connection == nullptr) connection = Open();
    ++totals_.requests;
    if (slow) ++totals_.slow;
    if (connection == nullptr) return totals_.Fail(totals_.refused);
    connection->busy = true;
    ++busy_;
    connection->slow = slow;
    connection->head.clear();
    connection->in_body = false;
    connection->began = Steady::now();
    connection->unsent = fmt::format(
        "GET {} HTTP/1.1\r\nHost: {}:{}\r\nUser-Agent: slipway-load\r\n\r\n",
        slow ? options_.slow[static_cast<std::size_t>(number) % options_.slow.size()] : options_.path,
        options_.host, options_.port);
    Send(*connection);
  }

  void Send(Connection& connection) {
    ssize_t sent = send(connection.fd, connection.unsent.data(), connection.unsent.size(), MSG_NOSIGNAL);
    if (sent > 0) connection.unsent.erase(0, static_cast<std::size_t>(sent));
    bool wait = !connection.unsent.empty();
    if (sent < 0 && errno != EAGAIN && errno != ENOTCONN) return Ended(connection);
    epoll_event event{EPOLLIN | EPOLLRDHUP | (wait ? EPOLLOUT : 0u), {.ptr = &connection}};
    epoll_ctl(epoll_, EPOLL_CTL_MOD, connection.fd, &event);
  }

  // The server closed: between two requests it may; a request in progress has failed. Nothing is tried again.
  void Ended(Connection& connection) {
    if (!connection.busy) {
      ++totals_.idle_closes;
      return Close(&connection);
    }
    totals_.Fail(connection.reused || !connection.head.empty() ? totals_.broken : totals_.refused);
    Close(&connection);
  }

  void Receive(Connection& connection) {
    char buffer[65536];
    while (connection.fd >= 0) {
      ssize_t got = recv(connection.fd, buffer, sizeof buffer, 0);
      if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
      if (got <= 0) return Ended(connection);
      Take(connection, {buffer, static_cast<std::size_t>(got)});
    }
  }

  void Take(Connection& connection, std::string_view bytes) {
    if (!connection.busy) return Ended(connection);
    if (!connection.in_body) {
      std::size_t before = connection.head.size();
      connection.head.append(bytes);
      std::size_t end = connection.head.find("\r\n\r\n");
      if (end == std::string::npos) return;
      bytes.remove_prefix(end + 4 - before);
      connection.head.resize(end + 2);
      connection.in_body = true;
      connection.body_left = 0;
      std::string length = Header(connection, "content-length");
      std::from_chars(length.data(), length.data() + length.size(), connection.body_left);
      connection.closes = Header(connection, "connection") == "close";
    }
    connection.body_left -= std::min(connection.body_left, bytes.size());
    if (connection.body_left == 0) Finished(connection);
  }

  static std::string Header(const Connection& connection, std::string_view name) {
    std::string_view head = connection.head;
    while (!head.empty()) {
      std::size_t end = head.find("\r\n");
      std::string_view line = head.substr(0, end);
      head.remove_prefix(end == head.npos ? head.size() : end + 2);
      if (line.size() <= name.size() || line[name.size()] != ':') continue;
      bool same = std::equal(name.begin(), name.end(), line.begin(),
                             [](char a, char b) { return a == std::tolower(b); });
      std::size_t value = line.find_first_not_of(' ', name.size() + 1);
      if (same) return std::string(value == line.npos ? "" : line.substr(value));
    }
    return "";
  }

  void Finished(Connection& connection) {
    int status = 0;
    if (connection.head.size() > 12)
      std::from_chars(connection.head.data() + 9, connection.head.data() + 12, status);
    ++totals_.statuses[status];
    std::string release = Header(connection, "x-release");
    if (!release.empty()) ++totals_.releases[release];
    if (status >= 200 && status < 300)
      ++totals_.ok;
    else
      totals_.Fail(totals_.bad_status);
    auto took =
        std::chrono::duration_cast<std::chrono::microseconds>(Steady::now() - connection.began).count();
    if (!connection.slow) totals_.microseconds.push_back(took);
    connection.busy = false;
    connection.reused = true;
    --busy_;
    if (connection.closes) Close(&connection);
  }

  void EndLate(Steady::time_point now) {
    for (auto& connection : connections_) {
      if (!connection->busy || now - connection->began < std::chrono::seconds(options_.timeout)) continue;
      totals_.Fail(totals_.timeouts);
      Close(connection.get());
    }
    std::erase_if(connections_, [](const auto& connection) { return connection->fd < 0; });
  }

  void Wait() {
    epoll_event events[64];
    int count = epoll_wait(epoll_, events, 64, 1);
    for (int i = 0; i < count; ++i) {
      auto* connection = static_cast<Connection*>(events[i].data.ptr);
      if (connection == nullptr) {
        TakeSignal();
        continue;
      }
      if (connection->fd < 0) continue;
      if ((events[i].events & EPOLLOUT) != 0 && !connection->unsent.empty()) Send(*connection);
      if (connection->fd >= 0 && (events[i].events & ~static_cast<unsigned>(EPOLLOUT)) != 0)
        Receive(*connection);
    }
  }

  void TakeSignal() {
    signalfd_siginfo info{};
    if (read(signals_, &info, sizeof info) != sizeof info) return;
    if (info.ssi_signo == SIGUSR1)
      Print();
    else
      stopping_ = true;
  }

  // Tells what was counted since the last time.
  void Print() {
    auto list = [](const auto& counts) {
      std::string text;
      for (const auto& [key, count] : counts)
        text += fmt::format("{}\"{}\": {}", text.empty() ? "" : ", ", key, count);
      return "{" + text + "}";
    };
    fmt::print(
        "{{\"requests\": {}, \"failures\": {}, \"ok\": {}, \"bad_status\": {}, \"broken\": {}, \"timeouts\": "
        "{}, "
        "\"refused\": {}, \"slow\": {}, \"idle_closes\": {}, \"first_failure_ms\": {}, \"last_failure_ms\": "
        "{}, "
        "\"milliseconds\": {}, \"connections\": {}, \"p50_us\": {}, \"p99_us\": {}, \"statuses\": {}, "
        "\"releases\": {}}}\n",
        totals_.requests, totals_.failures(), totals_.ok, totals_.bad_status, totals_.broken,
        totals_.timeouts, totals_.refused, totals_.slow, totals_.idle_closes, totals_.first_failure_ms,
        totals_.last_failure_ms, std::chrono::duration_cast<milliseconds>(Steady::now() - counted_).count(),
        connections_.size(), totals_.Percentile(50), totals_.Percentile(99), list(totals_.statuses),
        list(totals_.releases));
    std::fflush(stdout);
    totals_ = {};
    counted_ = Steady::now();
  }

  const Options options_;
  const int epoll_;
  int signals_ = -1;
  bool stopping_ = false;
  int busy_ = 0;
  std::size_t turn_ = 0;
  Steady::time_point counted_;
  std::vector<std::unique_ptr<Connection>> connections_;
  Totals totals_;
};

std::optional<Options> Parse(int argc, char** argv) {
  Options options;
  std::string_view url = argc > 1 ? argv[1] : "";
  if (!url.starts_with("http://")) return std::nullopt;
  url.remove_prefix(7);
  std::size_t slash = std::min(url.find('/'), url.size());
  std::size_t colon = std::min(url.find(':'), slash);
  options.host = url.substr(0, colon);
  options.port = colon < slash ? url.substr(colon + 1, slash - colon - 1) : "80";
  if (slash < url.size()) options.path = url.substr(slash);
  std::map<std::string_view, int*> numbers{{"--connections", &options.connections},
                                           {"--rate", &options.rate},
                                           {"--slow-share", &options.slow_share},
                                           {"--for", &options.seconds},
                                           {"--timeout", &options.timeout}};
  for (int i = 2; i + 1 < argc; i += 2) {
    std::string_view value = argv[i + 1];
    if (std::string_view(argv[i]) == "--slow") {
      options.slow.emplace_back(value);
      continue;
    }
    auto found = numbers.find(argv[i]);
    if (found == numbers.end()) return std::nullopt;
    auto [end, failed] = std::from_chars(value.data(), value.data() + value.size(), *found->second);
    if (failed != std::errc{} || *found->second < 0) return std::nullopt;
  }
  options.seconds = std::min(options.seconds, 3600);
  if (argc % 2 != 0 || options.rate == 0 || options.host.empty()) return std::nullopt;
  return options;
}

}  // namespace

int main(int argc, char** argv) {
  auto options = Parse(argc, argv);
  if (!options) {
    fmt::print(stderr,
               "usage: slipway-load http://IPV4:PORT/PATH [--connections N] [--rate N] [--slow PATH]… "
               "[--slow-share PERCENT] [--for SECONDS] [--timeout SECONDS]\n");
    return 2;
  }
  return Load(std::move(*options)).Run();
}
