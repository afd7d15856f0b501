#include "postgres/struck.h"

#include <fmt/format.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <fstream>
#include <stdexcept>
#include <thread>

#include "base/text.h"

namespace slipway::tests {
namespace {

pid_t Fork(const std::function<void()>& run) {
  const pid_t pid = fork();
  if (pid < 0) throw std::runtime_error("no process of its own for a call");
  if (pid > 0) return pid;
  run();
  _exit(0);
}

int Wait(pid_t pid) {
  int status = 0;
  while (waitpid(pid, &status, 0) < 0) {
    if (errno != EINTR) throw std::runtime_error("a call's process cannot be waited for");
  }
  return status;
}

}  // namespace

base::Status KeptNotes::Note(base::JsonObject data) {
  SLIPWAY_TRY(const std::string text, base::CanonicalJson(std::move(data)));
  std::ofstream(file_, std::ios::app) << text << "\n";
  return {};
}

std::vector<base::JsonObject> KeptNotes::All() const {
  std::vector<base::JsonObject> notes;
  std::ifstream file(file_);
  for (std::string line; std::getline(file, line);)
    notes.push_back(base::ParseJson(line).value().get_object());
  return notes;
}

void Struck::AwaitQuiet() const {
  while (server_.Ask("postgres",
                     "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'slipway %'") != "0")
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
}

std::vector<std::string> Struck::Undisturbed(const std::function<void()>& run) {
  AwaitQuiet();
  std::vector<std::string> sent;
  proxy_.Set([&](const std::string&, const std::string& sql) {
    sent.push_back(sql);
    return Proxy::Then::kPass;
  });
  Wait(Fork(run));
  proxy_.Set({});
  return sent;
}

bool Struck::Dies(const std::function<bool(const std::string& sql)>& when, Side side,
                  const std::function<void()>& run) {
  AwaitQuiet();
  std::atomic<pid_t> pid = 0;
  bool struck = false;
  const auto strike = [&] {
    while (pid == 0) std::this_thread::yield();
    kill(pid, SIGKILL);
  };
  proxy_.Set(
      [&](const std::string&, const std::string& sql) {
        if (struck || !when(sql)) return Proxy::Then::kPass;
        struck = true;
        if (side == Side::kAfter) return Proxy::Then::kSwallow;
        strike();
        return Proxy::Then::kCut;
      },
      strike);
  pid = Fork(run);
  const int status = Wait(pid);
  proxy_.Set({});
  AwaitQuiet();
  return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
}

bool Struck::DiesAt(const Point& point, const std::function<void()>& run) {
  std::size_t seen = 0;
  return Dies([&](const std::string&) { return seen++ == point.statement; }, point.side, run);
}

std::vector<Point> EveryPoint(const std::vector<std::string>& sent) {
  std::vector<Point> points;
  for (std::size_t i = 0; i < sent.size(); ++i)
    for (const Side side : {Side::kBefore, Side::kAfter}) points.push_back({i, side});
  return points;
}

std::string Told(const Point& point, const std::vector<std::string>& sent) {
  return fmt::format("{} statement {} ({})", point.side == Side::kBefore ? "before" : "after",
                     point.statement, base::Printable(sent[point.statement]).substr(0, 80));
}

std::size_t CommitsAt(const Point& point, const std::vector<std::string>& sent) {
  const std::size_t carried_out = point.statement + (point.side == Side::kAfter ? 1 : 0);
  return static_cast<std::size_t>(
      std::count(sent.begin(), sent.begin() + static_cast<std::ptrdiff_t>(carried_out), "COMMIT"));
}

}  // namespace slipway::tests
