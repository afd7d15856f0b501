#include "rig.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "base/text.h"
#include "drivers/wait/wait.h"
#include "invariants.h"
#include "journal/view.h"

namespace slipway::sim {

using base::JsonObject;
using drivers::FakeAnswer;
using drivers::FakeRule;

std::string Document(std::string_view phases, std::string_view on_failure, std::string_view more) {
  return fmt::format(
      "apiVersion: slipway/v1\nkind: Procedure\nmetadata: {{ id: sim, title: A simulated change, version: "
      "1.0.0, status: published, owner: sim }}\ntargets: {{ kind: service }}\non_failure: {}\n{}phases:\n{}",
      on_failure, more, phases);
}

std::string Phase(std::string_view id, std::string_view keys, std::string_view steps) {
  std::string text = fmt::format("  - id: {0}\n    title: The phase {0}\n", id);
  for (const std::string& key : base::Split(keys, ';')) {
    if (!base::Trim(key).empty()) text += "    " + std::string(base::Trim(key)) + "\n";
  }
  text += "    steps:\n";
  for (const std::string& step : base::Split(steps, '\n')) {
    if (!base::Trim(step).empty()) text += fmt::format("      - {{ title: A step, {} }}\n", base::Trim(step));
  }
  return text;
}

FakeRule Fails(std::string instance, std::string uses) {
  return {
      .uses = std::move(uses),
      .instance = std::move(instance),
      .answer = {.act = FakeAnswer::Act::kNothing, .say = FakeAnswer::Say::kNotDone, .reason = "refused"}};
}

FakeRule Lost(std::string instance, std::string uses) {
  return {.uses = std::move(uses),
          .instance = std::move(instance),
          .answer = {.say = FakeAnswer::Say::kUnknown, .reason = "the reply was lost"}};
}

FakeRule Reports(std::string instance, std::string uses) {
  return {.uses = std::move(uses),
          .instance = std::move(instance),
          .answer = {.say = FakeAnswer::Say::kFailed, .reason = "exit code 1"}};
}

base::Result<base::Secret> KnownSecrets::Get(std::string_view name) {
  const auto found = values.find(name);
  if (found == values.end()) return base::Invalid("there is no secret " + std::string(name));
  return base::Secret(found->second);
}

base::Result<base::Secret> KnownSecrets::Put(std::string_view name, const base::Secret& value,
                                             std::string_view) {
  values.emplace(name, value.Reveal());
  return value;
}

namespace {

bool Holds(const std::string& name, const std::string& parts) {
  std::size_t at = 0;
  for (const std::string& part : base::Split(parts, '*')) {
    at = name.find(part, at);
    if (at == name.npos) return false;
  }
  return true;
}

}  // namespace

struct Rig::Process {
  Process(Rig& rig, std::string given)
      : name(std::move(given)),
        workers(rig.clock, rig.worker_seed),
        store(journal::OpenMemoryStore(rig.disk, name, 100)) {}
  std::string name;
  Points points;
  engine::SimulatedWorkers workers;
  std::unique_ptr<journal::Store> store;
};

Rig::Rig(std::uint64_t seed)
    : random(seed),
      clock(base::FromMillis(1'800'000'000'000)),
      world(std::make_shared<drivers::FakeWorld>()),
      disk(random),
      desk(journal::OpenMemoryStore(disk, "desk", 2)) {
  registry.Add(std::make_unique<drivers::FakeDriver>(world));
  registry.Add(std::make_unique<drivers::WaitDriver>());
  workspace.name = "sim";
  workspace.environments.push_back({.name = "prod"});
}

Rig::~Rig() {
  if (!root_.empty()) std::filesystem::remove_all(root_);
}

void Rig::Write(const std::string& path, std::string_view text) {
  if (root_.empty()) {
    std::string name = testing::TempDir() + "/rig.XXXXXX";
    root_ = ::mkdtemp(name.data());
    workspace.root = root_;
  }
  std::filesystem::create_directories((root_ / path).parent_path());
  std::ofstream(root_ / path, std::ios::binary) << text;
}

plan::Plan Rig::Plan(std::string text, int targets, std::map<std::string, std::string> parameters) {
  constexpr std::string_view kSelector = "targets: { kind: service }\n";
  if (const auto at = text.find(kSelector); targets == 0 && at != text.npos) text.erase(at, kSelector.size());
  auto procedure = procedure::Parse(text, "sim.yaml");
  if (!procedure) {
    fmt::print(stderr, "{}\n", base::Render(procedure.error(), text));
    std::abort();
  }
  for (int i = 1; i <= targets; ++i) {
    const std::string id = fmt::format("web-{}", i);
    if (workspace.FindTarget(id) != nullptr) continue;
    workspace::Target target{.id = id, .kind = "service"};
    target.labels["ring"] = i == 1 ? "canary" : "rest";
    workspace.targets.push_back(std::move(target));
    std::ranges::sort(workspace.targets, {}, &workspace::Target::id);
  }
  for (const auto& [name, value] : secrets.values) {
    if (!name.starts_with("parameters.")) workspace.secrets[name] = {.env = "NONE", .file = ""};
  }
  plan::Request request{.procedure = &*procedure,
                        .workspace = &workspace,
                        .parameters = std::move(parameters),
                        .sheets = registry.AllSheets(),
                        .observe = [&](const std::vector<plan::Observation>& observations) {
                          plan::Facts facts;
                          for (const plan::Observation& observation : observations) {
                            const auto value = world->Get(base::GetString(observation.with, "cell"));
                            facts[observation.target][observation.step] =
                                JsonObject{{"value", value ? base::Json(*value) : base::Json(nullptr)}};
                          }
                          return facts;
                        }};
  auto plan = plan::Compile(request);
  if (!plan) {
    fmt::print(stderr, "{}\n", base::Render(plan.error(), text));
    std::abort();
  }
  return *std::move(plan);
}

engine::Parts Rig::PartsOf(Process& process) {
  engine::Parts parts{*process.store, registry, clock, random, process.workers, secrets};
  if (live) parts.workspace = &workspace;
  parts.root = root_;
  parts.notifier = notifier;
  parts.orphans_gone = orphans_gone;
  return parts;
}

std::string Rig::Start(const plan::Plan& plan, engine::RunKind kind, const engine::RunState* parent) {
  Process process(*this, fmt::format("starter-{}", ++processes_));
  engine::Parts parts = PartsOf(process);
  auto run = engine::StartRun(
      parts,
      {.plan = &plan, .actor = "ada@desk, unverified", .kind = kind, .parent = parent, .reason = "asked"});
  return run ? *run : "refused: " + base::ToString(run.error());
}

std::string Rig::Drive(const std::string& run, const engine::DriveOptions& options) {
  Process process(*this, fmt::format("process-{}", ++processes_));
  const std::string crash = std::exchange(crash_at_, "");
  process.points.on_pass = [&](const std::string& name) {
    if (at_point) at_point(name);
    if (!crash.empty() && Holds(name, crash)) throw Crash{name};
  };
  process.store = PointedStore(std::move(process.store), process.points);
  world->before_call = [&](const drivers::FakeCall& call) {
    process.points.Pass(fmt::format("before {} {}", drivers::ToString(call.kind), call.instance));
  };
  world->after_call = [&](const drivers::FakeCall& call) {
    process.points.Pass(fmt::format("after {} {}", drivers::ToString(call.kind), call.instance));
  };
  engine::Parts parts = PartsOf(process);
  std::string answer;
  try {
    const auto driven = engine::Drive(parts, run, options);
    answer = driven ? std::string(engine::ToString(driven->state.status)) : base::ToString(driven.error());
  } catch (const Crash& at) {
    disk.Die(process.name);
    answer = "died " + at.point;
  }
  world->before_call = nullptr;
  world->after_call = nullptr;
  return answer;
}

std::string Rig::Run(const std::string& text, int targets) {
  const std::string run = Start(Plan(text, targets));
  return run.starts_with("refused") ? run : Drive(run);
}

void Rig::Signal(std::string_view type, JsonObject data, const std::string& run) {
  const auto sent = engine::Signal(*desk, run, type, "ada@desk, unverified", clock.Now(), std::move(data));
  if (!sent) ADD_FAILURE() << base::ToString(sent.error());
}

void Rig::Confirm(const std::string& key, JsonObject fields, const std::string& run) {
  const auto at = key.find('@');
  JsonObject data = engine::About(key.substr(0, at), at == key.npos ? "" : key.substr(at + 1));
  data["fields"] = std::move(fields);
  Signal("confirmed", std::move(data), run);
}

void Rig::Settle(const std::string& key, std::string_view how, bool undo, const std::string& run) {
  const auto at = key.find('@');
  JsonObject data = engine::About(key.substr(0, at), at == key.npos ? "" : key.substr(at + 1), undo);
  data["how"] = how;
  Signal("settled", std::move(data), run);
}

std::string Rig::Cell(std::string_view cell) const { return world->Get(cell).value_or("-"); }

engine::RunState Rig::State(const std::string& run) {
  auto state = engine::LoadRun(*desk, run);
  if (!state) ADD_FAILURE() << base::ToString(state.error());
  return state.value_or(engine::RunState{});
}

std::string Rig::Step(const std::string& key, const std::string& run) {
  const engine::RunState state = State(run);
  const auto found = state.instances.find(key);
  return found == state.instances.end() ? "none" : std::string(engine::ToString(found->second.status));
}

std::string Rig::Reason(const std::string& key, const std::string& run) {
  const engine::RunState state = State(run);
  const auto found = state.instances.find(key);
  return found == state.instances.end() ? "none" : found->second.reason;
}

std::string Rig::Targets(const std::string& run) {
  std::string text;
  for (const auto& [id, target] : State(run).target_states)
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", id, engine::ToString(target.status));
  return text;
}

std::string Rig::Waiting(const std::string& run) {
  std::string text;
  for (const engine::Waiting& wait : State(run).waiting) {
    text += fmt::format("{}{}", text.empty() ? "" : "; ", wait.what);
    if (!wait.step.empty())
      text += " " + wait.step;
    else if (!wait.target.empty())
      text += " @" + wait.target;
  }
  return text;
}

std::vector<journal::Event> Rig::Events(const std::string& run) { return *desk->ReadRun(run, 0); }

std::string Rig::Story(const std::vector<std::string>& types, const std::string& run) {
  std::string story;
  for (const journal::Event& event : Events(run)) {
    if (types.empty() ? event.type == "lease_taken" : std::ranges::find(types, event.type) == types.end())
      continue;
    story += event.type;
    const std::string key =
        engine::InstanceKey(base::GetString(event.data, "step"), base::GetString(event.data, "target"));
    if (base::GetBool(event.data, "undo")) story += " undo";
    for (const char* member : {"phase", "gate", "scope"}) {
      if (event.data.contains(member)) story += " " + base::GetString(event.data, member);
    }
    if (!key.empty()) story += " " + key;
    for (const char* member : {"verdict", "state", "how"}) {
      if (event.data.contains(member)) story += " " + base::GetString(event.data, member);
    }
    story += "\n";
  }
  return story;
}

std::vector<std::int64_t> Rig::Times(std::string_view type, std::string_view key, const std::string& run) {
  std::vector<std::int64_t> times;
  const auto events = Events(run);
  for (const journal::Event& event : events) {
    const std::string about =
        engine::InstanceKey(base::GetString(event.data, "step"), base::GetString(event.data, "target"));
    if (event.type == type && about == key) times.push_back((event.at - events.front().at).count());
  }
  return times;
}

std::string Rig::Undone(const std::string& run) {
  std::string text;
  for (const journal::Event& event : Events(run)) {
    if (event.type != "intent" || !base::GetBool(event.data, "undo")) continue;
    text += (text.empty() ? "" : " ") +
            engine::InstanceKey(base::GetString(event.data, "step"), base::GetString(event.data, "target"));
  }
  return text;
}

std::vector<std::string> Rig::Keys(journal::Table table) {
  std::vector<std::string> keys;
  for (const journal::Row& row : *desk->Scan(table)) keys.push_back(row.key);
  return keys;
}

bool Rig::LogHolds(std::string_view text) {
  bool found = false;
  const auto view = *desk->OpenView();
  (void)view->Events(1, 1'000'000, [&](const journal::RawEvent& event) -> base::Status {
    found = found || event.bytes.contains(text);
    return {};
  });
  (void)view->Blobs([&](const journal::RawBlob& blob) -> base::Status {
    found = found || (blob.bytes && blob.bytes->contains(text));
    return {};
  });
  for (const auto table : kTables) {
    for (const journal::Row& row : *desk->Scan(table)) found = found || row.value.contains(text);
  }
  return found;
}

std::string Rig::Broken() { return base::Join(BrokenInvariants(*desk, *world), "\n"); }

}  // namespace slipway::sim
