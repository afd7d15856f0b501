#include "drivers/haproxy/tables.h"

#include <fmt/core.h>

#include <algorithm>
#include <map>

#include "base/text.h"

namespace slipway::drivers {
namespace {

using base::ErrorKind;
using base::Fail;
using base::Result;

// Bits of srv_admin_state (HAProxy's management guide, "show servers state"). 0x04 only tells that the
// configuration asked for maintenance, which 0x01 carries out.
constexpr std::int64_t kMaintBits = 0x01 | 0x02 | 0x20 | 0x40;
constexpr std::int64_t kDrainBits = 0x08 | 0x10;
constexpr std::int64_t kRunning = 2;      // srv_op_state
constexpr std::int64_t kCheckFailed = 2;  // srv_check_result
constexpr std::int64_t kCheckPassed = 3;
constexpr std::int64_t kCheckConfigured = 2;  // bit of srv_check_state

using Row = std::map<std::string, std::string, std::less<>>;

Row MakeRow(const std::vector<std::string>& names, const std::vector<std::string>& values) {
  Row row;
  for (std::size_t i = 0; i < std::min(names.size(), values.size()); ++i) row[names[i]] = values[i];
  return row;
}

std::int64_t Number(const Row& row, std::string_view name) {
  auto found = row.find(name);
  if (found == row.end() || found->second.empty()) return 0;
  return base::ParseInteger(found->second).value_or(0);
}

std::string Text(const Row& row, std::string_view name) {
  auto found = row.find(name);
  return found == row.end() ? "" : found->second;
}

// op_state "running" alone is no proof: a server that has just left maintenance shows it before its first
// check. The result is 0 while a check is in progress, which decides nothing.
Health ReadHealth(const Row& row) {
  if ((Number(row, "srv_check_state") & kCheckConfigured) == 0) return Health::kUnchecked;
  std::int64_t op = Number(row, "srv_op_state");
  std::int64_t result = Number(row, "srv_check_result");
  if (op == 0 || result == kCheckFailed) return Health::kDown;
  return op == kRunning && result == kCheckPassed ? Health::kUp : Health::kUndecided;
}

EdgeServer ReadServer(const Row& row) {
  EdgeServer server;
  server.name = Text(row, "srv_name");
  server.address = fmt::format("{}:{}", Text(row, "srv_addr"), Text(row, "srv_port"));
  server.weight = static_cast<int>(Number(row, "srv_uweight"));
  server.config_weight = static_cast<int>(Number(row, "srv_iweight"));
  std::int64_t admin = Number(row, "srv_admin_state");
  server.admin = (admin & kMaintBits) != 0   ? Admin::kMaint
                 : (admin & kDrainBits) != 0 ? Admin::kDrain
                                             : Admin::kReady;
  server.health = ReadHealth(row);
  return server;
}

std::vector<std::string> Words(std::string_view line) {
  std::vector<std::string> words = base::Split(base::Trim(line), ' ');
  std::erase(words, "");
  return words;
}

}  // namespace

Result<EdgeBackend> ReadServersState(std::string_view text, const std::string& backend) {
  std::vector<std::string> names;
  EdgeBackend found{backend, {}};
  for (const std::string& line : base::Split(text, '\n')) {
    if (line.starts_with("# ")) {
      names = Words(std::string_view(line).substr(2));
      continue;
    }
    Row row = MakeRow(names, Words(line));
    if (Text(row, "be_name") == backend) found.servers.push_back(ReadServer(row));
  }
  if (text.contains("Can't find backend"))
    return base::Invalid(fmt::format("HAProxy has no backend `{}`", backend));
  if (std::ranges::find(names, "srv_uweight") == names.end())
    return Fail(ErrorKind::kIo, fmt::format("HAProxy's table of servers cannot be read: \"{}\"",
                                            base::Printable(base::Trim(text).substr(0, 120))));
  if (found.servers.empty())
    return base::Invalid(fmt::format("HAProxy has no backend `{}` with servers", backend));
  return found;
}

Result<EdgeCounters> ReadStat(std::string_view text, const std::string& backend, const std::string& server) {
  std::vector<std::string> names;
  for (const std::string& line : base::Split(text, '\n')) {
    if (line.starts_with("# ")) {
      names = base::Split(std::string_view(line).substr(2), ',');
      continue;
    }
    Row row = MakeRow(names, base::Split(line, ','));
    if (Text(row, "pxname") != backend || Text(row, "svname") != server) continue;
    if (!row.contains("scur") || !row.contains("wretr") || !row.contains("hrsp_5xx"))
      return Fail(ErrorKind::kIo, "HAProxy's statistics lack the columns scur, wretr and hrsp_5xx");
    EdgeCounters counters;
    counters.sessions = Number(row, "scur");
    for (std::string_view name : {"hrsp_1xx", "hrsp_2xx", "hrsp_3xx", "hrsp_4xx", "hrsp_5xx", "hrsp_other"})
      counters.answers += Number(row, name);
    counters.errors_4xx = Number(row, "hrsp_4xx");
    counters.errors_5xx = Number(row, "hrsp_5xx");
    counters.connect_errors = Number(row, "econ");
    counters.response_errors = Number(row, "eresp");
    counters.retries = Number(row, "wretr");
    counters.redispatches = Number(row, "wredis");
    counters.went_down = Number(row, "chkdown");
    return counters;
  }
  return base::Invalid(fmt::format("HAProxy has no server `{}/{}`", backend, server));
}

namespace {

std::string ReadAfter(std::string_view text, const std::string& prefix) {
  for (const std::string& line : base::Split(text, '\n'))
    if (line.starts_with(prefix))
      return std::string(base::Trim(std::string_view(line).substr(prefix.size())));
  return "";
}

}  // namespace

std::string ReadInfo(std::string_view text, std::string_view name) {
  return ReadAfter(text, std::string(name) + ": ");
}

std::string ReadEnvironment(std::string_view text, std::string_view name) {
  return ReadAfter(text, std::string(name) + "=");
}

}  // namespace slipway::drivers
