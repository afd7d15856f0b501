#include <signal.h>

#include <fstream>

#include "drivers/conformance.h"
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

Action Start(JsonObject more = {}) {
  more["connection"] = "web";
  more["slot"] = "green";
  more["release"] = Release("v2");
  return {"service.start", more};
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
    return base::CanonicalJson(status.outputs.at("releases")).value();
  }

 protected:
  Outcome Do(const Action& action) {
    auto prepared = driver_->Prepare(action, context());
    if (!prepared) return NotDone(base::ToString(prepared.error()));
    return driver_->Run(*prepared, {}, sink_, context());
  }

 private:
  class NoNotes : public Sink {
   public:
    base::Status Note(JsonObject) override { return {}; }
  };
  NoNotes sink_;
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
    Do({"service.start", {{"connection", "web"}, {"slot", "blue"}, {"release", Release("v1")}}});
  }
  ~RealStage() override {
    Renew(std::chrono::minutes(1));
    for (const char* slot : {"blue", "green"}) Do({"service.stop", {{"connection", "web"}, {"slot", slot}}});
  }
  // Its main process dies, its worker does not.
  void Half(const Prepared& prepared) override {
    const std::string slot = base::GetString(prepared.action.with, "slot");
    if (prepared.action.uses == "service.start")
      Do(prepared.action.with.contains("port") ? Start() : prepared.action);
    const SlotFiles files(context().state_dir, "web", slot);
    const process::Identity process = files.Process().value();
    while (process::LivingInSessionOf(process).size() < 2) usleep(1000);
    process::Signal(process, SIGKILL).value();
    process::AwaitGone(process, base::Duration{10'000});
  }
};

class ModelStage final : public ServiceStage {
 public:
  ModelStage() : ServiceStage(ServiceModel()) {}
};

std::vector<Case> Cases(std::function<std::unique_ptr<Stage>()> stage, bool real) {
  std::vector<Case> cases{
      {.name = "Start",
       .stage = stage,
       .action = Start(),
       .secret = Start({{"env", {{"T", "${{ secrets.T }}"}}}}),
       .half = real},
      {.name = "Stop", .stage = stage, .action = {"service.stop", {{"connection", "web"}, {"slot", "blue"}}}},
      {.name = "Status", .stage = stage, .action = {"service.status", {{"connection", "web"}}}}};
  if (real) {
    Action fails = Start();
    fails.with["release"] = Release("broken");
    cases[0].fails = fails;
  }
  return cases;
}

INSTANTIATE_TEST_SUITE_P(Service, Conformance,
                         testing::ValuesIn(Cases([] { return std::make_unique<RealStage>(); }, true)),
                         CaseName);
INSTANTIATE_TEST_SUITE_P(ServiceModel, Conformance,
                         testing::ValuesIn(Cases([] { return std::make_unique<ModelStage>(); }, false)),
                         CaseName);

}  // namespace
}  // namespace slipway::drivers
