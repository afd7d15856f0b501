#include "postgres/fleet_lab.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>

namespace slipway::tests {

namespace {

constexpr char kWorkspace[] = R"(apiVersion: slipway/v1
kind: Workspace
name: securewatch
environments: [ {{ name: prod, strict: false }} ]
secrets:
  admin_password: {{ file: password }}
  backup_key: {{ file: key }}
connections:
  db: {{ driver: postgres, host: 127.0.0.1, port: "{}", user: postgres, password: "${{{{ secrets.admin_password }}}}" }}
)";

}  // namespace

FleetLab::~FleetLab() {
  std::error_code ignored;
  if (HasFailure()) return;
  for (const fs::path& folder : folders_) fs::remove_all(folder, ignored);
}

fs::path FleetLab::MakeWorkspace(const std::vector<std::string>& customers, int port) {
  std::string name = (fs::temp_directory_path() / "slipway-fleet-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
  folder_ = name;
  folders_.push_back(folder_);
  Write("slipway.yaml", fmt::format(kWorkspace, port));
  for (const char* secret : {"password", "key"}) {
    Write(secret,
          secret == std::string("key") ? "a key for backups of at least 32 bytes" : server_.password());
    fs::permissions(folder_ / secret, fs::perms::owner_read | fs::perms::owner_write);
  }
  std::string targets;
  for (const std::string& customer : customers) {
    server_.MakeDatabase(customer);
    targets += fmt::format("- {{ id: {0}, kind: customer, attributes: {{ database: {0} }} }}\n", customer);
  }
  Write("targets/customers.yaml", targets);
  return folder_;
}

void FleetLab::Write(const fs::path& file, const std::string& text) const {
  fs::create_directories((folder_ / file).parent_path());
  std::ofstream(folder_ / file) << text;
}

pid_t FleetLab::Start(const fs::path& folder, const std::string& arguments) {
  return Start(folder, SLIPWAY_BINARY_DIR "/slipway", arguments);
}

pid_t FleetLab::Start(const fs::path& folder, const std::string& program, const std::string& arguments) {
  const std::string command =
      fmt::format("cd '{}' && exec '{}' {} >out 2>&1 </dev/null", folder.string(), program, arguments);
  const char* argv[] = {"sh", "-c", command.c_str(), nullptr};
  pid_t pid = -1;
  if (posix_spawnp(&pid, "sh", nullptr, nullptr, const_cast<char**>(argv), environ) != 0 || pid <= 0)
    throw std::runtime_error("slipway cannot be started");
  return pid;
}

Said FleetLab::Wait(pid_t pid, const fs::path& folder) {
  int status = 0;
  while (waitpid(pid, &status, 0) < 0) {
    if (errno != EINTR) throw std::runtime_error("slipway cannot be waited for");
  }
  std::ostringstream out;
  out << std::ifstream(folder / "out").rdbuf();
  return {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), out.str()};
}

Said FleetLab::Slipway(const fs::path& folder, const std::string& arguments) {
  return Wait(Start(folder, arguments), folder);
}

std::string FleetLab::Ask(const std::string& database, const std::string& sql) const {
  return server_.Ask(database, sql);
}

void FleetLab::Await(const std::string& database, const std::string& sql, const std::string& wanted) const {
  while (Ask(database, sql) != wanted) std::this_thread::sleep_for(std::chrono::milliseconds(2));
}

void FleetLab::AwaitQuiet() const {
  Await("postgres", "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'slipway %'", "0");
}

}  // namespace slipway::tests
