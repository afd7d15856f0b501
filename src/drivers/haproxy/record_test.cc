#include "drivers/haproxy/record.h"

#include <fmt/core.h>
#include <gtest/gtest.h>

#include "drivers/haproxy/runtime.h"
#include "drivers/haproxy/tables.h"

namespace slipway::drivers {
namespace {

EdgeBackend Web(int blue, int green, Admin green_admin = Admin::kReady) {
  return {"web",
          {{.name = "blue", .weight = blue}, {.name = "green", .weight = green, .admin = green_admin}}};
}

std::string Text(const std::vector<EdgeChange>& changes) {
  std::string text;
  for (const EdgeChange& change : changes)
    text += fmt::format("{}={} ", change.server, change.weight.value_or(-1));
  return text;
}

TEST(HaproxyRecord, AStateIsRecordedAndReadBack) {
  EdgeBackend prior = Web(100, 0, Admin::kMaint);
  auto back = WithRecord(Web(0, 100), RecordOf(prior));
  ASSERT_TRUE(back);
  EXPECT_TRUE(SameState(*back, prior));
  EXPECT_EQ(Describe(*back), "blue 100, green 0 maint");
}

TEST(HaproxyRecord, ARecordThatDoesNotFitIsAnError) {
  EXPECT_FALSE(WithRecord(Web(1, 1), {{"red", base::JsonObject{{"weight", 1}, {"admin", "ready"}}}}));
  EXPECT_FALSE(WithRecord(Web(1, 1), {{"blue", base::JsonObject{{"weight", 257}, {"admin", "ready"}}}}));
  EXPECT_FALSE(WithRecord(Web(1, 1), {{"blue", base::JsonObject{{"weight", 1}, {"admin", "off"}}}}));
  EXPECT_FALSE(WithRecord(Web(1, 1), {{"blue", "ready"}}));
}

TEST(HaproxyRecord, TheStepsOfALadderShareWhatIsLeftAsItWasShared) {
  EXPECT_EQ(Describe(Ladder(Web(100, 0), "green", 10)), "blue 90, green 10");
  EXPECT_EQ(Describe(Ladder(Web(100, 0), "green", 100)), "blue 0, green 100");
  EdgeBackend three{"web", {{.name = "a", .weight = 1}, {.name = "b", .weight = 3}, {.name = "c"}}};
  EXPECT_EQ(Describe(Ladder(three, "c", 20)), "a 20, b 60, c 20");
  EXPECT_EQ(Describe(Ladder(Web(0, 0), "green", 10)), "blue 0, green 10");
}

TEST(HaproxyRecord, WeightsAreRaisedBeforeOthersAreLowered) {
  EXPECT_EQ(Text(WeightChanges(Web(100, 0), Web(90, 10))), "green=10 blue=90 ");
  EXPECT_EQ(Text(WeightChanges(Web(90, 10), Web(100, 0))), "blue=100 green=0 ");
  EXPECT_EQ(Text(WeightChanges(Web(100, 0), Web(100, 0))), "");
}

constexpr std::string_view kState =
    "1\n# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_iweight "
    "srv_time_since_last_change srv_check_status srv_check_result srv_check_health srv_check_state "
    "srv_agent_state "
    "bk_f_forced_id srv_f_forced_id srv_fqdn srv_port srvrecord srv_use_ssl srv_check_port srv_check_addr "
    "srv_agent_addr "
    "srv_agent_port\n"
    "3 web 1 blue 127.0.0.1 2 0 90 100 2 15 3 4 6 0 0 0 - 28081 - 0 0 - - 0\n"
    "3 web 2 green 127.0.0.1 2 0 10 0 2 15 0 4 7 0 0 0 - 28082 - 0 0 - - 0\n"
    "3 web 3 old 127.0.0.1 0 5 0 0 2 15 3 4 14 0 0 0 - 28083 - 0 0 - - 0\n"
    "3 web 4 plain 127.0.0.1 2 8 1 1 2 1 0 0 0 0 0 0 - 28084 - 0 0 - - 0\n";

TEST(HaproxyTables, ServersAreReadWithWeightAdminStateAndHealth) {
  auto backend = ReadServersState(kState, "web");
  ASSERT_TRUE(backend);
  EXPECT_EQ(Describe(*backend), "blue 90, green 10, old 0 maint, plain 1 drain");
  EXPECT_EQ(backend->servers[0].address, "127.0.0.1:28081");
  EXPECT_EQ(backend->servers[0].config_weight, 100);
  EXPECT_EQ(backend->servers[0].health, Health::kUp);
  EXPECT_EQ(backend->servers[1].health, Health::kUndecided);  // a check is in progress
  EXPECT_EQ(backend->servers[2].health, Health::kDown);
  EXPECT_EQ(backend->servers[3].health, Health::kUnchecked);
}

TEST(HaproxyTables, WhatIsNotSuchATableIsAnError) {
  EXPECT_EQ(ReadServersState("Can't find backend.\n\n", "web").error().what, "HAProxy has no backend `web`");
  EXPECT_EQ(ReadServersState(kState, "api").error().what, "HAProxy has no backend `api` with servers");
  EXPECT_EQ(ReadServersState("Permission denied\n", "web").error().kind, base::ErrorKind::kIo);
  EXPECT_FALSE(ReadStat("# pxname,svname,scur\nweb,blue,1\n", "web", "blue"));
}

TEST(HaproxyRuntime, AnyTextInAReplyIsARefusal) {
  EXPECT_TRUE(AcceptedReply("\n\n", "set server web/blue weight 1"));
  auto refused = AcceptedReply("\nNo such server.\n\n", "set server web/red weight 1");
  ASSERT_FALSE(refused);
  EXPECT_EQ(base::ToString(refused.error()),
            "HAProxy said \"No such server.\" (`set server web/red weight 1`)");
}

}  // namespace
}  // namespace slipway::drivers
