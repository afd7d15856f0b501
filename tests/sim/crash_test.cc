// Crash safety, enumerated: a representative run is stopped before and after every store write and every
// driver call, and started again; at each of these points another process takes it over as well, while the
// first one lives. Then a few thousand seeds, each with several deaths and robberies, a world that loses
// replies, and people who interfere.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "simulation.h"

namespace slipway::sim {
namespace {

using Cells = std::map<std::string, std::string>;

// How the last phase ends, or the middle step of the second target.
enum class Ending { kWell, kBadly, kTargetFails };

// A phase in which nothing has to be done, then three steps side by side on each of two targets, a person,
// notes of progress, each way to settle what was interrupted, and a step that fails or not.
std::string Representative(Ending ending) {
  return fmt::format(R"(apiVersion: slipway/v1
kind: Procedure
metadata: {{ id: sim, title: A representative change, version: 1.0.0, status: published, owner: sim }}
targets: {{ kind: service }}
on_failure: rollback
phases:
  - id: prepare
    title: Prepare
    steps:
      - {{ id: read, title: Read, uses: fake.read, with: {{ cell: shared }} }}
      - {{ id: bump, title: Count, uses: fake.bump, with: {{ cell: count }} }}
  - id: stands
    title: Stands already
    for_each: target
    steps:
      - {{ id: ensure, title: Ensure, uses: fake.ensure, with: {{ cell: shared, value: as ever }} }}
  - id: deploy
    title: Deploy
    for_each: target
    rollback: {}
    max_parallel: 2
    stop_after_failures: 2
    steps:
      - {{ id: left, title: Left, needs: [], uses: fake.set, with: {{ cell: "left-${{{{ target.id }}}}", value: new }} }}
      - {{ id: middle, title: Middle, needs: [], uses: fake.bump, with: {{ cell: "middle-${{{{ target.id }}}}" }} }}
      - {{ id: right, title: Right, needs: [], uses: fake.climb, with: {{ cell: "right-${{{{ target.id }}}}", to: 3 }} }}
      - id: repeatable
        title: Repeatable
        needs: [left, middle, right]
        uses: fake.set_repeat
        with: {{ cell: "all-${{{{ target.id }}}}", value: "{}" }}
        verify: [ {{ uses: fake.check, with: {{ cell: "all-${{{{ target.id }}}}", equals: new }} }} ]
  - id: finish
    title: Finish
    steps:
      - {{ id: announce, title: Announce, confirm: {{ fields: [ {{ id: channel, type: string, required: true }} ] }}, timeout: 24h }}
      - {{ id: last, title: Last, uses: fake.set_ask, with: {{ cell: last, value: new }}{} }}
)",
                     ending == Ending::kTargetFails ? "target" : "all",
                     ending == Ending::kTargetFails ? "${{ target.id }}" : "new",
                     ending == Ending::kBadly
                         ? ", verify: [ { uses: fake.check, with: { cell: last, equals: never } } ]"
                         : "");
}

// What may come of it: each state with the world that belongs to it.
struct Subject {
  const char* name;
  plan::Plan plan;
  std::map<std::string, Cells> ends;
};

const Cells kNothing{{"shared", "as ever"}};
const Cells kEverything{{"all-web-1", "new"},  {"all-web-2", "new"},  {"count", "1"},
                        {"last", "new"},       {"left-web-1", "new"}, {"left-web-2", "new"},
                        {"middle-web-1", "1"}, {"middle-web-2", "1"}, {"right-web-1", "3"},
                        {"right-web-2", "3"},  {"shared", "as ever"}};

const Subject& Success() {
  static const Subject subject{
      "success", MakePlan(Representative(Ending::kWell), 2), {{"succeeded", kEverything}}};
  return subject;
}
const Subject& Rollback() {
  static const Subject subject{
      "rollback", MakePlan(Representative(Ending::kBadly), 2), {{"rolled_back", kNothing}}};
  return subject;
}
// Each target puts its own name where `new` should stand, so each goes back alone.
const Subject& TargetRollback() {
  static const Subject subject{"rollback of each target alone",
                               MakePlan(Representative(Ending::kTargetFails), 2),
                               {{"rolled_back", Cells{{"count", "1"}, {"shared", "as ever"}}}}};
  return subject;
}
// Somebody may ask at any time that all be taken back.
const Subject& AskedBack() {
  static const Subject subject{"rollback asked for",
                               MakePlan(Representative(Ending::kWell), 2),
                               {{"succeeded", kEverything}, {"rolled_back", kNothing}}};
  return subject;
}

Cells Settled(Cells cells) {
  std::erase_if(cells, [](const auto& cell) { return cell.second == "0"; });  // counted up and down again
  return cells;
}

std::string Complaint(const Report& report, const Subject& subject) {
  std::string text;
  for (const std::string& broken : report.broken) text += "\n  " + broken;
  const std::string state(engine::ToString(report.state.status));
  const auto end = subject.ends.find(state);
  if (end == subject.ends.end()) {
    text += fmt::format("\n  it ended {} ({})", state, report.state.reason);
    for (const auto& [key, instance] : report.state.instances)
      text += fmt::format("\n    {} {} {}", key, engine::ToString(instance.status), instance.reason);
  } else if (Settled(report.world->Cells()) != end->second) {
    text += "\n  the world is not as it should be when a run is " + state + ":";
    for (const auto& [cell, value] : report.world->Cells()) text += " " + cell + "=" + value;
  }
  if (!text.empty()) {
    for (const journal::Event& event : report.events) {
      text += fmt::format(
          "\n    #{} {} {}", event.seq, event.type,
          engine::InstanceKey(base::GetString(event.data, "step"), base::GetString(event.data, "target")));
      if (base::GetBool(event.data, "undo")) text += " undo";
      for (const char* member : {"verdict", "state", "how"})
        text += " " + base::GetString(event.data, member);
    }
  }
  return text;
}

Options With(std::uint64_t seed, std::vector<Life> lives) {
  Options options{.seed = seed, .lives = std::move(lives)};
  options.script = [](drivers::FakeWorld& world) { world.Set("shared", "as ever"); };
  return options;
}

std::int64_t PointsOf(const Subject& subject) {
  const Report whole = Simulate(subject.plan, With(1, {}));
  EXPECT_EQ(Complaint(whole, subject), "");
  EXPECT_GT(whole.points, 100) << "hardly anything was enumerated";
  return whole.points;
}

class Everywhere : public testing::TestWithParam<const Subject& (*)()> {};

TEST_P(Everywhere, ARunStoppedAnywhereEndsTheSame) {
  const Subject& subject = GetParam()();
  const std::int64_t points = PointsOf(subject);
  for (std::int64_t point = 1; point <= points; ++point) {
    ASSERT_EQ(Complaint(Simulate(subject.plan, With(1, {{.crash = point}})), subject), "")
        << subject.name << " stopped at point " << point << " of " << points;
  }
  fmt::print("{}: stopped at each of {} points\n", subject.name, points);
}

TEST_P(Everywhere, ARunTakenOverAnywhereByAnotherProcessEndsTheSame) {
  const Subject& subject = GetParam()();
  const std::int64_t points = PointsOf(subject);
  for (std::int64_t point = 1; point <= points; ++point) {
    for (const std::uint64_t seed : {1u, 2u}) {  // the two go on in another order
      ASSERT_EQ(Complaint(Simulate(subject.plan, With(seed, {{.robbed = point}})), subject), "")
          << subject.name << " taken over at point " << point << " of " << points << ", seed " << seed;
    }
  }
  fmt::print("{}: taken over at each of {} points, in two orders\n", subject.name, points);
}

TEST_P(Everywhere, ARunStoppedTwiceAnywhereEndsTheSame) {
  const Subject& subject = GetParam()();
  const std::int64_t points = PointsOf(subject);
  std::int64_t pairs = 0;
  base::SeededRandom random(99);
  for (std::int64_t first = 1; first <= points; ++first) {
    for (int sample = 0; sample < 4; ++sample, ++pairs) {
      // Mostly soon after, where the first death is being cleared up.
      const std::uint64_t within = sample == 0 ? static_cast<std::uint64_t>(points) : 12;
      const std::int64_t second = 1 + static_cast<std::int64_t>(random.Below(within));
      ASSERT_EQ(Complaint(Simulate(subject.plan, With(1, {{.crash = first}, {.crash = second}})), subject),
                "")
          << subject.name << " stopped at point " << first << ", then at " << second;
    }
  }
  fmt::print("{}: stopped twice, at {} pairs of points\n", subject.name, pairs);
}

INSTANTIATE_TEST_SUITE_P(
    Crash, Everywhere, testing::Values(&Success, &Rollback, &TargetRollback), [](const auto& subject) {
      return std::string(subject.index == 0 ? "Success" : subject.index == 1 ? "Rollback" : "TargetRollback");
    });

std::uint64_t FromEnvironment(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

std::vector<Life> Fates(base::SeededRandom& random) {
  const auto somewhere = [&](std::uint64_t within) {
    return 1 + static_cast<std::int64_t>(random.Below(within));
  };
  std::vector<Life> lives;
  for (std::uint64_t left = random.Below(8); left > 0; --left) {
    Life life{.crash = somewhere(120)};
    if (random.Below(3) == 0) {
      life.robbed = somewhere(120);
      if (random.Below(2) == 0) life.robber_crash = somewhere(60);
      if (random.Below(2) == 0) life.crash = 0;
    }
    lives.push_back(life);
  }
  return lives;
}

Options Scene(std::uint64_t seed, base::SeededRandom& random, bool ask_back) {
  Options options = With(seed, Fates(random));
  const std::uint64_t lost = random.Below(4);
  options.script = [lost](drivers::FakeWorld& world) {
    world.Set("shared", "as ever");
    const char* const uses[] = {"fake.set", "fake.bump", "fake.set_repeat"};
    for (std::uint64_t i = 0; i < lost; ++i) {
      world.Script({.uses = uses[i],
                    .answer = {.say = drivers::FakeAnswer::Say::kUnknown, .reason = "the reply was lost"}});
    }
  };
  // Other people pause and resume the run whenever they like, also between a decision and its record.
  const std::uint64_t patience = 40 + random.Below(200);
  options.at_point = [=](journal::Store& desk, const std::string& run, base::Clock& clock,
                         base::SeededRandom& dice) {
    if (run.empty() || dice.Below(patience) != 0) return;
    const char* const signals[] = {"pause_asked", "resumed", ask_back ? "rollback_asked" : "resumed"};
    (void)engine::Signal(desk, run, signals[dice.Below(3)], "eve@desk, unverified", clock.Now(), {});
  };
  return options;
}

// SLIPWAY_SEED=n replays one seed; SLIPWAY_SEEDS=n tries so many.
TEST(Crash, ThousandsOfSeedsWithDeathsRobberiesLostRepliesAndPeopleEndTheSame) {
  const std::uint64_t one = FromEnvironment("SLIPWAY_SEED", 0);
  const std::uint64_t last = one != 0 ? one : FromEnvironment("SLIPWAY_SEEDS", 2400);
  const Subject* const subjects[] = {&Success(), &Rollback(), &TargetRollback(), &AskedBack()};
  int processes = 0;
  for (std::uint64_t seed = one != 0 ? one : 1; seed <= last; ++seed) {
    base::SeededRandom random(seed);
    const Subject& subject = *subjects[random.Below(4)];
    const Report report = Simulate(subject.plan, Scene(seed, random, &subject == subjects[3]));
    ASSERT_EQ(Complaint(report, subject), "")
        << subject.name << ", seed " << seed << "; replay with SLIPWAY_SEED=" << seed;
    processes += report.processes;
  }
  fmt::print("{} seeds, {} processes\n", one != 0 ? 1 : last, processes);
}

// Cancelled at any time: whatever was done stays, and what the log says of it is true.
TEST(Crash, ARunCancelledAtAnyPointSaysWhatIsLeft) {
  const std::int64_t points = PointsOf(Success());
  for (std::int64_t point = 1; point <= points; ++point) {
    Options options = With(1, {{.crash = point % 3 == 0 ? point + 2 : 0}});
    std::int64_t seen = 0;
    options.at_point = [&](journal::Store& desk, const std::string& run, base::Clock& clock,
                           base::SeededRandom&) {
      if (++seen >= point && !run.empty() && seen < (1 << 20)) {
        seen = 1 << 20;
        (void)engine::Signal(desk, run, "cancel_asked", "eve@desk, unverified", clock.Now(), {});
      }
    };
    const Report report = Simulate(Success().plan, options);
    const std::string state(engine::ToString(report.state.status));
    ASSERT_TRUE(report.broken.empty()) << report.broken.front() << " cancelled at point " << point;
    ASSERT_TRUE(state == "cancelled" || state == "succeeded") << state << " cancelled at point " << point;
    if (state == "succeeded") continue;
    std::set<std::string> left;
    for (const journal::Event& event : report.events) {
      if (event.type != "run_finished") continue;
      for (const base::Json& key : base::GetArray(event.data, "left"))
        left.emplace(base::View(key.get_string()));
    }
    for (const drivers::FakeEffect& effect : report.world->Effects())
      ASSERT_TRUE(left.contains(effect.instance.substr(3)))
          << effect.instance << " is not listed, point " << point;
  }
}

}  // namespace
}  // namespace slipway::sim
