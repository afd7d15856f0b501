#include <signal.h>

#include <fstream>

#include "drivers/conformance.h"
#include "drivers/service/model.h"
#include "drivers/service/service.h"
#include "drivers/service/slot_files.h"

namespace slipway::drivers {
namespace {

using base::Json;
using base::JsonArray;
using base::JsonObject;

Json Release(const std::string& version) {
  return JsonObject{{"version", version}, {"digest", "sha256:" + version}, {"path", "releases/" + version}};
}

Action Start(const std::string& slot = "green", const std::string& version = "v2", JsonObject env = {}) {
  return {"service.start",
          {{"connection", "web"}, {"slot", slot}, {"release", Release(version)}, {"env", env}}};
}

Action Stop(const std::string& slot) { return {"service.stop", {{"connection", "web"}, {"slot", slot}}}; }

Action StopOnly(const std::string& slot, const std::string& version) {
  Action stop = Stop(slot);
  stop.with["release"] = Release(version);
  return stop;
}

// Slot blue runs v1, green nothing.
class ServiceStage : public Stage {
 public:
  explicit ServiceStage(std::unique_ptr<Driver> driver) : driver_(std::move(driver)) {
    connection_ = {{"driver", "service"},
                   {"command", JsonArray{"./start"}},
                   {"slots", {{"blue", JsonObject{}}, {"green", JsonObject{}}}},
                   {"stop_timeout", "5s"},
                   {"settle", "30ms"}};
  }
  Driver& driver() override { return *driver_; }
  std::string World() override {
    const Outcome status = Do({"service.status", {{"connection", "web"}}});
    const Json* releases = status.outputs.if_contains("releases");
    return releases != nullptr ? base::CanonicalJson(*releases).value() : status.reason;
  }
  void Half(const Prepared& prepared) override {
    const std::string slot = base::GetString(prepared.action.with, "slot");
    if (prepared.action.uses == "service.start") Do(Start(slot));
    Die(slot);
  }
  // Blue has another release by now.
  void Replace() {
    Do(Stop("blue"));
    Do(Start("blue", "v2"));
  }
  virtual void Lose() = 0;  // what is in blue cannot be read any more

 protected:
  virtual void Die(const std::string& slot) = 0;  // the main process does, its worker does not

 private:
  std::unique_ptr<Driver> driver_;
};

class RealStage final : public ServiceStage {
 public:
  RealStage() : ServiceStage(MakeServiceDriver()) {
    for (const char* version : {"v1", "v2"}) {
      const auto folder = dir() / "releases" / version;
      std::filesystem::create_directories(folder);
      std::ofstream(folder / "start") << "#!/bin/sh\nsleep 1000 &\nwait\n";
      std::filesystem::permissions(folder / "start", std::filesystem::perms::owner_all);
    }
    std::filesystem::create_directories(dir() / "releases/broken");
    std::ofstream(dir() / "releases/broken/start") << "#!/bin/sh\necho no database\nexit 1\n";
    std::filesystem::permissions(dir() / "releases/broken/start", std::filesystem::perms::owner_all);
    Do(Start("blue", "v1"));
  }
  ~RealStage() override {
    const SlotFiles files(context().state_dir, "web", "blue");
    if (lost_) std::filesystem::remove(files.folder() / "record.json");
    for (const char* slot : {"blue", "green"}) Do(Stop(slot));
  }
  void Lose() override {
    lost_ = true;
    std::ofstream(SlotFiles(context().state_dir, "web", "blue").folder() / "record.json") << "half a rec";
  }

 private:
  void Die(const std::string& slot) override {
    const SlotFiles files(context().state_dir, "web", slot);
    const process::Identity process = files.Process().value();
    while (process::LivingInSessionOf(process).size() < 2) usleep(1000);
    process::Signal(process, SIGKILL).value();
    process::AwaitGone(process, base::Duration{10'000});
  }
  bool lost_ = false;
};

class ModelStage final : public ServiceStage {
 public:
  ModelStage() : ModelStage(new ModelSlots(Before::kRelease)) {}
  void Lose() override { slots_.Lose(); }

 private:
  explicit ModelStage(ModelSlots* slots)
      : ServiceStage(std::make_unique<ServiceDriver>(std::unique_ptr<Slots>(slots))), slots_(*slots) {
    slots_.Break("sha256:broken");
    Do(Stop("blue"));
    Do(Start("blue", "v1"));
  }
  void Die(const std::string& slot) override { slots_.Die("web", slot); }
  ModelSlots& slots_;
};

template <typename Kind>
std::vector<Case> Cases() {
  const auto stage = [] { return std::make_unique<Kind>(); };
  const auto replace = [](Stage& there) { static_cast<Kind&>(there).Replace(); };
  return {{.name = "Start",
           .stage = stage,
           .action = Start(),
           .fails = Start("green", "broken"),
           .refused = Start("blue", "v2"),
           .secret = Start("green", "v2", {{"T", "${{ secrets.T }}"}}),
           .half = true},
          {.name = "StartWhereAnotherIsByNow",
           .stage = stage,
           .action = Start(),
           .fails = Start("blue", "v1"),
           .meanwhile = replace,
           .refused = Start("grene"),
           .secret = Start("green", "v2", {{"T", "${{ secrets.T }}"}})},
          {.name = "Stop",
           .stage = stage,
           .action = Stop("blue"),
           .fails = StopOnly("blue", "v1"),
           .meanwhile = replace,
           .refused = StopOnly("blue", "v2"),
           .half = true},
          {.name = "Status",
           .stage = stage,
           .action = {"service.status", {{"connection", "web"}}},
           .fails = Action{"service.status", {{"connection", "web"}}},
           .meanwhile = [](Stage& there) { static_cast<Kind&>(there).Lose(); }}};
}

INSTANTIATE_TEST_SUITE_P(Service, Conformance, testing::ValuesIn(Cases<RealStage>()), CaseName);
INSTANTIATE_TEST_SUITE_P(ServiceModel, Conformance, testing::ValuesIn(Cases<ModelStage>()), CaseName);

}  // namespace
}  // namespace slipway::drivers
