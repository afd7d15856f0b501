// The engine on real threads: many steps at once, notes from all of them, and ends in the middle. What a
// thread sanitizer is for; the outcome is the same as in simulation.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "rig.h"

namespace slipway::sim {
namespace {

// Eight targets side by side, each with four steps at once that note their progress.
std::string Busy() {
  std::string steps;
  for (int i = 1; i <= 4; ++i) {
    steps += fmt::format(
        "id: s{0}, needs: [], uses: fake.climb, with: {{ cell: \"s{0}-${{{{ target.id }}}}\", to: 5 }}, "
        "verify: [ {{ uses: fake.check, with: {{ cell: \"s{0}-${{{{ target.id }}}}\", equals: \"5\" }} }} "
        "]\n",
        i);
  }
  return Document(Phase("deploy", "for_each: target; max_parallel: 8; rollback: all", steps));
}

struct Threads {
  explicit Threads(Rig& used) : store(journal::OpenMemoryStore(used.disk, "threads", 77)), rig(used) {}

  base::Result<engine::RunState> Drive(const engine::DriveOptions& options = {}) {
    engine::ThreadWorkers workers(base::SystemClock(), 8);
    engine::Parts parts{*store, rig.registry, base::SystemClock(), rig.random, workers, rig.secrets};
    SLIPWAY_TRY(engine::Driven driven, engine::Drive(parts, "R1", options));
    return driven.state;
  }

  std::unique_ptr<journal::Store> store;
  Rig& rig;
};

TEST(Threads, ManyStepsAtOnceEndAsTheyShould) {
  for (int round = 0; round < 5; ++round) {
    Rig rig;
    ASSERT_EQ(rig.Start(rig.Plan(Busy(), 8)), "R1");
    const auto state = Threads(rig).Drive();
    ASSERT_TRUE(state);
    EXPECT_EQ(state->status, engine::RunStatus::kSucceeded);
    EXPECT_EQ(rig.world->Cells().size(), 32u);
    EXPECT_EQ(rig.Broken(), "");
  }
}

TEST(Threads, AFailureInTheMiddleTakesEverythingBack) {
  Rig rig;
  rig.Script(Reports("s3@web-5"));
  ASSERT_EQ(rig.Start(rig.Plan(Busy(), 8)), "R1");
  const auto state = Threads(rig).Drive();
  ASSERT_TRUE(state);
  EXPECT_EQ(state->status, engine::RunStatus::kRolledBack);
  EXPECT_EQ(rig.world->Cells().size(), 0u);
  EXPECT_EQ(rig.Broken(), "");
}

TEST(Threads, ARunThatIsLostWhileStepsNoteTheirProgressLeavesNoThreadBehind) {
  Rig rig;
  ASSERT_EQ(rig.Start(rig.Plan(Busy(), 8)), "R1");
  std::unique_ptr<journal::Lease> thief;
  int seen = 0;
  Threads threads(rig);
  const engine::DriveOptions options{.on_event = [&](const journal::Event& event, const engine::RunState&) {
    if (event.type != "progress" || ++seen != 20) return;
    rig.disk.LoseLeases("threads");
    thief = *rig.desk->TakeLease("R1", "eve", base::SystemClock().Now());
  }};
  const auto lost = threads.Drive(options);
  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error().kind, base::ErrorKind::kRefused);
  thief.reset();
  const auto state = threads.Drive();
  ASSERT_TRUE(state);
  EXPECT_EQ(state->status, engine::RunStatus::kSucceeded);
  EXPECT_EQ(rig.Broken(), "");
}

TEST(Threads, PausedAndResumedAgainAndAgainNothingIsDoneTwice) {
  Rig rig;
  ASSERT_EQ(rig.Start(rig.Plan(Busy(), 8)), "R1");
  Threads threads(rig);
  int calls = 0;
  const engine::DriveOptions options{.actor = "ada@desk, unverified",
                                     .pause = [&] { return ++calls % 3 == 0; }};
  for (int round = 0; round < 1000; ++round) {
    const auto state = threads.Drive(options);
    ASSERT_TRUE(state) << base::ToString(state.error());
    if (engine::IsTerminal(state->status)) break;
    rig.Signal("resumed");
  }
  EXPECT_EQ(rig.State().status, engine::RunStatus::kSucceeded);
  EXPECT_EQ(rig.world->Cells().size(), 32u);
  EXPECT_EQ(rig.Broken(), "");
}

}  // namespace
}  // namespace slipway::sim
