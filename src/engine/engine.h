// The durable loop: read the events, fold them, decide, append, act, and again.
//
// Starting, continuing, recovering and rolling back are one door, Drive. One thread decides; the workers call
// drivers. An intent is on disk before its act, an outcome after it; an outcome and the next intent may share
// a commit.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/random.h"
#include "drivers/driver.h"
#include "engine/decide.h"
#include "engine/state.h"
#include "engine/workers.h"
#include "journal/store.h"

namespace slipway::engine {

// Tells a webhook or a command that a run waits, failed or was rolled back. Called from a worker.
class Notifier {
 public:
  virtual ~Notifier() = default;
  // `occasion`: waiting | failed | rolled_back | rollback_failed | succeeded | cancelled | paused. The answer
  // is on record and changes nothing else.
  virtual drivers::Outcome Tell(const std::string& occasion, const base::JsonObject& message,
                                const plan::Plan& plan) = 0;
  // Does anybody want to be told?
  virtual bool Wanted(const std::string& occasion, const plan::Plan& plan) = 0;
};

// What an engine works with. Everything is borrowed and outlives the engine; the store, drivers, clock,
// random, secrets and notifier are thread-safe.
struct Parts {
  journal::Store& store;
  const drivers::Registry& drivers;
  base::Clock& clock;
  base::Random& random;
  Workers& workers;
  drivers::SecretSource& secrets;
  const workspace::Workspace* workspace = nullptr;  // live calendars, releases and files; null in simulation
  std::filesystem::path root;
  std::filesystem::path state_dir;
  Notifier* notifier = nullptr;
  std::function<bool()>
      orphans_gone;  // proves that no command of a dead process still runs; empty = there are none
};

struct StartRequest {
  const plan::Plan* plan = nullptr;
  std::string actor;
  RunKind kind = RunKind::kRun;
  const RunState* parent = nullptr;  // kRollback, kRetry
  std::string reason;
};

// Judges what time and people cannot turn (hold, freeze, review date, draft, locks), then puts the run on
// record with its locks. kRefused: nothing was done. Returns the run's id: R1, R2, … in the order of their
// start.
base::Result<std::string> StartRun(Parts& parts, const StartRequest& request);

struct DriveOptions {
  bool stay = false;  // wait on where the run waits for a person or a time; otherwise return
  std::string actor = "slipway";
  std::function<void(const journal::Event&, const RunState&)>
      on_event;                 // after it is on disk; on the deciding thread
  std::function<bool()> pause;  // polled; true asks the run to pause
  // Where the caller has just sealed the plan that this run was started with: it need not be read back.
  std::shared_ptr<const plan::Plan> plan;
};

struct Driven {
  RunState state;
  std::shared_ptr<const plan::Plan> plan;
};

// Drives the run as far as it goes: to a terminal state, a pause, or (unless `stay`) a wait.
// kRefused: another live process has it. kIo: the store failed; nothing is lost, `slipway resume` goes on.
base::Result<Driven> Drive(Parts& parts, std::string_view run, const DriveOptions& options);

// People wanted to be told how the run stands, and its process died before it could. Drive does it then, even
// where nothing else is left to do.
base::Result<bool> Untold(Parts& parts, const RunState& state);

// The run as its events tell it, without driving it. kInvalid: no such run.
base::Result<RunState> LoadRun(journal::Store& store, std::string_view run);
base::Result<plan::Plan> LoadPlan(journal::Store& store, std::string_view digest);

// Every run that is not over, in the order of their start, with its plan (one copy a digest). Costs what is
// open, whatever the number of closed runs.
struct OpenRun {
  RunState state;
  std::shared_ptr<const plan::Plan> plan;
};
base::Result<std::vector<OpenRun>> LoadOpenRuns(journal::Store& store);

// What the run waits for and what would happen next, without doing it.
base::Result<Decision> Foresee(const Parts& parts, const RunState& state, const plan::Plan& plan);

// Appends a signal about a run: confirmed, settled, pause_asked, resumed, cancel_asked, rollback_asked. Any
// process may. `blobs` are the bytes that `data` refers to by digest.
base::Status Signal(journal::Store& store, std::string_view run, std::string_view type,
                    std::string_view actor, base::Time at, base::JsonObject data,
                    std::vector<std::string> blobs = {});

// True when a changing act of the run has, or may have, happened.
bool AnythingChanged(const RunState& state);

}  // namespace slipway::engine
