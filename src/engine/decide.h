// What to do next: a pure function of the plan, the run's state, what this process has in hand, and the time.
//
// Decide does nothing itself. It answers events to append, jobs to start and what the run stands still for,
// each with its reason. The loop (engine.cc) appends, starts jobs, and asks again until nothing is left to do
// now.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "drivers/driver.h"
#include "engine/state.h"
#include "plan/plan.h"
#include "workspace/workspace.h"

namespace slipway::engine {

struct Job {
  enum class Kind {
    kObserve,  // look again at a target before it starts: facts, releases, files, holds
    kPrepare,  // Driver::Prepare
    kAct,      // Driver::Run
    kProbe,    // Driver::Probe, or the step's own `interrupted: probe`
    kCheck,    // one `verify` check
    kNotify,   // tell a webhook or a command; `key` is the occasion
  };
  Kind kind = Kind::kPrepare;
  std::string key;  // instance key; the target for kObserve
  std::string target;
  const procedure::Step* step = nullptr;
  bool undo = false;
  int attempt = 0;
  int check = 0;
  drivers::Action action;  // kPrepare, kCheck, and kProbe with the step's own check
  std::vector<std::pair<std::string, drivers::Action>> observations;  // kObserve: step id, reading action
  drivers::Prepared prepared;                                         // kAct, kProbe
  std::optional<drivers::Prepared> undoes;  // kAct, kProbe of an automatic undo: what it takes back
  std::vector<base::JsonObject> progress;
  base::Duration timeout{0};
  bool instant = false;  // kPrepare or kAct without I/O: done on the deciding thread
};
std::string JobName(const Job& job);  // `act deploy@web-1`: unique among the jobs in hand

struct Event {
  std::string type;
  base::JsonObject data;
};
// Data of an event about one instance: {step, target, undo?}.
base::JsonObject About(std::string_view step, std::string_view target, bool undo = false);

// What this process alone knows: forgotten when it dies, and found again by looking at the journal.
struct InHand {
  struct CheckState {
    int attempts = 0;
    std::optional<base::Time> next_at;
    drivers::Outcome last;
    bool answered = false;
  };
  struct Refusal {
    base::Error error;
    int attempts = 0;
    base::Time at;
  };
  std::set<std::string, std::less<>> busy;  // JobName of every job that has not come back
  std::set<std::string, std::less<>> ours;  // acts whose running attempt this process put on record
  std::map<std::string, drivers::Prepared, std::less<>>
      prepared;  // by `prepare <key>`: intent not on record yet
  std::map<std::string, drivers::Outcome, std::less<>>
      already;  // by `act <key>`: what Prepare saw to stand, so that nothing is run
  std::map<std::string, Refusal, std::less<>> refused;    // the same, where Prepare failed
  std::map<std::string, CheckState, std::less<>> checks;  // by `check <key>#<n>`
  std::map<std::string, std::string, std::less<>>
      observed;  // target (empty: the run) -> empty, or why it is refused
  // How many of the first steps of a branch, or targets of a wave, are over for good: so that deciding costs
  // what is open, not what was done. Only ever saves looking.
  mutable std::map<std::string, std::size_t, std::less<>> over;
};

struct Decision {
  std::vector<Event> events;
  std::vector<Job> jobs;
  std::vector<std::string> cancel;  // JobNames to cancel
  std::vector<Waiting> waits;
  std::optional<base::Time> wake_at;
  bool soon = false;  // something wakes by itself after a back-off or a timer: waited for like a running step
  bool at_rest = false;  // terminal, paused or parked: nothing will happen until somebody says so
};

struct Surroundings {
  const plan::Plan& plan;
  const drivers::Registry& drivers;
  const workspace::Workspace* workspace = nullptr;  // live calendars; null in simulation
};

// The freeze that forbids `target` (null: the run) to be started at `now`, if any.
struct Frozen {
  std::string reason;
  std::string calendar;
  base::Time until;
};
std::optional<Frozen> FrozenBy(const plan::Plan& plan, const workspace::Workspace* workspace,
                               const plan::PlannedTarget* target, base::Time now);

Decision Decide(const Surroundings& around, const RunState& state, const InHand& hand, base::Time now);

}  // namespace slipway::engine
