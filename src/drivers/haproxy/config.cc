#include "drivers/haproxy/config.h"

#include <fmt/core.h>

#include <map>
#include <optional>

#include "base/text.h"

namespace slipway::drivers {
namespace {

using base::Duration;
using base::Refused;
using base::Result;

// Settings of a server, as `server` and `default-server` lines give them.
struct ServerLine {
  std::string address;
  std::optional<std::string> weight;
  std::optional<std::string> interval;
  bool checked = false;
  bool disabled = false;
};

struct Proxy {
  std::optional<std::string> load;       // load-server-state-from-file
  std::optional<std::string> file_name;  // server-state-file-name
  ServerLine defaults;
  std::vector<std::pair<std::string, ServerLine>> servers;
};

struct Config {
  std::optional<std::string> state_file;
  std::optional<std::string> state_base;
  bool chroot = false;
  std::optional<std::string> conditional;             // where the first `.if` stands
  std::map<std::string, Proxy, std::less<>> proxies;  // backend and listen
};

// One line in words, as HAProxy cuts it: blanks, quotes, backslashes, and `#` to the end.
std::vector<std::string> Words(std::string_view line) {
  std::vector<std::string> words;
  std::string word;
  bool open = false;
  char quote = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    char c = line[i];
    if (quote != 0 && c == quote) {
      quote = 0;
    } else if (quote == 0 && (c == '"' || c == '\'')) {
      quote = c;
      open = true;
    } else if (c == '\\' && quote != '\'' && i + 1 < line.size()) {
      word += line[++i];
      open = true;
    } else if (quote == 0 && c == '#') {
      break;
    } else if (quote == 0 && (c == ' ' || c == '\t' || c == '\r')) {
      if (open) words.push_back(std::move(word));
      word.clear();
      open = false;
    } else {
      word += c;
      open = true;
    }
  }
  if (open) words.push_back(std::move(word));
  return words;
}

void ReadServerWords(const std::vector<std::string>& words, std::size_t first, ServerLine& line) {
  for (std::size_t i = first; i < words.size(); ++i) {
    if (words[i] == "check") line.checked = true;
    if (words[i] == "no-check") line.checked = false;
    if (words[i] == "disabled") line.disabled = true;
    if (words[i] == "enabled") line.disabled = false;
    if (i + 1 == words.size()) continue;
    if (words[i] == "weight")
      line.weight = words[++i];
    else if (words[i] == "inter")
      line.interval = words[++i];
  }
}

class Reader {
 public:
  void Line(const std::string& where, std::string_view text) {
    std::vector<std::string> words = Words(text);
    if (words.empty()) return;
    if (words[0] == ".if" && !config_.conditional) config_.conditional = where;
    if (words[0].starts_with('.')) return;
    if (OpensSection(words)) return;
    if (in_global_) Global(words);
    if (proxy_ != nullptr) ProxyWord(words, *proxy_);
  }
  Config Take() { return std::move(config_); }

 private:
  bool OpensSection(const std::vector<std::string>& words) {
    static constexpr std::string_view kOthers[] = {"frontend",    "peers",    "resolvers",  "userlist",
                                                   "mailers",     "program",  "ring",       "cache",
                                                   "http-errors", "fcgi-app", "log-forward"};
    const std::string& section = words[0];
    std::string name = words.size() > 1 ? words[1] : "";
    if (section == "global") {
      Enter(true, nullptr);
    } else if (section == "defaults") {
      defaults_[name] = Proxy{};
      last_defaults_ = name;
      Enter(false, &defaults_[name]);
    } else if (section == "backend" || section == "listen") {
      std::string from = last_defaults_;
      for (std::size_t i = 2; i + 1 < words.size(); ++i)
        if (words[i] == "from") from = words[i + 1];
      config_.proxies[name] = defaults_[from];
      Enter(false, &config_.proxies[name]);
    } else {
      bool other = false;
      for (std::string_view known : kOthers) other = other || known == section;
      if (!other) return false;
      Enter(false, nullptr);
    }
    return true;
  }

  void Enter(bool global, Proxy* proxy) {
    in_global_ = global;
    proxy_ = proxy;
  }

  void Global(const std::vector<std::string>& words) {
    if (words.size() < 2) return;
    if (words[0] == "server-state-file") config_.state_file = words[1];
    if (words[0] == "chroot") config_.chroot = true;
    if (words[0] == "server-state-base") config_.state_base = words[1];
  }

  static void ProxyWord(const std::vector<std::string>& words, Proxy& proxy) {
    if (words[0] == "load-server-state-from-file" && words.size() > 1) proxy.load = words[1];
    if (words[0] == "server-state-file-name")
      proxy.file_name = words.size() > 1 ? words[1] : "use-backend-name";
    if (words[0] == "default-server") ReadServerWords(words, 1, proxy.defaults);
    if (words[0] == "server" && words.size() > 2) {
      ServerLine line = proxy.defaults;
      line.address = words[2];
      ReadServerWords(words, 3, line);
      proxy.servers.emplace_back(words[1], std::move(line));
    }
  }

  Config config_;
  std::map<std::string, Proxy, std::less<>> defaults_;
  std::string last_defaults_;
  bool in_global_ = false;
  Proxy* proxy_ = nullptr;  // points into a map, whose nodes stay where they are
};

Config Read(const std::vector<ConfigText>& files) {
  Reader reader;
  for (const ConfigText& file : files) {
    int number = 0;
    for (const std::string& line : base::Split(file.text, '\n'))
      reader.Line(fmt::format("{}:{}", file.file, ++number), line);
  }
  return reader.Take();
}

std::filesystem::path InBase(const Config& config, const std::string& name) {
  if (name.starts_with('/') || !config.state_base) return name;
  return std::filesystem::path(*config.state_base) / name;
}

// HAProxy's own time grammar: a number and us, ms, s, m, h, d; milliseconds when there is no unit.
std::optional<Duration> ReadInterval(std::string_view text) {
  std::size_t digits = text.find_first_not_of("0123456789");
  auto number = base::ParseInteger(text.substr(0, digits));
  if (!number || *number > 86'400'000) return std::nullopt;
  std::string_view unit = digits == text.npos ? "ms" : text.substr(digits);
  if (unit == "us") return Duration{(*number + 999) / 1000};
  if (unit == "ms") return Duration{*number};
  if (unit == "s") return Duration{*number * 1000};
  if (unit == "m") return Duration{*number * 60'000};
  return std::nullopt;
}

Result<Persistence> StateFileOf(const Config& config, const Proxy& proxy, const std::string& backend) {
  const std::string lost =
      fmt::format("a reload of HAProxy would forget the weights of backend `{}`: ", backend);
  std::string mode = proxy.load.value_or("none");
  Persistence found;
  if (mode == "local") {
    std::string name = proxy.file_name.value_or("use-backend-name");
    found.state_file = InBase(config, name == "use-backend-name" ? backend : name);
    found.all_backends = false;
    return found;
  }
  if (mode != "global")
    return Refused(
        lost + "its configuration does not load them", "",
        fmt::format("add `load-server-state-from-file global` to `defaults` or to `backend {}`{}", backend,
                    config.state_file ? "" : ", and `server-state-file <absolute path>` to `global`"));
  if (!config.state_file)
    return Refused(lost + "no state file is set", "", "add `server-state-file <absolute path>` to `global`");
  found.state_file = InBase(config, *config.state_file);
  return found;
}

// HAProxy takes a weight from the state file only where the configured weight is still the one it had then.
base::Status SameWeight(const EdgeServer& server, const ServerLine& line, const std::string& where) {
  std::string text = line.weight.value_or("1");
  auto weight = base::ParseInteger(text);
  if (weight && *weight == server.config_weight) return {};
  return Refused(
      fmt::format(
          "a reload of HAProxy would set server `{}` to the weight {} of its configuration, which was {} "
          "when HAProxy read it",
          where, base::Printable(text), server.config_weight),
      "", fmt::format("put `weight {}` back into that line, or reload HAProxy first", server.config_weight));
}

}  // namespace

Result<Persistence> JudgePersistence(const std::vector<ConfigText>& files, const EdgeBackend& backend) {
  Config config = Read(files);
  if (config.conditional)
    return Refused(
        "HAProxy's configuration has conditional blocks (`.if`), so nobody can tell here what a reload loads",
        *config.conditional, "move what concerns this backend's state out of them into a file without");
  auto proxy = config.proxies.find(backend.name);
  if (proxy == config.proxies.end())
    return Refused(fmt::format("HAProxy serves a backend `{}` that its configuration on disk no longer has",
                               backend.name));
  SLIPWAY_TRY(Persistence found, StateFileOf(config, proxy->second, backend.name));
  // HAProxy reads the file before it goes there, so that its folder tells nothing.
  if (config.chroot && found.state_file.is_relative())
    return Refused("HAProxy's state file has a relative path, and `chroot` hides which folder that is in", "",
                   "make the path of `server-state-file` absolute");
  found.check_interval = Duration{0};
  for (const EdgeServer& server : backend.servers) {
    std::string where = backend.name + "/" + server.name;
    const ServerLine* line = nullptr;
    for (const auto& [name, declared] : proxy->second.servers)
      if (name == server.name) line = &declared;
    if (line == nullptr)
      return Refused(
          fmt::format("a reload of HAProxy would drop server `{}`: its configuration does not declare it",
                      where),
          "", fmt::format("add a `server {}` line to `backend {}`", server.name, backend.name));
    SLIPWAY_CHECK_OK(SameWeight(server, *line, where));
    auto interval = ReadInterval(line->interval.value_or("2s"));
    if (!interval) return Refused(fmt::format("the check interval of server `{}` cannot be read", where));
    found.check_interval = std::max(found.check_interval, *interval);
  }
  return found;
}

std::vector<EdgeServer> DeclaredServers(const std::vector<ConfigText>& files, std::string_view backend) {
  Config config = Read(files);
  std::vector<EdgeServer> servers;
  auto proxy = config.proxies.find(backend);
  if (proxy == config.proxies.end()) return servers;
  for (const auto& [name, line] : proxy->second.servers) {
    EdgeServer server;
    server.name = name;
    server.address = line.address;
    server.config_weight = static_cast<int>(base::ParseInteger(line.weight.value_or("1")).value_or(1));
    server.weight = server.config_weight;
    server.admin = line.disabled ? Admin::kMaint : Admin::kReady;
    server.health = line.checked ? Health::kUp : Health::kUnchecked;
    servers.push_back(std::move(server));
  }
  return servers;
}

}  // namespace slipway::drivers
