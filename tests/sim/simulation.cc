#include "simulation.h"

#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <set>
#include <thread>

#include "invariants.h"
#include "journal/lease.h"
#include "journal/view.h"
#include "procedure/procedure.h"

namespace slipway::sim {

namespace {

class Pointed final : public journal::Store {
 public:
  Pointed(std::unique_ptr<journal::Store> store, Points& points, std::vector<std::string>* broken)
      : store_(std::move(store)), points_(points), broken_(broken) {}
  const std::string& Id() const override { return store_->Id(); }
  base::Result<journal::Appended> Append(const journal::Batch& batch) override {
    std::string what;
    for (const journal::NewEvent& event : batch.events) {
      if (!what.contains(event.type)) what += (what.empty() ? "" : "+") + event.type;
    }
    points_.Pass("before append " + what);
    auto appended = store_->Append(batch);
    if (appended) CheckLease(batch, what);
    points_.Pass("after append " + what);
    return appended;
  }
  base::Result<std::int64_t> Size() override { return store_->Size(); }
  base::Result<std::vector<journal::Event>> Read(std::int64_t from, std::int64_t limit) override {
    return store_->Read(from, limit);
  }
  base::Result<std::vector<journal::Event>> ReadRun(std::string_view run, std::int64_t after) override {
    return store_->ReadRun(run, after);
  }
  base::Result<std::int64_t> LastSeq(std::string_view run) override { return store_->LastSeq(run); }
  base::Result<std::optional<std::string>> Get(journal::Table table, std::string_view key) override {
    return store_->Get(table, key);
  }
  base::Result<std::vector<journal::Row>> Scan(journal::Table table) override { return store_->Scan(table); }
  base::Result<std::string> Blob(std::string_view digest) override { return store_->Blob(digest); }
  base::Result<std::unique_ptr<journal::Lease>> TakeLease(std::string_view run, std::string_view actor,
                                                          base::Time at) override {
    points_.Pass("before lease");
    auto lease = store_->TakeLease(run, actor, at);
    points_.Pass("after lease");
    return lease;
  }
  base::Result<journal::Holder> HolderOf(std::string_view run) override { return store_->HolderOf(run); }
  base::Result<std::vector<std::string>> Orphans() override { return store_->Orphans(); }
  base::Result<journal::Checkpoint> MakeCheckpoint() override { return store_->MakeCheckpoint(); }
  base::Result<std::string> SignStatement(std::string_view kind, std::string_view text) override {
    return store_->SignStatement(kind, text);
  }
  const std::string& PublicKey() const override { return store_->PublicKey(); }
  base::Status DeleteBlob(std::string_view digest, const journal::Deletion& deletion) override {
    return store_->DeleteBlob(digest, deletion);
  }
  base::Result<std::unique_ptr<journal::View>> OpenView() override { return store_->OpenView(); }

 private:
  void CheckLease(const journal::Batch& batch, const std::string& what) {
    if (broken_ == nullptr || !batch.condition || batch.condition->epoch == 0) return;
    const auto row = store_->Get(journal::Table::kLease, batch.condition->run);
    const auto holder = row && *row ? journal::ParseLeaseRow(**row) : base::Invalid("no lease");
    if (!holder || holder->epoch != batch.condition->epoch)
      broken_->push_back("written by a process that had lost the run: " + what);
  }

  std::unique_ptr<journal::Store> store_;
  Points& points_;
  std::vector<std::string>* broken_;
};

// Two processes, one step of the one or the other at a time.
class Turns {
 public:
  explicit Turns(std::uint64_t seed) : dice_(seed) {}
  void Enter(int who) {
    std::lock_guard lock(mutex_);
    present_.insert(who);
  }
  void Await(int who) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return turn_ == who; });
  }
  void Yield(int who) {
    std::unique_lock lock(mutex_);
    if (present_.size() < 2 || dice_.Below(3) != 0) return;
    turn_ = *present_.begin() == who ? *present_.rbegin() : *present_.begin();
    changed_.notify_all();
    changed_.wait(lock, [&] { return turn_ == who; });
  }
  void Leave(int who) {
    std::lock_guard lock(mutex_);
    present_.erase(who);
    turn_ = present_.empty() ? 0 : *present_.begin();
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  base::SeededRandom dice_;
  std::set<int> present_{0};
  int turn_ = 0;
};

// Somebody at a desk: resumes what is paused, confirms what is open, and answers truthfully what nobody else
// can tell. Now and then a colleague, who did not know, answers the same a moment later and otherwise.
class Person {
 public:
  Person(journal::Store& store, const drivers::FakeWorld& world, base::Clock& clock, std::uint64_t seed)
      : store_(store), world_(world), clock_(clock), dice_(seed) {}

  // True when there was something to say.
  bool Look(const engine::RunState& state) {
    if (state.status == engine::RunStatus::kPaused) return Say(state, "resumed", {});
    for (const auto& [key, instance] : state.instances) {
      base::JsonObject data = engine::About(instance.step, instance.target);
      if (instance.status == engine::StepStatus::kWaiting) {
        data["fields"] = base::JsonObject{{"channel", "ops"}};
        base::JsonObject late = data;
        late["fields"] = base::JsonObject{{"channel", "another"}};
        return Say(state, "confirmed", std::move(data)) && Colleague(state, "confirmed", std::move(late));
      }
      if (instance.status != engine::StepStatus::kUnknown) continue;
      const bool undo = instance.undo.state == engine::Act::State::kAsking;
      if (undo) data["undo"] = true;
      const std::string name = state.id + "/" + (undo ? "undo:" : "") + key;
      const engine::Act& act = undo ? instance.undo : instance.act;
      data["how"] = world_.EffectsOf(name, act.prepared.action.uses) > 0 ? "done" : "repeat";
      base::JsonObject late = data;
      late["how"] = dice_.Below(2) == 0 ? "repeat" : "failed";
      return Say(state, "settled", std::move(data)) && Colleague(state, "settled", std::move(late));
    }
    return false;
  }

 private:
  bool Say(const engine::RunState& state, std::string_view type, base::JsonObject data) {
    return engine::Signal(store_, state.id, type, "ada@desk, unverified", clock_.Now(), std::move(data))
        .has_value();
  }
  bool Colleague(const engine::RunState& state, std::string_view type, base::JsonObject data) {
    return dice_.Below(2) == 0 || Say(state, type, std::move(data));
  }

  journal::Store& store_;
  const drivers::FakeWorld& world_;
  base::Clock& clock_;
  base::SeededRandom dice_;
};

// The whole stage of one simulation.
class Simulation {
 public:
  Simulation(const plan::Plan& plan, const Options& options)
      : plan_(plan),
        options_(options),
        world_(std::make_shared<drivers::FakeWorld>()),
        random_(options.seed),
        disk_(random_),
        desk_(journal::OpenMemoryStore(disk_, "desk", 2)),
        person_(*desk_, *world_, clock_, options.seed + 1),
        turns_(options.seed + 2) {
    registry_.Add(std::make_unique<drivers::FakeDriver>(world_));
    if (options.script) options.script(*world_);
    world_->before_call = [this](const drivers::FakeCall& call) { Called("before ", call); };
    world_->after_call = [this](const drivers::FakeCall& call) { Called("after ", call); };
  }

  Report Run();

 private:
  // One process: its handle of the store, its workers, and what others can see of it.
  struct Process {
    Process(Simulation& simulation, int number)
        : name("process-" + std::to_string(number)),
          store(PointedStore(journal::OpenMemoryStore(simulation.disk_, name, 100 + number), points,
                             &simulation.report_.broken)),
          workers(simulation.clock_, simulation.options_.seed * 1000 + static_cast<std::uint64_t>(number)) {}
    std::string name;
    Points points;
    std::unique_ptr<journal::Store> store;
    engine::SimulatedWorkers workers;
    bool quiet = false;  // it waits, with nothing in hand
    bool gone = false;
  };
  enum class Role { kFirst, kRobber };

  bool Live(const Life& life);
  void Rob(Process& robbed, const Life& life);
  void Act(Process& process, Role role, const std::function<void(engine::Parts&)>& play);
  void Called(const char* when, const drivers::FakeCall& call);
  void Tell(const base::Error& error, bool robbed);

  const plan::Plan& plan_;
  const Options& options_;
  Report report_;
  std::shared_ptr<drivers::FakeWorld> world_;
  base::SeededRandom random_;
  journal::MemoryDisk disk_;
  engine::SimulatedClock clock_{base::FromMillis(1'800'000'000'000)};
  drivers::Registry registry_;
  NoSecrets secrets_;
  std::unique_ptr<journal::Store> desk_;
  Person person_;
  Turns turns_;
  std::string run_;
  std::vector<std::unique_ptr<Process>> processes_;
  std::thread robber_;
  static thread_local Process* current_;
};

thread_local Simulation::Process* Simulation::current_ = nullptr;

void Simulation::Called(const char* when, const drivers::FakeCall& call) {
  current_->points.Pass(fmt::format("{}{} {}", when, drivers::ToString(call.kind), call.instance));
}

// Whoever was robbed of the run is told so, and whoever comes too early is refused; the rest is a fault.
void Simulation::Tell(const base::Error& error, bool robbed) {
  if (!robbed || error.kind != base::ErrorKind::kRefused) report_.broken.push_back(base::ToString(error));
}

// `play` as that process, until it ends or dies.
void Simulation::Act(Process& process, Role role, const std::function<void(engine::Parts&)>& play) {
  const int who = role == Role::kFirst ? 0 : 1;
  current_ = &process;
  engine::Parts parts{*process.store, registry_, clock_, random_, process.workers, secrets_};
  parts.orphans_gone = [&] {
    return std::ranges::all_of(processes_, [&](const auto& other) {
      return other.get() == &process || other->gone || other->quiet;
    });
  };
  process.workers.between = [&] {
    process.quiet = process.workers.Idle();
    if (options_.at_point) options_.at_point(*desk_, run_, clock_, random_);
    turns_.Yield(who);
    process.quiet = false;
  };
  try {
    play(parts);
  } catch (const Crash&) {
    disk_.Die(process.name);
  }
  process.gone = true;
}

// Another process takes the run while `robbed` still lives.
void Simulation::Rob(Process& robbed, const Life& life) {
  if (run_.empty() || robber_.joinable()) return;
  disk_.LoseLeases(robbed.name);
  turns_.Enter(1);
  Process& process =
      *processes_.emplace_back(std::make_unique<Process>(*this, static_cast<int>(processes_.size())));
  process.points.CrashAt(life.robber_crash);
  process.points.on_pass = [this](const std::string&) {
    if (options_.at_point) options_.at_point(*desk_, run_, clock_, random_);
    turns_.Yield(1);
  };
  robber_ = std::thread([this, &process] {
    turns_.Await(1);
    Act(process, Role::kRobber, [&](engine::Parts& parts) {
      // It may come back empty-handed: the first one may have taken the run again.
      if (auto driven = engine::Drive(parts, run_, {}); !driven) Tell(driven.error(), true);
    });
    turns_.Leave(1);
  });
}

// One process from its start to its end. True when the run is at rest.
bool Simulation::Live(const Life& life) {
  Process& process =
      *processes_.emplace_back(std::make_unique<Process>(*this, static_cast<int>(processes_.size())));
  process.points.CrashAt(life.crash);
  process.points.on_pass = [&](const std::string&) {
    if (options_.at_point) options_.at_point(*desk_, run_, clock_, random_);
    if (life.robbed != 0 && process.points.seen() + 1 == life.robbed) Rob(process, life);
    turns_.Yield(0);
  };
  bool over = false;
  Act(process, Role::kFirst, [&](engine::Parts& parts) {
    const auto open = process.store->Scan(journal::Table::kRun);
    if (!open->empty()) run_ = open->front().key;
    engine::DriveOptions drive;
    if (run_.empty()) {
      drive.plan = {std::shared_ptr<const plan::Plan>(),
                    &plan_};  // as sealed; every later life reads it back
      auto started = engine::StartRun(parts, {.plan = &plan_, .actor = "sim"});
      if (!started) return Tell(started.error(), false);
      run_ = *started;
    }
    for (int round = 0; round < 200; ++round) {
      auto driven = engine::Drive(parts, run_, drive);
      if (!driven) return Tell(driven.error(), life.robbed != 0);
      over = engine::IsTerminal(driven->state.status) || !options_.person || !person_.Look(driven->state);
      if (over) return;
    }
    report_.broken.push_back("it comes to no end");
  });
  report_.points = process.points.seen();
  turns_.Leave(0);
  if (robber_.joinable()) {
    robber_.join();
    over = false;  // the other one may have left something to do
  }
  turns_.Enter(0);
  return over;
}

Report Simulation::Run() {
  constexpr std::size_t kMostLives = 60;
  bool over = false;
  for (std::size_t i = 0; i < kMostLives && !over && report_.broken.empty(); ++i)
    over = Live(i < options_.lives.size() ? options_.lives[i] : Life{});
  world_->before_call = nullptr;
  world_->after_call = nullptr;
  if (!over) report_.broken.push_back("it is not over");
  report_.processes = static_cast<int>(processes_.size());
  report_.events = *desk_->Read(1, 1'000'000);
  if (auto state = engine::LoadRun(*desk_, run_))
    report_.state = *std::move(state);
  else
    report_.broken.push_back(base::ToString(state.error()));
  std::ranges::move(BrokenInvariants(*desk_, *world_), std::back_inserter(report_.broken));
  report_.world = world_;
  return std::move(report_);
}

}  // namespace

void Points::Pass(const std::string& name) {
  if (on_pass) on_pass(name);
  ++seen_;
  if (seen_ == crash_at_) throw Crash{name};
}

std::unique_ptr<journal::Store> PointedStore(std::unique_ptr<journal::Store> store, Points& points,
                                             std::vector<std::string>* broken) {
  return std::make_unique<Pointed>(std::move(store), points, broken);
}

plan::Plan MakePlan(const std::string& text, int targets) {
  drivers::Registry drivers;
  drivers.Add(drivers::FakeModel());
  auto procedure = procedure::Parse(text, "sim.yaml");
  if (!procedure) {
    fmt::print(stderr, "{}\n", base::Render(procedure.error(), text));
    std::abort();
  }
  workspace::Workspace workspace;
  workspace.name = "sim";
  workspace.environments.push_back({.name = "prod"});
  for (int i = 1; i <= targets; ++i) {
    workspace::Target target{.id = fmt::format("web-{}", i), .kind = "service"};
    target.labels["ring"] = i == 1 ? "canary" : "rest";
    workspace.targets.push_back(std::move(target));
  }
  plan::Request request{.procedure = &*procedure, .workspace = &workspace, .sheets = drivers.AllSheets()};
  auto plan = plan::Compile(request);
  if (!plan) {
    fmt::print(stderr, "{}\n", base::Render(plan.error(), text));
    std::abort();
  }
  return *std::move(plan);
}

Report Simulate(const plan::Plan& plan, const Options& options) { return Simulation(plan, options).Run(); }

}  // namespace slipway::sim
