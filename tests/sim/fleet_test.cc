// Many targets: waves, bake, how many at once, when to stop, what is refused.
#include <gtest/gtest.h>

#include "rig.h"

namespace slipway::sim {
namespace {

std::string Fleet(const std::string& keys, const std::string& on_failure = "stop",
                  const std::string& more = "") {
  return Document(Phase("deploy", "for_each: target; " + keys,
                        "id: put, uses: fake.set, with: { cell: \"${{ target.id }}\", value: new }" + more),
                  on_failure);
}

// A phase that acts on a target only while its slot is as it was planned.
std::string Slotted(const std::string& keys) {
  return Phase("deploy", "for_each: target; " + keys,
               "id: slot, uses: fake.read, with: { cell: \"slot-${{ target.id }}\" }\n"
               "id: put, uses: fake.set, with: { cell: \"${{ target.id }}\", value: new }");
}

void FillSlots(Rig& rig, int targets) {
  for (int i = 1; i <= targets; ++i) rig.Set("slot-web-" + std::to_string(i), "blue");
}

// Target ids in the order in which they were started, waves apart by a bar.
std::string Order(Rig& rig) {
  std::string order;
  for (const auto& event : rig.Events()) {
    if (event.type == "target_started") order += base::GetString(event.data, "target").substr(4) + " ";
    if (event.type == "wave_finished") order += "| ";
  }
  return order;
}

std::size_t MostAtOnce(Rig& rig) {
  std::size_t now = 0, most = 0;
  for (const auto& event : rig.Events()) {
    if (event.type == "target_started") most = std::max(most, ++now);
    if (event.type == "target_finished") --now;
  }
  return most;
}

TEST(Fleet, WavesAreCumulativeRoundedUpAndInOrderOfTheTargetsIds) {
  const std::pair<const char*, const char*> cases[] = {
      {"waves: [ { where: { labels.ring: canary } }, 50%, 100% ]", "1 | 2 3 | 4 5 | "},
      {"waves: [ 1, 25%, 100% ]", "1 | 2 | 3 4 5 | "},
      {"waves: [ 2, 3, 5 ]", "1 2 | 3 | 4 5 | "},
      {"max_parallel: 1", "1 2 3 4 5 | "},
  };
  for (const auto& [keys, order] : cases) {
    Rig rig;
    EXPECT_EQ(rig.Run(Fleet(keys), 5), "succeeded");
    EXPECT_EQ(Order(rig), order) << keys;
  }
}

TEST(Fleet, WhatASheetCallsRecordedIsRememberedOfTheTargetAndFollowsItBack) {
  Rig rig;
  const auto value = [&](std::string_view target) {
    const auto row = rig.desk->Get(journal::Table::kFact, std::string(target) + " value").value();
    return row ? *row : "nothing";
  };
  rig.Set("web-1", "old");
  rig.Set("web-2", "old");
  EXPECT_EQ(rig.Run(Fleet("max_parallel: 1"), 1), "succeeded");
  EXPECT_NE(value("web-1").find(R"("run":"R1","step":"put","value":"new")"), std::string::npos)
      << value("web-1");
  EXPECT_EQ(value("web-2"), "nothing");
  const auto broken = Phase("deploy", "for_each: target; rollback: target",
                            "id: put, uses: fake.set, with: { cell: \"${{ target.id }}\", value: newer }\n"
                            "id: fail, uses: fake.set, with: { cell: other, value: x }");
  rig.Script(Fails("fail@web-1"));
  rig.Start(rig.Plan(Document(broken), 1));
  rig.Drive("R2");
  EXPECT_EQ(rig.Cell("web-1"), "new");
  EXPECT_NE(value("web-1").find(R"("run":"R2","step":"put","value":"new")"), std::string::npos)
      << value("web-1");
  EXPECT_EQ(rig.Broken(), "");
}

TEST(Fleet, AWaveBakesBeforeTheNextOneBegins) {
  Rig rig;
  EXPECT_EQ(rig.Run(Fleet("waves: [ 1, 100% ]; bake: 10m"), 3), "succeeded");
  EXPECT_EQ(rig.Times("target_started", "@web-2").at(0) - rig.Times("wave_finished").at(0), 600'001);
}

TEST(Fleet, TheLastWaveBakesToo) {
  Rig rig;
  EXPECT_EQ(rig.Run(Fleet("waves: [ 1, 100% ]; bake: 10m"), 3), "succeeded");
  EXPECT_EQ(rig.Times("phase_finished").at(0) - rig.Times("wave_finished").at(1), 600'000);
}

TEST(Fleet, ARetryWaitsForNoWaveThatItDoesNotTouch) {
  Rig rig;
  rig.Script(Fails("put@web-2"));
  const plan::Plan plan = rig.Plan(Fleet("waves: [ 1, 2, 100% ]; bake: 10m"), 3);
  ASSERT_EQ(rig.Start(plan), "R1");
  EXPECT_EQ(rig.Drive(), "failed");
  const engine::RunState parent = rig.State();
  ASSERT_EQ(rig.Start(plan, engine::RunKind::kRetry, &parent), "R2");
  EXPECT_EQ(rig.Drive("R2"), "succeeded");
  EXPECT_LT(rig.Times("target_started", "@web-2", "R2").at(0), 1'000);
  EXPECT_EQ(rig.Times("target_started", "@web-3", "R2").at(0) - rig.Times("wave_finished", "", "R2").at(1),
            600'001);
}

TEST(Fleet, ABakeOutlivesACrashAndIsNotBegunAnew) {
  Rig rig;
  ASSERT_EQ(rig.Start(rig.Plan(Fleet("waves: [ 1, 100% ]; bake: 10m"), 2)), "R1");
  rig.CrashAt("after append*wave_finished");
  EXPECT_TRUE(rig.Drive().starts_with("died"));
  rig.clock.Sleep(base::Duration{300'000});
  EXPECT_EQ(rig.Drive(), "succeeded");
  EXPECT_EQ(rig.Times("target_started", "@web-2").at(0) - rig.Times("wave_finished").at(0), 600'001);
}

TEST(Fleet, NoMoreTargetsAtOnceThanAllowed) {
  for (const std::size_t most : {1u, 2u, 4u}) {
    Rig rig;
    EXPECT_EQ(rig.Run(Fleet("max_parallel: " + std::to_string(most)), 7), "succeeded");
    EXPECT_EQ(MostAtOnce(rig), most);
  }
}

TEST(Fleet, AfterAFailureNoNewTargetStartsAndThoseInFlightFinish) {
  Rig rig;
  rig.Script(Fails("put@web-1"));
  EXPECT_EQ(rig.Run(Fleet("max_parallel: 3"), 6), "failed");
  const std::int64_t begun = static_cast<std::int64_t>(rig.State().target_states.size());
  EXPECT_LE(begun, 3);
  EXPECT_EQ(Count(rig.State(), engine::TargetStatus::kSucceeded), begun - 1);
  EXPECT_EQ(Count(rig.State(), engine::TargetStatus::kFailed), 1);
}

TEST(Fleet, ItGoesOnUntilSoManyFailed) {
  Rig rig;
  for (const char* target : {"put@web-1", "put@web-3"}) rig.Script(Fails(target));
  EXPECT_EQ(rig.Run(Fleet("stop_after_failures: 2"), 6), "failed");
  EXPECT_EQ(rig.Targets(), "web-1 failed, web-2 succeeded, web-3 failed");

  Rig fewer;
  fewer.Script(Fails("put@web-1"));
  EXPECT_EQ(fewer.Run(Fleet("stop_after_failures: 2"), 3), "failed");
  EXPECT_EQ(fewer.Targets(), "web-1 failed, web-2 succeeded, web-3 succeeded");
}

TEST(Fleet, ATargetNobodyCanJudgeCountsAsFailedUntilItIsSettled) {
  Rig rig;
  rig.Script(Lost("ask@web-1"));
  const std::string text =
      Document(Phase("deploy", "for_each: target; max_parallel: 2",
                     "id: ask, uses: fake.set_ask, with: { cell: \"${{ target.id }}\", value: new }"),
               "stop");
  EXPECT_EQ(rig.Run(text, 4), "waiting");
  EXPECT_EQ(rig.Targets(), "web-1 running, web-2 succeeded");
  rig.Settle("ask@web-1", "done");
  EXPECT_EQ(rig.Drive(), "succeeded");
  EXPECT_EQ(rig.State().target_states.size(), 4u);
}

TEST(Fleet, ATargetThatChangedSinceThePlanIsRefusedAndTheOthersGoOn) {
  for (const char* scope : {"target", "all"}) {
    Rig rig;
    FillSlots(rig, 3);
    const plan::Plan plan =
        rig.Plan(Document(Slotted(std::string("rollback: ") + scope) +
                          Phase("tell", "", "id: told, uses: fake.bump, with: { cell: told }")),
                 3);
    rig.Set("slot-web-2", "green");
    ASSERT_EQ(rig.Start(plan), "R1");
    EXPECT_EQ(rig.Drive(), "failed");
    EXPECT_EQ(rig.Targets(), "web-1 succeeded, web-2 refused, web-3 succeeded");
    EXPECT_EQ(rig.State().target_states.at("web-2").reason,
              "it changed since the plan: value of fake.read was \"blue\", is \"green\"; plan it again");
    EXPECT_EQ(rig.Cell("web-3"), "new");
    EXPECT_EQ(rig.Cell("told"), "-");  // the team is not told of a success that is none
  }
}

TEST(Fleet, WhatTheRunItselfChangedIsNoChangeSinceThePlan) {
  Rig rig;
  rig.Set("slot-web-1", "blue");
  EXPECT_EQ(
      rig.Run(Document(
                  Phase("one", "for_each: target",
                        "id: slot, uses: fake.read, with: { cell: \"slot-${{ target.id }}\" }\n"
                        "id: move, uses: fake.set, with: { cell: \"slot-${{ target.id }}\", value: green }") +
                  Phase("two", "for_each: target", "id: put, uses: fake.bump, with: { cell: n }")),
              1),
      "succeeded");
}

TEST(Fleet, AWaveOfWhichNobodySucceededLetsNoOtherBegin) {
  Rig canary;
  canary.Script(Fails("put@web-1"));
  EXPECT_EQ(canary.Run(Fleet("waves: [ 1, 100% ]; stop_after_failures: 9"), 3), "failed");
  EXPECT_EQ(canary.Targets(), "web-1 failed");
  EXPECT_TRUE(canary.State().reason.ends_with("; no target of wave 1 succeeded, so the next did not begin"))
      << canary.State().reason;
  EXPECT_EQ(canary.Broken(), "");

  Rig one_of_two;
  one_of_two.Script(Fails("put@web-1"));
  EXPECT_EQ(one_of_two.Run(Fleet("waves: [ 2, 100% ]; stop_after_failures: 9"), 3), "failed");
  EXPECT_EQ(one_of_two.Targets(), "web-1 failed, web-2 succeeded, web-3 succeeded");
}

TEST(Fleet, ACanaryThatIsRefusedProvesNothingEither) {
  Rig rig;
  FillSlots(rig, 3);
  const plan::Plan plan = rig.Plan(Document(Slotted("waves: [ 1, 100% ]; stop_after_failures: 9")), 3);
  rig.Set("slot-web-1", "green");
  ASSERT_EQ(rig.Start(plan), "R1");
  EXPECT_EQ(rig.Drive(), "failed");
  EXPECT_EQ(rig.Targets(), "web-1 refused");
  EXPECT_EQ(rig.Cell("web-2"), "-");
  EXPECT_EQ(rig.Broken(), "");
}

TEST(Fleet, OnceTheCanaryIsWellAfterAPauseTheOthersBegin) {
  Rig rig;
  rig.Script(Fails("put@web-1"));
  EXPECT_EQ(rig.Run(Fleet("waves: [ 1, 100% ]; stop_after_failures: 9", "pause"), 3), "paused");
  EXPECT_EQ(rig.Targets(), "web-1 failed");
  rig.Signal("resumed");
  EXPECT_EQ(rig.Drive(), "succeeded");
  EXPECT_EQ(rig.Targets(), "web-1 succeeded, web-2 succeeded, web-3 succeeded");
  EXPECT_EQ(rig.Broken(), "");
}

TEST(Fleet, WhoeverSucceededInTheRunBeforeCountsForTheWaveOfARetry) {
  Rig rig;
  rig.Script(Fails("R1/put@web-2"));
  rig.Script(Fails("R2/put@web-2"));
  const plan::Plan plan = rig.Plan(Fleet("waves: [ 2, 100% ]; stop_after_failures: 9"), 3);
  ASSERT_EQ(rig.Start(plan), "R1");
  EXPECT_EQ(rig.Drive(), "failed");
  const engine::RunState parent = rig.State();
  ASSERT_EQ(rig.Start(plan, engine::RunKind::kRetry, &parent), "R2");
  EXPECT_EQ(rig.Drive("R2"), "failed");
  EXPECT_EQ(rig.Targets("R1") + "; " + rig.Targets("R2"),
            "web-1 succeeded, web-2 failed, web-3 succeeded; web-2 failed");
}

TEST(Fleet, AfterAPauseFailedTargetsOfWavesThatAreOverAreTriedAgain) {
  Rig rig;
  rig.Script(Fails("put@web-1"));
  EXPECT_EQ(rig.Run(Fleet("waves: [ 2, 100% ]; stop_after_failures: 3", "pause"), 3), "paused");
  EXPECT_EQ(rig.Targets(), "web-1 failed, web-2 succeeded, web-3 succeeded");
  rig.Signal("resumed");
  EXPECT_EQ(rig.Drive(), "succeeded");
  EXPECT_EQ(rig.Targets(), "web-1 succeeded, web-2 succeeded, web-3 succeeded");
  EXPECT_EQ(rig.Cell("web-1"), "new");
}

TEST(Fleet, ARetryIsANewRunOfTheTargetsThatDidNotSucceed) {
  Rig rig;
  rig.Script(Fails("put@web-2"));
  const plan::Plan plan = rig.Plan(Fleet("max_parallel: 1", "rollback"), 4);
  ASSERT_EQ(rig.Start(plan), "R1");
  EXPECT_EQ(rig.Drive(), "failed");
  EXPECT_EQ(rig.Targets(), "web-1 succeeded, web-2 rolled_back");
  const engine::RunState parent = rig.State();
  ASSERT_EQ(rig.Start(plan, engine::RunKind::kRetry, &parent), "R2");
  EXPECT_EQ(rig.Keys(journal::Table::kLock), (std::vector<std::string>{"web-2", "web-3", "web-4"}));
  EXPECT_EQ(rig.Drive("R2"), "succeeded");
  EXPECT_EQ(rig.Targets("R2"), "web-2 succeeded, web-3 succeeded, web-4 succeeded");
  EXPECT_EQ(rig.State("R2").parent, "R1");
  EXPECT_EQ(rig.Broken(), "");
}

// A phase before the fleet, two of the fleet, one behind it.
plan::Plan InFourPhases(Rig& rig, std::string_view on_failure = "stop") {
  return rig.Plan(
      Document(Phase("before", "", "id: one, uses: fake.bump, with: { cell: one }") +
                   Phase("first", "for_each: target; stop_after_failures: 9",
                         "id: put, uses: fake.bump, with: { cell: \"put-${{ target.id }}\" }") +
                   Phase("second", "for_each: target",
                         "id: turn, uses: fake.set, with: { cell: \"turn-${{ target.id }}\", value: \"${{ "
                         "steps.put.outputs.value }} ${{ steps.one.outputs.value }}\" }") +
                   Phase("after", "", "id: two, uses: fake.bump, with: { cell: two }"),
               on_failure),
      3);
}

std::string Retry(Rig& rig, const plan::Plan& plan, const std::string& parent) {
  const engine::RunState state = rig.State(parent);
  return rig.Start(plan, engine::RunKind::kRetry, &state);
}

TEST(Fleet, ARetryDoesNothingAgainThatEndedWell) {
  Rig rig;
  rig.Script(Fails("R1/turn@web-2"));
  const plan::Plan plan = InFourPhases(rig);
  ASSERT_EQ(rig.Start(plan), "R1");
  EXPECT_EQ(rig.Drive(), "failed");
  EXPECT_EQ(rig.Cell("turn-web-1"), "1 1");
  ASSERT_EQ(Retry(rig, plan, "R1"), "R2");
  // web-3 never came to the second phase: it is not forgotten because the first went well.
  EXPECT_EQ(rig.Keys(journal::Table::kLock), (std::vector<std::string>{"web-2", "web-3"}));
  EXPECT_EQ(rig.Drive("R2"), "succeeded");
  EXPECT_EQ(rig.Story({"intent"}, "R2"), "intent turn@web-2\nintent turn@web-3\nintent two\n");
  EXPECT_EQ(rig.Cell("turn-web-3"), "1 1");
  EXPECT_EQ(rig.Cell("one") + rig.Cell("put-web-2") + rig.Cell("two"), "111");
  EXPECT_EQ(rig.Step("one", "R2"), "succeeded");
  EXPECT_EQ(rig.Reason("one", "R2"), "in R1");
  EXPECT_EQ(rig.Broken(), "");
}

TEST(Fleet, ARetryOfARetryStillKnowsWhatTheFirstRunGave) {
  Rig rig;
  rig.Script(Fails("R1/turn@web-2"));
  rig.Script(Fails("R2/turn@web-2"));
  const plan::Plan plan = InFourPhases(rig);
  ASSERT_EQ(rig.Start(plan), "R1");
  EXPECT_EQ(rig.Drive(), "failed");
  ASSERT_EQ(Retry(rig, plan, "R1"), "R2");
  EXPECT_EQ(rig.Drive("R2"), "failed");
  ASSERT_EQ(Retry(rig, plan, "R2"), "R3");
  EXPECT_EQ(rig.Keys(journal::Table::kLock), (std::vector<std::string>{"web-2", "web-3"}))
      << "web-1 was done by the first";
  EXPECT_EQ(rig.Drive("R3"), "succeeded");
  EXPECT_EQ(rig.Cell("one") + rig.Cell("put-web-2") + rig.Cell("two"), "111");
  EXPECT_EQ(rig.Broken(), "");
}

TEST(Fleet, WhatWasTakenBackIsDoneAgainByARetry) {
  Rig rig;
  rig.Script(Fails("R1/two"));
  const plan::Plan plan = InFourPhases(rig, "rollback");
  ASSERT_EQ(rig.Start(plan), "R1");
  EXPECT_EQ(rig.Drive(), "rolled_back");
  ASSERT_EQ(Retry(rig, plan, "R1"), "R2");
  EXPECT_EQ(rig.Drive("R2"), "succeeded");
  EXPECT_EQ(std::ranges::count(rig.Story({"intent"}, "R2"), '\n'), 8);
  EXPECT_EQ(rig.Cell("one") + rig.Cell("put-web-1") + rig.Cell("two"), "111");
}

TEST(Fleet, ARetryThatIsRolledBackTakesBackOnlyWhatItDid) {
  Rig rig;
  rig.Script(Fails("R1/turn@web-2"));
  rig.Script(Fails("R2/two"));
  const plan::Plan plan = InFourPhases(rig, "stop");
  ASSERT_EQ(rig.Start(plan), "R1");
  EXPECT_EQ(rig.Drive(), "failed");
  ASSERT_EQ(Retry(rig, plan, "R1"), "R2");
  EXPECT_EQ(rig.Drive("R2"), "failed");
  const engine::RunState parent = rig.State("R2");
  ASSERT_EQ(rig.Start(plan, engine::RunKind::kRollback, &parent), "R3");
  EXPECT_EQ(rig.Drive("R3"), "rolled_back");
  EXPECT_EQ(rig.Undone("R3"), "turn@web-2 turn@web-3");
  EXPECT_EQ(rig.Cell("one") + rig.Cell("put-web-3") + rig.Cell("turn-web-3"), "11-");
  EXPECT_EQ(rig.Broken(), "");
}

TEST(Fleet, PhasesAreBarriers) {
  Rig rig;
  EXPECT_EQ(rig.Run(Document(Phase("before", "", "id: one, uses: fake.bump, with: { cell: a }") +
                             Phase("deploy", "for_each: target; max_parallel: 3",
                                   "id: put, uses: fake.bump, with: { cell: \"${{ target.id }}\" }") +
                             Phase("after", "", "id: two, uses: fake.bump, with: { cell: b }")),
                    3),
            "succeeded");
  EXPECT_EQ(rig.Story({"phase_finished"}),
            "phase_finished before\nphase_finished deploy\nphase_finished after\n");
  const auto two = rig.Times("intent", "two").at(0);
  for (const char* key : {"put@web-1", "put@web-2", "put@web-3"})
    EXPECT_GE(two, rig.Times("outcome", key).at(0));
}

TEST(Fleet, ALaterPhaseThatFailsTakesBackTheWholeFleet) {
  Rig rig;
  EXPECT_EQ(
      rig.Run(Document(Phase("deploy", "for_each: target",
                             "id: put, uses: fake.set, with: { cell: \"${{ target.id }}\", value: new }") +
                       Phase("after", "", "id: bad, uses: fake.check, with: { cell: a, equals: b }")),
              2),
      "rolled_back");
  EXPECT_EQ(rig.Targets(), "web-1 rolled_back, web-2 rolled_back");
  EXPECT_EQ(rig.Cell("web-1"), "-");
}

}  // namespace
}  // namespace slipway::sim
