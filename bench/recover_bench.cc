// How long it takes to have every open run back after a crash: 10,000 open runs of 20 events each, beside
// closed ones.
//   recover_bench [open] [closed] [folder]
#include <fmt/core.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>

#include "drivers/fake/fake.h"
#include "engine/engine.h"
#include "engine/rows.h"
#include "journal/sqlite_store.h"
#include "plan/plan.h"

namespace {

namespace fs = std::filesystem;
using namespace slipway;

constexpr int kEvents = 20;

[[noreturn]] void Die(const base::Error& error) {
  fmt::print(stderr, "recover_bench: {}\n", ToString(error));
  std::exit(5);
}

template <typename T>
T Must(base::Result<T> result) {
  if (!result) Die(result.error());
  return std::move(*result);
}

plan::Plan MakePlan(const drivers::Registry& drivers) {
  std::string text =
      "apiVersion: slipway/v1\nkind: Procedure\nmetadata: { id: bench, title: Bench, version: 1.0.0, status: "
      "published, owner: bench }\n"
      "on_failure: stop\nphases:\n  - id: all\n    title: All\n    steps:\n";
  for (int i = 0; i < kEvents; ++i) {
    text += fmt::format(
        "      - {{ id: s{}, title: Step, uses: fake.set, with: {{ cell: a, value: b }} "
        "}}\n",
        i);
  }
  auto procedure = procedure::Parse(text, "bench.yaml");
  if (!procedure) {
    fmt::print(stderr, "{}", base::Render(procedure.error(), text));
    std::exit(5);
  }
  workspace::Workspace workspace;
  workspace.environments.push_back({.name = "dev"});
  auto plan =
      plan::Compile({.procedure = &*procedure, .workspace = &workspace, .sheets = drivers.AllSheets()});
  if (!plan) {
    fmt::print(stderr, "{}", base::Render(plan.error(), text));
    std::exit(5);
  }
  return std::move(*plan);
}

// One run as the engine would have written it, stopped after 20 events or finished.
void WriteRun(journal::Store& store, const plan::Plan& plan, int number, bool closed) {
  const std::string id = "R" + std::to_string(number);
  journal::Batch batch;
  const auto add = [&](std::string type, base::JsonObject data) {
    batch.events.push_back(
        {id, std::move(type), "slipway", base::FromMillis(1'700'000'000'000 + number), std::move(data)});
  };
  add("run_started", {{"plan", plan.digest},
                      {"procedure", "bench"},
                      {"version", "1.0.0"},
                      {"environment", "dev"},
                      {"kind", "run"},
                      {"parent", ""},
                      {"targets", base::JsonArray{}}});
  for (int i = 0; i < (kEvents - 2) / 2; ++i) {
    base::JsonObject intent = engine::About("s" + std::to_string(i), "");
    intent["prepared"] =
        drivers::ToJson(drivers::Prepared{.action = {"fake.set", {{"cell", "a"}, {"value", "b"}}}});
    intent["effect"] = "changes";
    intent["interruption"] = "ask";
    add("intent", std::move(intent));
    base::JsonObject outcome = engine::About("s" + std::to_string(i), "");
    outcome["verdict"] = "done";
    outcome["attempt"] = 1;
    outcome["reason"] = "";
    outcome["evidence"] = base::JsonObject{{"exit_code", 0}};
    add("outcome", std::move(outcome));
  }
  add(closed ? "run_finished" : "pause_asked", {{"state", "succeeded"}, {"reason", ""}});
  engine::RunState state;
  for (const journal::NewEvent& event : batch.events) {
    if (auto applied =
            engine::Apply(state, {1, state.last_seq + 1, id, event.type, event.at, event.actor, event.data});
        !applied)
      Die(applied.error());
  }
  std::string summary;
  batch.puts = engine::Puts(summary, state, batch.events);
  if (number == 1) batch.blobs.push_back(plan.bytes);
  Must(store.Append(batch));
}

}  // namespace

int main(int argc, char** argv) {
  const int open = argc > 1 ? std::atoi(argv[1]) : 10'000;
  const int closed = argc > 2 ? std::atoi(argv[2]) : 10'000;
  std::string pattern = (argc > 3 ? fs::path(argv[3]) : fs::temp_directory_path()) / "slipway-bench-XXXXXX";
  const fs::path folder = mkdtemp(pattern.data());
  drivers::Registry registry;
  registry.Add(drivers::FakeModel());
  // Written by a process of its own, so that the peak memory below is that of recovering alone.
  if (const pid_t writer = fork(); writer == 0) {
    const plan::Plan plan = MakePlan(registry);
    const auto store = Must(journal::OpenSqliteStore(folder));
    for (int i = 1; i <= closed + open; ++i) WriteRun(*store, plan, i, i <= closed);
    std::_Exit(0);
  } else {
    int status = 0;
    waitpid(writer, &status, 0);
    if (status != 0) return 5;
  }
  const auto start = std::chrono::steady_clock::now();
  const auto store = Must(journal::OpenSqliteStore(folder));
  const auto runs = Must(engine::LoadOpenRuns(*store));
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const double megabytes = static_cast<double>(usage.ru_maxrss) / 1024;
  fmt::print("recovering {} open runs of {} events beside {} closed ones: {:.3f} s ({}), {:.0f} MB ({})\n",
             runs.size(), kEvents, closed, seconds, seconds < 1 ? "holds: under 1 s" : "MISSES 1 s",
             megabytes, megabytes < 300 ? "holds: under 300 MB" : "MISSES 300 MB");
  fs::remove_all(folder);
  return 0;
}
