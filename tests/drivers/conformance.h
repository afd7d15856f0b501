// One suite for every driver and every model: what the engine relies on.
//
// To add a driver: write a Stage (a driver with a world of its own), list a Case for each of its actions, and
//   INSTANTIATE_TEST_SUITE_P(Name, Conformance, testing::ValuesIn(NameCases()), CaseName);
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "drivers/driver.h"

namespace slipway::drivers {

// What every secret of the suite is worth: quotes, a backslash, a tab, two lines.
inline constexpr std::string_view kCanary = "c4nary-\"one\"\\\tand\nc4nary-two-on-a-second-line";

// A driver with a world of its own, made afresh for each test.
class Stage : public SecretSource {
 public:
  Stage();
  ~Stage() override;
  virtual Driver& driver() = 0;
  // The world the driver acts on, as text, without what may differ from run to run (a pid, a time).
  virtual std::string World() = 0;
  // Leaves the world as a Run of `prepared` would that was killed in the middle.
  virtual void Half(const Prepared& prepared) { (void)prepared; }
  // What that Run had noted.
  const std::vector<base::JsonObject>& noted() const { return noted_; }
  // Time passes, where it is ours to move.
  virtual void Await(base::Time time);
  // Prepares and runs it, with time of its own: the world is set up and looked at so, and changed by others.
  Outcome Do(const Action& action);

  Context& context() { return *context_; }
  void Renew(base::Duration left);  // a context that is not cancelled and has this much time left
  void Cancel() { cancel_->Cancel(); }

  base::Result<base::Secret> Get(std::string_view) override { return base::Secret(std::string(kCanary)); }

 protected:
  const std::filesystem::path& dir() const { return dir_; }
  base::Clock* clock_ = &base::SystemClock();
  base::JsonObject connection_;
  std::vector<base::JsonObject> noted_;

 private:
  std::filesystem::path dir_;
  std::unique_ptr<CancelToken> cancel_;
  std::optional<Context> context_;
};

struct Case {
  std::string name;  // CamelCase
  std::function<std::unique_ptr<Stage>()> stage;
  Action action;                // succeeds; where it changes things, World() shows it
  std::optional<Action> undo;   // what the procedure would say where the sheet does not undo by itself
  std::optional<Action> fails;  // does not succeed, and has something to say about it
  std::function<void(Stage&)> meanwhile{};  // what others do after `fails` is prepared, where that is why
  std::string never_fails{};                // or else why there is no `fails`
  std::optional<Action> refused;            // Prepare sees that it must not run
  std::optional<Action> secret;             // succeeds and is given a secret: `${{ secrets.X }}`
  std::vector<std::string> absent;  // outputs that this action does not give, though others of its kind do
  bool half = false;                // Stage::Half knows how
  bool makes = false;               // it reads, and makes a file of that: cut short, that is not done
  bool for_good = false;            // nothing takes it back, and its `undo: none` says so

  // Or else the names that ctest shows would hold the bytes of the case, addresses among them.
  friend void PrintTo(const Case& what, std::ostream* out) { *out << what.name; }
};

class Conformance : public testing::TestWithParam<Case> {
 protected:
  Conformance() : stage_(GetParam().stage()) {}
  Driver& driver() { return stage_->driver(); }
  const ActionSheet& Sheet();
  base::Result<Prepared> Prepare(const Action& action);
  Prepared MustPrepare(const Action& action);
  Outcome Run(const Prepared& prepared);
  Outcome Undo(const Prepared& prepared);
  bool changes() { return Sheet().effect == Effect::kChanges; }

  std::unique_ptr<Stage> stage_;
  std::vector<base::JsonObject> notes_;
};

std::string CaseName(const testing::TestParamInfo<Case>& info);

}  // namespace slipway::drivers
