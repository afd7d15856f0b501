#include <gtest/gtest.h>

#include "drivers/haproxy/haproxy.h"

namespace slipway::drivers {
namespace {

struct Hands final : base::Clock {
  base::Time now{base::Duration{1'000'000}};
  base::Time Now() override { return now; }
  void Sleep(base::Duration how_long) override { now += how_long; }
};

struct NoSecrets final : SecretSource {
  base::Result<base::Secret> Get(std::string_view) override { return base::Invalid("none"); }
};

struct Notes final : Sink {
  base::Status Note(base::JsonObject data) override {
    all.push_back(std::move(data));
    return {};
  }
  std::vector<base::JsonObject> all;
};

struct HaproxyModelTest : testing::Test {
  Outcome Step(const std::string& uses, base::JsonObject with) {
    with["backend"] = "web";
    for (const ActionSheet& sheet : model->Sheets()) {
      if (sheet.name != uses) continue;
      auto prepared = model->Prepare({uses, NormalizeAll(sheet, with, false).value()}, context);
      if (!prepared) return NotDone(base::ToString(prepared.error()));
      last = *prepared;
      return model->Run(last, {}, notes, context);
    }
    return NotDone("no such action");
  }

  Hands clock;
  base::SeededRandom random{1};
  CancelToken cancel;
  NoSecrets secrets;
  base::JsonObject connection{{"driver", "haproxy"}, {"socket", "x.sock"}};
  Context context{clock,   random,     cancel,     clock.now + std::chrono::hours(1),
                  secrets, "/nowhere", "/nowhere", &connection,
                  "R1/x",  1};
  Notes notes;
  std::unique_ptr<Driver> model = HaproxyModel();
  Prepared last;
};

TEST_F(HaproxyModelTest, ADeploymentAndItsUndoLeaveTheRecordedState) {
  EXPECT_EQ(base::GetString(Step("haproxy.status", {}).outputs, "idle"), "green");
  Outcome shift = Step("haproxy.shift", {{"to", "green"}});
  EXPECT_EQ(shift.reason, "web stands at blue 0, green 100");
  EXPECT_EQ(notes.all.size(), 3u);
  Prepared shifted = last;
  EXPECT_EQ(Step("haproxy.watch", {{"server", "green"}, {"for", "10s"}}).verdict, Verdict::kDone);
  EXPECT_EQ(Step("haproxy.drain", {{"server", "blue"}}).verdict, Verdict::kDone);
  EXPECT_EQ(model->Restored(shifted, context).verdict, Verdict::kNotDone);
  base::JsonObject undo = shifted.undo->with;
  EXPECT_EQ(Step("haproxy.restore", undo).reason, "web stands at blue 100, green 0");
  EXPECT_EQ(model->Restored(shifted, context).verdict, Verdict::kDone);
}

TEST_F(HaproxyModelTest, StepsThatHaproxyCannotWeighAreRefused) {
  for (base::JsonArray steps : {base::JsonArray{"0.5%"}, base::JsonArray{"50%", "10%"}, base::JsonArray{}})
    EXPECT_EQ(Step("haproxy.shift", {{"to", "green"}, {"steps", steps}}).verdict, Verdict::kNotDone);
}

TEST_F(HaproxyModelTest, TheDeadlineEndsAShiftWithWhereItStands) {
  context.deadline = clock.now + std::chrono::seconds(3);
  Outcome late = Step("haproxy.shift", {{"to", "green"}, {"bake", "10s"}});
  EXPECT_EQ(late.verdict, Verdict::kUnknown);
  EXPECT_EQ(late.reason, "stopped while green carried part of the traffic; web stands at blue 90, green 10");
}

}  // namespace
}  // namespace slipway::drivers
