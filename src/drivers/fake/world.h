// The world of the fake driver: named cells with text in them, a ledger of everything that was done to them,
// and a script of what goes wrong. It is shared by pointer, so it outlives a simulated crash of the program
// that acts on it.
//
// Thread-safe. The hooks are set before the world is used.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "drivers/outcome.h"

namespace slipway::drivers {

enum class FakeCallKind { kPrepare, kRun, kProbe, kRestored };
std::string_view ToString(FakeCallKind kind);  // prepare run probe restored

struct FakeCall {
  FakeCallKind kind = FakeCallKind::kPrepare;
  std::string uses;
  std::string instance;
  std::uint64_t epoch = 0;
};

// What one call does and says. The default is an honest driver in a good mood.
struct FakeAnswer {
  enum class Act { kWhole, kNothing, kHalf };  // Run: what happens to the world
  enum class Say {
    kTruth,    // done, or not_done where nothing was done, or unknown where half was
    kUnknown,  // the reply was lost
    kNotDone,  // a lie where the world changed
    kDone,     // a lie where it did not
    kFailed,   // ran to its own end and reported failure (Outcome::finished)
  };
  Act act = Act::kWhole;
  Say say = Say::kTruth;
  base::Duration before{0};  // slept on the context's clock before acting; cancelled then: nothing was done
  base::Duration after{0};   // slept after acting; cancelled then: unknown
  std::string reason;
  std::optional<base::Error> error;  // Prepare: fails with this
};

// An answer for the next `times` calls that match; empty text matches everything.
struct FakeRule {
  FakeCallKind kind = FakeCallKind::kRun;
  std::string uses;      // the whole action name
  std::string instance;  // any part of the instance's name: `start@web-1`
  int times = 1;
  FakeAnswer answer;
};

// One change to one cell, in the order they happened.
struct FakeEffect {
  std::string instance;
  std::string uses;
  std::uint64_t epoch = 0;
  std::string cell;
  std::optional<std::string> before;
  std::optional<std::string> after;
};

class FakeWorld {
 public:
  // Called around every driver call. A simulation may throw from them to stop the program there; nothing else
  // may throw.
  std::function<void(const FakeCall&)> before_call;
  std::function<void(const FakeCall&)> after_call;

  void Script(FakeRule rule);
  FakeAnswer NextAnswer(const FakeCall& call);  // consumes the first rule that matches
  void Record(const FakeCall& call);

  std::optional<std::string> Get(std::string_view cell) const;
  void Set(std::string_view cell, std::optional<std::string> value);  // from outside: not in the ledger
  // Changes a cell for a call and writes it into the ledger.
  void Change(const FakeCall& call, std::string_view cell,
              const std::function<std::optional<std::string>(const std::optional<std::string>&)>& change);

  std::map<std::string, std::string> Cells() const;
  std::vector<FakeCall> Calls() const;
  std::vector<FakeEffect> Effects() const;
  std::size_t EffectsOf(std::string_view instance, std::string_view uses) const;

  // Instances that changed a cell more than once by an action that must not be repeated; empty = good.
  // `uses@instance` each.
  std::vector<std::string> DoubleEffects() const;
  // Changes made under a lease epoch older than one that had already acted for that run (the part of the
  // instance's name before the first `/`); empty = good.
  std::vector<FakeEffect> StaleEffects() const;

 private:
  mutable std::mutex mutex_;
  std::map<std::string, std::string, std::less<>> cells_;  // guarded by mutex_, as all below
  std::deque<FakeRule> rules_;
  std::vector<FakeCall> calls_;
  std::vector<FakeEffect> effects_;
};

}  // namespace slipway::drivers
