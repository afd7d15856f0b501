// What people say to a run: confirm, settle, pause, resume, cancel.
#include <gtest/gtest.h>

#include "rig.h"

namespace slipway::sim {
namespace {

using base::JsonObject;
using drivers::FakeAnswer;

const char* kAsk = "id: ask, uses: fake.set_ask, with: { cell: a, value: x }";

std::string Only(const std::string& steps, const std::string& on_failure = "rollback") {
  return Document(Phase("change", "", steps), on_failure);
}

TEST(People, TheFirstAnswerCountsAndALaterOneChangesNothing) {
  Rig rig;
  EXPECT_EQ(
      rig.Run(Only("id: ok, confirm: { role: deployer, fields: [ { id: cell, required: true } ] }\n"
                   "id: a, uses: fake.set, with: { cell: a, value: \"${{ steps.ok.outputs.cell }}\" }")),
      "waiting");
  EXPECT_EQ(rig.Waiting(), "confirm ok");
  EXPECT_EQ(rig.State().waiting.at(0).who, "deployer");
  EXPECT_EQ(rig.State().waiting.at(0).next, "slipway confirm R1 ok --field cell=…");
  rig.Confirm("ok", {{"cell", "first"}});
  rig.Confirm("ok", {{"cell", "second"}});
  EXPECT_EQ(rig.Drive(), "succeeded");
  EXPECT_EQ(rig.Cell("a"), "first");
  EXPECT_EQ(rig.Reason("ok"), "confirmed by ada@desk, unverified");
  EXPECT_EQ(rig.Broken(), "");
}

TEST(People, AnAnswerBeforeTheQuestionDoesNotCount) {
  Rig rig;
  ASSERT_EQ(rig.Start(rig.Plan(Only("id: ok, confirm: {}"))), "R1");
  rig.Confirm("ok");
  EXPECT_EQ(rig.Drive(), "waiting");
}

TEST(People, NobodyAnsweringInTimeFailsTheStep) {
  Rig rig;
  EXPECT_EQ(
      rig.Run(Only("id: a, uses: fake.set, with: { cell: a, value: x }\nid: ok, confirm: {}, timeout: 1h")),
      "waiting");
  rig.clock.Sleep(base::Duration{3'599'000});
  EXPECT_EQ(rig.Drive(), "waiting");
  rig.clock.Sleep(base::Duration{1'000});
  EXPECT_EQ(rig.Drive(), "rolled_back");
  EXPECT_EQ(rig.Reason("ok"), "nobody confirmed it within 1h");
  EXPECT_EQ(rig.Cell("a"), "-");
}

TEST(People, AnAnswerAfterTheTimeIsTooLateWhoeverDrivesTheRunWhen) {
  const std::string text =
      Only("id: a, uses: fake.set, with: { cell: a, value: x }\nid: ok, confirm: {}, timeout: 1h");
  for (const std::int64_t late : {-1, 0, 1}) {
    Rig rig;
    EXPECT_EQ(rig.Run(text), "waiting");
    const base::Time opened = rig.State().instances.at("ok").act.at;
    rig.clock.Sleep(opened + base::Duration{3'600'000 + late} - rig.clock.Now());
    rig.Confirm("ok");
    rig.clock.Sleep(base::Duration{5'000});
    if (late < 0) {
      EXPECT_EQ(rig.Drive(), "succeeded");
      continue;
    }
    EXPECT_EQ(rig.State().status, engine::RunStatus::kWaiting);  // it is on record, and changes nothing
    EXPECT_EQ(rig.Drive(), "rolled_back");
    EXPECT_EQ(rig.Reason("ok"), "nobody confirmed it within 1h");
    EXPECT_EQ(rig.Broken(), "");
  }
}

TEST(People, StayWaitsForTheTimeItself) {
  Rig rig;
  ASSERT_EQ(rig.Start(rig.Plan(Only("id: ok, confirm: {}, timeout: 10m"))), "R1");
  EXPECT_EQ(rig.Drive("R1", {.stay = true}), "rolled_back");
  EXPECT_EQ(rig.Times("step_failed", "ok").at(0) - rig.Times("confirm_opened", "ok").at(0), 600'000);
}

TEST(People, WhoeverWaitsForAPersonStillTriesAgainWhatTimeAloneMoves) {
  Rig rig;
  rig.Script(Fails("R1/a"));
  EXPECT_EQ(rig.Run(Only("id: ok, confirm: {}\n"
                         "id: a, needs: [], uses: fake.set, with: { cell: a, value: x }, retry: { attempts: "
                         "2, every: 5s }")),
            "waiting");
  EXPECT_EQ(rig.Step("a"), "succeeded");
  EXPECT_EQ(rig.Waiting(), "confirm ok");
}

TEST(People, SettledDoneStillHasToPassItsChecks) {
  Rig rig;
  rig.Script(Lost("ask"));
  const std::string verified =
      std::string(kAsk) + ", verify: [ { uses: fake.check, with: { cell: a, equals: y } } ]";
  EXPECT_EQ(rig.Run(Only(verified, "stop")), "waiting");
  rig.Settle("ask", "done");
  EXPECT_EQ(rig.Drive(), "failed");
  EXPECT_EQ(rig.Reason("ask"), "fake.check failed after 1 attempt: cell a holds `x`, not `y`");
}

TEST(People, SettledRepeatUsesWhatWasPreparedOnce) {
  Rig rig;
  rig.Set("a", "old");
  rig.Script({.instance = "ask", .answer = {.act = FakeAnswer::Act::kHalf}});
  EXPECT_EQ(rig.Run(Only(std::string(kAsk) + "\nid: bad, uses: fake.check, with: { cell: a, equals: no }")),
            "waiting");
  EXPECT_EQ(rig.Cell("a"), "half:x");
  rig.Settle("ask", "repeat");
  EXPECT_EQ(rig.Drive(), "rolled_back");
  EXPECT_EQ(rig.Cell("a"), "old");  // and not the half act
  EXPECT_EQ(rig.Times("intent", "ask").size(), 2u);
}

TEST(People, SettledFailedRunsItsOwnUndo) {
  Rig rig;
  rig.Set("a", "old");
  rig.Script({.instance = "ask", .answer = {.act = FakeAnswer::Act::kHalf}});
  EXPECT_EQ(rig.Run(Only(kAsk)), "waiting");
  rig.Settle("ask", "failed");
  EXPECT_EQ(rig.Drive(), "rolled_back");
  EXPECT_EQ(rig.Step("ask"), "undone");
  EXPECT_EQ(rig.Cell("a"), "old");
}

TEST(People, OnlyTheFirstSettlementCounts) {
  Rig rig;
  rig.Script(Lost("ask"));
  EXPECT_EQ(rig.Run(Only(kAsk)), "waiting");
  rig.Settle("ask", "done");
  rig.Settle("ask", "repeat");
  rig.Settle("ask", "failed");
  EXPECT_EQ(rig.Drive(), "succeeded");
  EXPECT_EQ(rig.world->EffectsOf("R1/ask", "fake.set_ask"), 1u);
  EXPECT_EQ(rig.Broken(), "");
}

TEST(People, SettlingWhatNobodyAskedAboutChangesNothing) {
  Rig rig;
  EXPECT_EQ(rig.Run(Only("id: a, uses: fake.bump, with: { cell: a }\nid: ok, confirm: {}")), "waiting");
  rig.Settle("a", "repeat");
  rig.Settle("ok", "done");
  rig.Settle("never", "done");
  EXPECT_EQ(rig.Drive(), "waiting");
  EXPECT_EQ(rig.Cell("a"), "1");
}

TEST(People, ARepeatThatNeverBeganMayStillHaveHappenedBefore) {
  Rig rig;
  rig.Set("a", "old");
  rig.Script(Lost("ask"));
  EXPECT_EQ(rig.Run(Only(kAsk)), "waiting");
  rig.Settle("ask", "repeat");
  rig.Signal("rollback_asked", {{"reason", "no"}});
  EXPECT_EQ(rig.Drive(), "rolled_back");
  EXPECT_EQ(rig.Cell("a"), "old");
}

TEST(People, ARepeatThatComesAfterTheRollbackBeganDoesNotKeepItFromBeingUndone) {
  Rig rig;
  rig.Set("a", "old");
  rig.Script(Lost("ask"));
  EXPECT_EQ(rig.Run(Only(kAsk)), "waiting");
  rig.Signal("rollback_asked", {{"reason", "no"}});
  rig.CrashAt("after append*rollback_started");
  EXPECT_TRUE(rig.Drive().starts_with("died"));
  rig.Settle("ask", "repeat");
  EXPECT_EQ(rig.Drive(), "rolled_back");
  EXPECT_EQ(rig.Cell("a"), "old");
}

TEST(People, AnUndoThatNobodyCanJudgeIsSettledToo) {
  for (const char* how : {"done", "repeat", "failed"}) {
    Rig rig;
    rig.Set("a", "old");
    rig.Script(Lost("undo:ask"));
    EXPECT_EQ(rig.Run(Only(std::string(kAsk) + "\nid: bad, uses: fake.check, with: { cell: a, equals: no }")),
              "rolling_back");
    EXPECT_EQ(rig.Waiting(), "settle ask");
    rig.Settle("ask", how, true);
    EXPECT_EQ(rig.Drive(), how == std::string("failed") ? "rollback_failed" : "rolled_back") << how;
    EXPECT_EQ(rig.Cell("a"), "old");
    EXPECT_EQ(rig.world->EffectsOf("R1/undo:ask", "fake.set_ask"), how == std::string("repeat") ? 2u : 1u);
  }
}

TEST(People, PauseLetsRunningStepsFinishAndStartsNothing) {
  Rig rig;
  ASSERT_EQ(rig.Start(rig.Plan(Only("id: a, uses: fake.climb, with: { cell: a, to: 3 }\n"
                                    "id: look, needs: [], uses: fake.read, with: { cell: b }\n"
                                    "id: c, needs: [a, look], uses: fake.bump, with: { cell: c }"))),
            "R1");
  rig.at_point = [&, sent = false](const std::string& name) mutable {
    if (!sent && name == "after append intent") {
      sent = true;
      rig.Signal("pause_asked");
    }
  };
  EXPECT_EQ(rig.Drive(), "paused");
  EXPECT_EQ(rig.Step("a"), "succeeded");
  EXPECT_EQ(rig.Step("c"), "none");
  EXPECT_EQ(rig.Drive(), "paused");  // nobody resumed it
  rig.Signal("resumed");
  EXPECT_EQ(rig.Drive(), "succeeded");
  EXPECT_EQ(rig.Cell("c"), "1");
}

TEST(People, ALookThatIsUnderWayFinishesBeforeThePause) {
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    Rig rig;
    rig.worker_seed = seed;
    ASSERT_EQ(rig.Start(rig.Plan(Only("id: a, needs: [], uses: fake.bump, with: { cell: a }\n"
                                      "id: look, needs: [], uses: fake.read, with: { cell: b }"))),
              "R1");
    rig.at_point = [&, sent = false](const std::string& name) mutable {
      if (!sent && name == "before run R1/a") {
        sent = true;
        rig.Signal("pause_asked");
      }
    };
    EXPECT_EQ(rig.Drive(), "paused");
    const std::string look = rig.Step("look");
    EXPECT_TRUE(look == "none" || look == "succeeded") << look;
    rig.Signal("resumed");
    EXPECT_EQ(rig.Drive(), "succeeded");
  }
}

TEST(People, DeadlinesKeepRunningWhileARunIsPaused) {
  Rig rig;
  EXPECT_EQ(rig.Run(Only("id: ok, confirm: {}, timeout: 1h")), "waiting");
  rig.Signal("pause_asked");
  EXPECT_EQ(rig.Drive(), "paused");
  rig.clock.Sleep(base::Duration{3'600'000});
  rig.Signal("resumed");
  EXPECT_EQ(rig.Drive(), "rolled_back");
}

TEST(People, ATimerDoesNotKeepARunFromPausing) {
  Rig rig;
  ASSERT_EQ(rig.Start(rig.Plan(Only("id: rest, uses: wait, with: { for: 10m }"))), "R1");
  rig.at_point = [&, sent = false](const std::string& name) mutable {
    if (!sent && name == "after append intent") {
      sent = true;
      rig.Signal("pause_asked");
    }
  };
  EXPECT_EQ(rig.Drive(), "paused");
  EXPECT_LT(rig.Times("paused").at(0), 1000);
  rig.Signal("resumed");
  EXPECT_EQ(rig.Drive(), "succeeded");
  EXPECT_EQ(rig.Times("outcome", "rest").back() - rig.Times("intent", "rest").back(), 600'001);
}

TEST(People, ARollbackCanBePausedToo) {
  Rig rig;
  ASSERT_EQ(rig.Start(rig.Plan(
                Only("id: a, uses: fake.bump, with: { cell: a }\nid: b, uses: fake.bump, with: { cell: b }\n"
                     "id: bad, uses: fake.check, with: { cell: a, equals: no }"))),
            "R1");
  rig.at_point = [&, sent = false](const std::string& name) mutable {
    if (!sent && name == "before run R1/undo:b") {
      sent = true;
      rig.Signal("pause_asked");
    }
  };
  EXPECT_EQ(rig.Drive(), "paused");
  EXPECT_EQ(rig.Cell("b"), "0");
  EXPECT_EQ(rig.Cell("a"), "1");
  rig.Signal("resumed");
  EXPECT_EQ(rig.Drive(), "rolled_back");
  EXPECT_EQ(rig.Cell("a"), "0");
}

TEST(People, CtrlCPausesAndSaysWho) {
  Rig rig;
  ASSERT_EQ(
      rig.Start(rig.Plan(Only(
          "id: a, uses: fake.climb, with: { cell: a, to: 3 }\nid: b, uses: fake.bump, with: { cell: b }"))),
      "R1");
  engine::DriveOptions options{.actor = "ada@desk, unverified",
                               .pause = [&] { return rig.Cell("a") != "-"; }};
  EXPECT_EQ(rig.Drive("R1", options), "paused");
  EXPECT_EQ(rig.Cell("b"), "-");
}

TEST(People, APlainPauseDoesNotTryAgainWhatFailedBefore) {
  Rig rig;
  rig.Script(Fails("put@web-1"));
  const std::string fleet = Document(Phase("deploy", "for_each: target; stop_after_failures: 3",
                                           "id: put, uses: fake.bump, with: { cell: \"${{ target.id }}\" }"),
                                     "stop");
  ASSERT_EQ(rig.Start(rig.Plan(fleet, 3)), "R1");
  rig.at_point = [&](const std::string& name) {
    if (name == "before run R1/put@web-2") rig.Signal("pause_asked");
  };
  EXPECT_EQ(rig.Drive(), "paused");
  rig.at_point = nullptr;
  rig.Signal("resumed");
  EXPECT_EQ(rig.Drive(), "failed");
  EXPECT_EQ(rig.Targets(), "web-1 failed, web-2 succeeded, web-3 succeeded");
}

TEST(People, AfterAFailureResumeTriesAgainWhatProvablyDidNotHappen) {
  Rig rig;
  rig.Script(Fails("R1/a"));
  EXPECT_EQ(
      rig.Run(Only("id: a, uses: fake.bump, with: { cell: a }\nid: b, uses: fake.bump, with: { cell: b }",
                   "pause")),
      "paused");
  EXPECT_EQ(rig.State().reason, "a: refused");
  rig.Signal("resumed");
  EXPECT_EQ(rig.Drive(), "succeeded");
  EXPECT_EQ(rig.Cell("a"), "1");
}

TEST(People, AfterAFailureThatMayHaveChangedThingsAPersonSaysWhatBecameOfIt) {
  Rig rig;
  rig.Script(Reports("R1/a"));
  EXPECT_EQ(rig.Run(Only("id: a, uses: fake.bump, with: { cell: a }", "pause")), "paused");
  rig.Signal("resumed");
  EXPECT_EQ(rig.Drive(), "paused");
  EXPECT_EQ(rig.Cell("a"), "1");
  rig.Settle("a", "done");
  rig.Signal("resumed");
  EXPECT_EQ(rig.Drive(), "succeeded");
  EXPECT_EQ(rig.Cell("a"), "1");
}

TEST(People, WhatWasNeverTriedCannotBeSettledAsDone) {
  Rig rig;
  const base::Error refused{base::ErrorKind::kRefused, "it must not run", "", ""};
  rig.Script({.kind = drivers::FakeCallKind::kPrepare, .instance = "R1/a", .answer = {.error = refused}});
  EXPECT_EQ(rig.Run(Only(
                "id: a, uses: fake.bump, with: { cell: a }, verify: [ { uses: fake.check, with: { cell: a, "
                "equals: 1 } } ]",
                "pause")),
            "paused");
  rig.Settle("a", "done");
  rig.Signal("resumed");
  EXPECT_EQ(rig.Drive(), "succeeded");
  EXPECT_EQ(rig.Cell("a"), "1");  // it was really done, and checked
  EXPECT_EQ(rig.State().instances.at("a").checks_passed, 1);
}

TEST(People, AReadingStepCancelledByAFailureIsTriedAgainOnResume) {
  int cancelled = 0;
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    Rig rig;
    rig.worker_seed = seed;
    rig.Script(Fails("R1/bad"));
    EXPECT_EQ(rig.Run(Only("id: bad, needs: [], uses: fake.bump, with: { cell: a }\n"
                           "id: look, needs: [], uses: fake.read, with: { cell: b }",
                           "pause")),
              "paused");
    cancelled += rig.Step("look") == "succeeded" ? 0 : 1;
    rig.Signal("resumed");
    EXPECT_EQ(rig.Drive(), "succeeded") << seed;
  }
  EXPECT_GT(cancelled, 0);
}

TEST(People, CancelSettlesWhatIsInFlightByALookAndListsWhatIsLeft) {
  Rig rig;
  rig.Script(Lost("R1/b"));
  ASSERT_EQ(rig.Start(rig.Plan(
                Only("id: a, uses: fake.bump, with: { cell: a }\nid: b, uses: fake.bump, with: { cell: b }\n"
                     "id: c, uses: fake.bump, with: { cell: c }"),
                2)),
            "R1");
  rig.at_point = [&](const std::string& name) {
    if (name == "before run R1/b") rig.Signal("cancel_asked", {{"reason", "enough"}});
  };
  EXPECT_EQ(rig.Drive(), "cancelled");
  EXPECT_EQ(rig.Cell("c"), "-");
  EXPECT_EQ(rig.Cell("b"), "1");
  EXPECT_EQ(rig.Story({"probed"}), "probed b done\n");
  const auto last = rig.Events().back();
  EXPECT_EQ(base::CanonicalJson(last.data.at("left")).value(), R"(["a","b"])");
  EXPECT_EQ(rig.Keys(journal::Table::kLock), std::vector<std::string>{});
  EXPECT_EQ(rig.Broken(), "");
}

TEST(People, CancelDoesNotAskAnybodyAndUndoesNothing) {
  Rig rig;
  rig.Script(Lost("ask"));
  EXPECT_EQ(rig.Run(Only(kAsk), 1), "waiting");
  rig.Signal("cancel_asked", {{"reason", "enough"}});
  EXPECT_EQ(rig.Drive(), "cancelled");
  EXPECT_EQ(rig.Cell("a"), "x");
  EXPECT_EQ(base::CanonicalJson(rig.Events().back().data.at("left")).value(), R"(["ask"])");
}

TEST(People, OfACancelledRunNothingRunsOrWaitsAnyMoreAndNothingIsGuessed) {
  Rig rig;
  rig.Script(Lost("ask"));
  EXPECT_EQ(rig.Run(Only(std::string(kAsk) + "\nid: ok, needs: [], confirm: {}\nid: never, uses: fake.bump, "
                                             "with: { cell: n }"),
                    1),
            "waiting");
  rig.Signal("cancel_asked", {{"reason", "enough"}});
  EXPECT_EQ(rig.Drive(), "cancelled");
  EXPECT_EQ(rig.Step("ask"), "unknown");
  EXPECT_EQ(rig.Step("ok"), "cancelled");
  EXPECT_EQ(rig.Step("never"), "none");
  EXPECT_EQ(rig.Broken(), "");
}

TEST(People, WhatIsDoneButWasNotCheckedWhenTheRunEndedIsUnknown) {
  Rig rig;
  ASSERT_EQ(
      rig.Start(rig.Plan(Only("id: a, uses: fake.bump, with: { cell: a }, verify: [ { uses: fake.check, "
                              "with: { cell: a, equals: 2 }, retry: { attempts: 9, every: 1h } } ]"))),
      "R1");
  engine::DriveOptions options{.pause = [&] {
    if (rig.Cell("a") == "1") rig.Signal("cancel_asked", {{"reason", "enough"}});
    return false;
  }};
  EXPECT_EQ(rig.Drive("R1", options), "cancelled");
  EXPECT_EQ(rig.Step("a"), "unknown");
  EXPECT_EQ(rig.Reason("a"), "done, but the run ended before it was checked");
}

TEST(People, ATargetOnItsWayWhenTheRunIsCancelledFailed) {
  Rig rig;
  EXPECT_EQ(rig.Run(Document(Phase("p", "for_each: target", "id: ok, confirm: {}")), 2), "waiting");
  rig.Signal("cancel_asked", {{"reason", "enough"}});
  EXPECT_EQ(rig.Drive(), "cancelled");
  EXPECT_EQ(rig.Step("ok@web-1"), "cancelled");
  EXPECT_EQ(rig.Targets(), "web-1 failed");
  EXPECT_EQ(rig.Broken(), "");
}

TEST(People, ARunThatWaitsOrIsPausedOrParkedCanBeCancelled) {
  Rig rig;
  EXPECT_EQ(rig.Run(Only("id: ok, confirm: {}"), 1), "waiting");
  rig.Signal("cancel_asked");
  EXPECT_EQ(rig.Drive("R1"), "cancelled");

  EXPECT_EQ(rig.Run(Only("id: ok, confirm: {}"), 1), "waiting");
  rig.Signal("pause_asked", {}, "R2");
  EXPECT_EQ(rig.Drive("R2"), "paused");
  rig.Signal("cancel_asked", {}, "R2");
  EXPECT_EQ(rig.Drive("R2"), "cancelled");

  rig.Script(Fails("undo:a"));
  rig.Script(Fails("undo:a"));
  rig.Script(Fails("undo:a"));
  EXPECT_EQ(rig.Run(Only("id: a, uses: fake.bump, with: { cell: a }\nid: bad, uses: fake.check, with: { "
                         "cell: a, equals: no }"),
                    1),
            "rollback_failed");
  EXPECT_EQ(rig.Keys(journal::Table::kLock), std::vector<std::string>{"web-1"});
  rig.Signal("cancel_asked", {{"reason", "taken care of by hand"}}, "R3");
  EXPECT_EQ(rig.Drive("R3"), "cancelled");
  EXPECT_EQ(rig.Keys(journal::Table::kLock), std::vector<std::string>{});
  EXPECT_EQ(rig.Broken(), "");
}

TEST(People, SignalsAfterTheEndStayOnRecordAndChangeNothing) {
  Rig rig;
  EXPECT_EQ(rig.Run(Only("id: a, uses: fake.bump, with: { cell: a }\nid: ok, confirm: {}"), 1), "waiting");
  rig.Confirm("ok");
  EXPECT_EQ(rig.Drive(), "succeeded");
  const auto before = rig.Events().size();
  for (const char* type : {"pause_asked", "resumed", "cancel_asked", "rollback_asked"}) rig.Signal(type);
  rig.Confirm("ok");
  rig.Settle("a", "repeat");
  EXPECT_EQ(rig.Drive(), "succeeded");
  EXPECT_EQ(rig.Events().size(), before + 6);
  EXPECT_EQ(rig.Cell("a"), "1");
  EXPECT_EQ(rig.Broken(), "");
}

}  // namespace
}  // namespace slipway::sim
