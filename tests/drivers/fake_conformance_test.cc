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
    world_->Script({.kind = FakeCallKind::kRun, .answer = {.act = FakeAnswer::Act::kHalf}});
    driver_.Run(prepared, {}, notes_, context());
  }

 private:
  class NoNotes : public Sink {
   public:
    base::Status Note(JsonObject) override { return {}; }
  };
  NoNotes notes_;
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
  const JsonObject set{{"cell", "a"}, {"value", "new"}};
  const JsonObject secret{{"cell", "a"}, {"value", "x${{ secrets.X }}"}};
  return {
      {.name = "Set",
       .stage = stage,
       .action = {"fake.set", set},
       .secret = Action{"fake.set", secret},
       .half = true},
      {.name = "SetEmpty",
       .stage = stage,
       .action = {"fake.set", {{"cell", "b"}, {"value", "new"}}},
       .half = true},
      {.name = "SetProbe", .stage = stage, .action = {"fake.set_probe", set}, .half = true},
      {.name = "SetRepeat", .stage = stage, .action = {"fake.set_repeat", set}, .half = true},
      {.name = "SetAsk", .stage = stage, .action = {"fake.set_ask", set}, .half = true},
      {.name = "Erase", .stage = stage, .action = {"fake.erase", {{"cell", "a"}}}},
      {.name = "Climb", .stage = stage, .action = {"fake.climb", {{"cell", "b"}, {"to", 4}}}, .half = true},
      {.name = "BumpAsk",
       .stage = stage,
       .action = {"fake.bump_ask", {{"cell", "count"}}},
       .undo = Action{"fake.unbump", {{"cell", "count"}}}},
      {.name = "Check",
       .stage = stage,
       .action = {"fake.check", {{"cell", "a"}, {"equals", "old"}}},
       .fails = Action{"fake.check", {{"cell", "a"}, {"equals", "new"}}}},
      {.name = "Read", .stage = stage, .action = {"fake.read", {{"cell", "a"}}}}};
}

std::vector<Case> WaitCases() {
  return {{.name = "Wait",
           .stage = [] { return std::make_unique<WaitStage>(); },
           .action = {"wait", {{"for", "30s"}}}}};
}

INSTANTIATE_TEST_SUITE_P(Fake, Conformance, testing::ValuesIn(FakeCases()), CaseName);
INSTANTIATE_TEST_SUITE_P(Wait, Conformance, testing::ValuesIn(WaitCases()), CaseName);

}  // namespace
}  // namespace slipway::drivers
