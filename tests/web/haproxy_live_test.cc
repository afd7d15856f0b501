// The haproxy driver against a real HAProxy and real nginx slots.
#include <gtest/gtest.h>
#include <signal.h>

#include <fstream>
#include <thread>

#include "base/file.h"
#include "drivers/haproxy/haproxy.h"
#include "lab.h"

namespace slipway::tests {
namespace {

using base::JsonObject;
using drivers::Outcome;
using drivers::Verdict;
using namespace std::chrono_literals;

std::string Says(const Outcome& outcome) {
  return std::string(drivers::ToString(outcome.verdict)) + ": " + outcome.reason;
}

class HaproxyLive : public testing::Test {
 protected:
  explicit HaproxyLive(const LabOptions& options = {}) : lab(options), call(lab.folder(), lab.Connection()) {
    lab.StartSlot("blue");
  }
  Ran Step(const std::string& uses, JsonObject with) {
    with["backend"] = "web";
    return RunStep(*driver, uses, std::move(with), call.context());
  }
  Ran Shift(const std::string& to, base::JsonArray steps = {"10%", "50%", "100%"}) {
    return Step("haproxy.shift", {{"to", to}, {"steps", std::move(steps)}, {"bake", "50ms"}, {"wait", "3s"}});
  }
  base::Result<drivers::Prepared> Prepare(const std::string& uses, JsonObject with) {
    with["backend"] = "web";
    return PrepareStep(*driver, uses, std::move(with), call.context());
  }
  std::string State() { return Says(Step("haproxy.status", {{"expect", "any"}}).outcome); }

  Lab lab;
  TestCall call;
  std::unique_ptr<drivers::Driver> driver = drivers::MakeHaproxyDriver();
};

TEST_F(HaproxyLive, StatusNamesTheActiveAndTheIdleServer) {
  Outcome status = Step("haproxy.status", {}).outcome;
  EXPECT_EQ(Says(status), "done: web: blue 100, green 0");
  EXPECT_EQ(base::GetString(status.outputs, "active"), "blue");
  EXPECT_EQ(base::GetString(status.outputs, "idle"), "green");
  EXPECT_EQ("http://" + base::GetString(status.outputs, "idle_address") + "/", lab.SlotUrl("green"));
}

TEST_F(HaproxyLive, AShiftMovesAllTrafficAndItsUndoBringsTheRecordedStateBack) {
  lab.StartSlot("green");
  Ran shift = Shift("green");
  EXPECT_EQ(Says(shift.outcome), "done: web stands at blue 0, green 100");
  EXPECT_EQ(base::GetString(shift.outcome.outputs, "previous"), "blue");
  Ran undo = RunStep(*driver, shift.prepared.undo->uses, shift.prepared.undo->with, call.context());
  EXPECT_EQ(Says(undo.outcome), "done: web stands at blue 100, green 0");
  EXPECT_EQ(Says(driver->Restored(shift.prepared, call.context())),
            "done: web: blue 100, green 0, as recorded");
}

TEST_F(HaproxyLive, NoTrafficMovesToAServerWithNothingBehindIt) {
  lab.Runtime("set server web/green state maint");
  Ran shift = Shift("green");
  EXPECT_EQ(shift.outcome.verdict, Verdict::kUnknown);
  EXPECT_TRUE(shift.outcome.finished);
  EXPECT_EQ(lab.Weight("green"), 0);
  EXPECT_EQ(lab.Weight("blue"), 100);
}

TEST_F(HaproxyLive, AServerThatWasInMaintenanceGetsTrafficOnlyAfterItsChecksPassed) {
  lab.Runtime("set server web/green weight 100; set server web/green state maint");
  lab.StartSlot("green");
  Ran shift = Shift("green");
  EXPECT_EQ(Says(shift.outcome), "done: web stands at blue 0, green 100");
}

TEST_F(HaproxyLive, WhatIsDoneSurvivesAReload) {
  lab.StartSlot("green");
  Shift("green");
  Step("haproxy.drain", {{"server", "blue"}});
  lab.Reload();
  EXPECT_EQ(State(), "done: web: blue 0 maint, green 100");
}

TEST_F(HaproxyLive, ADrainTakesTheServerOutAndItsUndoBringsItBack) {
  lab.StartSlot("green");
  Shift("green");
  Ran drain = Step("haproxy.drain", {{"server", "blue"}});
  EXPECT_EQ(Says(drain.outcome), "done: web/blue ended its requests and is in maintenance");
  Ran undo = RunStep(*driver, drain.prepared.undo->uses, drain.prepared.undo->with, call.context());
  EXPECT_EQ(Says(undo.outcome), "done: web stands at blue 0, green 100");
}

TEST_F(HaproxyLive, TheLastServerWithTrafficIsNotDrained) {
  auto prepared = Prepare("haproxy.drain", {{"server", "blue"}});
  ASSERT_FALSE(prepared);
  EXPECT_EQ(prepared.error().kind, base::ErrorKind::kRefused);
  EXPECT_EQ(prepared.error().what, "no other server of `web` has traffic (blue 100, green 0)");
}

TEST_F(HaproxyLive, ADrainThatRunsOutOfTimePutsTheServerBackAsItWas) {
  lab.StartSlot("green");
  Step("haproxy.restore",
       {{"servers", JsonObject{{"green", JsonObject{{"weight", 50}, {"admin", "ready"}}}}}});
  Child slow({SLIPWAY_BINARY_DIR "/tools/slipway-load", lab.Url("/slow"), "--rate", "10"},
             lab.folder() / "load.json");
  while (lab.Stat("web", "blue", "scur") == 0) std::this_thread::sleep_for(5ms);
  Outcome drain = Step("haproxy.drain", {{"server", "blue"}, {"timeout", "200ms"}}).outcome;
  EXPECT_EQ(drain.verdict, Verdict::kNotDone) << drain.reason;
  EXPECT_EQ(State(), "done: web: blue 100, green 50");
}

TEST_F(HaproxyLive, ACancelledShiftSaysWhereItStandsAndARepeatFinishesIt) {
  lab.StartSlot("green");
  auto prepared =
      Prepare("haproxy.shift", {{"to", "green"}, {"steps", base::JsonArray{"10%", "100%"}}, {"bake", "20s"}});
  ASSERT_TRUE(prepared) << base::ToString(prepared.error());
  Notes notes;
  std::jthread canceller([&] {
    while (lab.Weight("green") == 0) std::this_thread::sleep_for(5ms);
    call.cancel().Cancel();
  });
  Outcome cancelled = driver->Run(*prepared, {}, notes, call.context());
  EXPECT_EQ(Says(cancelled),
            "unknown: stopped while green carried part of the traffic; web stands at blue 90, green 10");
  TestCall again(lab.folder(), lab.Connection());
  prepared->action.with["bake"] = 10;
  EXPECT_EQ(driver->Probe(*prepared, notes.all, again.context()).verdict, Verdict::kUnknown);
  EXPECT_EQ(Says(driver->Run(*prepared, notes.all, notes, again.context())),
            "done: web stands at blue 0, green 100");
}

TEST_F(HaproxyLive, AShiftGoesOnThroughAReload) {
  lab.StartSlot("green");
  auto prepared =
      Prepare("haproxy.shift", {{"to", "green"}, {"steps", base::JsonArray{"10%", "100%"}}, {"bake", "1s"}});
  std::jthread reloader([&] {
    while (lab.Weight("green") == 0) std::this_thread::sleep_for(5ms);
    lab.Reload();
  });
  Notes notes;
  EXPECT_EQ(Says(driver->Run(*prepared, {}, notes, call.context())), "done: web stands at blue 0, green 100");
}

TEST_F(HaproxyLive, AShiftFailsWhenItsServerDiesWhileItCarriesTraffic) {
  lab.StartSlot("green");
  auto prepared =
      Prepare("haproxy.shift", {{"to", "green"}, {"steps", base::JsonArray{"50%", "100%"}}, {"bake", "20s"}});
  std::jthread killer([&] {
    while (lab.Weight("green") == 0) std::this_thread::sleep_for(5ms);
    lab.StopSlot("green", SIGKILL);
  });
  Notes notes;
  Outcome failed = driver->Run(*prepared, {}, notes, call.context());
  EXPECT_EQ(Says(failed),
            "unknown: HAProxy's checks took server web/green down while it carried traffic; "
            "web stands at blue 50, green 50");
  EXPECT_TRUE(failed.finished);
}

TEST_F(HaproxyLive, UnknownNamesAreErrorsWithASuggestion) {
  auto prepared = Prepare("haproxy.shift", {{"to", "gren"}});
  ASSERT_FALSE(prepared);
  EXPECT_EQ(base::ToString(prepared.error()),
            "HAProxy has no server `web/gren`; next: did you mean `green`?");
  EXPECT_FALSE(Prepare("haproxy.shift", {{"to", "green; disable server web/blue"}}));
  auto backend = PrepareStep(*driver, "haproxy.status", {{"backend", "wep"}}, call.context());
  ASSERT_FALSE(backend);
  EXPECT_EQ(backend.error().what, "HAProxy has no backend `wep`");
}

TEST_F(HaproxyLive, AHaproxyThatIsNotThereIsAnErrorThatNamesTheSocket) {
  TestCall nowhere(lab.folder(), {{"driver", "haproxy"}, {"socket", "no.sock"}});
  auto prepared = PrepareStep(*driver, "haproxy.status", {{"backend", "web"}}, nowhere.context());
  ASSERT_FALSE(prepared);
  EXPECT_EQ(prepared.error().kind, base::ErrorKind::kIo);
  EXPECT_EQ(prepared.error().where, (lab.folder() / "no.sock").string());
}

struct WithoutState : HaproxyLive {
  WithoutState() : HaproxyLive({.defaults = "", .state_file = false}) {}
};

TEST_F(WithoutState, AShiftThatAReloadWouldForgetIsRefusedWithTheLinesToAdd) {
  lab.StartSlot("green");
  auto prepared = Prepare("haproxy.shift", {{"to", "green"}});
  ASSERT_FALSE(prepared);
  EXPECT_EQ(prepared.error().kind, base::ErrorKind::kRefused);
  EXPECT_EQ(base::ToString(prepared.error()),
            "a reload of HAProxy would forget the weights of backend `web`: its configuration does not load "
            "them; next: add "
            "`load-server-state-from-file global` to `defaults` or to `backend web`, and `server-state-file "
            "<absolute path>` "
            "to `global`");
}

TEST_F(HaproxyLive, AStateFileThatIsAFolderIsRefusedBeforeAnyTrafficMoves) {
  lab.StartSlot("green");
  std::filesystem::remove(lab.folder() / "servers.state");
  std::filesystem::create_directory(lab.folder() / "servers.state");
  auto prepared = Prepare("haproxy.shift", {{"to", "green"}});
  ASSERT_FALSE(prepared);
  EXPECT_EQ(prepared.error().kind, base::ErrorKind::kRefused);
  EXPECT_EQ(prepared.error().what, "HAProxy's state file cannot be written: it is no file");
}

TEST_F(HaproxyLive, AChangedWeightInTheConfigurationIsRefusedBecauseAReloadWouldTakeIt) {
  lab.StartSlot("green");
  std::string text = base::ReadFile(lab.folder() / "haproxy.cfg").value();
  text.replace(text.find("weight 100"), 10, "weight 70");
  std::ofstream(lab.folder() / "haproxy.cfg") << text;
  auto prepared = Prepare("haproxy.shift", {{"to", "green"}});
  ASSERT_FALSE(prepared);
  EXPECT_EQ(prepared.error().what,
            "a reload of HAProxy would set server `web/blue` to the weight 70 of its configuration, which "
            "was 100 when "
            "HAProxy read it");
}

}  // namespace
}  // namespace slipway::tests
