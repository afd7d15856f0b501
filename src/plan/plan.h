// A plan: what would be done, to what, with what. Immutable, and named by its digest: what was approved is
// what runs.
//
// It is factored: the procedure once, every target once; expansion into step instances is a pure function of
// the two. It holds no time, host, user, absolute path, calendar, hold or secret.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostic.h"
#include "base/json.h"
#include "base/result.h"
#include "drivers/action.h"
#include "procedure/procedure.h"
#include "workspace/workspace.h"

namespace slipway::plan {

struct PlannedTarget {
  std::string id, kind, time_zone, window;
  std::map<std::string, std::string> labels;
  base::JsonObject attributes;
  // Observations that must still hold when the target is started: step id -> the sheet's `facts` outputs, or
  // {"unreachable": "<reason>"}.
  base::JsonObject facts;
};

struct PlannedRelease {
  std::string version, path, digest;
};

// Conditions of `--only`: key (`id`, `labels.X`, `attributes.X`) and the values that fulfil it. All must
// hold.
using Conditions = std::vector<std::pair<std::string, std::vector<std::string>>>;

struct Plan {
  procedure::Procedure procedure;
  base::JsonObject parameters;  // value per parameter; a release is {version, digest, path}; a secret is null
  std::string environment;
  std::string time_zone;
  std::string calendar;
  bool strict = false;
  std::vector<procedure::Gate> gates;                   // the procedure's and the environment's
  Conditions only;                                      // by what the selection was narrowed
  std::vector<PlannedTarget> targets;                   // by id
  std::map<std::string, PlannedRelease> releases;       // by parameter name
  std::map<std::string, base::JsonObject> connections;  // the documents of those that steps use
  std::map<std::string, std::string> files;  // workspace path -> sha256 of every file an argument names
  std::map<std::string, base::Json> sheets;  // ToJson(sheet) of every action used
  std::map<std::string, std::vector<std::vector<std::size_t>>>
      waves;  // phase id -> waves -> indexes into targets

  std::string bytes;   // canonical JSON
  std::string digest;  // sha256 of bytes
};

// One observation that a plan needs: run this reading action on this target. Step `uses` with `observed` in
// the sheet and arguments that are all known at plan time.
struct Observation {
  std::string target, step, uses;
  base::JsonObject with;  // resolved and normalised
};
// Target id -> step id -> outputs, or {"unreachable": reason}.
using Facts = std::map<std::string, base::JsonObject>;

struct Request {
  const procedure::Procedure* procedure = nullptr;
  const workspace::Workspace* workspace = nullptr;
  std::string environment;                        // empty = the lowest of the ladder
  std::map<std::string, std::string> parameters;  // as typed: `-p k=v`
  Conditions only;                                // of the targets the procedure selects, those alone
  std::vector<const drivers::ActionSheet*> sheets;
  // Asked at most once, when nothing else is wrong. Empty = nobody looks, and no fact enters the plan.
  std::function<Facts(const std::vector<Observation>&)> observe;
};

// What can be said before parameters, targets and releases are chosen: every action and argument against its
// sheet, and the calendars of gates. `workspace` may be null.
struct ActionErrors {
  base::Diagnostics names;  // no sheet has this action or argument: whatever else is wrong, so is this
  base::Diagnostics others;
};
ActionErrors CheckActions(const Request& request);

// All errors at once, placed in the procedure's text.
std::expected<Plan, base::Diagnostics> Compile(const Request& request);

// Fills `bytes` and `digest` from everything else; for a plan that was changed, as a simulation does.
base::Status Seal(Plan& plan);

// Reads a plan back from its bytes. kInvalid: not a plan, or the bytes do not match `digest`.
base::Result<Plan> FromBytes(std::string_view bytes, std::string_view digest);

// The scope in which expressions of a step instance are evaluated at plan time (parameters, target,
// environment, run facts). `target` may be null.
base::JsonObject Scope(const Plan& plan, const PlannedTarget* target);

// The action's arguments as far as they are known: resolved for all targets alike, or for the only one; else
// as written.
base::JsonObject KnownArguments(const Plan& plan, const procedure::Phase& phase,
                                const procedure::Action& action);

// The plan as a reviewer reads it: what, to what, why, how undone. `next` lines included.
std::string Print(const Plan& plan);
base::Json ToJson(const Plan& plan);

}  // namespace slipway::plan
