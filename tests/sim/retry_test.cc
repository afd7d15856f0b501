// What is tried again, when, and what is not.
#include <gtest/gtest.h>

#include "rig.h"

namespace slipway::sim {
namespace {

using drivers::FakeAnswer;
using drivers::FakeCallKind;

std::string One(const std::string& step) { return Document(Phase("change", "", step), "stop"); }

// From each outcome of a step to the next attempt at it.
std::vector<std::int64_t> Delays(Rig& rig, const std::string& key) {
  const auto outcomes = rig.Times("outcome", key);
  const auto attempts = rig.Times("attempt", key);
  std::vector<std::int64_t> delays;
  for (std::size_t i = 0; i < attempts.size() && i < outcomes.size(); ++i)
    delays.push_back(attempts[i] - outcomes[i]);
  return delays;
}

std::size_t Calls(Rig& rig, FakeCallKind kind, std::string_view instance) {
  std::size_t calls = 0;
  for (const auto& call : rig.world->Calls())
    calls += call.kind == kind && call.instance == instance ? 1U : 0U;
  return calls;
}

TEST(Retry, TheDelayDoublesAndIsExact) {
  Rig rig;
  for (int i = 0; i < 3; ++i) rig.Script(Fails("a"));
  EXPECT_EQ(
      rig.Run(One("id: a, uses: fake.set, with: { cell: a, value: x }, retry: { attempts: 4, every: 2s, "
                  "backoff: exponential }")),
      "succeeded");
  EXPECT_EQ(Delays(rig, "a"), (std::vector<std::int64_t>{2000, 4000, 8000}));
  EXPECT_EQ(rig.Cell("a"), "x");
  EXPECT_EQ(rig.Broken(), "");
}

TEST(Retry, TheDelayIsConstantUnlessItIsToldOtherwiseAndNeverLongerThanFiveMinutes) {
  Rig rig;
  for (int i = 0; i < 4; ++i) {
    rig.Script(Fails("a"));
    rig.Script(Fails("b"));
  }
  EXPECT_EQ(
      rig.Run(One("id: a, uses: fake.set, with: { cell: a, value: x }, retry: { attempts: 5, every: 30s }\n"
                  "id: b, uses: fake.set, with: { cell: b, value: x }, retry: { attempts: 5, every: 2m, "
                  "backoff: exponential }")),
      "succeeded");
  EXPECT_EQ(Delays(rig, "a"), (std::vector<std::int64_t>{30'000, 30'000, 30'000, 30'000}));
  EXPECT_EQ(Delays(rig, "b"), (std::vector<std::int64_t>{120'000, 240'000, 300'000, 300'000}));
}

TEST(Retry, ACheckWaitsAsLongAsAStepDoes) {
  Rig rig;
  EXPECT_EQ(rig.Run(One("id: a, uses: fake.set, with: { cell: a, value: x }, verify: [ { uses: fake.check, "
                        "with: { cell: a, equals: y }, retry: { attempts: 4, every: 2m, backoff: exponential "
                        "} } ]")),
            "failed");
  const std::int64_t pauses = 120'000 + 240'000 + 300'000;
  const std::int64_t looks = 4;  // a millisecond each
  EXPECT_EQ(rig.Times("verified", "a").at(0) - rig.Times("outcome", "a").at(0), pauses + looks);
}

TEST(Retry, AStepFailsWhenItsAttemptsAreUsedUp) {
  Rig rig;
  for (int i = 0; i < 9; ++i) rig.Script(Fails("a"));
  EXPECT_EQ(rig.Run(One("id: a, uses: fake.set, with: { cell: a, value: x }, retry: { attempts: 3 }")),
            "failed");
  EXPECT_EQ(rig.Step("a"), "failed");
  EXPECT_EQ(rig.Reason("a"), "refused");
  EXPECT_EQ(Calls(rig, FakeCallKind::kRun, "R1/a"), 3u);
  EXPECT_EQ(Calls(rig, FakeCallKind::kPrepare, "R1/a"), 1u);
}

TEST(Retry, ALostReplyIsLookedAtAndNotTriedAgainWhenItHappened) {
  Rig rig;
  rig.Script(Lost("a"));
  EXPECT_EQ(rig.Run(One("id: a, uses: fake.bump, with: { cell: a }, retry: { attempts: 5 }")), "succeeded");
  EXPECT_EQ(rig.Story({"intent", "attempt", "outcome", "probed"}),
            "intent a\noutcome a unknown\nprobed a done\n");
  EXPECT_EQ(rig.Cell("a"), "1");
}

TEST(Retry, ALostReplyOfWhatDidNotHappenCountsAsAnAttempt) {
  Rig rig;
  rig.Script({.instance = "a",
              .times = 2,
              .answer = {.act = FakeAnswer::Act::kNothing, .say = FakeAnswer::Say::kUnknown}});
  EXPECT_EQ(rig.Run(One("id: a, uses: fake.bump, with: { cell: a }, retry: { attempts: 3, every: 1s }")),
            "succeeded");
  EXPECT_EQ(Calls(rig, FakeCallKind::kRun, "R1/a"), 3u);
  EXPECT_EQ(rig.Cell("a"), "1");
  EXPECT_EQ(rig.Broken(), "");
}

TEST(Retry, WhatMayBeRepeatedIsRepeatedAfterItsDelayAndAPersonIsAskedInTheEnd) {
  Rig rig;
  for (int i = 0; i < 3; ++i) rig.Script(Lost("a"));
  EXPECT_EQ(
      rig.Run(One(
          "id: a, uses: fake.set_repeat, with: { cell: a, value: x }, retry: { attempts: 3, every: 5s }")),
      "waiting");
  EXPECT_EQ(Delays(rig, "a"), (std::vector<std::int64_t>{5000, 5000}));
  EXPECT_EQ(rig.Waiting(), "settle a");
  rig.Settle("a", "done");
  EXPECT_EQ(rig.Drive(), "succeeded");
}

TEST(Retry, NobodyButAPersonSettlesWhatOnlyAPersonCanTell) {
  Rig rig;
  rig.Script(Lost("a"));
  EXPECT_EQ(rig.Run(One("id: a, uses: fake.set_ask, with: { cell: a, value: x }, retry: { attempts: 5 }")),
            "waiting");
  EXPECT_EQ(Calls(rig, FakeCallKind::kRun, "R1/a"), 1u);
  EXPECT_EQ(rig.Waiting(), "settle a");
  EXPECT_EQ(rig.State().waiting.at(0).next, "slipway settle R1 a done|repeat|failed");
}

TEST(Retry, ALookThatCannotTellIsRepeatedASecondApartThenAPersonIsAsked) {
  Rig rig;
  rig.Script(Lost("a"));
  rig.Script({.kind = FakeCallKind::kProbe, .times = 3, .answer = {.say = FakeAnswer::Say::kUnknown}});
  EXPECT_EQ(rig.Run(One("id: a, uses: fake.set, with: { cell: a, value: x }")), "waiting");
  const auto looks = rig.Times("probed", "a");
  ASSERT_EQ(looks.size(), 3u);
  EXPECT_EQ(looks[1] - looks[0], 1001);  // a call takes a millisecond
  EXPECT_EQ(rig.Waiting(), "settle a");
}

TEST(Retry, AReadingStepThatCannotTellIsTriedAgainAndFailsAsUnknown) {
  Rig rig;
  EXPECT_EQ(
      rig.Run(
          One("id: look, uses: fake.check, with: { cell: a, equals: x }, retry: { attempts: 3, every: 1s }")),
      "failed");
  EXPECT_EQ(Delays(rig, "look"), (std::vector<std::int64_t>{1000, 1000}));
  EXPECT_EQ(rig.Reason("look"), "unknown: cell a is empty");
}

TEST(Retry, ACheckIsTriedAgainByItselfAndTheActIsNot) {
  Rig rig;
  rig.at_point = [&](const std::string&) {
    if (rig.clock.Now() > base::FromMillis(1'800'000'003'000)) rig.Set("health", "ok");
  };
  EXPECT_EQ(
      rig.Run(One("id: a, uses: fake.bump, with: { cell: a }, verify: [ { uses: fake.check, with: { cell: "
                  "health, equals: ok }, retry: { attempts: 9, every: 1s } } ]")),
      "succeeded");
  EXPECT_EQ(Calls(rig, FakeCallKind::kRun, "R1/a"), 1u + 4u);  // checks are calls of the same instance
  EXPECT_EQ(rig.Cell("a"), "1");
}

TEST(Retry, ACheckThatStaysUnknownFailsTheStep) {
  Rig rig;
  EXPECT_EQ(
      rig.Run(One("id: a, uses: fake.bump, with: { cell: a }, verify: [ { uses: fake.check, with: { cell: "
                  "health, equals: ok }, retry: { attempts: 3, every: 1s } } ], retry: { attempts: 5 }")),
      "failed");
  EXPECT_EQ(rig.Reason("a"), "fake.check is unknown after 3 attempts: cell health is empty");
  EXPECT_EQ(rig.Cell("a"), "1");
}

TEST(Retry, AWorldThatCannotBeReadIsReadAgainAndARefusalIsNot) {
  Rig rig;
  const base::Error unread{base::ErrorKind::kIo, "no answer", "", ""};
  const base::Error refused{base::ErrorKind::kRefused, "it must not run", "", ""};
  rig.Script({.kind = FakeCallKind::kPrepare, .instance = "R1/a", .times = 2, .answer = {.error = unread}});
  rig.Script({.kind = FakeCallKind::kPrepare, .instance = "R1/b", .times = 1, .answer = {.error = refused}});
  EXPECT_EQ(
      rig.Run(One("id: a, uses: fake.set, with: { cell: a, value: x }, retry: { attempts: 3, every: 1s }\n"
                  "id: b, uses: fake.set, with: { cell: b, value: x }, retry: { attempts: 3, every: 1s }")),
      "failed");
  EXPECT_EQ(rig.Step("a"), "succeeded");
  EXPECT_EQ(rig.Reason("b"), "it must not run");
  EXPECT_EQ(Calls(rig, FakeCallKind::kPrepare, "R1/b"), 1u);
}

TEST(Retry, AReportedFailureIsTriedAgainOnlyWhereItMayBeRepeated) {
  Rig rig;
  rig.Script(Reports("R1/a"));
  rig.Script(Reports("R1/b"));
  EXPECT_EQ(
      rig.Run(
          One("id: a, uses: fake.set_repeat, with: { cell: a, value: x }, retry: { attempts: 3, every: 1s }\n"
              "id: b, uses: fake.set, with: { cell: b, value: x }, retry: { attempts: 3, every: 1s }")),
      "failed");
  EXPECT_EQ(Delays(rig, "a"), (std::vector<std::int64_t>{1000}));
  EXPECT_EQ(rig.Step("b"), "failed");
  EXPECT_EQ(rig.Reason("b"), "exit code 1");
}

TEST(Retry, ACrashUsesUpNoAttempt) {
  Rig rig;
  ASSERT_EQ(rig.Start(rig.Plan(One("id: a, uses: fake.bump, with: { cell: a }"))), "R1");
  for (int i = 0; i < 5; ++i) {
    rig.CrashAt("before run R1/a");
    EXPECT_EQ(rig.Drive(), "died before run R1/a");
  }
  EXPECT_EQ(rig.Drive(), "succeeded");
  EXPECT_EQ(rig.Cell("a"), "1");
  EXPECT_EQ(Calls(rig, FakeCallKind::kPrepare, "R1/a"), 1u);
  EXPECT_EQ(rig.Broken(), "");
}

TEST(Retry, AStepMaySayItselfWhatAnInterruptionMeans) {
  Rig rig;
  ASSERT_EQ(
      rig.Start(rig.Plan(One(
          "id: a, uses: fake.set_ask, with: { cell: a, value: x }, interrupted: repeat\n"
          "id: b, uses: fake.set_ask, with: { cell: b, value: x }, interrupted: { probe: { uses: fake.check, "
          "with: { cell: b, equals: x } } }\n"
          "id: c, uses: fake.set, with: { cell: c, value: x }, interrupted: ask"))),
      "R1");
  for (const char* step : {"a", "b", "c"}) {
    rig.CrashAt("after run R1/" + std::string(step));
    EXPECT_EQ(rig.Drive(), "died after run R1/" + std::string(step));
  }
  EXPECT_EQ(rig.Drive(), "waiting");
  EXPECT_EQ(rig.Waiting(), "settle c");
  EXPECT_EQ(rig.Story({"attempt", "probed", "settle_needed"}), "attempt a\nprobed b done\nsettle_needed c\n");
}

TEST(Retry, NotesOutliveACrashAndTheActGoesOnFromThem) {
  Rig rig;
  ASSERT_EQ(rig.Start(rig.Plan(One("id: a, uses: fake.climb, with: { cell: a, to: 5 }"))), "R1");
  rig.CrashAt("after append progress");
  EXPECT_EQ(rig.Drive(), "died after append progress");
  EXPECT_EQ(rig.Drive(), "succeeded");
  EXPECT_EQ(rig.world->EffectsOf("R1/a", "fake.climb"), 5u);  // no number twice
  EXPECT_EQ(rig.State().instances.at("a").act.progress.size(), 5u);
}

TEST(Retry, ANoteThatTheDiskDidNotTakeIsNotReliedOn) {
  Rig rig;
  ASSERT_EQ(rig.Start(rig.Plan(One("id: a, uses: fake.climb, with: { cell: a, to: 3 }"))), "R1");
  int writes = 0;
  rig.disk.SetFault([&]() -> base::Status {
    // lease, phase and intent; then the first note and one try more fail
    return ++writes == 3 || writes == 4 ? base::Fail(base::ErrorKind::kIo, "no space left") : base::Status{};
  });
  EXPECT_EQ(rig.Drive(), "succeeded");
  EXPECT_EQ(rig.Cell("a"), "3");
}

TEST(Retry, ATimerOutlivesACrashAndIsNotStartedAnew) {
  Rig rig;
  ASSERT_EQ(rig.Start(rig.Plan(One("id: rest, uses: wait, with: { for: 10m }\n"
                                   "id: a, uses: fake.bump, with: { cell: a }"))),
            "R1");
  rig.CrashAt("after append intent");
  EXPECT_EQ(rig.Drive(), "died after append intent");
  rig.clock.Sleep(base::Duration{240'000});
  EXPECT_EQ(rig.Drive(), "succeeded");
  ASSERT_EQ(rig.Times("outcome", "rest").size(), 1u);
  EXPECT_EQ(rig.Times("outcome", "rest")[0] - rig.Times("intent", "rest")[0], 600'001);
}

}  // namespace
}  // namespace slipway::sim
