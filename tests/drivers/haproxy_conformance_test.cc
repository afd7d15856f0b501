#include "drivers/conformance.h"
#include "drivers/haproxy/haproxy.h"
#include "web/lab.h"

namespace slipway::drivers {
namespace {

using base::JsonArray;
using base::JsonObject;

struct NoNotes final : Sink {
  base::Status Note(JsonObject) override { return {}; }
};

// A clock whose hands only waiting moves.
struct Hands final : base::Clock {
  base::Time now{base::Duration{1'000'000}};
  base::Time Now() override { return now; }
  void Sleep(base::Duration how_long) override { now += how_long; }
};

JsonObject Weights(int blue, int green) {
  return {{"blue", JsonObject{{"weight", blue}, {"admin", "ready"}}},
          {"green", JsonObject{{"weight", green}, {"admin", "ready"}}}};
}

class HaproxyStage : public Stage {
 public:
  explicit HaproxyStage(std::unique_ptr<Driver> driver) : driver_(std::move(driver)) {}
  Driver& driver() override { return *driver_; }
  std::string World() override {
    Outcome status = Do({"haproxy.status", {{"backend", "web"}, {"expect", "any"}}});
    return status.outputs.contains("weights") ? base::CanonicalJson(status.outputs.at("weights")).value()
                                              : status.reason;
  }
  // A shift that got as far as a third of the traffic.
  void Half(const Prepared&) override {
    Do({"haproxy.restore", {{"backend", "web"}, {"servers", Weights(67, 33)}}});
  }

 protected:
  // The world is looked at and set up with time of its own.
  Outcome Do(const Action& action) {
    Renew(std::chrono::minutes(2));
    NoNotes notes;
    auto prepared = driver_->Prepare(action, context());
    if (!prepared) return NotDone(base::ToString(prepared.error()));
    return driver_->Run(*prepared, {}, notes, context());
  }

 private:
  std::unique_ptr<Driver> driver_;
};

// Both slots run; green has the traffic in the stage for drains, blue in the others.
class RealHaproxy final : public HaproxyStage {
 public:
  explicit RealHaproxy(JsonObject weights) : HaproxyStage(MakeHaproxyDriver()) {
    for (const char* slot : {"blue", "green"}) lab_.StartSlot(slot);
    for (const char* slot : {"blue", "green"}) lab_.AwaitUp(slot);
    connection_ = {{"driver", "haproxy"}, {"socket", (lab_.folder() / "haproxy.sock").string()}};
    Do({"haproxy.restore", {{"backend", "web"}, {"servers", std::move(weights)}}});
  }

 private:
  tests::Lab lab_;
};

class ModelHaproxy final : public HaproxyStage {
 public:
  explicit ModelHaproxy(JsonObject weights) : HaproxyStage(HaproxyModel()) {
    clock_ = &hands_;
    connection_ = {{"driver", "haproxy"}, {"socket", "model.sock"}};
    Do({"haproxy.restore", {{"backend", "web"}, {"servers", std::move(weights)}}});
  }

 private:
  Hands hands_;
};

template <typename Kind>
std::function<std::unique_ptr<Stage>()> With(JsonObject weights) {
  return [weights] { return std::make_unique<Kind>(weights); };
}

template <typename Kind>
std::vector<Case> Cases() {
  Action watch{"haproxy.watch",
               {{"backend", "web"}, {"server", "blue"}, {"for", "50ms"}, {"min_samples", 0}}};
  Action few = watch;
  few.with["min_samples"] = 1'000'000;
  return {
      {.name = "Status",
       .stage = With<Kind>(Weights(100, 0)),
       .action = {"haproxy.status", {{"backend", "web"}}}},
      {.name = "Shift",
       .stage = With<Kind>(Weights(100, 0)),
       .action =
           {"haproxy.shift",
            {{"backend", "web"}, {"to", "green"}, {"steps", JsonArray{"50%", "100%"}}, {"bake", "20ms"}}},
       .half = true},
      {.name = "Drain",
       .stage = With<Kind>(Weights(0, 100)),
       .action = {"haproxy.drain", {{"backend", "web"}, {"server", "blue"}}}},
      {.name = "Restore",
       .stage = With<Kind>(Weights(100, 0)),
       .action = {"haproxy.restore", {{"backend", "web"}, {"servers", Weights(0, 100)}}},
       .half = true},
      {.name = "Watch", .stage = With<Kind>(Weights(100, 0)), .action = watch, .fails = few},
  };
}

INSTANTIATE_TEST_SUITE_P(Haproxy, Conformance, testing::ValuesIn(Cases<RealHaproxy>()), CaseName);
INSTANTIATE_TEST_SUITE_P(HaproxyModel, Conformance, testing::ValuesIn(Cases<ModelHaproxy>()), CaseName);

}  // namespace
}  // namespace slipway::drivers
