#include "drivers/haproxy/live_edge.h"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>

#include "base/file.h"
#include "base/text.h"
#include "drivers/haproxy/runtime.h"
#include "drivers/haproxy/tables.h"

namespace slipway::drivers {
namespace {

using base::ErrorKind;
using base::Fail;
using base::Refused;
using base::Result;
using base::Status;
namespace fs = std::filesystem;

constexpr int kAttempts = 4;
constexpr base::Duration kBetweenAttempts{50};

// Another program's path, relative to where it runs, or absolute.
fs::path From(const fs::path& folder, const fs::path& path) {
  return path.is_absolute() ? path : folder / path;
}

class LiveEdge final : public Edge {
 public:
  LiveEdge(fs::path socket, std::string config, std::string state_file, const Context& context)
      : socket_(std::move(socket)),
        config_(std::move(config)),
        state_file_(std::move(state_file)),
        context_(context) {}

  Result<EdgeBackend> Look(const std::string& backend) override {
    SLIPWAY_TRY(std::string text, Ask("show servers state " + backend));
    return ReadServersState(text, backend);
  }

  Result<EdgeCounters> Count(const std::string& backend, const std::string& server) override {
    SLIPWAY_TRY(std::string stat, Ask("show stat"));
    SLIPWAY_TRY(EdgeCounters counters, ReadStat(stat, backend, server));
    SLIPWAY_TRY(std::string info, Ask("show info"));
    counters.process = base::ParseInteger(ReadInfo(info, "Pid")).value_or(0);
    return counters;
  }

  Result<EdgeSetup> Setup(const EdgeBackend& backend) override {
    SLIPWAY_TRY(Persistence found, FindPersistence(backend));
    fs::path folder = found.state_file.parent_path();
    if (access(folder.c_str(), W_OK | X_OK) != 0)
      return Refused(fmt::format("HAProxy's state file cannot be written: {}", base::ErrnoText(errno)),
                     folder.string(), "let slipway write in that folder, or move `server-state-file`");
    std::error_code none;
    if (fs::exists(found.state_file, none) && !fs::is_regular_file(found.state_file, none))
      return Refused("HAProxy's state file cannot be written: it is no file", found.state_file.string(),
                     "remove what stands there, or move `server-state-file`");
    return EdgeSetup{found.check_interval};
  }

  Status Change(const std::string& backend, std::span<const EdgeChange> changes) override {
    std::string line;
    for (const EdgeChange& change : changes) {
      std::string name = fmt::format("set server {}/{} ", backend, change.server);
      if (change.weight) line += fmt::format("{}{}weight {}", line.empty() ? "" : "; ", name, *change.weight);
      if (change.admin)
        line += fmt::format("{}{}state {}", line.empty() ? "" : "; ", name, ToString(*change.admin));
    }
    if (line.empty()) return {};
    SLIPWAY_TRY(std::string reply, Ask(line));
    return AcceptedReply(reply, line);
  }

  Status CutSessions(const std::string& backend, const std::string& server) override {
    std::string line = fmt::format("shutdown sessions server {}/{}", backend, server);
    SLIPWAY_TRY(std::string reply, Ask(line));
    return AcceptedReply(reply, line);
  }

  Status Save(const EdgeBackend& expected) override {
    SLIPWAY_TRY(Persistence found, FindPersistence(expected));
    SLIPWAY_TRY(std::string text, Ask(found.all_backends ? std::string("show servers state")
                                                         : "show servers state " + expected.name));
    SLIPWAY_TRY(EdgeBackend saved, ReadServersState(text, expected.name));
    for (const EdgeServer& server : expected.servers) {
      const EdgeServer* same = saved.Find(server.name);
      if (same == nullptr || same->weight != server.weight || same->admin != server.admin)
        return Fail(ErrorKind::kConflict, fmt::format("somebody else changed server `{}/{}` meanwhile",
                                                      expected.name, server.name));
    }
    return base::WriteFileAtomic(found.state_file, text);
  }

  bool Wait(base::Duration how_long) override { return WaitOrCancel(how_long, context_); }

 private:
  // Asks again where the socket did not answer: while HAProxy reloads, its old process may hang up. Every
  // command here says what shall be and not what to add, so that it does no harm twice.
  Result<std::string> Ask(std::string_view line) const {
    for (int attempt = 1;; ++attempt) {
      auto reply = AskRuntime(socket_, line, context_);
      if (reply || attempt == kAttempts || !WaitOrCancel(kBetweenAttempts, context_)) return reply;
    }
  }

  // HAProxy's own list of the files it loads, unless the connection names one.
  Result<Persistence> FindPersistence(const EdgeBackend& backend) const {
    const std::string next = "name it in the connection: `config: <path>`";
    fs::path folder = context_.workspace;
    std::vector<std::string> names{config_};
    if (config_.empty()) {
      SLIPWAY_TRY(std::string environment, Ask("show env"));
      names = base::Split(ReadEnvironment(environment, "HAPROXY_CFGFILES"), ';');
      SLIPWAY_TRY(folder, WorkingFolder());
    }
    std::erase(names, "");
    std::vector<ConfigText> files;
    for (const std::string& name : names) {
      SLIPWAY_TRY(fs::path path, Resolve(folder, name, "its configuration", next));
      auto text = base::ReadFile(path);
      if (!text)
        return Refused("HAProxy's configuration cannot be read here: " + base::ToString(text.error()), "",
                       next);
      files.push_back({name, std::move(*text)});
    }
    if (files.empty())
      return Refused("HAProxy does not tell which configuration it loads", socket_.string(), next);
    SLIPWAY_TRY(Persistence found, JudgePersistence(files, backend));
    if (!state_file_.empty()) return WithOwnStateFile(std::move(found), folder);
    SLIPWAY_TRY(found.state_file, Resolve(folder, found.state_file, "its state file",
                                          "make the path of `server-state-file` absolute"));
    return found;
  }

  // A path of HAProxy's, which may be relative to where that was started.
  static Result<fs::path> Resolve(const fs::path& folder, const fs::path& path, std::string_view what,
                                  std::string next) {
    if (path.is_absolute() || !folder.empty()) return From(folder, path);
    return Refused(
        fmt::format(
            "HAProxy names {} by the relative path {}, and in which folder it was started cannot be seen",
            what, path.string()),
        "", std::move(next));
  }

  // `state_file:` in the connection: another path to the same file, allowed only where `config:` says that
  // paths differ here.
  Result<Persistence> WithOwnStateFile(Persistence found, const fs::path& folder) const {
    fs::path own = From(context_.workspace, state_file_);
    fs::path theirs = From(folder, found.state_file);
    if (config_.empty() && own.lexically_normal() != theirs.lexically_normal())
      return Refused(fmt::format("the connection says state_file `{}`, but HAProxy loads `{}`", own.string(),
                                 theirs.string()),
                     "", "drop `state_file` from the connection");
    found.state_file = own;
    return found;
  }

  // Where HAProxy was started; empty when that cannot be seen.
  Result<fs::path> WorkingFolder() const {
    SLIPWAY_TRY(std::string info, Ask("show info"));
    std::error_code failed;
    fs::path folder = fs::read_symlink(fmt::format("/proc/{}/cwd", ReadInfo(info, "Pid")), failed);
    return failed ? fs::path() : folder;
  }

  const fs::path socket_;
  const std::string config_;
  const std::string state_file_;
  const Context& context_;
};

}  // namespace

Result<fs::path> SocketOf(const Context& context) {
  const std::string next =
      "add `connections: { edge: { driver: haproxy, socket: run/haproxy.sock } }` to slipway.yaml";
  if (context.connection == nullptr) return base::Invalid("no haproxy connection", "", next);
  for (const auto& member : *context.connection) {
    std::string_view key = member.key();
    if (key != "driver" && key != "socket" && key != "config" && key != "state_file")
      return base::Invalid(fmt::format("unknown key `{}` in a haproxy connection", base::Printable(key)));
  }
  std::string socket = base::GetString(*context.connection, "socket");
  if (socket.empty()) return base::Invalid("the haproxy connection names no `socket`", "", next);
  return From(context.workspace, socket);
}

Result<std::unique_ptr<Edge>> OpenLiveEdge(const Context& context) {
  SLIPWAY_TRY(fs::path socket, SocketOf(context));
  return std::make_unique<LiveEdge>(std::move(socket), base::GetString(*context.connection, "config"),
                                    base::GetString(*context.connection, "state_file"), context);
}

}  // namespace slipway::drivers
