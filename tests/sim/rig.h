// A bench for one behaviour at a time: a scripted world, a store in memory, a clock that stands still unless
// somebody waits, and as many processes as a test wants. Runs are driven with one word and read back as text.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "drivers/fake/fake.h"
#include "engine/engine.h"
#include "engine/simulated.h"
#include "journal/memory_store.h"
#include "plan/plan.h"
#include "simulation.h"
#include "workspace/workspace.h"

namespace slipway::sim {

// A whole document around `phases`; `more` are further keys of it (`gates: …`, `parameters: …`).
std::string Document(std::string_view phases, std::string_view on_failure = "rollback",
                     std::string_view more = "");
// One phase of `steps`, each a YAML flow map a line. `keys` go into the phase (`for_each: target`, …).
std::string Phase(std::string_view id, std::string_view keys, std::string_view steps);

// Secrets by name.
class KnownSecrets final : public drivers::SecretSource {
 public:
  std::map<std::string, std::string, std::less<>> values;
  base::Result<base::Secret> Get(std::string_view name) override;
  base::Result<base::Secret> Put(std::string_view name, const base::Secret& value,
                                 std::string_view by) override;
};

// Counts the writes under way at which a person, or another process, could come in between.
class Rig {
 public:
  explicit Rig(std::uint64_t seed = 1);
  ~Rig();
  Rig(const Rig&) = delete;
  Rig& operator=(const Rig&) = delete;

  base::SeededRandom random;
  engine::SimulatedClock clock;  // starts on Friday 2027-01-15 08:00 UTC
  std::shared_ptr<drivers::FakeWorld> world;
  drivers::Registry registry;
  journal::MemoryDisk disk;
  KnownSecrets secrets;
  workspace::Workspace workspace;  // one environment, `prod`; targets are added by Plan
  bool live = false;               // the engine judges gates by `workspace`'s calendars, and its releases
  engine::Notifier* notifier = nullptr;
  std::function<bool()> orphans_gone;
  std::uint64_t worker_seed = 7;         // picks the order in which jobs run
  std::unique_ptr<journal::Store> desk;  // of a person: reads, and sends signals
  // Called at every write and driver call with its name (`after append intent`, `before run R1/first`).
  std::function<void(const std::string&)> at_point;

  // A file of the workspace, which then lies in a folder of its own.
  void Write(const std::string& path, std::string_view text);

  // What the plan would hold now: facts are read from the world. Without targets the procedure selects none.
  // Aborts with the errors when it does not compile.
  plan::Plan Plan(std::string text, int targets = 0, std::map<std::string, std::string> parameters = {});

  // Both answer the run's id, or `refused: …` as it would be printed.
  std::string Start(const plan::Plan& plan, engine::RunKind kind = engine::RunKind::kRun,
                    const engine::RunState* parent = nullptr);
  // Drives as a process of its own until it rests; a crash (see CrashAt) ends that process. Answers the run's
  // state as a word, or the error.
  std::string Drive(const std::string& run = "R1", const engine::DriveOptions& options = {});
  // Plan, Start and Drive.
  std::string Run(const std::string& text, int targets = 0);

  void Signal(std::string_view type, base::JsonObject data = {}, const std::string& run = "R1");
  void Confirm(const std::string& key, base::JsonObject fields = {}, const std::string& run = "R1");
  void Settle(const std::string& key, std::string_view how, bool undo = false, const std::string& run = "R1");

  // The next process that drives ends at the first point whose name holds `text`, and nothing more of it
  // happens. A `*` in it stands for anything.
  void CrashAt(std::string text) { crash_at_ = std::move(text); }

  void Script(drivers::FakeRule rule) { world->Script(std::move(rule)); }
  void Set(std::string_view cell, std::string value) { world->Set(cell, std::move(value)); }
  std::string Cell(std::string_view cell) const;  // `-` when empty

  engine::RunState State(const std::string& run = "R1");
  std::string Step(const std::string& key, const std::string& run = "R1");    // `succeeded`
  std::string Reason(const std::string& key, const std::string& run = "R1");  // of the step
  std::string Targets(const std::string& run = "R1");  // `web-1 succeeded, web-2 failed`
  std::string Waiting(const std::string& run = "R1");  // `confirm ok; window @web-1`, as last recorded
  std::vector<journal::Event> Events(const std::string& run = "R1");
  // One line an event of the given types (empty: all but leases), `intent first`, `outcome first done`.
  std::string Story(const std::vector<std::string>& types = {}, const std::string& run = "R1");
  // Milliseconds after the run's start of each event of `type` about `key`.
  std::vector<std::int64_t> Times(std::string_view type, std::string_view key = "",
                                  const std::string& run = "R1");
  // `key` of each undo intent, in order.
  std::string Undone(const std::string& run = "R1");
  std::vector<std::string> Keys(journal::Table table);
  bool LogHolds(std::string_view text);  // anywhere in the journal's bytes, rows or blobs

  // What must hold of every log: rows follow from events, effects from intents, terminal is terminal.
  std::string Broken();

 private:
  struct Process;
  engine::Parts PartsOf(Process& process);

  std::filesystem::path root_;
  std::string crash_at_;
  int processes_ = 0;
};

drivers::FakeRule Fails(std::string instance, std::string uses = "");    // not done, proven
drivers::FakeRule Lost(std::string instance, std::string uses = "");     // done, but the reply is lost
drivers::FakeRule Reports(std::string instance, std::string uses = "");  // ran to its end and reports failure

}  // namespace slipway::sim
