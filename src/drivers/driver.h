// A driver is the code for one kind of outside thing. It prepares an action, runs it, and probes what became
// of it. It knows nothing of procedures, plans or the journal, and includes nothing above this folder.
//
// Calls are plain and blocking, made from worker threads, several at once: a driver is thread-safe.
// The world changes only in Run. A driver never throws, and returns within about a second of cancellation or
// deadline.
#pragma once

#include <atomic>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/json.h"
#include "base/random.h"
#include "base/result.h"
#include "base/secret.h"
#include "drivers/action.h"
#include "drivers/outcome.h"

namespace slipway::drivers {

// `uses` and `with` of a step. Arguments are normalised (see ArgumentType). Secrets stand as `${{
// secrets.NAME }}` until Context::Reveal.
struct Action {
  std::string uses;
  base::JsonObject with;
};

// What Prepare found: enough to act, to look again, and to take it back. It is journaled before Run, so it
// holds no secret, and it is used as it is by every retry, resume, settlement and undo of the step instance.
struct Prepared {
  Action action;               // with every choice made (a port picked, a default filled in)
  base::JsonObject prior;      // the state that stood before, as the driver recorded it
  std::optional<Action> undo;  // restores `prior`; run as an ordinary action, prepared when the undo starts
  std::optional<base::Time> not_before;  // the engine runs it no earlier (a timer that holds no thread)
  // What the action would bring about stands already, as Prepare saw: what Run would answer, without
  // attachments. The engine puts it on record beside the intent and does not call Run; it is not journaled
  // with what was prepared.
  std::optional<Outcome> already;
};

base::Json ToJson(const Action& action);
base::Result<Action> ActionFromJson(const base::Json& json);
base::Json ToJson(const Prepared& prepared);
base::Result<Prepared> PreparedFromJson(const base::Json& json);

// Where secret values come from. Thread-safe.
class SecretSource {
 public:
  virtual ~SecretSource() = default;
  virtual base::Result<base::Secret> Get(std::string_view name) = 0;  // `NAME`, or `parameters.NAME`

  // Keeps `value` under `name` for good, for `by` (the mark of a step instance), and answers what is kept: of
  // an earlier attempt of `by` the value that it kept. kRefused: the name is somebody else's, or there is no
  // store that can be written; the default.
  virtual base::Result<base::Secret> Put(std::string_view name, const base::Secret& value,
                                         std::string_view by);
  // Removes what is kept under `name` for `by`; what is not there is gone already. kRefused: somebody else's.
  virtual base::Status Remove(std::string_view name, std::string_view by);
};

// Set once by the engine; a driver polls it, or waits on fd() beside its own descriptors.
class CancelToken {
 public:
  CancelToken();
  ~CancelToken();
  CancelToken(const CancelToken&) = delete;
  CancelToken& operator=(const CancelToken&) = delete;
  void Cancel();
  bool cancelled() const { return cancelled_.load(std::memory_order_acquire); }
  int fd() const { return fd_; }  // an eventfd that is readable once cancelled

 private:
  std::atomic<bool> cancelled_{false};
  int fd_ = -1;
};

// What a call may use. Owned by the caller, valid for the call.
struct Context {
  base::Clock& clock;
  base::Random& random;
  const CancelToken& cancel;
  base::Time deadline;  // the call gives up (verdict unknown if it may have acted) at this time
  SecretSource& secrets;
  std::filesystem::path workspace;  // files of the procedure are relative to it
  std::filesystem::path state_dir;  // `.slipway/`: a driver keeps its own files in a folder of its name here
  const base::JsonObject* connection =
      nullptr;              // the connection's document (`driver`, `socket`, …); null when none
  std::string instance;     // `R7/start@web-1`: names the step instance, the same for every attempt
  std::uint64_t epoch = 0;  // the run lease under which this call is made
  std::string store;        // id of the store that numbers the runs: no two stores' instances are the same

  // `json` with every `${{ secrets.NAME }}` replaced by its value, `${{ parameters.NAME }}` by that of the
  // secret `parameters.NAME`, and `$${{` by `${{`. A driver reveals all of its arguments in Run, as they come
  // as templates. The engine masks these values in all that comes back; a driver that cuts what comes back
  // masks them first, with `seen`, to which they are added: half a secret would not be found any more.
  base::Result<base::Json> Reveal(const base::Json& json, base::Masker* seen = nullptr) const;
};

// Progress of a long action. Note returns when the data is durable, so a driver can rely on it after a crash.
class Sink {
 public:
  virtual ~Sink() = default;
  virtual base::Status Note(base::JsonObject data) = 0;
};

class Driver {
 public:
  virtual ~Driver() = default;

  // `haproxy`; every action is named `<name>.<verb>`, or `<name>` alone where there is but one (`wait`).
  virtual std::string_view Name() const = 0;
  virtual std::span<const ActionSheet> Sheets() const = 0;

  // Looks, changes nothing: resolves the action, records the prior state, says how to undo.
  // kRefused: it can be seen now that the action must not run; kIo: the world could not be read (tried again
  // as `retry` says).
  virtual base::Result<Prepared> Prepare(const Action& action, Context& context) = 0;

  // Acts, or for a reading action looks. kNotDone only when it is proven that nothing changed.
  // `progress` holds the Notes of earlier attempts, oldest first.
  virtual Outcome Run(const Prepared& prepared, std::span<const base::JsonObject> progress, Sink& sink,
                      Context& context) = 0;

  // Looks whether a changing action that was interrupted has happened. Only called where the sheet says
  // kProbe.
  virtual Outcome Probe(const Prepared& prepared, std::span<const base::JsonObject> progress,
                        Context& context) = 0;

  // After an undo: does the world equal `prepared.prior` of the action that was undone? kDone = restored.
  // The default answers unknown: nobody looked.
  virtual Outcome Restored(const Prepared& undone, Context& context);
};

// What a model finds when a simulation begins: a release that runs, or that nothing ever ran.
enum class Before { kRelease, kNothing };

// The drivers of one program, in one visible list. Immutable after construction; thread-safe.
class Registry {
 public:
  void Add(std::unique_ptr<Driver> driver);
  const ActionSheet* Sheet(std::string_view uses) const;  // null when unknown
  Driver* Find(std::string_view uses) const;              // by action name; null when unknown
  std::vector<const ActionSheet*> AllSheets() const;      // by name
  std::vector<std::string> ActionNames() const;

 private:
  std::vector<std::unique_ptr<Driver>> drivers_;
};

}  // namespace slipway::drivers
