// A procedure as written: the typed form of one YAML document, every part with its place in the text.
//
// Parse answers a Procedure only when the document is right in itself. Whether its actions, targets and
// releases exist is the plan's to say; what a reviewer should be warned of is lint's (lint/lint.h).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/diagnostic.h"
#include "base/json.h"
#include "base/yaml.h"

namespace slipway::procedure {

using base::Position;

enum class Status { kDraft, kPublished, kDeprecated };
enum class OnFailure { kRollback, kPause, kStop };
enum class Scope { kTarget, kAll };

// A finding of lint that somebody answers for, until a day.
struct Waiver {
  std::string rule;  // `curl-pipe-shell`; whether there is one of that name is lint's to say
  std::string reason;
  std::string by;     // a name
  std::string until;  // `2027-03-31`, the last day it counts
  Position at;
};

struct Metadata {
  std::string id, title, version, owner, approver;
  Status status = Status::kDraft;
  std::string review_by;  // `2027-03-31`, empty when absent
  Position review_by_at;
  std::string source;           // `FILE:LINE` of the page it was made from; empty when absent
  std::vector<Waiver> waivers;  // of the whole document
};

enum class ParameterType {
  kString,
  kInteger,
  kBoolean,
  kDuration,
  kPercentage,
  kDate,
  kEnum,
  kRelease,
  kSecret
};

struct Parameter {
  std::string name;
  ParameterType type = ParameterType::kString;
  bool required = false;
  std::optional<std::string> fallback;  // `default:` as written
  std::string pattern;                  // RE2, must match the whole value; empty = any
  std::vector<std::string> values;      // kEnum
  std::string description;
  Position at;
};

// Which targets: those of `kind` for which every condition holds. A condition's key is `labels.x`,
// `attributes.x` or `id`.
struct Selector {
  std::string kind;
  std::vector<std::pair<std::string, std::vector<std::string>>> where;  // any of the values
  Position at;
};

bool IsCondition(std::string_view key);  // whether it is such a key

struct Gate {
  std::string kind;       // window | approvals | freeze
  base::JsonObject with;  // as written, scalars as text
  Position at;
};

struct Action {
  std::string uses;
  base::JsonObject with;  // scalars as text, templates unevaluated
  Position at;
  std::map<std::string, Position> argument_at;  // place of each argument's key
};

struct Retry {
  int attempts = 1;
  base::Duration every{1000};
  bool exponential = false;  // `backoff: exponential` doubles `every` up to 5 minutes; `constant` does not
};

// How long to wait after so many attempts (from 1) before the next. An `every` beyond 5 minutes stays as it
// is.
base::Duration PauseAfter(const Retry& retry, int attempts);

struct Check {
  Action action;
  Retry retry;
  std::optional<base::Duration> timeout;
};

struct Undo {
  enum class Kind { kSheet, kNone, kAction };
  Kind kind = Kind::kSheet;
  std::string reason;  // kNone
  Action action;       // kAction
  Position at;
};

struct Interrupted {
  enum class Kind { kSheet, kRepeat, kAsk, kProbe };
  Kind kind = Kind::kSheet;
  Action probe;  // kProbe: a check; pass = it happened, fail = it did not
};

enum class FieldType { kString, kInteger, kBoolean, kDate, kEnum, kFile };

struct Field {
  std::string id, title;
  FieldType type = FieldType::kString;
  bool required = false;
  std::string pattern;
  std::vector<std::string> values;
  Position at;
};

// A person's step. An empty checklist and no fields: a plain "done".
struct Confirm {
  std::string role;
  std::vector<Field> fields;
  std::vector<std::string> checklist;  // every item must be ticked
};

struct Step {
  std::string id, title, description;
  std::string source;            // `FILE:LINE` of the page it was made from; empty when absent
  std::optional<Action> action;  // exactly one of action and confirm
  std::optional<Confirm> confirm;
  std::optional<std::vector<std::string>> needs;  // absent: the step above; empty: starts at once
  std::string when;                               // expression text without `${{ }}`; empty = always
  Position when_at;
  std::optional<base::Duration> timeout;
  Retry retry;
  std::vector<Check> verify;
  Undo undo;
  Interrupted interrupted;
  std::string
      model;  // simulation only: `model: none | restores` as declared for exec.run; empty = undeclared
  std::vector<Waiver> waivers;  // of this step alone
  std::vector<std::string>
      reads;  // ids of the steps named by its expressions, found by Parse; each once, in document order
  Position at;
};

struct Wave {
  enum class Kind { kWhere, kPercent, kCount };
  Kind kind = Kind::kPercent;
  Selector where;
  std::int64_t amount = 0;  // basis points or a number of targets, cumulative over the selection
  bool optional = false;    // kWhere: nothing is wrong where it selects no target
  Position at;
};

struct Phase {
  std::string id, title, description;
  bool for_each = false;         // `for_each: target`
  Scope rollback = Scope::kAll;  // default kTarget with for_each
  std::vector<Wave> waves;
  std::optional<int>
      max_parallel;  // targets at once with for_each (default 1), steps at once without (default unbounded)
  int stop_after_failures = 1;
  base::Duration bake{0};
  std::vector<Step> steps;
  Position at;
};

struct Notify {
  std::vector<std::string> on;  // waiting | failed | rolled_back | succeeded
  std::string url;              // webhook, or
  std::vector<std::string> command;
};

struct Procedure {
  Metadata metadata;
  std::string description;
  std::vector<Parameter> parameters;
  std::optional<Selector> targets;
  std::vector<Gate> gates;
  OnFailure on_failure = OnFailure::kPause;
  std::vector<Notify> notify;
  std::vector<Phase> phases;

  std::string text;  // the document's bytes
  std::string file;  // as named by the caller; not part of any digest
};

// All errors at once (no warnings), or the procedure. Never throws; under a second for any 4 MiB of bytes.
std::expected<Procedure, base::Diagnostics> Parse(std::string_view text, std::string_view file);

// All of them, those of the document first, then in order of place.
std::vector<Waiver> WaiversOf(const Procedure& procedure);

const Step* FindStep(const Procedure& procedure, std::string_view id);
// `FILE:LINE` of the page that what stands at this place was made from: of the step, else of the procedure;
// empty when there is none.
std::string SourceAt(const Procedure& procedure, Position at);

const Phase* PhaseOf(const Procedure& procedure, std::string_view step_id);

// What must have finished before `step` may start, from order, `needs` and the outputs it reads, by step id.
// Only steps of the same phase (phases are barriers).
std::vector<std::string> NeedsOf(const Phase& phase, const Step& step);

}  // namespace slipway::procedure
