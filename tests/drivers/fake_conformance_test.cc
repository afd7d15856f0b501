// The scripted fake, and wait.
#include "drivers/conformance.h"
#include "drivers/fake/fake.h"
#include "drivers/wait/wait.h"

namespace slipway::drivers {
namespace {

using base::JsonObject;

class MovableClock final : public base::Clock {
 public:
  base::Time Now() override { return now_; }
  void Sleep(base::Duration how_long) override { now_ += how_long; }

 private:
  base::Time now_{base::Duration{1'800'000'000'000}};
};

class FakeStage final : public Stage {
 public:
  FakeStage() {
    world_->Set("a", "old");
    world_->Set("count", "7");
  }
  Driver& driver() override { return driver_; }
  std::string World() override {
    std::string text;
    for (const auto& [cell, value] : world_->Cells()) text += cell + "=" + value + "\n";
    return text;
  }
  void Half(const Prepared& prepared) override {
    Script(FakeAnswer::Act::kHalf);
    Do(prepared.action);
  }
  void Script(FakeAnswer::Act act) { world_->Script({.kind = FakeCallKind::kRun, .answer = {.act = act}}); }

 private:
  std::shared_ptr<FakeWorld> world_ = std::make_shared<FakeWorld>();
  FakeDriver driver_{world_};
};

class WaitStage final : public Stage {
 public:
  WaitStage() {
    clock_ = &hands_;
    Renew(std::chrono::minutes(2));
  }
  Driver& driver() override { return driver_; }
  std::string World() override { return ""; }

 private:
  MovableClock hands_;
  WaitDriver driver_;
};

std::vector<Case> FakeCases() {
  auto stage = [] { return std::make_unique<FakeStage>(); };
  const auto nothing = [](Stage& there) { static_cast<FakeStage&>(there).Script(FakeAnswer::Act::kNothing); };
  std::vector<Case> cases;
  auto add = [&](std::string name, Action action) -> Case& {
    cases.push_back({.name = std::move(name), .stage = stage, .action = action});
    return cases.back();
  };
  auto change = [&](std::string name, Action action) -> Case& {
    Case& added = add(std::move(name), action);
    added.fails = action;
    added.meanwhile = nothing;
    if (!action.with.contains("value")) return added;
    added.secret = action;
    added.secret->with["value"] = "x${{ secrets.X }}";
    return added;
  };
  const JsonObject set{{"cell", "a"}, {"value", "new"}};
  change("Set", {"fake.set", set}).half = true;
  change("SetEmpty", {"fake.set", {{"cell", "b"}, {"value", "new"}}}).half = true;
  change("SetProbe", {"fake.set_probe", set}).half = true;
  change("SetRepeat", {"fake.set_repeat", set}).half = true;
  change("Ensure", {"fake.ensure", set}).half = true;
  change("SetAsk", {"fake.set_ask", set}).half = true;
  change("Erase", {"fake.erase", {{"cell", "a"}}}).half = true;
  change("Climb", {"fake.climb", {{"cell", "b"}, {"to", 4}}}).half = true;
  change("Bump", {"fake.bump", {{"cell", "count"}}});
  change("BumpAsk", {"fake.bump_ask", {{"cell", "count"}}}).undo = Action{"fake.unbump", {{"cell", "count"}}};
  add("Check", {"fake.check", {{"cell", "a"}, {"equals", "old"}}}).fails =
      Action{"fake.check", {{"cell", "a"}, {"equals", "new"}}};
  add("Read", {"fake.read", {{"cell", "a"}}}).never_fails = "it tells whatever it finds";
  return cases;
}

std::vector<Case> WaitCases() {
  return {{.name = "Wait",
           .stage = [] { return std::make_unique<WaitStage>(); },
           .action = {"wait", {{"for", "30s"}}},
           .never_fails = "it is not run before the time has come"}};
}

INSTANTIATE_TEST_SUITE_P(Fake, Conformance, testing::ValuesIn(FakeCases()), CaseName);
INSTANTIATE_TEST_SUITE_P(Wait, Conformance, testing::ValuesIn(WaitCases()), CaseName);

}  // namespace
}  // namespace slipway::drivers
