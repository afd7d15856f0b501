// Windows, freezes, holds, approvals, review dates: what waits, what is refused, and what never stops.
#include <gtest/gtest.h>

#include "rig.h"

namespace slipway::sim {
namespace {

constexpr int kHour = 60;
constexpr base::Duration kHours{3'600'000};

const char* kWindow = "gates: [ { window: {} } ]\n";
const char* kRelease = "parameters: { release: { type: release, required: true } }\n";

std::string Change(const std::string& gates) {
  return Document(Phase("change", "", "id: a, uses: fake.bump, with: { cell: a }"), "rollback", gates);
}

std::string Fleet(const std::string& more = kWindow, const std::string& keys = "max_parallel: 9") {
  return Document(Phase("deploy", "for_each: target; " + keys,
                        "id: put, uses: fake.set, with: { cell: \"${{ target.id }}\", value: new }"),
                  "rollback", more);
}

workspace::Calendar Daily(std::string name, int from, int to, std::string zone = "") {
  return {.name = std::move(name),
          .time_zone = std::move(zone),
          .windows = {{.days = {0, 1, 2, 3, 4, 5, 6}, .start = from, .end = to}}};
}

// A workspace that is looked at while the run goes on.
struct LiveRig : Rig {
  LiveRig() { live = true; }
  void Calendar(workspace::Calendar calendar) {
    workspace.environments[0].calendar = calendar.name;
    workspace.calendars.push_back(std::move(calendar));
  }
  void Release(const std::string& version) { Write("releases/" + version + "/app", version); }
  plan::Plan PlanRelease(const std::string& text, int targets, const std::string& version) {
    return Rig::Plan(text, targets, {{"release", version}});
  }
};

TEST(Gate, ARunWaitsForItsWindowAndBeginsWhenItOpens) {
  LiveRig rig;
  rig.Calendar(Daily("nights", 22 * kHour, 2 * kHour));
  EXPECT_EQ(rig.Run(Change(kWindow)), "waiting");  // it is 08:00
  EXPECT_EQ(rig.Waiting(), "window");
  EXPECT_EQ(rig.State().waiting.at(0).until, base::ParseTime("2027-01-15T22:00:00Z").value());
  EXPECT_EQ(rig.Keys(journal::Table::kOpen), std::vector<std::string>{"R1"});
  EXPECT_EQ(rig.Drive("R1", {.stay = true}), "succeeded");
  EXPECT_EQ(rig.Times("intent", "a").at(0), 14 * kHours.count() + 1);
  EXPECT_EQ(rig.Broken(), "");
}

TEST(Gate, EachTargetHasItsOwnWindowInItsOwnTimeZone) {
  LiveRig rig;
  (void)rig.Plan(Fleet(), 3);  // makes the targets
  rig.workspace.calendars.push_back(Daily("mornings", 9 * kHour, 10 * kHour));
  for (auto& target : rig.workspace.targets) target.window = "mornings";
  rig.workspace.targets[0].time_zone = "Europe/Berlin";    // 09:00 is 08:00 UTC: now
  rig.workspace.targets[1].time_zone = "America/Toronto";  // 14:00 UTC
  rig.workspace.targets[2].time_zone = "Asia/Tokyo";       // 00:00 UTC
  EXPECT_EQ(rig.Run(Fleet(), 3), "waiting");
  EXPECT_EQ(rig.Targets(), "web-1 succeeded");
  EXPECT_EQ(rig.Waiting(), "window @web-2; window @web-3");
  EXPECT_EQ(rig.Drive("R1", {.stay = true}), "succeeded");
  EXPECT_EQ(rig.Times("target_started", "@web-2").at(0), 6 * kHours.count() + 1);
  EXPECT_EQ(rig.Times("target_started", "@web-3").at(0), 16 * kHours.count() + 1);
}

TEST(Gate, AWindowThatATargetSaysItselfIsJudgedInItsOwnTimeZoneOverMidnightAndDaylightSaving) {
  LiveRig rig;
  // Saturday evening; in Toronto the clock goes from 02:00 to 03:00 within the window.
  rig.clock.MoveTo(*base::ParseTime("2027-03-13T20:00:00Z"));
  (void)rig.Plan(Fleet(), 3);  // makes the targets
  const std::vector<std::string> zones{"America/Toronto", "Europe/Berlin", ""};
  for (std::size_t i = 0; i < zones.size(); ++i) {
    workspace::Target& target = rig.workspace.targets[i];
    target.time_zone = zones[i];
    target.window = target.id + "'s window";
    rig.workspace.target_windows.push_back(
        {.name = target.window, .windows = {{.days = {6}, .start = 23 * kHour, .end = 4 * kHour}}});
  }
  EXPECT_EQ(rig.Run(Fleet(), 3), "waiting");
  EXPECT_EQ(rig.State().waiting.at(0).until, base::ParseTime("2027-03-14T04:00:00Z").value());
  EXPECT_EQ(rig.State().waiting.at(0).reason, "window Sat 23:00-04:00 America/Toronto");
  EXPECT_EQ(rig.State().waiting.at(1).until, base::ParseTime("2027-03-13T22:00:00Z").value());
  EXPECT_EQ(rig.State().waiting.at(2).until, base::ParseTime("2027-03-13T23:00:00Z").value());
  EXPECT_EQ(rig.Drive("R1", {.stay = true}), "succeeded");
  EXPECT_EQ(rig.Times("target_started", "@web-2").at(0), 2 * kHours.count() + 1);
  EXPECT_EQ(rig.Times("target_started", "@web-3").at(0), 3 * kHours.count() + 1);
  EXPECT_EQ(rig.Times("target_started", "@web-1").at(0), 8 * kHours.count() + 1);
  EXPECT_EQ(rig.Broken(), "");
}

TEST(Gate, ATargetWhoseWindowOpensLateWaitsForAFreePlace) {
  LiveRig rig;
  (void)rig.Plan(Fleet(), 5);  // makes the targets
  rig.workspace.calendars.push_back(Daily("late", 8 * kHour + 10, 9 * kHour));
  rig.workspace.targets[0].window = "late";
  const std::string text = Document(Phase("deploy", "for_each: target; max_parallel: 2",
                                          "id: rest, uses: wait, with: { for: 8m }\n"
                                          "id: put, uses: fake.bump, with: { cell: n }"),
                                    "rollback", kWindow);
  ASSERT_EQ(rig.Start(rig.Plan(text, 5)), "R1");
  EXPECT_EQ(rig.Drive("R1", {.stay = true}), "succeeded");
  int now = 0, most = 0;
  for (const auto& event : rig.Events()) {
    if (event.type == "target_started") most = std::max(most, ++now);
    if (event.type == "target_finished") --now;
  }
  EXPECT_EQ(most, 2);
  EXPECT_GE(rig.Times("target_started", "@web-1").at(0), 16 * 60'000);
}

TEST(Gate, AWindowInTheHourThatDaylightSavingSkipsOpensAfterIt) {
  LiveRig rig;
  rig.clock.MoveTo(
      *base::ParseTime("2027-03-14T05:00:00Z"));  // Toronto goes from 02:00 to 03:00 at 07:00 UTC
  rig.Calendar(Daily("early", 2 * kHour + 30, 4 * kHour, "America/Toronto"));
  ASSERT_EQ(rig.Start(rig.Plan(Change(kWindow))), "R1");
  EXPECT_EQ(rig.Drive("R1", {.stay = true}), "succeeded");
  EXPECT_EQ(rig.Times("intent", "a").at(0), 2 * kHours.count() + 1);
}

TEST(Gate, WhatATargetOutsideItsWindowHoldsIsToldToTheNextRunAndACancelledOneLeavesItToThat) {
  LiveRig rig;
  (void)rig.Plan(Fleet(), 3);
  rig.workspace.calendars.push_back(Daily("nights", 22 * kHour, 23 * kHour));
  rig.workspace.calendars.push_back(Daily("evenings", 18 * kHour, 19 * kHour));
  rig.workspace.targets[1].window = "nights";
  rig.workspace.targets[2].window = "evenings";
  EXPECT_EQ(rig.Run(Fleet(), 3), "waiting");
  EXPECT_EQ(rig.Start(rig.Plan(Fleet(), 3)),
            "refused: target web-1 is held by R1 (waiting), which nobody drives; it waits for window of "
            "web-2: window Fri 22:00-23:00 UTC, until 2027-01-15T22:00:00.000Z (and for 1 more); next: "
            "slipway explain R1 | slipway resume R1 | slipway cancel R1 --leave-changes --reason …, then "
            "this again | slipway rollback R1");
  rig.Signal("cancel_asked", {{"reason", "the others go on"}});
  EXPECT_EQ(rig.Drive(), "cancelled");
  EXPECT_EQ(rig.Start(rig.Plan(Fleet(), 3)), "R2");
  EXPECT_EQ(rig.Drive("R2", {.stay = true}), "succeeded");
  EXPECT_EQ(rig.Cell("web-2"), "new");
  EXPECT_EQ(rig.Broken(), "");
}

TEST(Gate, WhereAnotherProcessStaysUntilTheWindowOpensItIsToldToLetGo) {
  LiveRig rig;
  rig.Calendar(Daily("nights", 22 * kHour, 2 * kHour));
  const plan::Plan plan = rig.Plan(Change(kWindow), 1);
  ASSERT_EQ(rig.Start(plan), "R1");
  std::string other;
  rig.at_point = [&](const std::string& name) {
    if (name.starts_with("after append") && name.contains("run_waiting")) other = rig.Start(plan);
  };
  EXPECT_EQ(rig.Drive("R1", {.stay = true}), "succeeded");
  EXPECT_EQ(other,
            "refused: target web-1 is held by R1 (waiting), which another process drives; it waits for "
            "window: window Fri 22:00-02:00 UTC, until 2027-01-15T22:00:00.000Z; next: slipway explain R1 | "
            "slipway cancel R1, then this again | slipway rollback R1");
}

TEST(Gate, AWindowThatClosesNeverInterruptsATargetInProgress) {
  LiveRig rig;
  rig.Calendar(Daily("morning", 8 * kHour, 9 * kHour));
  const std::string text =
      Document(Phase("deploy", "for_each: target",
                     "id: put, uses: fake.set, with: { cell: \"${{ target.id }}\", value: new }\n"
                     "id: rest, uses: wait, with: { for: 50m }\n"
                     "id: more, uses: fake.bump, with: { cell: n }"),
               "rollback", kWindow);
  EXPECT_EQ(rig.Run(text, 3), "waiting");  // the second ends at 09:40, the third may not begin
  EXPECT_EQ(rig.Targets(), "web-1 succeeded, web-2 succeeded");
  EXPECT_EQ(rig.Waiting(), "window @web-3");
  EXPECT_EQ(rig.Drive("R1", {.stay = true}), "succeeded");
  EXPECT_EQ(rig.Times("target_started", "@web-3").at(0), 24 * kHours.count() + 1);
}

TEST(Gate, ACalendarThatIsGoneIsUnknownAndNeverPasses) {
  LiveRig rig;
  rig.Calendar(Daily("always", 0, 24 * kHour));
  const plan::Plan plan = rig.Plan(Change(kWindow));
  rig.workspace.calendars.clear();
  ASSERT_EQ(rig.Start(plan), "R1");
  EXPECT_EQ(rig.Drive(), "waiting");
  EXPECT_EQ(rig.State().gates.at("window").verdict, "unknown");
}

TEST(Gate, ApprovalsWithoutIdentitiesAreUnknownAndNeverPass) {
  Rig rig;
  EXPECT_EQ(rig.Run(Change("gates: [ { approvals: { count: 2 } } ]\n"), 1), "waiting");
  EXPECT_EQ(rig.State().gates.at("approvals").verdict, "unknown");
  EXPECT_EQ(rig.Waiting(), "approvals");
  rig.clock.Sleep(10'000 * kHours);
  EXPECT_EQ(rig.Drive(), "waiting");
  EXPECT_EQ(rig.world->Effects().size(), 0u);
  EXPECT_EQ(rig.Times("gate_judged").size(), 1u);  // said once, and not at every look
}

TEST(Gate, AFreezeRefusesTheRunBeforeAnythingIsDone) {
  LiveRig rig;
  workspace::Calendar calendar{.name = "year"};
  calendar.freezes.push_back({rig.clock.Now() - kHours, rig.clock.Now() + kHours, "year end"});
  rig.Calendar(std::move(calendar));
  const plan::Plan plan = rig.Plan(Change("gates: [ { freeze: {} } ]\n"), 1);
  EXPECT_EQ(rig.Start(plan),
            "refused: freeze: year end (calendar year of prod); next: run it after 2027-01-15T09:00:00.000Z");
  EXPECT_EQ(rig.desk->Size().value(), 0);
  rig.clock.Sleep(kHours);
  EXPECT_EQ(rig.Start(plan), "R1");
}

TEST(Gate, AFreezeThatBeginsLaterRefusesTheTargetsThatHaveNotBegun) {
  LiveRig rig;
  workspace::Calendar calendar{.name = "year"};
  calendar.freezes.push_back({rig.clock.Now() + kHours, rig.clock.Now() + 300 * kHours, "year end"});
  rig.Calendar(std::move(calendar));
  const std::string text =
      Document(Phase("deploy", "for_each: target",
                     "id: rest, uses: wait, with: { for: 50m }\n"
                     "id: put, uses: fake.set, with: { cell: \"${{ target.id }}\", value: new }"),
               "rollback", "gates: [ { freeze: {} } ]\n");
  EXPECT_EQ(rig.Run(text, 4), "failed");
  EXPECT_EQ(rig.Targets(), "web-1 succeeded, web-2 succeeded, web-3 refused, web-4 refused");
  EXPECT_EQ(rig.State().target_states.at("web-3").reason, "freeze: year end");
}

TEST(Gate, AFreezeThatBeginsWhileARunWaitsRefusesIt) {
  LiveRig rig;
  workspace::Calendar calendar = Daily("nights", 22 * kHour, 23 * kHour);
  calendar.freezes.push_back({rig.clock.Now() + kHours, rig.clock.Now() + 300 * kHours, "year end"});
  rig.Calendar(std::move(calendar));
  EXPECT_EQ(rig.Run(Change(kWindow), 1), "waiting");
  rig.clock.Sleep(2 * kHours);
  EXPECT_EQ(rig.Drive(), "failed");
  EXPECT_EQ(rig.State().reason, "freeze: year end");
  EXPECT_EQ(rig.world->Effects().size(), 0u);
  EXPECT_EQ(rig.Keys(journal::Table::kLock), std::vector<std::string>{});
}

TEST(Gate, AStrictEnvironmentRefusesDraftsAndWhatWasToBeReviewed) {
  Rig rig;
  rig.workspace.environments[0].strict = true;
  std::string draft = Change("");
  draft.replace(draft.find("published"), 9, "draft");
  EXPECT_TRUE(
      rig.Start(rig.Plan(draft)).starts_with("refused: sim 1.0.0 is not published, and prod is strict"));
  std::string old = Change("");
  old.replace(old.find("owner: sim"), 10, "owner: sim, review_by: 2027-01-14");
  EXPECT_TRUE(rig.Start(rig.Plan(old)).starts_with("refused: sim 1.0.0 was to be reviewed by 2027-01-14"));
  old.replace(old.find("2027-01-14"), 10, "2027-01-15");  // today is in time
  EXPECT_EQ(rig.Start(rig.Plan(old)), "R1");
  rig.workspace.environments[0].strict = false;
  EXPECT_EQ(rig.Start(rig.Plan(draft)), "R2");
}

TEST(Gate, ARollbackHoldsTheReleaseInTheEnvironmentUntilSomebodyLiftsIt) {
  LiveRig rig;
  rig.Release("v1");
  rig.Release("v2");
  const std::string bad = Document(Phase("change", "",
                                         "id: a, uses: fake.bump, with: { cell: a }\n"
                                         "id: bad, uses: fake.check, with: { cell: a, equals: no }"),
                                   "rollback", kRelease);
  const plan::Plan plan = rig.PlanRelease(bad, 1, "v2");
  ASSERT_EQ(rig.Start(plan), "R1");
  EXPECT_EQ(rig.Drive(), "rolled_back");
  const std::string digest = plan.releases.at("release").digest;
  EXPECT_EQ(rig.Keys(journal::Table::kHold), std::vector<std::string>{digest + " prod"});
  EXPECT_EQ(rig.Start(plan),
            "refused: release v2 is on hold in prod since R1 (bad: cell a holds `1`, not `no`); next: deploy "
            "another "
            "release, or slipway holds lift v2 -e prod --reason …");
  EXPECT_EQ(rig.Start(rig.PlanRelease(bad, 1, "v1")), "R2");
  rig.Signal("cancel_asked", {}, "R2");
  EXPECT_EQ(rig.Drive("R2"), "cancelled");

  journal::Batch lift;
  lift.events.push_back(
      {"", "hold_lifted", "ada@desk, unverified", rig.clock.Now(),
       base::JsonObject{{"digest", digest}, {"environment", "prod"}, {"target", ""}, {"reason", "mended"}}});
  lift.puts.push_back({journal::Put::Mode::kErase, journal::Table::kHold, digest + " prod", ""});
  ASSERT_TRUE(rig.desk->Append(lift));
  EXPECT_EQ(rig.Start(plan), "R3");
  EXPECT_EQ(rig.Broken(), "");
}

TEST(Gate, ARollbackThatHadNothingToTakeBackPutsNoReleaseOnHoldAndSaysSo) {
  LiveRig rig;
  rig.Release("v2");
  rig.Release("v3");
  rig.Release("v4");
  const auto start = [&](const std::string& steps, const std::string& release) {
    const plan::Plan plan =
        rig.PlanRelease(Document(Phase("change", "", steps), "rollback", kRelease), 1, release);
    return rig.Start(plan);
  };
  // What only looks failed first.
  ASSERT_EQ(start("id: bad, uses: fake.check, with: { cell: a, equals: no }\n"
                  "id: a, uses: fake.bump, with: { cell: a }",
                  "v2"),
            "R1");
  EXPECT_EQ(rig.Drive(), "rolled_back");
  EXPECT_EQ(rig.State().reason, "bad: unknown: cell a is empty; nothing was changed");
  // Nobody answered in time.
  ASSERT_EQ(start("id: ok, confirm: {}, timeout: 1h\nid: a, uses: fake.bump, with: { cell: a }", "v2"), "R2");
  EXPECT_EQ(rig.Drive("R2", {.stay = true}), "rolled_back");
  EXPECT_EQ(rig.State("R2").reason, "ok: nobody confirmed it within 1h; nothing was changed");
  // It is proven that the change did not happen.
  rig.Script(Fails("R3/a"));
  ASSERT_EQ(start("id: a, uses: fake.bump, with: { cell: a }", "v3"), "R3");
  EXPECT_EQ(rig.Drive("R3"), "rolled_back");
  EXPECT_TRUE(rig.State("R3").reason.ends_with("; nothing was changed")) << rig.State("R3").reason;
  EXPECT_EQ(rig.Keys(journal::Table::kHold), std::vector<std::string>{});
  // Nobody can tell whether it happened: that counts as changed.
  rig.Script(Reports("R4/a"));
  ASSERT_EQ(start("id: a, uses: fake.bump, with: { cell: a }", "v4"), "R4");
  rig.Drive("R4");
  EXPECT_EQ(rig.Keys(journal::Table::kHold).size(), 1u);
  EXPECT_EQ(rig.Broken(), "");
}

TEST(Gate, ATargetThatWasNotTouchedPutsNoReleaseOnHold) {
  LiveRig rig;
  rig.Release("v2");
  rig.Script(Fails("put@web-2"));
  const plan::Plan plan = rig.PlanRelease(Fleet(kRelease, "max_parallel: 1"), 3, "v2");
  ASSERT_EQ(rig.Start(plan), "R1");
  EXPECT_EQ(rig.Drive(), "failed");
  EXPECT_TRUE(rig.State().reason.ends_with("; nothing was changed on it")) << rig.State().reason;
  EXPECT_EQ(rig.Keys(journal::Table::kHold), std::vector<std::string>{});
}

TEST(Gate, WhereOnlyOneTargetFailedTheReleaseIsOnHoldForThatTarget) {
  LiveRig rig;
  rig.Release("v2");
  rig.Script(Reports("put@web-2"));
  const plan::Plan plan = rig.PlanRelease(Fleet(kRelease, "max_parallel: 1"), 3, "v2");
  ASSERT_EQ(rig.Start(plan), "R1");
  EXPECT_EQ(rig.Drive(), "failed");
  EXPECT_EQ(rig.Keys(journal::Table::kHold),
            std::vector<std::string>{plan.releases.at("release").digest + " prod/web-2"});
  // The others may have it; this one is refused when its turn comes.
  ASSERT_EQ(rig.Start(plan), "R2");
  EXPECT_EQ(rig.Drive("R2"), "failed");
  EXPECT_EQ(rig.Targets("R2"), "web-1 succeeded, web-2 refused, web-3 succeeded");
}

TEST(Gate, AHoldPlacedMeanwhileRefusesTheTargetsThatHaveNotBegun) {
  LiveRig rig;
  rig.Release("v2");
  const plan::Plan plan = rig.PlanRelease(Fleet(kRelease, "max_parallel: 1"), 3, "v2");
  ASSERT_EQ(rig.Start(plan), "R1");
  const std::string key = plan.releases.at("release").digest + " prod";
  rig.at_point = [&, placed = false](const std::string& name) mutable {
    if (placed || name != "before run R1/put@web-1") return;
    placed = true;
    journal::Batch hold;
    base::JsonObject data{
        {"digest", plan.releases.at("release").digest}, {"environment", "prod"}, {"target", ""}};
    hold.events.push_back({"", "noted", "ada", rig.clock.Now(), data});
    hold.puts.push_back({journal::Put::Mode::kSet, journal::Table::kHold, key, "{}"});
    ASSERT_TRUE(rig.desk->Append(hold));
  };
  EXPECT_EQ(rig.Drive(), "failed");
  EXPECT_EQ(rig.Targets(), "web-1 succeeded, web-2 refused, web-3 refused");
}

TEST(Gate, AReleaseThatIsNoLongerWhatWasApprovedIsNotDeployed) {
  LiveRig rig;
  rig.Release("v2");
  const plan::Plan plan =
      rig.PlanRelease(Document(Phase("change", "",
                                     "id: a, uses: fake.bump, with: { cell: a }\nid: ok, confirm: {}\n"
                                     "id: b, uses: fake.bump, with: { cell: b }"),
                               "rollback", kRelease),
                      0, "v2");
  ASSERT_EQ(rig.Start(plan), "R1");
  EXPECT_EQ(rig.Drive(), "waiting");
  rig.Write("releases/v2/app", "tampered");
  rig.Confirm("ok");
  EXPECT_EQ(rig.Drive(), "paused");
  EXPECT_TRUE(rig.State().reason.starts_with("release v2 is no longer what was planned"))
      << rig.State().reason;
  EXPECT_EQ(rig.Cell("b"), "-");
  rig.Write("releases/v2/app", "v2");
  rig.Signal("resumed");
  EXPECT_EQ(rig.Drive(), "succeeded");

  ASSERT_EQ(rig.Start(plan), "R2");
  rig.Write("releases/v2/app", "tampered");
  EXPECT_EQ(rig.Drive("R2"), "failed");
  EXPECT_EQ(rig.Cell("a"), "1");
}

TEST(Gate, ARetryThatKeepsItsFirstPhaseIsJudgedAllTheSame) {
  LiveRig rig;
  rig.Calendar(Daily("mornings", 8 * kHour, 9 * kHour));
  rig.Script(Fails("R1/b"));
  const plan::Plan plan = rig.Plan(Document(Phase("one", "", "id: a, uses: fake.bump, with: { cell: a }") +
                                                Phase("two", "", "id: b, uses: fake.bump, with: { cell: b }"),
                                            "stop", kWindow));
  ASSERT_EQ(rig.Start(plan), "R1");
  EXPECT_EQ(rig.Drive(), "failed");
  rig.clock.Sleep(2 * kHours);
  const engine::RunState parent = rig.State();
  ASSERT_EQ(rig.Start(plan, engine::RunKind::kRetry, &parent), "R2");
  EXPECT_EQ(rig.Drive("R2"), "waiting");
  EXPECT_EQ(rig.Waiting("R2"), "window");
  EXPECT_EQ(rig.Drive("R2", {.stay = true}), "succeeded");
  EXPECT_EQ(rig.Cell("a") + rig.Cell("b"), "11");
}

}  // namespace
}  // namespace slipway::sim
