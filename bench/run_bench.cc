// What a run costs beside the commands it runs: the real program against bare floors and xargs. Interleaved
// rounds, medians.
//   run_bench SLIPWAY [rounds] [folder]
#include <fmt/core.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "base/json.h"
#include "floor/spawn_floor.h"

namespace {

namespace fs = std::filesystem;
using namespace slipway;

constexpr int kSequential = 200;
constexpr int kParallel = 1000;

struct Cost {
  double wall = 0;
  double cpu = 0;
};

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

double Cpu(const rusage& u) {
  return static_cast<double>(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
         static_cast<double>(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

// One shell command, its output thrown away; it must succeed.
Cost Time(const std::string& command) {
  const auto start = std::chrono::steady_clock::now();
  rusage before{}, after{};
  getrusage(RUSAGE_CHILDREN, &before);
  const int status = std::system((command + " >/dev/null 2>&1").c_str());
  getrusage(RUSAGE_CHILDREN, &after);
  if (status != 0) {
    fmt::print(stderr, "run_bench: exit {} from: {}\n", WEXITSTATUS(status), command);
    std::exit(5);
  }
  return {std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(),
          Cpu(after) - Cpu(before)};
}

void Write(const fs::path& path, const std::string& text) { std::ofstream(path) << text; }

std::string Procedure(const std::string& id, int steps, bool parallel) {
  std::string text = "apiVersion: slipway/v1\nkind: Procedure\nmetadata: { id: " + id +
                     ", title: Bench, version: 1.0.0, status: published, owner: bench }\non_failure: "
                     "stop\nphases:\n  - id: all\n    title: All\n";
  if (parallel) text += "    max_parallel: 8\n";
  text += "    steps:\n";
  for (int i = 0; i < steps; ++i) {
    text += fmt::format(
        "      - {{ id: s{}, title: Step, {}uses: exec.run, with: {{ argv: [/bin/true] }}, undo: {{ none: "
        "nothing to undo }} }}\n",
        i, parallel ? "needs: [], " : "");
  }
  return text;
}

void Print(const char* what, double ours, const char* unit, double ratio, double limit, const char* against) {
  fmt::print("{:<52} {:>9.3f} {:<3} {:>6.2f} (limit {:.2f})  {}  {}\n", what, ours, unit, ratio, limit,
             ratio <= limit ? "holds " : "MISSES", against);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    fmt::print(stderr, "usage: run_bench SLIPWAY [rounds] [folder]\n");
    return 2;
  }
  const std::string slipway = fs::absolute(argv[1]).string();
  const int rounds = argc > 2 ? std::atoi(argv[2]) : 5;
  std::string pattern = (argc > 3 ? fs::path(argv[3]) : fs::temp_directory_path()) / "slipway-bench-XXXXXX";
  const fs::path folder = mkdtemp(pattern.data());
  Write(folder / "slipway.yaml",
        "apiVersion: slipway/v1\nkind: Workspace\nname: bench\nenvironments: [ { name: dev, strict: false } "
        "]\n");
  Write(folder / "one.yaml", Procedure("one", 1, false));
  Write(folder / "sequential.yaml", Procedure("sequential", kSequential, false));
  Write(folder / "parallel.yaml", Procedure("parallel", kParallel, true));
  Write(folder / "args", [] {
    std::string s;
    for (int i = 0; i < kParallel; ++i) s += "x\n";
    return s;
  }());
  const std::string run = "cd " + folder.string() + " && exec " + slipway + " run ";
  Time(run + "one.yaml");
  std::vector<double> one, sequential, sequential_ratio, parallel, xargs_ratio, pool_ratio;
  for (int round = 0; round < rounds; ++round) {
    one.push_back(Time(run + "one.yaml").cpu);
    const double start_up = Time(run + "one.yaml").wall;
    const double floor = floor_probe::SequentialSteps(folder, kSequential);
    const double ours = Time(run + "sequential.yaml").wall - start_up;
    sequential.push_back(ours / kSequential * 1000);
    sequential_ratio.push_back(ours / floor);
    const double xargs = Time("xargs -P8 -n1 /bin/true <" + (folder / "args").string()).wall;
    const double eight = Time(run + "parallel.yaml").wall;
    const double pool = floor_probe::SpawnPool(kParallel, 8);
    parallel.push_back(eight);
    xargs_ratio.push_back(eight / xargs);
    pool_ratio.push_back(eight / pool);
  }
  fmt::print("runs: {} rounds, interleaved, medians; {} processors\n", rounds, sysconf(_SC_NPROCESSORS_ONLN));
  Print("one sequential step, start-up taken off", Median(sequential), "ms", Median(sequential_ratio), 1.3,
        "spawn + 2 SQLite commits");
  Print("1,000 steps 8 at once, from prompt to exit", Median(parallel), "s", Median(xargs_ratio), 1.0,
        "xargs -P8 -n1");
  Print("1,000 steps 8 at once, from prompt to exit", Median(parallel), "s", Median(pool_ratio), 1.9,
        "posix_spawn pool of 8");
  Print("a one-step run, from prompt to exit, CPU", Median(one) * 1000, "ms", Median(one) * 1000 / 25, 1.0,
        "25 ms");
  fs::remove_all(folder);
  return 0;
}
