// Target locks, leases, and what two runs and two processes do to each other.
#include <gtest/gtest.h>

#include "rig.h"

namespace slipway::sim {
namespace {

const char* kWaits = "id: ok, confirm: {}";

std::string Text(const std::string& steps, const std::string& on_failure = "rollback") {
  return Document(Phase("change", "", steps), on_failure);
}

TEST(Lock, ASecondRunIsRefusedAndToldWhoHoldsTheTargetAndWhatToDo) {
  Rig rig;
  EXPECT_EQ(rig.Run(Text(kWaits), 2), "waiting");
  EXPECT_EQ(rig.Start(rig.Plan(Text(kWaits), 2)),
            "refused: target web-1 is held by R1 (waiting), which nobody drives; it waits for confirm of ok: "
            "A step; "
            "next: slipway explain R1 | slipway resume R1 | slipway cancel R1, then this again | slipway "
            "rollback R1");
  EXPECT_EQ(rig.desk->Count(journal::Table::kRun).value(), 1);
}

TEST(Lock, ItIsHeldAfterTheProcessDiedAndWhileTheRunIsPaused) {
  Rig rig;
  const plan::Plan plan = rig.Plan(Text("id: a, uses: fake.bump, with: { cell: a }"), 1);
  ASSERT_EQ(rig.Start(plan), "R1");
  rig.CrashAt("before run");
  EXPECT_EQ(rig.Drive(), "died before run R1/a");
  rig.clock.Sleep(base::Duration{86'400'000});
  EXPECT_TRUE(rig.Start(plan).starts_with("refused: target web-1 is held by R1 (running)"));
  rig.Signal("pause_asked");
  EXPECT_EQ(rig.Drive(), "paused");
  EXPECT_TRUE(rig.Start(plan).starts_with("refused: target web-1 is held by R1 (paused)"));
  rig.Signal("resumed");
  EXPECT_EQ(rig.Drive(), "succeeded");
  EXPECT_EQ(rig.Start(plan), "R2");
}

TEST(Lock, TheRefusalSaysWhenTheProcessOfTheHolderDiedAndWhatToDo) {
  Rig rig;
  const plan::Plan plan = rig.Plan(
      Text(
          "id: a, uses: fake.bump, with: { cell: a }\nid: bad, uses: fake.check, with: { cell: a, equals: no "
          "}"),
      1);
  ASSERT_EQ(rig.Start(plan), "R1");
  rig.CrashAt("before run R1/undo:a");
  EXPECT_EQ(rig.Drive(), "died before run R1/undo:a");
  auto next = journal::OpenMemoryStore(rig.disk, "next");
  const auto lease = next->TakeLease("R1", "ada@desk, unverified", rig.clock.Now());
  rig.disk.Die("next");
  const std::string last = base::FormatTime(rig.Events().back().at);
  rig.clock.Sleep(base::Duration{86'400'000});
  EXPECT_EQ(rig.Start(plan), "refused: target web-1 is held by R1 (rolling_back), whose process died after " +
                                 last + "; next: slipway resume R1 | slipway rollback R1");
}

TEST(Lock, TheRefusalSaysThatAnotherProcessDrivesTheHolder) {
  Rig rig;
  const plan::Plan plan = rig.Plan(Text("id: a, uses: fake.bump, with: { cell: a }"), 1);
  ASSERT_EQ(rig.Start(plan), "R1");
  std::string other;
  rig.at_point = [&](const std::string& name) {
    if (name == "before run R1/a") other = rig.Start(plan);
  };
  EXPECT_EQ(rig.Drive(), "succeeded");
  EXPECT_EQ(
      other,
      "refused: target web-1 is held by R1 (running), which another process drives; next: slipway explain "
      "R1 | slipway pause R1 | slipway rollback R1");
}

TEST(Lock, ItEndsWithTheRunHoweverThatEnds) {
  Rig rig;
  EXPECT_EQ(rig.Run(Text("id: a, uses: fake.bump, with: { cell: a }"), 1), "succeeded");
  EXPECT_EQ(rig.Run(Text("id: bad, uses: fake.check, with: { cell: z, equals: b }"), 1), "rolled_back");
  EXPECT_EQ(rig.Run(Text("id: bad, uses: fake.check, with: { cell: z, equals: b }", "stop"), 1), "failed");
  EXPECT_EQ(rig.Keys(journal::Table::kLock), std::vector<std::string>{});
  EXPECT_EQ(rig.Keys(journal::Table::kOpen), std::vector<std::string>{});
}

TEST(Lock, ARollbackOfAnOldRunNeedsItsTargetsToo) {
  Rig rig;
  const plan::Plan plan = rig.Plan(Text("id: a, uses: fake.bump, with: { cell: a }"), 1);
  ASSERT_EQ(rig.Start(plan), "R1");
  EXPECT_EQ(rig.Drive(), "succeeded");
  EXPECT_EQ(rig.Run(Text(kWaits), 1), "waiting");
  const engine::RunState parent = rig.State("R1");
  EXPECT_TRUE(rig.Start(plan, engine::RunKind::kRollback, &parent)
                  .starts_with("refused: target web-1 is held by R2"));
}

TEST(Lock, OneProcessAtATimeDrivesARun) {
  Rig rig;
  std::string other;
  ASSERT_EQ(rig.Start(rig.Plan(Text("id: a, uses: fake.bump, with: { cell: a }"), 1)), "R1");
  rig.at_point = [&](const std::string& name) {
    if (name != "before run R1/a" || !other.empty()) return;
    const auto lease = rig.desk->TakeLease("R1", "eve", rig.clock.Now());
    other = lease ? "taken" : base::ToString(lease.error());
  };
  EXPECT_EQ(rig.Drive(), "succeeded");
  EXPECT_TRUE(other.contains("R1")) << other;
  EXPECT_NE(other, "taken");
}

TEST(Lock, WhoLostTheLeaseStopsWithoutActingAgainAndForgetsNothing) {
  Rig rig;
  ASSERT_EQ(
      rig.Start(rig.Plan(
          Text("id: a, uses: fake.bump, with: { cell: a }\nid: b, uses: fake.bump, with: { cell: b }"), 1)),
      "R1");
  std::unique_ptr<journal::Lease> thief;
  rig.at_point = [&](const std::string& name) {
    if (name != "after run R1/a" || thief) return;
    rig.disk.LoseLeases("process-2");
    thief = *rig.desk->TakeLease("R1", "eve", rig.clock.Now());
  };
  EXPECT_EQ(rig.Drive(), "another process has taken over the run (R1); next: slipway show R1");
  EXPECT_EQ(rig.Story({"intent", "outcome"}), "intent a\n");
  EXPECT_EQ(rig.Cell("b"), "-");
  rig.at_point = nullptr;
  thief.reset();
  EXPECT_EQ(rig.Drive(), "succeeded");
  EXPECT_EQ(rig.Story({"intent", "interrupted", "probed", "outcome"}),
            "intent a\ninterrupted a\nprobed a done\nintent b\noutcome b done\n");
  EXPECT_EQ(rig.Broken(), "");
}

TEST(Lock, ALostLeaseIsNoticedEvenWhereANoteIsRefusedFirst) {
  Rig rig;
  ASSERT_EQ(
      rig.Start(rig.Plan(
          Text(
              "id: a, uses: fake.climb, with: { cell: a, to: 3 }\nid: b, uses: fake.bump, with: { cell: b }"),
          1)),
      "R1");
  std::unique_ptr<journal::Lease> thief;
  rig.at_point = [&](const std::string& name) {
    if (name != "before append progress" || thief) return;
    rig.disk.LoseLeases("process-2");
    thief = *rig.desk->TakeLease("R1", "eve", rig.clock.Now());
  };
  EXPECT_EQ(rig.Drive(), "another process has taken over the run (R1); next: slipway show R1");
  EXPECT_EQ(rig.Story({"progress", "outcome", "interrupted"}), "");
}

TEST(Lock, ASignalThatComesBetweenADecisionAndItsRecordIsHeardFirst) {
  Rig rig;
  ASSERT_EQ(rig.Start(rig.Plan(Text("id: a, uses: fake.bump, with: { cell: a }"), 1)), "R1");
  rig.at_point = [&, sent = false](const std::string& name) mutable {
    if (sent || name != "before append intent") return;
    sent = true;
    rig.Signal("cancel_asked", {{"reason", "enough"}});
  };
  EXPECT_EQ(rig.Drive(), "cancelled");
  EXPECT_EQ(rig.Cell("a"), "-");
  EXPECT_EQ(rig.world->Effects().size(), 0u);
}

}  // namespace
}  // namespace slipway::sim
