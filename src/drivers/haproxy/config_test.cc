#include "drivers/haproxy/config.h"

#include <gtest/gtest.h>

namespace slipway::drivers {
namespace {

EdgeBackend Web(int blue = 100, int green = 0) {
  EdgeServer a{.name = "blue", .config_weight = blue}, b{.name = "green", .config_weight = green};
  return {"web", {a, b}};
}

// A configuration that keeps the state, but for what a test changes.
struct Text {
  std::string global = "server-state-file /run/edge/servers.state";
  std::string defaults = "load-server-state-from-file global";
  std::string backend = "default-server check inter 200ms";
  std::string blue = "server blue 127.0.0.1:1 weight 100";
  std::string green = "server green 127.0.0.1:2 weight 0";

  std::vector<ConfigText> files() const {
    return {{"haproxy.cfg", "global\n  " + global + "\ndefaults\n  " + defaults + "\nbackend web\n  " +
                                backend + "\n  " + blue + "\n  " + green + "\nfrontend f\n  bind :80\n"}};
  }
};

std::string Judged(const Text& text, const EdgeBackend& backend = Web()) {
  auto found = JudgePersistence(text.files(), backend);
  if (!found) return base::ToString(found.error());
  return found->state_file.string() + (found->all_backends ? " for all, " : " for one, ") +
         std::to_string(found->check_interval.count()) + "ms";
}

TEST(HaproxyConfig, AGlobalStateFileKeepsTheState) {
  EXPECT_EQ(Judged({}), "/run/edge/servers.state for all, 200ms");
  EXPECT_EQ(Judged({.global = "server-state-base /run\n server-state-file edge.state"}),
            "/run/edge.state for all, 200ms");
}

TEST(HaproxyConfig, ALocalStateFileIsNamedAfterTheBackendOrAsItSays) {
  Text local{.global = "server-state-base /run", .defaults = "load-server-state-from-file local"};
  EXPECT_EQ(Judged(local), "/run/web for one, 200ms");
  local.backend = "server-state-file-name site";
  EXPECT_EQ(Judged(local), "/run/site for one, 2000ms");
}

TEST(HaproxyConfig, WithoutAStateFileAReloadForgetsAndTheLinesToAddAreNamed) {
  EXPECT_EQ(Judged({.global = "nbthread 2"}),
            "a reload of HAProxy would forget the weights of backend `web`: no state file is set; next: add "
            "`server-state-file <absolute path>` to `global`");
  EXPECT_EQ(Judged({.defaults = "mode http"}),
            "a reload of HAProxy would forget the weights of backend `web`: its configuration does not load "
            "them; next: add "
            "`load-server-state-from-file global` to `defaults` or to `backend web`");
  EXPECT_EQ(Judged({.backend = "load-server-state-from-file none"}).substr(0, 21), "a reload of HAProxy w");
}

TEST(HaproxyConfig, AWeightThatHaproxyDidNotReadIsRefused) {
  EXPECT_EQ(Judged({.blue = "server blue 127.0.0.1:1 weight 90"}),
            "a reload of HAProxy would set server `web/blue` to the weight 90 of its configuration, which "
            "was 100 when HAProxy "
            "read it; next: put `weight 100` back into that line, or reload HAProxy first");
  EXPECT_EQ(Judged({.blue = "server blue 127.0.0.1:1"}, Web(1)), "/run/edge/servers.state for all, 200ms");
  EXPECT_EQ(
      Judged({.backend = "default-server weight 7 inter 1s", .blue = "server blue 127.0.0.1:1"}, Web(7)),
      "/run/edge/servers.state for all, 1000ms");
}

TEST(HaproxyConfig, AServerThatIsNotDeclaredWouldBeDropped) {
  EXPECT_EQ(Judged({.green = "# server green 127.0.0.1:2"}),
            "a reload of HAProxy would drop server `web/green`: its configuration does not declare it; next: "
            "add a `server green` "
            "line to `backend web`");
}

TEST(HaproxyConfig, ConditionalBlocksCannotBeJudged) {
  EXPECT_EQ(Judged({.global = ".if defined(X)\n server-state-file /a\n .endif"}).substr(0, 52),
            "HAProxy's configuration has conditional blocks (`.if");
}

TEST(HaproxyConfig, ARelativeStateFileIsRefusedWhereChrootHidesItsFolder) {
  EXPECT_EQ(Judged({.global = "server-state-file run/state"}), "run/state for all, 200ms");
  EXPECT_EQ(Judged({.global = "chroot /var/empty\n server-state-file run/state"}),
            "HAProxy's state file has a relative path, and `chroot` hides which folder that is in; next: "
            "make the path of "
            "`server-state-file` absolute");
}

TEST(HaproxyConfig, QuotesCommentsAndNamedDefaultsAreRead) {
  std::vector<ConfigText> files{
      {"a.cfg",
       "global\n server-state-file \"/run/with blank\" # kept\n"
       "defaults kept\n load-server-state-from-file global\n"
       "defaults other\n mode http\n"},
      {"b.cfg", "backend web from kept\n server blue :1 weight 100 inter 3s\n server green :2 weight 0\n"}};
  auto found = JudgePersistence(files, Web());
  ASSERT_TRUE(found) << base::ToString(found.error());
  EXPECT_EQ(found->state_file, "/run/with blank");
  EXPECT_EQ(found->check_interval, base::Duration{3000});
}

TEST(HaproxyConfig, DeclaredServersComeWithTheirWeights) {
  std::vector<EdgeServer> servers = DeclaredServers(Text{}.files(), "web");
  ASSERT_EQ(servers.size(), 2u);
  EXPECT_EQ(servers[0].name, "blue");
  EXPECT_EQ(servers[0].weight, 100);
  EXPECT_EQ(servers[1].weight, 0);
  EXPECT_TRUE(DeclaredServers(Text{}.files(), "api").empty());
}

TEST(HaproxyConfig, HostileTextEndsInAnErrorAndNotInHarm) {
  for (const std::string& text :
       {std::string("backend"), std::string("\0\0backend web\n server", 20), std::string(100'000, '"'),
        std::string("backend web\n server blue\n server\n default-server weight")}) {
    EXPECT_FALSE(JudgePersistence({{"x", text}}, Web()));
  }
}

}  // namespace
}  // namespace slipway::drivers
