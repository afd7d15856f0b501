// A run as people and programs see it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "api/document.h"
#include "base/clock.h"
#include "base/json.h"

namespace slipway::api {

// One line of `slipway runs`. States: waiting running paused succeeded failed rolling_back rolled_back
// rollback_failed cancelled.
struct RunSummary {
  std::string id;
  std::string procedure;
  std::string version;
  std::string environment;
  std::string state;
  std::string plan;    // digest
  std::string kind;    // run | rollback | retry
  std::string parent;  // the run that this one takes back or tries again; may be empty
  std::string reason;
  base::Time started_at;
  std::optional<base::Time> finished_at;
  std::map<std::string, std::int64_t> targets;  // how many by state
};

// One step on one target (`target` empty where there is none). States: pending running waiting unknown
// succeeded skipped failed cancelled undoing undone undo_failed left_in_place. Of a run that is over none is
// pending, running, waiting or undoing.
struct StepView {
  std::string id;
  std::string target;
  std::string title;
  std::string action;
  std::string state;
  int attempts = 0;
  std::optional<base::Time> started_at;
  std::optional<base::Time> finished_at;
  std::string reason;
  std::string restored;      // after an undo: pass | fail | unknown
  base::JsonObject outputs;  // of a confirm: the answers
};

struct TargetView {
  std::string id;
  std::string state;
  std::string reason;
};

// What a run stands still for, who can turn it, and how.
struct WaitView {
  std::string what;  // confirm | window | approvals | settle | bake | retry | timer
  std::string step;  // `step` or `step@target`
  std::string target;
  std::string reason;
  std::string who;
  std::string next;
  std::optional<base::Time> until;
};

struct RunDetails : RunSummary {
  std::string requester;
  std::vector<TargetView> each_target;
  std::vector<StepView> steps;  // in the order of the procedure
  std::vector<WaitView> waiting;
  std::string asked;  // a cancel or pause that no process took up yet, in words
};

struct RunRequest {
  ProcedureRequest procedure;
  std::string plan;  // digest, or its beginning; empty = whatever comes out
  bool stay = true;  // wait on where the run waits for a person or a time
};

// How a request that moves a run went.
struct RunReport {
  RunDetails run;
  std::string note;  // what else is to be known: another process drives the run, …
};

// A run that is not over, or whose end nobody was told of.
struct OpenRun {
  std::string id;
  std::string left_alone;  // why no process may go on with it unasked; empty = one may
  std::string next;        // the command that moves it then
};

struct RunQuery {
  std::string state;        // empty = any
  std::string environment;  // empty = any
  std::int64_t limit = 0;   // newest only; 0 = all
};

// One event as a line.
struct LogLine {
  std::int64_t seq = 0;
  base::Time at;
  std::string actor;
  std::string type;
  std::string step;  // `step` or `step@target`; empty = of the run
  std::string text;  // what happened, in words
  base::JsonObject data;
};

// Something a step left behind: its output, or a file that a person handed in.
struct Attachment {
  std::string step;
  int attempt = 0;
  std::string name;  // `stdout`, `stderr`, `log`, the name of the file
  std::string digest;
  std::int64_t size = 0;
  std::string bytes;
  std::string missing;  // why the bytes are not there; empty = they are
};

struct RunLog {
  std::vector<LogLine> lines;
  std::vector<Attachment> attachments;  // only when asked for
};

// Who holds what, since when, what it waits for, who can turn it, and what comes next.
struct Explanation {
  RunSummary run;
  std::string driver;  // `process 4711 on host, since …`, `nobody`
  bool driven = false;
  std::vector<std::string> locks;  // targets held
  std::vector<WaitView> waiting;
  std::string asked;               // a cancel or pause that no process took up yet, in words
  std::vector<std::string> doing;  // steps under way
  std::vector<std::string> then;   // what would happen next, in words
  std::vector<std::string> next;   // commands that move it
};

}  // namespace slipway::api
