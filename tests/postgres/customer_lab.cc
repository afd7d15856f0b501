#include "postgres/customer_lab.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <thread>

#include "base/file.h"
#include "base/text.h"

namespace slipway::tests {
namespace {

std::string Replaced(std::string text, const std::string& what, const std::string& with) {
  for (std::size_t at = 0; (at = text.find(what, at)) != text.npos; at += with.size())
    text.replace(at, what.size(), with);
  return text;
}

}  // namespace

CustomerLab::CustomerLab(Server& server) : server_(server) {
  std::string name = "/tmp/slipway-fleet-XXXXXX";
  folder_ = mkdtemp(name.data());
  const fs::path source = SLIPWAY_SOURCE_DIR;
  fs::copy(source / "examples/fleet", folder_, fs::copy_options::recursive);
  fs::create_directories(folder_ / "procedures");
  for (const auto& file : fs::directory_iterator(source / "procedures/fleet"))
    fs::copy_file(file.path(), folder_ / "procedures" / file.path().filename(),
                  fs::copy_options::overwrite_existing);
  const std::string port = std::to_string(server_.port());
  for (const std::string file :
       {"slipway.yaml", "customers.json", "customers/acme.json", "targets/demo.yaml"})
    Write(file, Replaced(Read(file), "25432", port));
  for (const std::string database : {"acme", "demo"}) {
    // What restores replaced and kept beside it first: its role owns that too.
    const std::string kept = server_.Ask(
        "postgres",
        fmt::format("SELECT string_agg(datname, ' ') FROM pg_database WHERE datname LIKE '{}\\_\\_%'",
                    database));
    for (const std::string& old : base::Split(kept, ' '))
      if (!old.empty()) server_.Ask("postgres", fmt::format("DROP DATABASE {} WITH (FORCE)", old));
    server_.Ask("postgres", fmt::format("DROP DATABASE IF EXISTS {} WITH (FORCE)", database));
    server_.Ask("postgres", fmt::format("DROP ROLE IF EXISTS {}", database));
  }
  if (server_.Ask("postgres", "SELECT 1 FROM pg_roles WHERE rolname = 'slipway'").empty())
    server_.Ask("postgres", "CREATE ROLE slipway LOGIN CREATEDB CREATEROLE PASSWORD 'password-of-slipway'");
  Write("run/password", "password-of-slipway");
  Write("run/backup-key", std::string(48, 'k'));
  for (const char* file : {"run/password", "run/backup-key"})
    fs::permissions(folder_ / file, fs::perms::owner_read | fs::perms::owner_write);
}

CustomerLab::~CustomerLab() {
  std::error_code ignored;
  if (!testing::Test::HasFailure()) fs::remove_all(folder_, ignored);
}

void CustomerLab::Write(const std::string& file, const std::string& text) const {
  fs::create_directories((folder_ / file).parent_path());
  std::ofstream(folder_ / file) << text;
}

std::string CustomerLab::Read(const std::string& file) const {
  return base::ReadFile(folder_ / file, 1u << 24).value_or("");
}

Said CustomerLab::Slipway(const std::string& arguments) const {
  const std::string command = fmt::format("cd '{}' && '{}/slipway' {} 2>&1 </dev/null", folder_.string(),
                                          SLIPWAY_BINARY_DIR, arguments);
  std::FILE* pipe = popen(command.c_str(), "r");
  Said said;
  char buffer[4096];
  for (std::size_t got = 0; (got = fread(buffer, 1, sizeof buffer, pipe)) > 0;) said.out.append(buffer, got);
  const int status = pclose(pipe);
  said.exit = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return said;
}

void CustomerLab::KillWhen(const std::string& arguments, const std::string& sql,
                           const std::string& answer) const {
  const std::string command = fmt::format("cd '{}' && exec '{}/slipway' {} >killed.log 2>&1",
                                          folder_.string(), SLIPWAY_BINARY_DIR, arguments);
  const char* argv[] = {"sh", "-c", command.c_str(), nullptr};
  pid_t pid = -1;
  ASSERT_EQ(posix_spawnp(&pid, "sh", nullptr, nullptr, const_cast<char**>(argv), environ), 0);
  while (server_.Ask("postgres", sql) != answer) {
    int status = 0;
    ASSERT_EQ(waitpid(pid, &status, WNOHANG), 0)
        << "it ended before it could be killed: " << Read("killed.log");
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  kill(pid, SIGKILL);
  waitpid(pid, nullptr, 0);
}

std::string CustomerLab::Stands(const std::string& name) const {
  return Ask("postgres", fmt::format("SELECT count(*) FROM pg_database WHERE datname = '{}'", name)) + " " +
         Ask("postgres", fmt::format("SELECT count(*) FROM pg_roles WHERE rolname = '{}'", name));
}

std::string CustomerLab::Store() const {
  std::string all;
  for (const auto& file : fs::recursive_directory_iterator(folder_ / ".slipway"))
    if (file.is_regular_file()) all += base::ReadFile(file.path(), 1u << 30).value_or("");
  return all;
}

}  // namespace slipway::tests
