#include "drivers/postgres/backups/tools.h"

#include <fmt/format.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

#include "base/file.h"
#include "base/file_mark.h"
#include "base/text.h"

namespace slipway::drivers::postgres {
namespace {

namespace fs = std::filesystem;
using base::Result;
using process::Ended;

constexpr base::Duration kVersionPatience{10'000};
constexpr base::Duration kGrace{500};  // between TERM and KILL: a call ends within about a second
constexpr std::size_t kOutputKept = 64 * 1024;
constexpr std::size_t kLinesTold = 3;
constexpr std::size_t kLongestTold = 600;
constexpr char kNone[] = "/nonexistent";

std::string Path() {
  const char* path = getenv("PATH");
  return std::string("PATH=") + (path == nullptr ? "/usr/local/bin:/usr/bin:/bin" : path);
}

// 15 of `pg_dump (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)`; 0: it says no such thing.
int MajorOf(std::string_view said) {
  const std::size_t at = said.find(") ");
  if (at == said.npos) return 0;
  const std::string_view rest = said.substr(at + 2);
  const auto major = base::ParseInteger(rest.substr(0, rest.find_first_not_of("0123456789")));
  return major && *major < 1000 ? static_cast<int>(*major) : 0;
}

Result<int> AskVersion(process::Spawner& spawner, const Context& context, const std::string& program) {
  const Ended ended =
      spawner.Run({.argv = {program, "--version"}, .environment = {Path(), "LC_ALL=C"}, .grace = kGrace},
                  {std::min(kVersionPatience, context.deadline - context.clock.Now()), context.cancel.fd()});
  if (ended.how == Ended::How::kNotStarted)
    return base::Refused(ended.error, "", "install the client programs of PostgreSQL");
  const int major = MajorOf(ended.output.Text());
  if (ended.how != Ended::How::kExited || ended.code != 0 || major == 0)
    return base::Refused(fmt::format("{} does not say its version", program));
  return major;
}

// What programs said of their version. A fleet asks once and not for each of its databases; a program that
// was replaced is asked again. Thread-safe.
class Versions {
 public:
  Result<int> Of(process::Spawner& spawner, const Context& context, const fs::path& program) {
    const std::optional<Mark> mark = MarkOf(program);
    {
      const std::lock_guard lock(mutex_);
      const auto known = known_.find(program);
      if (mark && known != known_.end() && known->second.first == *mark) return known->second.second;
    }
    SLIPWAY_TRY(const int major, AskVersion(spawner, context, program));
    const std::lock_guard lock(mutex_);
    if (mark && mark == MarkOf(program)) known_.insert_or_assign(program, std::pair(*mark, major));
    return major;
  }

 private:
  using Mark = base::FileMark;

  // nullopt: it is looked up in PATH, where it may be another one next time.
  static std::optional<Mark> MarkOf(const fs::path& program) {
    struct stat file{};
    if (!program.is_absolute() || stat(program.c_str(), &file) != 0) return std::nullopt;
    return base::MarkOf(file);
  }

  std::mutex mutex_;
  std::map<fs::path, std::pair<Mark, int>> known_;  // guarded by mutex_
};

Versions& KnownVersions() {
  static Versions versions;
  return versions;
}

// A file of one line in memory, which only who may look into this process can open.
Result<base::Fd> PasswordFile(const Connection& connection) {
  std::string line = "*:*:*:*:";
  for (const char c : connection.password.Reveal())
    line += c == ':' || c == '\\' ? std::string{'\\', c} : std::string{c};
  base::Fd fd(memfd_create("passfile", MFD_CLOEXEC));
  if (!fd.valid() || fchmod(fd.get(), 0600) != 0 ||
      write(fd.get(), line.data(), line.size()) != static_cast<ssize_t>(line.size()))
    return base::Fail(base::ErrorKind::kIo, "no file for the password: " + base::ErrnoText(errno));
  return fd;
}

// Every setting is given, so that none comes from a file or a default of whoever runs this.
std::vector<std::string> Environment(const Connection& connection, const Context& context,
                                     int password_file) {
  const std::int64_t seconds = (connection.connect_timeout.count() + 999) / 1000;
  std::vector<std::string> environment{
      Path(),
      "LC_ALL=C",
      "PGHOST=" + connection.host,
      "PGPORT=" + connection.port,
      "PGUSER=" + connection.user,
      "PGAPPNAME=" + CallerName(context),
      "PGCONNECT_TIMEOUT=" + std::to_string(std::max<std::int64_t>(seconds, 2)),
      "PGCLIENTENCODING=UTF8",
      "PGOPTIONS=-c statement_timeout=0",
      "PGSSLMODE=" + connection.sslmode,
      "PGSSLROOTCERT=" + (connection.sslrootcert.empty() ? kNone : connection.sslrootcert),
      "PGGSSENCMODE=disable",
      "PGTARGETSESSIONATTRS=any"};
  for (const char* file :
       {"PGSSLCERT", "PGSSLKEY", "PGSSLCRL", "PGSSLCRLDIR", "PGSERVICEFILE", "PGSYSCONFDIR"})
    environment.push_back(fmt::format("{}={}", file, kNone));
  const std::string& password = connection.password.Reveal();
  // A password file has lines, so a password of several can only be a variable.
  if (password.find_first_of("\r\n") != password.npos) environment.push_back("PGPASSWORD=" + password);
  environment.push_back(password_file < 0
                            ? fmt::format("PGPASSFILE={}", kNone)
                            : fmt::format("PGPASSFILE=/proc/{}/fd/{}", getpid(), password_file));
  return environment;
}

// The name of a database in a connection string, where no character of it means anything.
std::string DatabaseOption(std::string_view database) {
  std::string option = "--dbname=dbname='";
  for (const char c : database) {
    if (c == '\'' || c == '\\') option += '\\';
    option += c;
  }
  return option + "'";
}

}  // namespace

std::vector<fs::path> ToolFolders(int major) {
  return {fmt::format("/usr/lib/postgresql/{}/bin", major), fmt::format("/usr/pgsql-{}/bin", major)};
}

Result<Tool> FindTool(process::Spawner& spawner, const Context& context, std::string_view name,
                      int server_number, std::span<const fs::path> folders) {
  const int server = server_number / 10'000;
  std::string program(name);
  for (const fs::path& folder : folders) {
    std::error_code ignored;
    if (fs::exists(folder / name, ignored)) {
      program = folder / name;
      break;
    }
  }
  SLIPWAY_TRY(const int major, KnownVersions().Of(spawner, context, program));
  if (major < server)
    return base::Refused(fmt::format("{} is of PostgreSQL {} and the server of {}: an older one does "
                                     "not know all that a newer server has",
                                     program, major, server),
                         "", fmt::format("install the client programs of PostgreSQL {}", server));
  return Tool{program, major};
}

Result<Tool> FindTool(process::Spawner& spawner, const Context& context, std::string_view name,
                      int server_number) {
  return FindTool(spawner, context, name, server_number, ToolFolders(server_number / 10'000));
}

Result<Ended> RunTool(process::Spawner& spawner, const Context& context, const ToolCall& call) {
  SLIPWAY_TRY(const Connection connection, ReadConnection(context));
  base::Fd password_file;
  if (connection.has_password) {
    SLIPWAY_TRY(password_file, PasswordFile(connection));
  }
  process::Command command;
  command.argv = {call.tool.program.string()};
  command.argv.insert(command.argv.end(), call.arguments.begin(), call.arguments.end());
  command.argv.push_back("--no-password");
  command.argv.push_back(DatabaseOption(call.database));
  command.environment = Environment(connection, context, password_file.get());
  command.input_fd = call.input_fd;
  command.output_fd = call.output_fd;
  command.output_limit = kOutputKept;
  command.grace = kGrace;
  return spawner.Run(command, {context.deadline - context.clock.Now(), context.cancel.fd()});
}

std::string WhyFailed(const Ended& ended, const Tool& tool, const Context& context) {
  const std::string name = tool.program.filename();
  switch (ended.how) {
    case Ended::How::kNotStarted:
      return ended.error;
    case Ended::How::kTimedOut:
      return name + " took too long and was ended";
    case Ended::How::kCancelled:
      return name + " was cancelled";
    case Ended::How::kHanging:
      return name + " was ended and hangs";
    case Ended::How::kExited:
    case Ended::How::kSignalled:
      break;
  }
  if (ended.how == Ended::How::kExited && ended.code == 0) return "";
  base::Masker masker;
  if (auto connection = ReadConnection(context); connection && connection->has_password)
    masker.Add(connection->password);
  std::string said;
  for (const std::string& line : base::Split(masker.Mask(ended.error_output.LastLines(kLinesTold)), '\n')) {
    const std::string_view words = base::Trim(line);
    if (!words.empty()) said += (said.empty() ? "" : "; ") + base::Printable(words);
  }
  if (said.size() > kLongestTold) {
    said.resize(kLongestTold);
    while (!base::IsUtf8(said)) said.pop_back();
    said += "…";
  }
  while (said.ends_with('.')) said.pop_back();
  if (!said.empty()) return said;
  return ended.how == Ended::How::kExited ? fmt::format("{} ended with exit code {}", name, ended.code)
                                          : fmt::format("{} was ended by signal {}", name, ended.code);
}

}  // namespace slipway::drivers::postgres
