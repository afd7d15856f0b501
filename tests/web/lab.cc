#include "lab.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/core.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <thread>

#include "base/file.h"
#include "base/text.h"
#include "drivers/haproxy/runtime.h"
#include "drivers/haproxy/tables.h"

namespace slipway::tests {

using namespace std::chrono_literals;

namespace {

void Write(const fs::path& path, const std::string& text) {
  fs::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << text;
}

bool Listens(int port) {
  base::Fd fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
}

template <typename Condition>
void Until(const char* what, Condition condition) {
  for (int i = 0; i < 1000; ++i) {
    if (condition()) return;
    std::this_thread::sleep_for(10ms);
  }
  throw std::runtime_error(fmt::format("waited 10 s in vain for {}", what));
}

}  // namespace

int FreePort() {
  base::Fd fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (bind(fd.get(), reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0)
    throw std::runtime_error("no free port");
  return ntohs(address.sin_port);
}

Child::Child(const std::vector<std::string>& argv, const fs::path& log) {
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&files, 1, log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
  posix_spawn_file_actions_adddup2(&files, 1, 2);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setpgroup(&attributes, 0);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
  std::vector<char*> words;
  for (const std::string& word : argv) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  int failed = posix_spawnp(&pid_, words[0], &files, &attributes, words.data(), environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&files);
  if (failed != 0)
    throw std::runtime_error(fmt::format("cannot start {}: {}", argv[0], std::strerror(failed)));
}

Child::Child(Child&& other) noexcept : pid_(std::exchange(other.pid_, -1)), ended_(other.ended_) {}

Child::~Child() {
  if (pid_ > 0 && !ended_) EndGroup(SIGTERM);
}

void Child::Signal(int signal) const { kill(pid_, signal); }

void Child::EndGroup(int signal) {
  kill(-pid_, signal);
  Wait();
  // Grandchildren are not ours to reap; they are gone when the group is, or only zombies are left of it.
  for (int i = 0; i < 200 && kill(-pid_, 0) == 0; ++i) std::this_thread::sleep_for(5ms);
  if (kill(-pid_, 0) == 0) kill(-pid_, SIGKILL);
}

int Child::Wait() {
  if (ended_) return 0;
  int status = 0;
  waitpid(pid_, &status, 0);
  ended_ = true;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

Lab::Lab(const LabOptions& options) {
  std::string name = (fs::temp_directory_path() / "slipway-lab-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
  folder_ = name;
  port_ = FreePort();
  for (const char* slot : {"blue", "green"}) slot_ports_[slot] = FreePort();
  WriteConfig(options);
  // HAProxy warns when the state file is missing; the first one is empty.
  if (options.state_file) Write(folder_ / "servers.state", "1\n");
  haproxy_.emplace_back(std::vector<std::string>{"haproxy", "-W", "-f", (folder_ / "haproxy.cfg").string()},
                        folder_ / "haproxy.log");
  Until("HAProxy", [&] { return fs::exists(folder_ / "haproxy.sock") && Listens(port_); });
}

Lab::~Lab() {
  slots_.clear();
  haproxy_.clear();
  if (!testing::Test::HasFailure()) {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }
}

void Lab::WriteConfig(const LabOptions& options) const {
  std::string text = fmt::format(
      "global\n  stats socket {0}/haproxy.sock mode 600 level admin expose-fd listeners\n  nbthread 2\n"
      "  hard-stop-after 30s\n{1}"
      "defaults\n  mode http\n  timeout connect 1s\n  timeout client 10s\n  timeout server 10s\n"
      "  timeout http-keep-alive 10s\n  option redispatch\n  retries 3\n  retry-on {2}\n"
      "  option idle-close-on-response\n  {3}\n"
      "frontend f\n  bind 127.0.0.1:{4}\n  default_backend web\n"
      "backend web\n  balance roundrobin\n  option httpchk GET /health\n  http-check expect status 200\n"
      "  default-server {5}\n",
      folder_.string(),
      options.state_file ? fmt::format("  server-state-file {}/servers.state\n", folder_.string()) : "",
      options.retry_on, options.defaults, port_, options.server_options);
  for (const auto& [slot, port] : slot_ports_)
    text += fmt::format("  server {} 127.0.0.1:{} weight {}\n", slot, port, slot == "blue" ? 100 : 0);
  Write(folder_ / "haproxy.cfg", text);
}

void Lab::StartSlot(const std::string& slot, Site site, const std::string& release) {
  fs::path home = folder_ / slot;
  Write(home / "root/index.html", "hello from " + release + "\n");
  Write(home / "root/download", std::string(64 * 1024, 'x'));
  Write(home / "root/computed", "computed\n");
  std::string health = site == Site::kUnhealthy ? "503 \"db: connection refused\\n\"" : "200 \"ok\\n\"";
  std::string limit = site == Site::kLimited ? "limit_req zone=cap burst=20 nodelay;" : "";
  Write(home / "nginx.conf",
        fmt::format(
            "daemon off; {0} pid {1}/pid; worker_processes 1; error_log {1}/error.log warn;\n"
            "events {{ worker_connections 1024; }}\n"
            "http {{ access_log off; keepalive_timeout 60s; keepalive_requests 1000000;\n"
            "  client_body_temp_path {1}/tmp; proxy_temp_path {1}/tmp; fastcgi_temp_path {1}/tmp;\n"
            "  uwsgi_temp_path {1}/tmp; scgi_temp_path {1}/tmp;\n"
            "  limit_req_zone $server_port zone=cap:32k rate=5r/s; limit_req_status 503;\n"
            "  map $http_x_work $work {{ \"\" $request_id; default $http_x_work; }}\n"
            "  limit_req_zone $work zone=work:1m rate=30r/m;\n"
            "  limit_req_log_level notice;\n"
            "  server {{ listen 127.0.0.1:{2}; root {1}/root;\n"
            "    add_header X-Release {3} always; add_header X-Slot {4} always;\n"
            "    location = /health {{ return {5}; }}\n"
            "    location = /slow {{ {6} limit_req zone=work burst=1; proxy_set_header X-Work $request_id;\n"
            "      proxy_pass http://127.0.0.1:{2}/computed; }}\n"
            "    location = /computed {{ limit_req zone=work burst=1; }}\n"
            "    location = /download {{ limit_rate 32k; {6} }}\n"
            "    location / {{ {6} }} }} }}\n",
            geteuid() == 0 ? "user root;" : "", home.string(), slot_ports_.at(slot), release, slot, health,
            limit));
  slots_.emplace(slot,
                 Child({"nginx", "-e", (home / "error.log").string(), "-c", (home / "nginx.conf").string()},
                       home / "log"));
  Until("nginx", [&] { return Listens(slot_ports_.at(slot)); });
}

void Lab::AwaitUp(const std::string& slot) const {
  Until("HAProxy to find the slot healthy", [&] {
    auto backend = drivers::ReadServersState(Runtime("show servers state web"), "web");
    return backend && backend->Find(slot)->health == drivers::Health::kUp;
  });
}

void Lab::StopSlot(const std::string& slot, int signal) {
  slots_.at(slot).EndGroup(signal);
  slots_.erase(slot);
}

void Lab::Reload() {
  std::string before = drivers::ReadInfo(Runtime("show info"), "Pid");
  haproxy_.front().Signal(SIGUSR2);
  Until("HAProxy's new process", [&] {
    TestCall call(folder_);
    auto info = drivers::AskRuntime(folder_ / "haproxy.sock", "show info", call.context());
    return info && drivers::ReadInfo(*info, "Pid") != before;
  });
  pid_t old = static_cast<pid_t>(base::ParseInteger(before).value());
  Until("HAProxy's old process to end", [&] { return kill(old, 0) != 0; });
}

std::string Lab::Runtime(const std::string& line) const {
  TestCall call(folder_);
  auto reply = drivers::AskRuntime(folder_ / "haproxy.sock", line, call.context());
  if (!reply) throw std::runtime_error(base::ToString(reply.error()));
  return *reply;
}

std::int64_t Lab::Stat(const std::string& proxy, const std::string& server, const std::string& column) const {
  std::vector<std::string> lines = base::Split(Runtime("show stat"), '\n');
  std::vector<std::string> names = base::Split(std::string_view(lines.at(0)).substr(2), ',');
  for (const std::string& line : lines) {
    std::vector<std::string> values = base::Split(line, ',');
    if (values.size() < 2 || values[0] != proxy || values[1] != server) continue;
    for (std::size_t i = 0; i < values.size(); ++i)
      if (names[i] == column) return values[i].empty() ? 0 : base::ParseInteger(values[i]).value();
  }
  throw std::runtime_error(fmt::format("no {} of {}/{}", column, proxy, server));
}

int Lab::Weight(const std::string& slot) const {
  auto backend = drivers::ReadServersState(Runtime("show servers state web"), "web");
  return backend.value().Find(slot)->weight;
}

std::string Lab::Url(const std::string& path) const {
  return fmt::format("http://127.0.0.1:{}{}", port_, path);
}

std::string Lab::SlotUrl(const std::string& slot, const std::string& path) const {
  return fmt::format("http://127.0.0.1:{}{}", slot_ports_.at(slot), path);
}

base::JsonObject Lab::Connection() const { return {{"driver", "haproxy"}, {"socket", "haproxy.sock"}}; }

base::Result<base::Secret> TestCall::Source::Get(std::string_view name) {
  auto found = values.find(std::string(name));
  if (found == values.end()) return base::Invalid(fmt::format("no secret `{}`", name));
  return base::Secret(found->second);
}

TestCall::TestCall(const fs::path& workspace, base::JsonObject connection)
    : connection_(std::move(connection)),
      context_{base::SystemClock(),
               base::SystemRandom(),
               cancel_,
               base::SystemClock().Now() + 60s,
               source_,
               workspace,
               workspace / ".slipway",
               connection_.empty() ? nullptr : &connection_,
               "R1/step@web",
               1} {}

base::Result<drivers::Prepared> PrepareStep(drivers::Driver& driver, const std::string& uses,
                                            base::JsonObject with, drivers::Context& context) {
  for (const drivers::ActionSheet& sheet : driver.Sheets()) {
    if (sheet.name != uses) continue;
    SLIPWAY_TRY(base::JsonObject normal, drivers::NormalizeAll(sheet, with, true));
    return driver.Prepare({uses, std::move(normal)}, context);
  }
  return base::Invalid("no such action: " + uses);
}

Ran RunStep(drivers::Driver& driver, const std::string& uses, base::JsonObject with,
            drivers::Context& context) {
  auto prepared = PrepareStep(driver, uses, std::move(with), context);
  if (!prepared) return {{}, drivers::NotDone("Prepare: " + base::ToString(prepared.error()))};
  Notes notes;
  return {*prepared, driver.Run(*prepared, {}, notes, context)};
}

}  // namespace slipway::tests
