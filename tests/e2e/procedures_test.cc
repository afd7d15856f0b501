// Every procedure of the project, run for real: slipway, HAProxy, nginx, clients.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "shop.h"

namespace slipway::tests {
namespace {

using testing::HasSubstr;

struct Procedures : testing::Test {
  void SetUp() override {
    Said first = shop.Slipway("run procedures/first-release.yaml -e dev -p release=v1.0.0");
    ASSERT_EQ(first.exit, 0) << first.out;
    ASSERT_THAT(shop.Page(), HasSubstr("v1.0.0"));
  }
  void Confirm(const std::string& run, const std::string& step, const std::string& more = "") {
    Said said = shop.Slipway("confirm " + run + " " + step + " --check all " + more);
    ASSERT_EQ(said.exit, 0) << said.out;
  }
  void ExpectNoFailures() {
    base::JsonObject report = shop.StopClients();
    EXPECT_EQ(base::GetInt(report, "failures"), 0) << base::PrettyJson(report);
    EXPECT_GT(base::GetInt(report, "requests"), 100);
  }

  Shop shop;
};

TEST_F(Procedures, AllAreRightByTheStrictestEnvironment) {
  Said said = shop.Slipway("check -e prod procedures/*.yaml");
  EXPECT_EQ(said.exit, 0) << said.out;
  EXPECT_THAT(said.out, testing::Not(HasSubstr("warning")));
}

TEST_F(Procedures, WhateverFailsInThemIsTakenBackInSimulation) {
  for (const char* procedure :
       {"blue-green.yaml", "standard-deployment.yaml", "rollback-to-previous.yaml -p incident=INC-7",
        "hotfix.yaml -p ticket=INC-8", "first-release.yaml"}) {
    Said said = shop.Slipway("simulate -e prod procedures/" + std::string(procedure) + " -p release=v1.1.0");
    EXPECT_EQ(said.exit, 0) << said.out;
  }
}

TEST_F(Procedures, TheHealthCheckPassesWhatServesAndFailsWhatDoesNot) {
  EXPECT_EQ(shop.Slipway("run procedures/health-check.yaml -e dev").exit, 0);
  shop.Replace("procedures/health-check.yaml", "/health\"", "/nothing-here\"");
  const Said said = shop.Slipway("run procedures/health-check.yaml -e dev");
  EXPECT_EQ(said.exit, 1) << said.out;
  EXPECT_THAT(said.out, HasSubstr("404"));
  EXPECT_THAT(shop.Page(), HasSubstr("v1.0.0")) << "it changes nothing";
}

TEST_F(Procedures, BlueGreenDeploysWithoutALostRequest) {
  shop.StartClients();
  Said said = shop.Slipway("run procedures/blue-green.yaml -p release=v1.1.0 -p watch=2s -p min_samples=20");
  EXPECT_EQ(said.exit, 0) << said.out;
  ExpectNoFailures();
  EXPECT_EQ(shop.Weights(), "blue 0 maint, green 100");
  EXPECT_THAT(shop.Page(), HasSubstr("v1.1.0"));
  EXPECT_EQ(shop.Slipway("audit verify").exit, 0);
}

TEST_F(Procedures, BlueGreenLetsAPersonTryTheReleaseBeforeAnyTrafficMoves) {
  const std::string before = shop.Weights();
  Said said = shop.Slipway(
      "run --no-wait procedures/blue-green.yaml -p release=v1.1.0 -p watch=200ms -p min_samples=0 -p "
      "by_hand=true");
  EXPECT_EQ(said.exit, 4) << said.out;
  EXPECT_EQ(shop.Weights(), before);
  Confirm("R2", "try@web");
  EXPECT_EQ(shop.Slipway("resume R2").exit, 0);
  EXPECT_THAT(shop.Page(), HasSubstr("v1.1.0"));
}

TEST_F(Procedures, NobodyWhoForgetsToAnswerAfterwardsTakesAReleaseBack) {
  EXPECT_THAT(shop.Slipway("print procedures/standard-deployment.yaml").out, HasSubstr("It may take"))
      << "so does a page say it of the answers that are waited for before";
  for (const char* procedure : {"standard-deployment", "hotfix", "rollback-to-previous"}) {
    const std::string page = shop.Slipway("print procedures/" + std::string(procedure) + ".yaml").out;
    EXPECT_THAT(page.substr(page.find("After the")), testing::Not(HasSubstr("It may take"))) << procedure;
  }
}

TEST_F(Procedures, BlueGreenTakesBackAReleaseThatFailsUnderTraffic) {
  const std::string before = shop.Weights();
  shop.StartClients();
  Said said = shop.Slipway("run procedures/blue-green.yaml -p release=v1.3.0 -p watch=10s -p min_samples=20");
  EXPECT_EQ(said.exit, 1) << said.out;
  shop.StopClients();
  EXPECT_EQ(shop.State("R2"), "rolled_back");
  EXPECT_EQ(shop.Weights(), before);
  EXPECT_THAT(shop.Slipway("holds").out, HasSubstr("v1.3.0"));
  EXPECT_EQ(shop.Slipway("run procedures/blue-green.yaml -p release=v1.3.0").exit, 3)
      << "a held release is refused";
}

TEST_F(Procedures, AStandardDeploymentAsksBeforeAndAfterAndDeploysBetween) {
  Said said = shop.Slipway(
      "run --no-wait procedures/standard-deployment.yaml -p release=v1.1.0 -p monitor=2s -p min_samples=20");
  ASSERT_EQ(said.exit, 4) << said.out;
  EXPECT_THAT(shop.Page(), HasSubstr("v1.0.0"));
  Confirm("R2", "prerequisites");
  shop.StartClients();
  ASSERT_EQ(shop.Slipway("resume R2").exit, 4);
  ExpectNoFailures();
  EXPECT_THAT(shop.Page(), HasSubstr("v1.1.0"));
  Confirm("R2", "tell", "--field channel=ops");
  EXPECT_EQ(shop.Slipway("resume R2").exit, 0);
  EXPECT_EQ(shop.State("R2"), "succeeded");
}

TEST_F(Procedures, TheRollbackBringsThePreviousReleaseBack) {
  ASSERT_EQ(
      shop.Slipway("run procedures/blue-green.yaml -p release=v1.1.0 -p watch=200ms -p min_samples=0").exit,
      0);
  shop.StartClients();
  EXPECT_EQ(shop.Slipway("run procedures/rollback-to-previous.yaml -p release=v1.0.0 -p incident=none").exit,
            2)
      << "it wants a ticket";
  Said said = shop.Slipway(
      "run --no-wait procedures/rollback-to-previous.yaml -p release=v1.0.0 -p incident=INC-7 -p watch=2s");
  EXPECT_EQ(said.exit, 4) << said.out;
  ExpectNoFailures();
  EXPECT_EQ(shop.Weights(), "blue 100, green 0 maint");
  EXPECT_THAT(shop.Page(), HasSubstr("v1.0.0"));
  Confirm("R3", "follow-up");
  EXPECT_EQ(shop.Slipway("resume R3").exit, 0);
}

TEST_F(Procedures, AHotfixGoesOutFast) {
  shop.StartClients();
  Said said =
      shop.Slipway("run --no-wait procedures/hotfix.yaml -p release=v1.1.1 -p ticket=INC-8 -p watch=2s");
  EXPECT_EQ(said.exit, 4) << said.out;
  ExpectNoFailures();
  EXPECT_THAT(shop.Page(), HasSubstr("v1.1.1"));
  Confirm("R2", "review", "--field review=OPS-9");
  EXPECT_EQ(shop.Slipway("resume R2").exit, 0);
}

TEST_F(Procedures, TheGatesOfTheEnvironmentHoldForAHotfixToo) {
  shop.Replace("slipway.yaml", "from: 2026-12-20", "from: 2020-01-01");
  shop.Replace("slipway.yaml", "to: 2027-01-03", "to: 2999-12-31");
  Said said = shop.Slipway("run --no-wait procedures/hotfix.yaml -e prod -p release=v1.1.1 -p ticket=INC-8");
  EXPECT_EQ(said.exit, 3) << said.out;
  EXPECT_THAT(said.out, HasSubstr("over the holidays"));
  EXPECT_EQ(shop.Weights(), "blue 100, green 0");
  EXPECT_THAT(shop.Page(), HasSubstr("v1.0.0"));
}

}  // namespace
}  // namespace slipway::tests
