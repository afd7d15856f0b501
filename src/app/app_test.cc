#include <gtest/gtest.h>

#include "app/actor.h"
#include "app/describe.h"
#include "app/history.h"
#include "app/planning.h"
#include "app/views.h"

namespace slipway::app {
namespace {

using base::JsonObject;

journal::Event EventOf(std::string type, JsonObject data) {
  return {1, 7, "R1", std::move(type), base::FromMillis(0), "ann@desk, unverified", std::move(data)};
}

plan::Plan PlanOf(std::string bytes) {
  plan::Plan plan;
  plan.bytes = std::move(bytes);
  return plan;
}

TEST(Describe, SaysWhoWhatAndWhy) {
  EXPECT_EQ(Describe(EventOf("outcome", {{"step", "a"}, {"verdict", "not_done"}, {"reason", "no room"}})),
            "not_done: no room");
  EXPECT_EQ(Describe(EventOf("outcome",
                             {{"step", "a"}, {"verdict", "done"}, {"undo", true}, {"restored", "pass"}})),
            "undo: done (restored: pass)");
  EXPECT_EQ(Describe(EventOf("confirmed",
                             {{"step", "a"}, {"fields", JsonObject{{"channel", "mail"}, {"people", 3}}}})),
            "confirmed by ann@desk, unverified: channel=mail, people=3");
}

TEST(Describe, SaysWhatARetryDoesNotDoAgain) {
  EXPECT_EQ(Describe(EventOf("inherited", {{"step", "a"}, {"uses", "exec.run"}, {"state", "succeeded"}})),
            "is kept as it is: succeeded");
}

TEST(Describe, AnEventOfALaterVersionIsShownAsItIs) {
  EXPECT_EQ(Describe(EventOf("invented_later", {{"a", 1}})), "invented_later {\"a\":1}");
}

TEST(Describe, NamesTheStepOnItsTarget) {
  EXPECT_EQ(LineOf(EventOf("skipped", {{"step", "a"}, {"target", "web-1"}})).step, "a@web-1");
  EXPECT_EQ(LineOf(EventOf("skipped", {{"step", "a"}, {"target", ""}})).step, "a");
}

TEST(Plans, WhatDiffersIsNamedByItsPlace) {
  const auto differences = Differences(
      PlanOf(
          R"({"parameters":{"release":"v1"},"targets":[{"facts":{"slots":{"live":"blue"}},"id":"web-1"}]})"),
      PlanOf(
          R"({"parameters":{"release":"v2"},"targets":[{"facts":{"slots":{"live":"green"}},"id":"web-1"}]})"),
      8);
  EXPECT_EQ(differences,
            (std::vector<std::string>{R"(parameters.release was "v1", is "v2")",
                                      R"(targets.web-1.facts.slots.live was "blue", is "green")"}));
}

TEST(Plans, ManyDifferencesAreCut) {
  const auto differences = Differences(PlanOf(R"({"a":1,"b":1,"c":1})"), PlanOf(R"({"a":2,"b":2,"c":2})"), 1);
  EXPECT_EQ(differences, (std::vector<std::string>{"a was 1, is 2", "and 2 more"}));
}

TEST(Runs, AreOrderedByTheirNumber) {
  EXPECT_EQ(NumberOf("R12"), 12);
  EXPECT_EQ(NumberOf("12"), 0);
  EXPECT_EQ(NumberOf("Rx"), 0);
}

TEST(Views, ARowThatIsNoObjectIsAnErrorAndNoCrash) {
  EXPECT_FALSE(SummaryOf({"R1", "[1]"}));
  EXPECT_FALSE(SummaryOf({"R1", "{"}));
}

TEST(Views, ACancelOrAPauseThatNobodyTookUpIsTold) {
  engine::RunState state;
  EXPECT_EQ(PendingOf(state), "");
  ASSERT_TRUE(engine::Apply(state, EventOf("run_started", {})));
  ASSERT_TRUE(engine::Apply(state, EventOf("pause_asked", {})));
  EXPECT_TRUE(PendingOf(state).starts_with("pause asked by ann@desk, unverified at 1970-01-01"));
  ASSERT_TRUE(engine::Apply(state, EventOf("cancel_asked", {{"reason", "superseded"}})));
  EXPECT_TRUE(PendingOf(state).starts_with("cancel asked by ann@desk, unverified at 1970-01-01"));
  EXPECT_TRUE(PendingOf(state).ends_with(": superseded; the next process that drives it cancels"));
  EXPECT_EQ(DetailsOf(state, nullptr).asked, PendingOf(state));
  ASSERT_TRUE(engine::Apply(state, EventOf("run_finished", {{"state", "cancelled"}})));
  EXPECT_EQ(PendingOf(state), "");
}

TEST(Actor, IsMarkedAsUnverified) { EXPECT_TRUE(CurrentActor().ends_with(", unverified")); }

}  // namespace
}  // namespace slipway::app
