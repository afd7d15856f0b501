#include "postgres/server.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <libpq-fe.h>
#include <pwd.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <memory>
#include <sstream>
#include <thread>

#include "base/bytes.h"
#include "base/file.h"
#include "base/random.h"
#include "postgres/certificate.h"

namespace slipway::tests {

using namespace std::chrono_literals;

namespace {

constexpr const char* kPrograms = "/usr/lib/postgresql/15/bin/";

[[noreturn]] void Give(const std::string& why) { throw std::runtime_error("the test's PostgreSQL: " + why); }

// The port that was free a moment ago.
int FreePort() {
  base::Fd fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (bind(fd.get(), reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0)
    Give("no free port");
  return ntohs(address.sin_port);
}

// As the user `postgres` where this is root. setpriv becomes the program, so its pid is the program's own,
// and the program ends with the thread that started it.
std::vector<std::string> AsUser(std::vector<std::string> words) {
  std::vector<std::string> all{"setpriv", "--pdeathsig", "QUIT"};
  if (geteuid() == 0) all.insert(all.end(), {"--reuid", "postgres", "--regid", "postgres", "--init-groups"});
  all.insert(all.end(), words.begin(), words.end());
  return all;
}

pid_t Spawn(const std::vector<std::string>& argv, const fs::path& log) {
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&files, 1, log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
  posix_spawn_file_actions_adddup2(&files, 1, 2);
  std::vector<char*> words;
  for (const std::string& word : argv) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  char locale[] = "LC_ALL=C", path[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin";
  char* environment[] = {locale, path, nullptr};
  pid_t pid = -1;
  const int failed = posix_spawnp(&pid, words[0], &files, nullptr, words.data(), environment);
  posix_spawn_file_actions_destroy(&files);
  if (failed != 0) Give(fmt::format("cannot start {}: {}", argv[0], std::strerror(failed)));
  return pid;
}

int Reap(pid_t pid) {
  int status = 0;
  while (waitpid(pid, &status, 0) < 0) {
    if (errno != EINTR) return -1;
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void Own(const fs::path& path) {
  if (geteuid() != 0) return;
  const passwd* user = getpwnam("postgres");
  if (user == nullptr) Give("there is no user `postgres`; bin/setup installs it");
  if (chown(path.c_str(), user->pw_uid, user->pw_gid) != 0) Give("chown " + path.string());
}

void Write(const fs::path& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
  fs::permissions(path, fs::perms::owner_read | fs::perms::owner_write);
  Own(path);
}

std::string Read(const fs::path& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

struct Finish {
  void operator()(PGconn* connection) const { PQfinish(connection); }
};

}  // namespace

Server::Server(const ServerOptions& options) : password_(base::Hex(base::SystemRandom().Bytes(12))) {
  if (!fs::exists(std::string(kPrograms) + "initdb")) Give("it is not installed; run bin/setup");
  std::string name = (fs::temp_directory_path() / "slipway-pg-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) Give("no temporary folder");
  folder_ = name;
  Own(folder_);
  Write(folder_ / "password", password_ + "\n");
  const pid_t initdb =
      Spawn(AsUser({std::string(kPrograms) + "initdb", "-D", (folder_ / "data").string(), "-U", "postgres",
                    "-E", "UTF8", "--locale=C", "--auth-local=trust", "--auth-host=scram-sha-256",
                    "--no-sync", "--no-instructions", "--pwfile", (folder_ / "password").string()}),
            folder_ / "initdb.log");
  if (Reap(initdb) != 0) Give("initdb failed:\n" + Read(folder_ / "initdb.log"));
  std::string settings = fmt::format(
      "listen_addresses = '127.0.0.1'\nunix_socket_directories = '{}'\nshared_buffers = '16MB'\n"
      "max_connections = 40\nautovacuum = off\nlog_statement = 'all'\nlog_line_prefix = '%a|%d|'\n"
      "fsync = {}\n",
      folder_.string(), options.durable ? "on" : "off");
  if (options.tls) {
    MakeCertificates(folder_);
    for (const char* file : {"ca.crt", "server.crt", "server.key"}) Own(folder_ / file);
    settings += fmt::format("ssl = on\nssl_cert_file = '{0}/server.crt'\nssl_key_file = '{0}/server.key'\n",
                            folder_.string());
  }
  for (const auto& [key, value] : options.settings) settings += fmt::format("{} = '{}'\n", key, value);
  Write(folder_ / "data" / "postgresql.auto.conf", settings);
  Start();
}

Server::~Server() {
  if (pid_ > 0) {
    kill(pid_, SIGINT);
    Reap(pid_);
  }
  if (testing::Test::HasFailure()) return;
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

void Server::Start() {
  if (pid_ > 0) return;
  // Another port after each failure to take one; but the same after a restart, as its clients expect.
  for (int attempt = 0; attempt < 200; ++attempt) {
    if (port_ == 0) port_ = FreePort();
    pid_ = Spawn(AsUser({std::string(kPrograms) + "postgres", "-D", (folder_ / "data").string(), "-p",
                         std::to_string(port_)}),
                 folder_ / "log");
    const std::string port = std::to_string(port_), host = folder_.string();
    const char* keys[] = {"host", "port", nullptr};
    const char* values[] = {host.c_str(), port.c_str(), nullptr};
    while (true) {
      if (PQpingParams(keys, values, 0) == PQPING_OK) return;
      if (waitpid(pid_, nullptr, WNOHANG) == pid_) break;
      std::this_thread::sleep_for(10ms);
    }
    pid_ = -1;
    if (attempt % 50 == 49) port_ = 0;
    std::this_thread::sleep_for(50ms);  // backends of a killed one may still hold its memory
  }
  Give("it does not start:\n" + Log());
}

void Server::Stop() {
  if (pid_ <= 0) return;
  kill(pid_, SIGINT);
  Reap(pid_);
  pid_ = -1;
}

void Server::Kill9() {
  if (pid_ <= 0) return;
  kill(pid_, SIGKILL);
  Reap(pid_);
  pid_ = -1;
}

std::string Server::Log() const { return Read(folder_ / "log"); }

base::JsonObject Server::Connection(const std::string& user, const std::string& secret) const {
  return {{"driver", "postgres"},
          {"host", "127.0.0.1"},
          {"port", std::to_string(port_)},
          {"user", user},
          {"password", "${{ secrets." + secret + " }}"}};
}

std::string Server::Ask(const std::string& database, const std::string& sql) const {
  const std::string port = std::to_string(port_), host = folder_.string();
  const char* keys[] = {"host", "port", "user", "dbname", "application_name", nullptr};
  const char* values[] = {host.c_str(), port.c_str(), "postgres", database.c_str(), "test", nullptr};
  const std::unique_ptr<PGconn, Finish> connection(PQconnectdbParams(keys, values, 0));
  PQsetNoticeProcessor(connection.get(), [](void*, const char*) {}, nullptr);
  const std::unique_ptr<PGresult, void (*)(PGresult*)> result(PQexec(connection.get(), sql.c_str()), PQclear);
  const ExecStatusType status = PQresultStatus(result.get());
  if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK)
    Give(fmt::format("{}: {}", sql, PQerrorMessage(connection.get())));
  return PQntuples(result.get()) > 0 ? PQgetvalue(result.get(), 0, 0) : "";
}

std::string Server::MakeDatabase(const std::string& name) {
  Ask("postgres", "DROP DATABASE IF EXISTS \"" + name + "\" WITH (FORCE)");
  Ask("postgres", "CREATE DATABASE \"" + name + "\" TEMPLATE template0");
  return name;
}

}  // namespace slipway::tests
