// How fast the journal is, beside the same work by bare SQLite and OpenSSL. Prints a table; interleaved
// rounds, medians.
//   journal_bench [rounds] [folder]
#include <fmt/core.h>

#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <thread>

#include "audit/verify.h"
#include "floor/journal_floor.h"
#include "journal/merkle.h"
#include "journal/sqlite_store.h"
#include "journal/view.h"

namespace {

using namespace slipway;
using Clock = std::chrono::steady_clock;

constexpr int kWriters = 64;
constexpr int kEventsEach = 1500;

// CPU of this process so far.
double CpuSeconds() {
  struct rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double Since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values.empty() ? 0 : values[values.size() / 2];
}

[[noreturn]] void Die(const base::Error& error) {
  fmt::print(stderr, "journal_bench: {}\n", ToString(error));
  std::exit(5);
}

template <typename T>
T Must(base::Result<T> result) {
  if (!result) Die(result.error());
  return std::move(*result);
}

// About 300 bytes once written, as a step's outcome is.
journal::Batch StepDone(int writer, int i) {
  const std::string run = "R" + std::to_string(writer);
  journal::Batch batch;
  batch.events.push_back(
      {run,
       "step_done",
       "slipway",
       base::FromMillis(1'700'000'000'000 + i),
       {{"step", "start"},
        {"target", "web-" + std::to_string(i)},
        {"attempt", 1},
        {"outputs", {{"url", "http://127.0.0.1:18082"}, {"server", "green"}, {"pid", 4711 + i}}},
        {"reason", "answered 200 on /health at the third look"}}});
  batch.puts.push_back({journal::Put::Mode::kSet, journal::Table::kRun, run, "{\"last\":1}"});
  return batch;
}

struct Writers {
  floor_probe::Rate rate;
  int recycled = 0;
  double longest_pause_ms = 0;
};

Writers AppendOurs(const std::filesystem::path& dir) {
  Writers result;
  journal::SqliteOptions options;
  options.on_recycle = [&](int, std::chrono::microseconds took) {
    ++result.recycled;
    result.longest_pause_ms = std::max(result.longest_pause_ms, static_cast<double>(took.count()) / 1000);
  };
  auto store = Must(journal::OpenSqliteStore(dir, options));
  std::vector<std::vector<double>> waits(kWriters);
  std::vector<std::thread> threads;
  const auto start = Clock::now();
  for (std::size_t t = 0; t < waits.size(); ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kEventsEach; ++i) {
        const auto asked = Clock::now();
        Must(store->Append(StepDone(static_cast<int>(t), i)));
        waits[t].push_back(Since(asked) * 1e6);
      }
    });
  }
  for (auto& thread : threads) thread.join();
  const double seconds = Since(start);
  result.rate = floor_probe::RateOf(waits, seconds);
  return result;
}

// Stands for the engine: the row of each run as its newest event leaves it.
class LastOfRun final : public journal::Projection {
 public:
  base::Status Apply(const journal::Event& event) override {
    rows_[event.run] = base::GetInt(event.data, "attempt");
    return {};
  }
  base::Status Rows(
      const std::function<void(journal::Table, std::string_view, std::string_view)>& visit) override {
    for (const auto& [run, last] : rows_)
      visit(journal::Table::kRun, run, "{\"last\":" + std::to_string(last) + "}");
    return {};
  }

 private:
  std::map<std::string, std::int64_t> rows_;
};

// Read, leaf, tree, root, compare; one thread.
double VerifyHashes(journal::View& view) {
  const auto head = Must(view.Head());
  journal::Frontier frontier;
  const auto start = Clock::now();
  const auto status = view.Events(1, head.size, [&](const journal::RawEvent& event) -> base::Status {
    const auto leaf = journal::LeafHash(event.bytes);
    if (base::AsBytes(leaf) != event.leaf) return base::Invalid("a leaf differs");
    frontier.Append(leaf);
    return {};
  });
  if (!status) Die(status.error());
  if (frontier.Peaks() != head.peaks) Die({base::ErrorKind::kInternal, "the tree differs", "", ""});
  return Since(start);
}

// As `slipway audit verify` does it: the same with every event read and the rows folded again and compared.
double VerifyAll(journal::View& view) {
  LastOfRun projection;
  const auto start = Clock::now();
  const auto report = Must(audit::Verify(view, {.projection = &projection, .check_file = false}));
  if (!report.ok())
    Die({base::ErrorKind::kInternal, report.problems[0].where + ": " + report.problems[0].what, "", ""});
  return Since(start);
}

double DecodeAll(const std::vector<std::string>& records) {
  const auto start = Clock::now();
  for (const std::string& record : records) Must(journal::Decode(record));
  return Since(start);
}

}  // namespace

int main(int argc, char** argv) {
  const int rounds = argc > 1 ? std::atoi(argv[1]) : 5;
  const std::filesystem::path root = argc > 2 ? argv[2] : std::filesystem::temp_directory_path();
  std::string pattern = (root / "journal-bench-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) return 5;
  const std::filesystem::path dir = pattern;
  std::vector<double> ours, ours_p99, ours_cpu, floors_cpu, floors, floors_p99, hash_ratio, hash_rate,
      decode_rate, verify_rate;
  int recycled = 0;
  double pause = 0;
  std::size_t bytes = 0;
  for (int round = 0; round < rounds; ++round) {
    const auto store_dir = dir / ("store" + std::to_string(round));
    const double cpu_start = CpuSeconds();
    const Writers mine = AppendOurs(store_dir);
    const double cpu_ours = CpuSeconds() - cpu_start;
    auto store = Must(journal::OpenSqliteStore(store_dir));
    auto view = Must(store->OpenView());
    std::vector<std::string> records;
    const auto read =
        view->Events(1, kWriters * kEventsEach, [&](const journal::RawEvent& event) -> base::Status {
          records.emplace_back(event.bytes);
          return {};
        });
    if (!read) Die(read.error());
    bytes = records[0].size();
    const auto floor_dir = dir / ("floor" + std::to_string(round));
    std::filesystem::create_directories(floor_dir);
    const double cpu_floor_start = CpuSeconds();
    const auto bare = floor_probe::Append(floor_dir, kWriters, kEventsEach, records[0]);
    const double cpu_floor = CpuSeconds() - cpu_floor_start;
    ours_cpu.push_back(cpu_ours * 1e6 / (kWriters * kEventsEach));
    floors_cpu.push_back(cpu_floor * 1e6 / (kWriters * kEventsEach));
    ours.push_back(mine.rate.per_second);
    ours_p99.push_back(mine.rate.p99_us / 1000);
    floors.push_back(bare.per_second);
    floors_p99.push_back(bare.p99_us / 1000);
    recycled = mine.recycled;
    pause = std::max(pause, mine.longest_pause_ms);
    for (int again = 0; again < 3; ++again) {
      const double memory = floor_probe::HashInMemory(records);
      const double stored = VerifyHashes(*view);
      hash_ratio.push_back(memory / stored);
      hash_rate.push_back(static_cast<double>(records.size()) / stored);
    }
    verify_rate.push_back(static_cast<double>(records.size()) / VerifyAll(*view));
    decode_rate.push_back(static_cast<double>(records.size()) / DecodeAll(records));
    std::filesystem::remove_all(floor_dir);
  }
  std::filesystem::remove_all(dir);
  fmt::print(
      "journal: {} rounds, medians; {} writers with one event of {} B outstanding each, {} events a round\n",
      rounds, kWriters, bytes, kWriters * kEventsEach);
  fmt::print("  {:<38} {:>12.0f} events/s   p99 {:.2f} ms   CPU {:.1f} us/event\n", "append, ours",
             Median(ours), Median(ours_p99), Median(ours_cpu));
  fmt::print("  {:<38} {:>12.0f} events/s   p99 {:.2f} ms   CPU {:.1f} us/event\n",
             "append, floor (bare SQLite)", Median(floors), Median(floors_p99), Median(floors_cpu));
  fmt::print("  {:<38} {:>12.2f} (at least 0.80, or 50,000 events/s)\n", "ours / floor",
             Median(ours) / Median(floors));
  fmt::print("  {:<38} {:>12} times a round, longest pause {:.1f} ms\n", "WAL recycled", recycled, pause);
  fmt::print("  {:<38} {:>12.0f} events/s\n", "verify hashes from disk, one thread", Median(hash_rate));
  fmt::print("  {:<38} {:>12.2f} (at least 0.45)\n", "in memory / from disk", Median(hash_ratio));
  fmt::print("  {:<38} {:>12.0f} events/s (at least 400,000)\n", "verify with events read and rows folded",
             Median(verify_rate));
  fmt::print("  {:<38} {:>12.0f} events/s\n", "decode alone", Median(decode_rate));
  return 0;
}
