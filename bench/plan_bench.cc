// How long a plan takes, from the files on disk to the text a reviewer reads, and how much memory: a fleet of
// N targets and a procedure of ten steps. Each size runs in a process of its own; medians. Prints a table.
//   plan_bench [rounds]
#include <fmt/core.h>
#include <fmt/os.h>
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

#include "plan/plan.h"

namespace {

using namespace slipway;
using Clock = std::chrono::steady_clock;

constexpr int kTargetsPerFile = 1000;
constexpr double kSeconds = 1.0;
constexpr double kMegabytes = 400;
const std::vector<int> kSizes = {1000, 2000, 5000, 10000, 20000};

struct Figures {
  double load, compile, read, print, cpu, megabytes, plan_megabytes;
  double Total() const { return load + compile + print; }
};

double Since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

void WriteWorkspace(const std::filesystem::path& root, int targets) {
  std::filesystem::create_directories(root / "targets");
  std::ofstream(root / "slipway.yaml")
      << "apiVersion: slipway/v1\nkind: Workspace\nname: bench\nenvironments: [{ name: prod }]\n"
         "connections: { edge: { driver: web, socket: run/edge.sock } }\n";
  for (int first = 0; first < targets; first += kTargetsPerFile) {
    std::ofstream file(root / "targets" / fmt::format("t{:03}.yaml", first / kTargetsPerFile));
    for (int i = first; i < std::min(targets, first + kTargetsPerFile); ++i) {
      file << fmt::format(
          "- id: web-{0:05}\n  kind: service\n  labels: {{ tier: web, ring: \"{1}\" }}\n"
          "  attributes: {{ backend: be-{0}, url: \"http://10.0.{2}.{3}:8080\", rack: r{1} }}\n",
          i, i % 10, i / 256, i % 256);
    }
  }
}

// Ten steps as they are met: each reads the target, and half of them an earlier step as well.
std::string Document() {
  std::string text =
      "apiVersion: slipway/v1\nkind: Procedure\nmetadata: { id: fleet, title: Fleet, version: 1.0.0, status: "
      "published, owner: ops }\n"
      "parameters: { version: { default: \"7\" } }\ntargets: { kind: service, where: { labels.tier: web } "
      "}\non_failure: rollback\n"
      "phases:\n  - id: main\n    title: Main\n    for_each: target\n    waves: [ { where: { labels.ring: "
      "\"0\" } }, 25%, 100% ]\n    steps:\n";
  for (int i = 0; i < 10; ++i) {
    if (i % 5 == 0) {
      text += fmt::format(
          "      - {{ id: see{}, title: See, uses: web.status, with: {{ backend: \"${{{{ "
          "target.attributes.backend }}}}\" }} }}\n",
          i);
    } else {
      text += fmt::format(
          "      - id: act{0}\n        title: Act\n        uses: web.set\n"
          "        with: {{ url: \"${{{{ target.attributes.url }}}}/{0}\", ring: \"${{{{ target.labels.ring "
          "}}}}\", version: \"${{{{ parameters.version }}}}\", "
          "for: 30s, slot: \"${{{{ steps.see{1}.outputs.idle }}}}\" }}\n"
          "        verify: [ {{ uses: web.status, with: {{ backend: \"${{{{ target.attributes.backend }}}}\" "
          "}} }} ]\n",
          i, i / 5 * 5);
    }
  }
  return text;
}

std::vector<drivers::ActionSheet> Sheets() {
  const drivers::ArgumentSheet connection{
      .name = "connection", .type = drivers::ArgumentType::kConnection, .pinned = true};
  return {{.name = "web.status",
           .effect = drivers::Effect::kReads,
           .undo = drivers::UndoKind::kNone,
           .observed = true,
           .facts = {"serving"},
           .arguments = {connection, {.name = "backend", .required = true, .pinned = true}},
           .outputs = {{"serving", ""}, {"idle", ""}}},
          {.name = "web.set",
           .undo = drivers::UndoKind::kAutomatic,
           .undo_text = "set back",
           .arguments = {connection,
                         {.name = "url", .required = true, .pinned = true},
                         {.name = "ring"},
                         {.name = "version"},
                         {.name = "for", .type = drivers::ArgumentType::kDuration},
                         {.name = "slot"}}}};
}

template <typename T>
T Must(std::expected<T, base::Diagnostics> result, std::string_view text) {
  if (result) return std::move(*result);
  fmt::print(stderr, "plan_bench: {}\n", base::Render(result.error(), text));
  std::_Exit(5);
}

Figures Measure(const std::filesystem::path& root) {
  Figures figures{};
  auto start = Clock::now();
  auto workspace = workspace::Load(root);
  if (!workspace) {
    for (const auto& [text, problems] : workspace.error())
      fmt::print(stderr, "{}", base::Render(problems, text));
    std::_Exit(5);
  }
  figures.load = Since(start);

  start = Clock::now();
  const std::string text = Document();
  const procedure::Procedure procedure = Must(procedure::Parse(text, "fleet.yaml"), text);
  const std::vector<drivers::ActionSheet> sheets = Sheets();
  plan::Request request{.procedure = &procedure, .workspace = &*workspace};
  for (const drivers::ActionSheet& sheet : sheets) request.sheets.push_back(&sheet);
  request.observe = [](const std::vector<plan::Observation>& observations) {
    plan::Facts facts;
    for (const plan::Observation& seen : observations)
      facts[seen.target][seen.step] = {{"serving", "blue"}, {"idle", "green"}};
    return facts;
  };
  const plan::Plan plan = Must(plan::Compile(request), text);
  figures.compile = Since(start);

  start = Clock::now();
  const auto read = plan::FromBytes(plan.bytes, plan.digest);
  if (!read || read->targets.size() != plan.targets.size()) std::_Exit(5);
  figures.read = Since(start);

  start = Clock::now();
  if (plan::Print(plan).empty()) std::_Exit(5);
  figures.print = Since(start);
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  figures.cpu = static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
                static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
  figures.megabytes = static_cast<double>(usage.ru_maxrss) / 1024;
  figures.plan_megabytes = static_cast<double>(plan.bytes.size()) / 1e6;
  return figures;
}

// In a process of its own, so that the peak of one size is not that of another.
Figures MeasureApart(const std::filesystem::path& root) {
  int ends[2];
  if (::pipe(ends) != 0) std::exit(5);
  const pid_t child = ::fork();
  if (child == 0) {
    const Figures figures = Measure(root);
    const bool told = ::write(ends[1], &figures, sizeof figures) == sizeof figures;
    std::_Exit(told ? 0 : 5);
  }
  ::close(ends[1]);
  Figures figures{};
  const bool told = ::read(ends[0], &figures, sizeof figures) == sizeof figures;
  ::close(ends[0]);
  int status = 0;
  if (::waitpid(child, &status, 0) != child || status != 0 || !told) std::exit(5);
  return figures;
}

}  // namespace

int main(int argc, char** argv) {
  const int rounds = argc > 1 ? std::max(1, std::atoi(argv[1])) : 5;
  std::string root = (std::filesystem::temp_directory_path() / "plan_bench.XXXXXX").string();
  if (::mkdtemp(root.data()) == nullptr) return 5;
  for (const int size : kSizes) WriteWorkspace(std::filesystem::path(root) / std::to_string(size), size);

  std::vector<std::vector<Figures>> all(kSizes.size());
  for (int round = 0; round < rounds; ++round) {
    for (std::size_t i = 0; i < kSizes.size(); ++i)
      all[i].push_back(MeasureApart(std::filesystem::path(root) / std::to_string(kSizes[i])));
  }
  fmt::print(
      "A plan of N targets x 10 steps; medians of {} rounds, wall seconds (cpu also counts reading the plan "
      "back)\n",
      rounds);
  fmt::print("{:>8} {:>8} {:>8} {:>8} {:>8} {:>8} {:>12} {:>8} {:>8}\n", "targets", "load", "compile",
             "print", "total", "cpu", "us a target", "peak MB", "plan MB");
  bool good = true;
  for (std::size_t i = 0; i < kSizes.size(); ++i) {
    std::ranges::sort(all[i], {}, &Figures::Total);
    const Figures& f = all[i][all[i].size() / 2];
    fmt::print("{:>8} {:>8.3f} {:>8.3f} {:>8.3f} {:>8.3f} {:>8.3f} {:>12.1f} {:>8.0f} {:>8.1f}\n", kSizes[i],
               f.load, f.compile, f.print, f.Total(), f.cpu, f.Total() / kSizes[i] * 1e6, f.megabytes,
               f.plan_megabytes);
    if (kSizes[i] == 10000) good = f.Total() < kSeconds && f.megabytes < kMegabytes;
  }
  fmt::print(
      "10,000 targets: {} (under {} s and {} MB; load includes reading targets/*.yaml, compile both passes "
      "and 20,000 facts)\n",
      good ? "holds" : "does NOT hold", kSeconds, kMegabytes);
  std::filesystem::remove_all(root);
  return good ? 0 : 1;
}
