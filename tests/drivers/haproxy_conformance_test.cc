#include <arpa/inet.h>
#include <fmt/core.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "drivers/conformance.h"
#include "drivers/haproxy/haproxy.h"
#include "drivers/haproxy/model.h"
#include "web/lab.h"

namespace slipway::drivers {
namespace {

using base::JsonArray;
using base::JsonObject;

// A clock whose hands only waiting moves.
struct Hands final : base::Clock {
  base::Time now{base::Duration{1'000'000}};
  base::Time Now() override { return now; }
  void Sleep(base::Duration how_long) override { now += how_long; }
};

JsonObject Weights(int blue, int green) {
  return {{"blue", JsonObject{{"weight", blue}, {"admin", "ready"}}},
          {"green", JsonObject{{"weight", green}, {"admin", "ready"}}}};
}

class HaproxyStage : public Stage {
 public:
  explicit HaproxyStage(std::unique_ptr<Driver> driver) : driver_(std::move(driver)) {}
  Driver& driver() override { return *driver_; }
  std::string World() override {
    Outcome status = Do({"haproxy.status", {{"backend", "web"}, {"expect", "any"}}});
    if (status.verdict != Verdict::kDone) return status.reason;
    std::string world = base::CanonicalJson(status.outputs.at("weights")).value();
    for (const auto& [server, health] : base::GetObject(status.evidence, "health"))
      if (health == "down") world += fmt::format(" {} down", std::string_view(server));
    return world;
  }
  // A shift that got as far as a third of the traffic; a drain that still waits for requests to end.
  void Half(const Prepared& prepared) override {
    JsonObject servers = Weights(67, 33);
    if (prepared.action.uses == "haproxy.drain") {
      servers = Weights(0, 50);
      servers["blue"].get_object()["admin"] = "drain";
      noted_ = {{{"draining", "blue"}}};
    }
    Do({"haproxy.restore", {{"backend", "web"}, {"servers", servers}}});
  }
  void Share() { Do({"haproxy.restore", {{"backend", "web"}, {"servers", Weights(50, 50)}}}); }
  virtual void TakeDown() = 0;  // green is not healthy any more
  virtual void KeepBusy() = 0;  // blue has a request that takes its time

 private:
  std::unique_ptr<Driver> driver_;
};

// Both slots run, with the traffic as the weights say.
class RealHaproxy final : public HaproxyStage {
 public:
  explicit RealHaproxy(JsonObject weights) : HaproxyStage(MakeHaproxyDriver()) {
    for (const char* slot : {"blue", "green"}) lab_.StartSlot(slot);
    for (const char* slot : {"blue", "green"}) lab_.AwaitUp(slot);
    connection_ = {{"driver", "haproxy"}, {"socket", (lab_.folder() / "haproxy.sock").string()}};
    Do({"haproxy.restore", {{"backend", "web"}, {"servers", std::move(weights)}}});
  }
  void TakeDown() override {
    lab_.StopSlot("green", SIGKILL);
    while (!World().contains("green down")) usleep(10'000);
  }
  void KeepBusy() override {
    while (lab_.Stat("web", "blue", "scur") == 0) {
      sockaddr_in address{};
      address.sin_family = AF_INET;
      address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      const std::string url = lab_.Url("");
      address.sin_port = htons(static_cast<std::uint16_t>(
          base::ParseInteger(std::string_view(url).substr(url.rfind(':') + 1)).value()));
      base::Fd& client = clients_.emplace_back(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
      EXPECT_EQ(connect(client.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
      constexpr std::string_view kSlow = "GET /download HTTP/1.1\r\nHost: web\r\n\r\n";
      send(client.get(), kSlow.data(), kSlow.size(), MSG_NOSIGNAL);
      usleep(10'000);
    }
  }

 private:
  tests::Lab lab_;
  std::vector<base::Fd> clients_;
};

class ModelHaproxy final : public HaproxyStage {
 public:
  explicit ModelHaproxy(JsonObject weights) : ModelHaproxy(std::make_shared<ModelProxies>()) {
    Do({"haproxy.restore", {{"backend", "web"}, {"servers", std::move(weights)}}});
  }
  void TakeDown() override { TheBackend().backend.servers.at(1).health = Health::kDown; }
  void KeepBusy() override { TheBackend().sessions["blue"] = 1; }

 private:
  explicit ModelHaproxy(std::shared_ptr<ModelProxies> world)
      : HaproxyStage(HaproxyModel(world)), world_(std::move(world)) {
    clock_ = &hands_;
    connection_ = {{"driver", "haproxy"}, {"socket", "model.sock"}};
  }
  ModelProxies::Backend& TheBackend() { return world_->backends.begin()->second; }

  const std::shared_ptr<ModelProxies> world_;
  Hands hands_;
};

template <typename Kind>
std::function<std::unique_ptr<Stage>()> With(JsonObject weights) {
  return [weights] { return std::make_unique<Kind>(weights); };
}

template <typename Kind>
std::vector<Case> Cases() {
  // The arguments of an action on the backend, and more.
  auto on = [](const std::string& uses, JsonObject more = {}) {
    more["backend"] = "web";
    return Action{uses, more};
  };
  auto watch = [&](const std::string& server, std::int64_t least) {
    return on("haproxy.watch", {{"server", server}, {"for", "50ms"}, {"min_samples", least}});
  };
  auto shift = [&](const std::string& to) {
    return on("haproxy.shift",
              {{"to", to}, {"steps", JsonArray{"50%", "100%"}}, {"bake", "20ms"}, {"wait", "100ms"}});
  };
  auto drain = [&](const std::string& server) {
    return on("haproxy.drain", {{"server", server}, {"timeout", "100ms"}});
  };
  auto restore = [&](JsonObject servers) {
    return on("haproxy.restore", {{"servers", servers}, {"wait", "100ms"}});
  };
  const auto share = [](Stage& stage) { static_cast<Kind&>(stage).Share(); };
  const auto take_down = [](Stage& stage) { static_cast<Kind&>(stage).TakeDown(); };
  const auto keep_busy = [](Stage& stage) { static_cast<Kind&>(stage).KeepBusy(); };
  return {
      {.name = "Status",
       .stage = With<Kind>(Weights(100, 0)),
       .action = on("haproxy.status"),
       .fails = on("haproxy.status"),
       .meanwhile = share,
       .refused = Action{"haproxy.status", {{"backend", "web; show env"}}}},
      {.name = "Shift",
       .stage = With<Kind>(Weights(100, 0)),
       .action = shift("green"),
       .fails = shift("green"),
       .meanwhile = take_down,
       .refused = shift("grene"),
       .half = true},
      {.name = "Drain",
       .stage = With<Kind>(Weights(50, 50)),
       .action = drain("blue"),
       .fails = drain("blue"),
       .meanwhile = keep_busy,
       .refused = drain("grene"),
       .half = true},
      {.name = "DrainIdle",
       .stage = With<Kind>(Weights(0, 100)),
       .action = drain("blue"),
       .never_fails = "an idle server has no requests to end",
       .refused = drain("green")},
      {.name = "Restore",
       .stage = With<Kind>(Weights(100, 0)),
       .action = restore(Weights(0, 100)),
       .fails = restore(Weights(0, 100)),
       .meanwhile = take_down,
       .refused = restore({{"purple", JsonObject{{"weight", 1}, {"admin", "ready"}}}}),
       .half = true},
      {.name = "Watch",
       .stage = With<Kind>(Weights(100, 0)),
       .action = watch("blue", 0),
       .fails = watch("blue", 1'000'000),
       .refused = watch("grene", 0)},
  };
}

INSTANTIATE_TEST_SUITE_P(Haproxy, Conformance, testing::ValuesIn(Cases<RealHaproxy>()), CaseName);
INSTANTIATE_TEST_SUITE_P(HaproxyModel, Conformance, testing::ValuesIn(Cases<ModelHaproxy>()), CaseName);

}  // namespace
}  // namespace slipway::drivers
