// What is undone, in what order, and what is said when it could not be.
#include <gtest/gtest.h>

#include "rig.h"

namespace slipway::sim {
namespace {

using drivers::FakeAnswer;
using drivers::FakeCallKind;

// A last step that always fails, without having changed anything.
const char* kBad = "id: bad, uses: fake.check, with: { cell: always, equals: no }";

std::string Steps(const std::string& steps) { return Document(Phase("change", "", steps + "\n" + kBad)); }

std::string Put(const std::string& id, const std::string& more = "") {
  return "id: " + id + ", uses: fake.set, with: { cell: " + id + ", value: new }" + more + "\n";
}

void UndoFails(Rig& rig, const std::string& instance) {
  for (int i = 0; i < 3; ++i) rig.Script(Fails("undo:" + instance));
}

TEST(Unwind, TheOrderIsThatOfTheIntentsBackwards) {
  Rig rig;
  EXPECT_EQ(rig.Run(Steps(Put("a") + Put("b") + Put("c"))), "rolled_back");
  EXPECT_EQ(rig.Undone(), "c b a");
  EXPECT_EQ(rig.Broken(), "");
}

TEST(Unwind, StepsSideBySideAreUndoneInReverseOfTheOrderInWhichTheyBegan) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    Rig rig;
    rig.worker_seed = seed;
    EXPECT_EQ(
        rig.Run(Document(Phase("change", "",
                               Put("a", ", needs: []") + Put("b", ", needs: []") + Put("c", ", needs: []") +
                                   "id: bad, needs: [a, b, c], uses: fake.check, with: { "
                                   "cell: a, equals: no }"))),
        "rolled_back");
    std::string forward;
    for (const auto& event : rig.Events()) {
      if (event.type == "intent" && !base::GetBool(event.data, "undo") &&
          base::GetString(event.data, "step") != "bad")
        forward = base::GetString(event.data, "step") + (forward.empty() ? "" : " ") + forward;
    }
    EXPECT_EQ(rig.Undone(), forward);
  }
}

TEST(Unwind, TheStepThatFailedIsUndoneAsWell) {
  Rig rig;
  rig.Set("a", "old");
  EXPECT_EQ(
      rig.Run(Document(Phase("change", "",
                             Put("a", ", verify: [ { uses: fake.check, with: { cell: a, equals: no } } ]")))),
      "rolled_back");
  EXPECT_EQ(rig.Cell("a"), "old");

  Rig half;
  half.Set("a", "old");
  half.Script(
      {.instance = "R1/a", .answer = {.act = FakeAnswer::Act::kHalf, .say = FakeAnswer::Say::kFailed}});
  EXPECT_EQ(half.Run(Document(Phase("change", "", Put("a")))), "rolled_back");
  EXPECT_EQ(half.Cell("a"), "old");
}

TEST(Unwind, WhatProvablyDidNotHappenIsNotUndone) {
  Rig rig;
  rig.Script(Fails("R1/b"));
  EXPECT_EQ(rig.Run(Document(Phase("change", "", Put("a") + Put("b")))), "rolled_back");
  EXPECT_EQ(rig.Undone(), "a");
  EXPECT_EQ(rig.Step("b"), "failed");
}

TEST(Unwind, WhatIsDeclaredToStayIsListedAsLeftInPlace) {
  Rig rig;
  EXPECT_EQ(rig.Run(Steps(Put("a") + Put("b", ", undo: { none: \"the table may stay\" }"))), "rolled_back");
  EXPECT_EQ(rig.Step("b"), "left_in_place");
  EXPECT_EQ(rig.Reason("b"), "the table may stay");
  EXPECT_EQ(rig.Cell("b"), "new");
  EXPECT_EQ(rig.Cell("a"), "-");
}

TEST(Unwind, ADeclaredUndoGoesBeforeTheSheetsAndReadsWhatTheStepGave) {
  Rig rig;
  rig.Set("a", "old");
  EXPECT_EQ(
      rig.Run(Steps(
          Put("a", ", undo: { uses: fake.set, with: { cell: a, value: \"was ${{ outputs.before }}\" } }") +
          "id: count, uses: fake.bump_ask, with: { cell: n }, undo: { uses: fake.unbump, with: { "
          "cell: n } }")),
      "rolled_back");
  EXPECT_EQ(rig.Cell("a"), "was old");
  EXPECT_EQ(rig.Cell("n"), "0");
}

TEST(Unwind, AnUndoThatFailsStopsItsChainAndTheRunIsParkedWithItsLocks) {
  Rig rig;
  UndoFails(rig, "b");
  EXPECT_EQ(rig.Start(rig.Plan(Steps(Put("a") + Put("b") + Put("c")), 2)), "R1");
  EXPECT_EQ(rig.Drive(), "rollback_failed");
  EXPECT_EQ(rig.Step("c"), "undone");
  EXPECT_EQ(rig.Step("b"), "undo_failed");
  EXPECT_EQ(rig.Step("a"), "succeeded");
  EXPECT_EQ(rig.Cell("a"), "new");
  EXPECT_EQ(rig.Keys(journal::Table::kLock), (std::vector<std::string>{"web-1", "web-2"}));
  EXPECT_EQ(rig.Drive(), "rollback_failed");  // nobody asked
  rig.Signal("rollback_asked", {{"reason", "again"}});
  EXPECT_EQ(rig.Drive(), "rolled_back");
  EXPECT_EQ(rig.Cell("a"), "-");
  EXPECT_EQ(rig.Cell("b"), "-");
  EXPECT_EQ(rig.Keys(journal::Table::kLock), std::vector<std::string>{});
  EXPECT_EQ(rig.Broken(), "");
}

TEST(Unwind, AFailedUndoStopsItsTargetInEarlierPhasesTooAndTheOthersFinish) {
  Rig rig;
  UndoFails(rig, "two@web-1");
  const std::string target = "${{ target.id }}";
  const std::string text =
      Document(Phase("first", "for_each: target; rollback: all",
                     "id: one, uses: fake.set, with: { cell: \"one-" + target + "\", value: new }") +
               Phase("second", "for_each: target; rollback: all",
                     "id: two, uses: fake.set, with: { cell: \"two-" + target + "\", value: new }") +
               Phase("last", "", kBad));
  EXPECT_EQ(rig.Run(text, 2), "rollback_failed");
  EXPECT_EQ(rig.Cell("one-web-1"), "new");  // its chain stopped after `two`
  EXPECT_EQ(rig.Cell("one-web-2"), "-");
  EXPECT_EQ(rig.Cell("two-web-2"), "-");
  EXPECT_EQ(rig.Targets(), "web-1 rollback_failed, web-2 rolled_back");
  rig.Signal("rollback_asked", {{"reason", "again"}});
  EXPECT_EQ(rig.Drive(), "rolled_back");
  EXPECT_EQ(rig.Cell("one-web-1"), "-");
  EXPECT_EQ(rig.Targets(), "web-1 rolled_back, web-2 rolled_back");
}

TEST(Unwind, WhatStandsThereAfterwardsIsComparedWithWhatWasRecorded) {
  Rig rig;
  rig.Set("a", "old");
  rig.at_point = [&](const std::string& name) {
    if (name == "before restored R1/a" || name == "before restored R1/undo:a") rig.Set("a", "meddled");
  };
  EXPECT_EQ(rig.Run(Steps(Put("a"))), "rollback_failed");
  EXPECT_EQ(rig.Reason("a"), "undone, but what is there now is not what was recorded: cell a differs");
  rig.at_point = nullptr;
  rig.Signal("rollback_asked");
  EXPECT_EQ(rig.Drive(), "rolled_back");
  EXPECT_EQ(rig.Cell("a"), "old");
}

TEST(Unwind, AComparisonThatCannotTellIsOnRecordAsUnknown) {
  Rig rig;
  rig.Script({.kind = FakeCallKind::kRestored, .answer = {.say = FakeAnswer::Say::kUnknown}});
  EXPECT_EQ(rig.Run(Steps(Put("a"))), "rolled_back");
  EXPECT_EQ(rig.State().instances.at("a").restored, "unknown");
}

TEST(Unwind, AnUndoWhoseReplyWasLostIsLookedAtAndComparedToo) {
  Rig rig;
  rig.Set("a", "old");
  rig.Script(Lost("undo:a"));
  EXPECT_EQ(rig.Run(Steps(Put("a"))), "rolled_back");
  EXPECT_EQ(rig.world->EffectsOf("R1/undo:a", "fake.set"), 1u);
  EXPECT_EQ(rig.State().instances.at("a").restored, "pass");
}

TEST(Unwind, ACrashInTheMiddleOfAnUndoIsLookedAtAndComparedToo) {
  Rig rig;
  rig.Set("a", "old");
  ASSERT_EQ(rig.Start(rig.Plan(Steps(Put("a")))), "R1");
  rig.CrashAt("after run R1/undo:a");
  EXPECT_EQ(rig.Drive(), "died after run R1/undo:a");
  EXPECT_EQ(rig.Drive(), "rolled_back");
  EXPECT_EQ(rig.State().instances.at("a").restored, "pass");
}

TEST(Unwind, GatesWindowsAndHoldsNeverStopARollback) {
  Rig rig;
  rig.live = true;
  rig.workspace.calendars.push_back({.name = "day", .windows = {{.days = {5}, .start = 0, .end = 9 * 60}}});
  rig.workspace.environments[0].calendar = "day";  // closes at 09:00
  EXPECT_EQ(rig.Run(Document(Phase("change", "", Put("a") + "id: ok, confirm: {}\n" + kBad), "rollback",
                             "gates: [ { window: {} } ]\n")),
            "waiting");
  rig.clock.Sleep(base::Duration{5 * 3'600'000});
  rig.Confirm("ok");
  EXPECT_EQ(rig.Drive(), "rolled_back");
}

TEST(Unwind, OneTargetGoesBackAloneOrAllDo) {
  for (const char* scope : {"target", "all"}) {
    Rig rig;
    rig.Script(Fails("look@web-2"));
    EXPECT_EQ(
        rig.Run(Document(Phase("deploy", std::string("for_each: target; rollback: ") + scope,
                               "id: put, uses: fake.set, with: { cell: \"${{ target.id }}\", value: new }\n"
                               "id: look, uses: fake.set, with: { cell: x, value: y }")),
                3),
        scope == std::string("all") ? "rolled_back" : "failed");
    EXPECT_EQ(rig.Cell("web-1"), scope == std::string("all") ? "-" : "new");
    EXPECT_EQ(rig.Cell("web-2"), "-");
    EXPECT_EQ(rig.Targets(), scope == std::string("all") ? "web-1 rolled_back, web-2 rolled_back"
                                                         : "web-1 succeeded, web-2 rolled_back");
  }
}

TEST(Unwind, ATargetOfAFleetGoesBackThroughAllItsPhases) {
  Rig rig;
  rig.Script(Fails("two@web-1"));
  EXPECT_EQ(
      rig.Run(Document(Phase("first", "for_each: target",
                             "id: one, uses: fake.set, with: { cell: \"${{ target.id }}\", value: new }") +
                       Phase("second", "for_each: target", "id: two, uses: fake.bump, with: { cell: x }")),
              2),
      "failed");
  EXPECT_EQ(rig.Cell("web-1"), "-");
  EXPECT_EQ(rig.Cell("web-2"), "new");
}

TEST(Unwind, OnlyTheTargetWhoseRollbackFailedIsTriedAgain) {
  Rig rig;
  rig.Script(Fails("look@web-1"));
  rig.Script(Fails("look@web-2"));
  UndoFails(rig, "put@web-1");
  const std::string text =
      Document(Phase("deploy", "for_each: target; stop_after_failures: 3; waves: [ 3, 100% ]",
                     "id: put, uses: fake.set, with: { cell: \"${{ target.id }}\", value: new }\n"
                     "id: look, uses: fake.bump, with: { cell: x }"));
  EXPECT_EQ(rig.Run(text, 4), "rollback_failed");
  EXPECT_EQ(rig.Targets(), "web-1 rollback_failed, web-2 rolled_back, web-3 succeeded, web-4 succeeded");
  rig.Signal("rollback_asked", {{"reason", "again"}});
  EXPECT_EQ(rig.Drive(), "failed");
  EXPECT_EQ(rig.Targets(), "web-1 rolled_back, web-2 rolled_back, web-3 succeeded, web-4 succeeded");
  EXPECT_EQ(rig.Cell("web-1"), "-");
  EXPECT_EQ(rig.Cell("web-3"), "new");
  EXPECT_EQ(rig.Broken(), "");
}

TEST(Unwind, TryingAgainToRollBackStartsNoNewTarget) {
  Rig rig;
  rig.Script(Fails("look@web-1"));
  UndoFails(rig, "put@web-1");
  EXPECT_EQ(
      rig.Run(Document(Phase("deploy", "for_each: target",
                             "id: put, uses: fake.set, with: { cell: \"${{ target.id }}\", value: new }\n"
                             "id: look, uses: fake.bump, with: { cell: x }")),
              3),
      "rollback_failed");
  rig.Signal("rollback_asked", {{"reason", "again"}});
  EXPECT_EQ(rig.Drive(), "rolled_back");
  EXPECT_EQ(rig.Targets(), "web-1 rolled_back");
  EXPECT_EQ(rig.Cell("web-2"), "-");
}

TEST(Unwind, ATargetOnWhichNothingHappenedIsRolledBackToo) {
  Rig rig;
  const base::Error refused{base::ErrorKind::kRefused, "it must not run", "", ""};
  rig.Script({.kind = FakeCallKind::kPrepare, .instance = "put@web-2", .answer = {.error = refused}});
  EXPECT_EQ(
      rig.Run(Document(Phase("deploy", "for_each: target; rollback: all",
                             "id: put, uses: fake.set, with: { cell: \"${{ target.id }}\", value: new }")),
              3),
      "rolled_back");
  EXPECT_EQ(rig.Targets(), "web-1 rolled_back, web-2 rolled_back");

  Rig early;  // asked for between a target's start and its first act, for which it could not look yet
  early.Script({.kind = FakeCallKind::kPrepare,
                .answer = {.error = base::Error{base::ErrorKind::kIo, "gone", "", ""}}});
  ASSERT_EQ(early.Start(early.Plan(
                Document(Phase("deploy", "for_each: target",
                               "id: a, uses: fake.set, with: { cell: a, value: x }, retry: { attempts: 2 }")),
                1)),
            "R1");
  early.CrashAt("after append target_started");
  EXPECT_EQ(early.Drive(), "died after append target_started");
  early.Signal("rollback_asked");
  EXPECT_EQ(early.Drive(), "rolled_back");
  EXPECT_EQ(early.Targets(), "web-1 rolled_back");
}

TEST(Unwind, ARollbackCanBeAskedOfARunThatRunsWaitsOrIsPaused) {
  Rig running;
  ASSERT_EQ(running.Start(running.Plan(Document(Phase("change", "", Put("a") + Put("b") + Put("c"))))), "R1");
  running.at_point = [&](const std::string& name) {
    if (name == "before run R1/b") running.Signal("rollback_asked", {{"reason", "no"}});
  };
  EXPECT_EQ(running.Drive(), "rolled_back");
  EXPECT_EQ(running.Undone(), "b a");
  EXPECT_EQ(running.State().reason, "no");

  Rig waits;
  EXPECT_EQ(waits.Run(Document(Phase("change", "", Put("a") + "id: ok, confirm: {}"))), "waiting");
  waits.Signal("rollback_asked");
  EXPECT_EQ(waits.Drive(), "rolled_back");
  EXPECT_EQ(waits.Cell("a"), "-");

  Rig paused;
  paused.Script(Fails("R1/b"));
  EXPECT_EQ(paused.Run(Document(Phase("change", "", Put("a") + Put("b")), "pause")), "paused");
  paused.Signal("rollback_asked");
  EXPECT_EQ(paused.Drive(), "rolled_back");
  EXPECT_EQ(paused.Cell("a"), "-");
}

TEST(Unwind, WhatNobodyKnowsOfIsLookedAtBeforeItIsTakenBack) {
  Rig rig;
  ASSERT_EQ(rig.Start(rig.Plan(Steps("id: n, uses: fake.bump, with: { cell: n }"))), "R1");
  rig.CrashAt("before run R1/n");
  EXPECT_EQ(rig.Drive(), "died before run R1/n");
  rig.Signal("rollback_asked");
  EXPECT_EQ(rig.Drive(), "rolled_back");
  EXPECT_EQ(rig.Story({"probed"}), "probed n not_done\n");
  EXPECT_EQ(rig.Cell("n"), "-");  // and not one less than nothing
}

TEST(Unwind, AskingTwiceUndoesOnce) {
  Rig rig;
  ASSERT_EQ(rig.Start(rig.Plan(Steps("id: n, uses: fake.bump, with: { cell: n }\n" + Put("b")), 1)), "R1");
  rig.at_point = [&](const std::string& name) {
    if (name.contains("R1/undo:n")) rig.Signal("rollback_asked");
  };
  EXPECT_EQ(rig.Drive(), "rolled_back");
  EXPECT_EQ(rig.world->EffectsOf("R1/undo:n", "fake.unbump"), 1u);
  EXPECT_EQ(rig.Broken(), "");
}

TEST(Unwind, RollingBackARunThatIsOverIsANewRunThatNamesIt) {
  Rig rig;
  rig.Set("a", "old");
  const plan::Plan plan = rig.Plan(
      Document(
          Phase(
              "change", "",
              Put("a") +
                  "id: n, uses: fake.bump, with: { cell: n }\nid: look, uses: fake.read, with: { cell: a }") +
          Phase("fleet", "for_each: target",
                "id: put, uses: fake.set, with: { cell: \"${{ target.id }}\", value: new }")),
      2);
  ASSERT_EQ(rig.Start(plan), "R1");
  EXPECT_EQ(rig.Drive(), "succeeded");
  const engine::RunState parent = rig.State();
  ASSERT_EQ(rig.Start(plan, engine::RunKind::kRollback, &parent), "R2");
  EXPECT_EQ(rig.Drive("R2"), "rolled_back");
  EXPECT_EQ(rig.State("R2").parent, "R1");
  EXPECT_EQ(rig.State("R1").status, engine::RunStatus::kSucceeded);
  EXPECT_EQ(rig.Cell("a"), "old");
  EXPECT_EQ(rig.Cell("n"), "0");
  EXPECT_EQ(rig.Cell("web-1"), "-");
  EXPECT_EQ(rig.Undone("R2"), "put@web-1 put@web-2 n a");
  EXPECT_EQ(rig.Broken(), "");
}

TEST(Unwind, ADeclaredUndoInANewRunStillReadsWhatAPersonAnswered) {
  Rig rig;
  const plan::Plan plan = rig.Plan(Document(Phase(
      "change", "",
      "id: ok, confirm: { fields: [ { id: back, required: true } ] }\n" +
          Put("a",
              ", undo: { uses: fake.set, with: { cell: a, value: \"${{ steps.ok.outputs.back }}\" } }"))));
  ASSERT_EQ(rig.Start(plan), "R1");
  EXPECT_EQ(rig.Drive(), "waiting");
  rig.Confirm("ok", {{"back", "as ada said"}});
  EXPECT_EQ(rig.Drive(), "succeeded");
  const engine::RunState parent = rig.State();
  ASSERT_EQ(rig.Start(plan, engine::RunKind::kRollback, &parent), "R2");
  EXPECT_EQ(rig.Drive("R2"), "rolled_back");
  EXPECT_EQ(rig.Cell("a"), "as ada said");
}

TEST(Unwind, NothingIsUndoneWhileTheCommandsOfADeadProcessMayStillRun) {
  Rig rig;
  rig.Set("a", "old");
  ASSERT_EQ(rig.Start(rig.Plan(Steps("id: a, uses: fake.set_ask, with: { cell: a, value: new }"))), "R1");
  rig.CrashAt("before run R1/a");
  EXPECT_EQ(rig.Drive(), "died before run R1/a");
  rig.Signal("rollback_asked");
  int looks = 0;
  rig.orphans_gone = [&] {
    if (++looks < 3) return false;
    if (looks == 3) rig.Set("a", "new");  // only now its last word
    return true;
  };
  EXPECT_EQ(rig.Drive(), "rolled_back");
  EXPECT_EQ(looks, 3);
  EXPECT_EQ(rig.Cell("a"), "old");
}

}  // namespace
}  // namespace slipway::sim
