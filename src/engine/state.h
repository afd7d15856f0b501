// The state of a run: a fold over its events and nothing else.
//
// Apply is a pure function; the same events give the same state on every machine and in every process.
// Nothing here knows the plan, a driver or the time of day.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/json.h"
#include "base/result.h"
#include "drivers/driver.h"
#include "journal/event.h"

namespace slipway::engine {

enum class RunStatus {
  kWaiting,
  kRunning,
  kPaused,
  kSucceeded,
  kFailed,
  kRollingBack,
  kRolledBack,
  kRollbackFailed,
  kCancelled,
};
std::string_view ToString(RunStatus status);  // waiting running paused succeeded failed rolling_back …
// succeeded, failed, rolled_back, cancelled: for ever. rollback_failed is parked: it keeps its locks and can
// be tried again.
bool IsTerminal(RunStatus status);

enum class RunKind { kRun, kRollback, kRetry };

// One act of an instance: its step's action, or the undo of it. Both live by the same rules.
struct Act {
  enum class State { kNone, kRunning, kDone, kNotDone, kUnknown, kAsking };
  State state = State::kNone;
  drivers::Prepared prepared;
  bool changes = false;  // the sheet's effect
  drivers::Interruption interruption = drivers::Interruption::kAsk;
  bool finished = false;     // unknown, but the action ran to its own end and reported failure
  bool interrupted = false;  // unknown, because the process that made the attempt died
  bool again = false;        // unknown, and a person said that it is to be done again
  int attempt = 0;
  int tries = 0;           // attempts since the last settlement by a person: what `retry` counts
  int probes = 0;          // looks since the act became unknown
  std::int64_t order = 0;  // of the intent among the run's events; 0 = no intent on record
  std::string reason;
  base::JsonObject outputs;
  base::JsonObject evidence;
  base::JsonArray attachments;  // {name, digest, size}
  std::vector<base::JsonObject> progress;
  base::Time at;  // of the last event of this act

  bool Intended() const { return order != 0; }
};

enum class StepStatus {
  kPending,
  kRunning,
  kWaiting,  // for a person
  kUnknown,  // to be settled
  kSucceeded,
  kSkipped,
  kFailed,
  kCancelled,  // cut short by the end of the run, without a trace
  kUndoing,
  kUndone,
  kUndoFailed,
  kLeft,  // left in place, with a declared reason
};
std::string_view ToString(StepStatus status);

// One step on one target (`target` empty in a phase without for_each).
struct Instance {
  std::string step;
  std::string target;
  StepStatus status = StepStatus::kPending;
  std::string action;  // `haproxy.shift`, `confirm`
  Act act;
  Act undo;
  int checks = 0;  // how many `verify` checks there are
  int checks_passed = 0;
  std::string reason;
  std::string restored;  // after an undo: pass | fail | unknown
  std::optional<base::Time> started_at;
  std::optional<base::Time> finished_at;
  base::JsonObject answer;              // the fields of a confirm
  std::optional<base::Time> answer_by;  // of a confirm: what comes at that time or later is too late
  bool kept = false;  // done by an earlier run, which this one goes on from: neither done nor undone
};

// Its changing act was intended and is not proven not to have happened. Only that is undone, and only for
// that is a release put on hold.
bool MayHaveChanged(const Instance& instance);

enum class TargetStatus {
  kRunning,
  kSucceeded,
  kFailed,
  kRefused,
  kRollingBack,
  kRolledBack,
  kRollbackFailed
};
inline constexpr std::size_t kTargetStatuses = 7;
std::string_view ToString(TargetStatus status);

struct TargetState {
  TargetStatus status = TargetStatus::kRunning;
  std::string reason;
  base::Time at;
};

// What the run stands still for, as last journaled.
struct Waiting {
  std::string what;  // confirm | window | approvals | settle | bake | retry | timer
  std::string step;  // instance key, where there is one
  std::string target;
  std::string reason;
  std::string who;   // who can turn it
  std::string next;  // the command
  std::optional<base::Time> until;
};

struct GateVerdict {
  std::string verdict;  // pass | fail | unknown | wait
  std::string reason;
  std::optional<base::Time> until;
};

// Who asked for a pause or a cancel, and when.
struct Asked {
  std::string who;
  base::Time at;
};

struct RunState {
  std::string id;
  RunKind kind = RunKind::kRun;
  std::string plan;  // digest
  std::string procedure;
  std::string version;
  std::string environment;
  std::string parent;
  std::string requester;
  std::vector<std::string> targets;  // all that the run covers
  RunStatus status = RunStatus::kRunning;
  std::string reason;
  base::Time started_at;
  std::optional<base::Time> finished_at;
  std::int64_t last_seq = 0;
  std::int64_t events = 0;  // how many were folded
  std::uint64_t epoch = 0;

  std::map<std::string, Instance, std::less<>> instances;         // by key: `step` or `step@target`
  std::map<std::string, TargetState, std::less<>> target_states;  // those that were started or refused
  std::array<std::int64_t, kTargetStatuses> target_counts{};      // of target_states, by status
  std::string trouble;  // `target: reason` of the newest target that neither runs nor succeeded
  std::map<std::string, GateVerdict, std::less<>> gates;       // by `gate` or `gate@target`
  std::map<std::string, base::Time, std::less<>> waves_ended;  // `phase#0` -> when
  std::set<std::string, std::less<>>
      phases_ended;  // `phase`, and `phase@target` for what is done of a for_each
  std::vector<Waiting> waiting;
  std::set<std::string, std::less<>> under_way;  // targets that run or are rolled back
  std::set<std::string, std::less<>> reopened;   // targets under way again after they had come to an end
  std::set<std::string, std::less<>> asking;     // instances of which a person must say what became of them

  bool rolling_back_all = false;
  std::set<std::string, std::less<>> rolling_back;  // targets whose own rollback was started
  bool pause_asked = false;
  bool paused_by_failure = false;       // then `resumed` tries again what failed
  std::optional<Asked> asked_to_pause;  // as long as pause_asked stands
  std::optional<Asked> asked_to_cancel;
  bool cancel_asked = false;
  std::string cancel_reason;
  bool rollback_asked = false;
  std::string rollback_reason;
  std::string occasion;  // how it stands, for people to be told: `waiting#12`, from the run's 12th event
  std::set<std::string, std::less<>> notified;  // the occasions that they were told of
};

bool TouchedAnything(const RunState& state);  // what was undone since counts as well

inline std::int64_t Count(const RunState& state, TargetStatus status) {
  return state.target_counts[static_cast<std::size_t>(status)];
}

std::string InstanceKey(std::string_view step, std::string_view target);
std::string_view WhatOf(std::string_view occasion);  // `waiting` of `waiting#12`

// Adds one event of the run. kInternal: the event does not fit the state (a log that no engine wrote).
base::Status Apply(RunState& state, const journal::Event& event);
base::Result<RunState> Fold(const std::vector<journal::Event>& events);

}  // namespace slipway::engine
