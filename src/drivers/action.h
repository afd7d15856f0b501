// The action sheet: everything anyone may know about one driver action. It is at once the schema a plan is
// checked against, `slipway docs`, the manual page and the form of a user interface.
//
// Sheets are constant data of their driver; they live as long as the program.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace slipway::drivers {

// How an argument is written, and what the driver gets (always JSON of integers, strings, booleans, arrays,
// objects):
enum class ArgumentType {
  kString,       // text
  kInteger,      // integer
  kBoolean,      // true | false
  kDuration,     // `30s`           -> milliseconds
  kPercentage,   // `2.5%`          -> basis points (250)
  kSize,         // `64KiB`         -> bytes
  kEnum,         // one of `values`
  kConnection,   // name of a connection of this driver in slipway.yaml; omitted = the only one there is
  kRelease,      // a release      -> {version, digest, path}; path is relative to the workspace
  kFile,         // a file of the workspace, relative; its digest is in the plan
  kFiles,        // a folder of the workspace, relative; the digest of every file in it is in the plan
  kFolder,       // a folder of the workspace, relative; it need not be there yet
  kStrings,      // list of text
  kPercentages,  // list of percentages -> basis points
  kMap,          // name: text
  kAny,          // any JSON
};

struct ArgumentSheet {
  std::string name;
  ArgumentType type = ArgumentType::kString;
  std::string description;  // one sentence
  bool required = false;
  base::Json fallback = nullptr;    // the value when omitted, already normalised; null = none
  bool pinned = false;              // must be known when the plan is made
  bool sensitive_ok = false;        // may hold ${{ secrets.… }}
  std::vector<std::string> values;  // kEnum
};

struct OutputSheet {
  std::string name;
  std::string description;
  bool recorded = false;  // a fact about the target that outlives the run: what `slipway targets` shows
};

enum class Effect { kReads, kChanges };

// What to do when a changing action may or may not have happened.
enum class Interruption {
  kRepeat,  // idempotent: run the same prepared action again
  kProbe,   // the driver looks
  kAsk,     // a person says (`slipway settle`)
};

enum class UndoKind {
  kNone,       // nothing to undo: the action only reads
  kAutomatic,  // Prepare returns the undo action
  kDeclared,   // the procedure must say `undo:`
};

struct ActionSheet {
  std::string name;     // `haproxy.shift`
  std::string summary;  // one sentence
  Effect effect = Effect::kChanges;
  Interruption interruption = Interruption::kAsk;
  UndoKind undo = UndoKind::kDeclared;
  std::string undo_text;  // how it is undone, one sentence for the plan
  bool observed =
      false;  // reads only: run at plan time on each target; its outputs named in `facts` enter the plan
  std::vector<std::string> facts;
  bool instant_prepare = false;  // Prepare does no I/O, so the engine may call it on its own thread
  std::vector<ArgumentSheet> arguments;
  std::vector<OutputSheet> outputs;
  std::string example;  // YAML of one step
};

const ArgumentSheet* FindArgument(const ActionSheet& sheet, std::string_view name);

// The text names of the enums, as documents and `--json` show them.
std::string_view ToString(ArgumentType type);
std::string_view ToString(Effect effect);
std::string_view ToString(Interruption interruption);

// `value` (as written, or as an expression gave it) in the form the driver gets. Scalars may come as text.
// Error (kInvalid): it does not fit the type; `where` is left to the caller.
base::Result<base::Json> Normalize(const ArgumentSheet& argument, const base::Json& value);

// All of `with` normalised, fallbacks filled in. Unknown and missing arguments are errors with "did you
// mean". Strings holding `${{` are left untouched when `allow_expressions`.
base::Result<base::JsonObject> NormalizeAll(const ActionSheet& sheet, const base::JsonObject& with,
                                            bool allow_expressions);

// For Prepare, whose arguments are resolved: an expression that still stands is a secret. kInvalid where the
// sheet takes none.
base::Status CheckSecrets(const ActionSheet& sheet, const base::JsonObject& with);

// Canonical form of a sheet: what the plan digest covers, and `docs --json`.
base::Json ToJson(const ActionSheet& sheet);

}  // namespace slipway::drivers
