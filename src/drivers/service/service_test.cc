// service against real processes.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <thread>

#include "drivers/service/ports.h"
#include "drivers/service/service.h"
#include "drivers/service/slot_files.h"

namespace slipway::drivers {
namespace {

using base::Json;
using base::JsonArray;
using base::JsonObject;
using testing::HasSubstr;

class Canary : public SecretSource {
 public:
  base::Result<base::Secret> Get(std::string_view) override { return base::Secret("c4nary-value"); }
};

class NoNotes : public Sink {
 public:
  base::Status Note(JsonObject) override { return {}; }
};

class Service : public testing::Test {
 protected:
  Service() {
    std::string name = "/tmp/slipway-service-XXXXXX";
    dir_ = mkdtemp(name.data());
    context_.workspace = dir_;
    context_.state_dir = dir_ / ".slipway";
    context_.deadline = base::SystemClock().Now() + std::chrono::minutes(2);
    context_.connection = &connection_;
  }
  ~Service() override {
    for (const char* slot : {"blue", "green"}) Do("service.stop", {{"slot", slot}});
    std::filesystem::remove_all(dir_);
  }

  // A release whose command is this shell script.
  Json Release(const std::string& version, const std::string& script) {
    const std::string path = "releases/" + version;
    std::filesystem::create_directories(dir_ / path);
    std::ofstream(dir_ / path / "start") << "#!/bin/sh\n" << script << "\n";
    std::filesystem::permissions(dir_ / path / "start", std::filesystem::perms::owner_all);
    return JsonObject{{"version", version}, {"digest", "sha256:" + version}, {"path", path}};
  }
  Json Sleeper(const std::string& version) { return Release(version, "echo up; exec sleep 1000"); }

  base::Result<Prepared> Prepare(std::string uses, JsonObject with) {
    with["connection"] = "web";
    return driver_->Prepare({std::move(uses), std::move(with)}, context_);
  }
  std::string WhyNot(std::string uses, JsonObject with) {
    auto prepared = Prepare(std::move(uses), std::move(with));
    return prepared ? "prepared" : base::ToString(prepared.error());
  }
  Outcome Run(const Prepared& prepared) { return driver_->Run(prepared, {}, sink_, context_); }
  Outcome Do(std::string uses, JsonObject with) {
    auto prepared = Prepare(std::move(uses), std::move(with));
    return prepared ? Run(*prepared) : NotDone("not prepared: " + base::ToString(prepared.error()));
  }
  Outcome Start(const std::string& slot, const Json& release) {
    return Do("service.start", {{"slot", slot}, {"release", release}});
  }
  Outcome Undo(const Prepared& prepared) {
    auto undo = driver_->Prepare(*prepared.undo, context_);
    return undo ? Run(*undo) : NotDone("not prepared: " + base::ToString(undo.error()));
  }
  JsonObject Slots() { return base::GetObject(Do("service.status", {}).outputs, "releases"); }
  std::string Log(const std::string& slot) {
    std::ifstream file(context_.state_dir / "service/web" / slot / "service.log");
    return {std::istreambuf_iterator<char>(file), {}};
  }

  std::filesystem::path dir_;
  JsonObject connection_{{"driver", "service"},
                         {"command", JsonArray{"./start"}},
                         {"slots", {{"blue", JsonObject{}}, {"green", {{"port", "auto"}}}}},
                         {"settle", "50ms"}};
  Canary secrets_;
  CancelToken cancel_;
  NoNotes sink_;
  Context context_{base::SystemClock(), base::SystemRandom(), cancel_, {}, secrets_, {}, {}};
  std::unique_ptr<Driver> driver_ = MakeServiceDriver();
};

TEST_F(Service, StartsAReleaseWithItsSurroundingsAndStopsIt) {
  auto started =
      Start("blue", Release("v1", "pwd; echo $SLOT $PORT $RELEASE; ls -d $SLOT_DIR; exec sleep 1000"));
  ASSERT_EQ(started.verdict, Verdict::kDone) << started.reason;
  const auto port = std::to_string(base::GetInt(started.outputs, "port"));
  EXPECT_EQ(base::GetString(started.outputs, "url"), "http://127.0.0.1:" + port);
  EXPECT_EQ(Log("blue"), (dir_ / "releases/v1").string() + "\nblue " + port + " v1\n" +
                             (context_.state_dir / "service/web/blue/data").string() + "\n");
  EXPECT_EQ(Slots(), (JsonObject{{"blue", "v1 sha256:v1"}, {"green", "none"}}));
  auto stopped = Do("service.stop", {{"slot", "blue"}});
  EXPECT_EQ(stopped.verdict, Verdict::kDone);
  EXPECT_EQ(base::GetString(stopped.outputs, "version"), "v1");
  EXPECT_EQ(Slots(), (JsonObject{{"blue", "none"}, {"green", "none"}}));
}

TEST_F(Service, TheSameReleaseAgainIsDoneAndStaysTheSameProcess) {
  const Json release = Sleeper("v1");
  const auto pid = base::GetInt(Start("blue", release).outputs, "pid");
  EXPECT_EQ(base::GetInt(Start("blue", release).outputs, "pid"), pid);
}

TEST_F(Service, ASlotThatRunsAnotherReleaseIsRefused) {
  Start("blue", Sleeper("v1"));
  EXPECT_THAT(WhyNot("service.start", {{"slot", "blue"}, {"release", Sleeper("v2")}}),
              HasSubstr("slot blue runs v1"));
  EXPECT_THAT(WhyNot("service.stop", {{"slot", "blue"}, {"release", Sleeper("v2")}}),
              HasSubstr("runs v1 (process"));
}

TEST_F(Service, ASlotTakenMeanwhileIsNotDone) {
  auto late = Prepare("service.start", {{"slot", "blue"}, {"release", Sleeper("v2")}});
  Start("blue", Sleeper("v1"));
  EXPECT_EQ(Run(*late).verdict, Verdict::kNotDone);
  EXPECT_EQ(Slots()["blue"], "v1 sha256:v1");
}

TEST_F(Service, WhatEndsAtOnceHasFailedWithItsLastWords) {
  auto outcome = Start("blue", Release("v1", "echo starting; echo 'db: connection refused' >&2; exit 1"));
  EXPECT_EQ(outcome.verdict, Verdict::kUnknown);
  EXPECT_TRUE(outcome.finished);
  EXPECT_EQ(outcome.reason, "v1 in slot blue ended at once: db: connection refused");
  ASSERT_EQ(outcome.attachments.size(), 1u);
  EXPECT_EQ(outcome.attachments[0].bytes, "starting\ndb: connection refused\n");
}

TEST_F(Service, ACommandThatCannotRunIsNotDoneAndLeavesTheRecordAsItWas) {
  Start("blue", Sleeper("v1"));
  auto stop = Prepare("service.stop", {{"slot", "blue"}});
  Run(*stop);
  Json broken = Sleeper("v2");
  std::filesystem::remove(dir_ / "releases/v2/start");
  auto outcome = Start("blue", broken);
  EXPECT_EQ(outcome.verdict, Verdict::kNotDone);
  EXPECT_THAT(outcome.reason, HasSubstr("no such program"));
  EXPECT_EQ(Undo(*stop).verdict, Verdict::kDone);
  EXPECT_EQ(Slots()["blue"], "v1 sha256:v1");
}

TEST_F(Service, UndoingAStartStopsIt) {
  auto start = Prepare("service.start", {{"slot", "blue"}, {"release", Sleeper("v1")}});
  Run(*start);
  EXPECT_EQ(driver_->Restored(*start, context_).verdict, Verdict::kNotDone);
  EXPECT_EQ(Undo(*start).verdict, Verdict::kDone);
  EXPECT_EQ(driver_->Restored(*start, context_).verdict, Verdict::kDone);
}

TEST_F(Service, UndoingAStopStartsTheSameReleaseAgainWithItsEnvironmentAndPort) {
  Do("service.start", {{"slot", "blue"},
                       {"release", Release("v1", "echo mode $MODE port $PORT; exec sleep 1000")},
                       {"env", {{"MODE", "fast"}}}});
  const std::string log = Log("blue");
  auto stop = Prepare("service.stop", {{"slot", "blue"}});
  Run(*stop);
  EXPECT_EQ(driver_->Restored(*stop, context_).verdict, Verdict::kNotDone);
  auto undone = Undo(*stop);
  EXPECT_EQ(undone.verdict, Verdict::kDone) << undone.reason;
  EXPECT_EQ(driver_->Restored(*stop, context_).verdict, Verdict::kDone);
  EXPECT_THAT(log, HasSubstr("mode fast"));
  while (Log("blue").empty()) std::this_thread::yield();
  EXPECT_EQ(Log("blue"), log);
}

TEST_F(Service, StoppingNothingIsDoneAndHasNothingToUndo) {
  auto stop = Prepare("service.stop", {{"slot", "blue"}});
  EXPECT_FALSE(stop->undo);
  EXPECT_EQ(Run(*stop).verdict, Verdict::kDone);
}

TEST_F(Service, WhoIgnoresTheAskingIsKilledWithAllOfIt) {
  connection_["stop_timeout"] = "100ms";
  Start("blue", Release("v1", "trap '' TERM; sleep 1000 & echo $!; while true; do sleep 1; done"));
  auto outcome = Do("service.stop", {{"slot", "blue"}});
  EXPECT_EQ(outcome.verdict, Verdict::kDone);
  EXPECT_EQ(outcome.evidence["killed"], true);
  auto child = process::ReadStat(std::stoi(Log("blue")));
  EXPECT_TRUE(!child || child->ended());
}

TEST_F(Service, WorkersThatOutliveTheirMasterOccupyTheSlotUntilStopped) {
  Start("blue", Release("v1", "sleep 1000 & echo $!; wait"));
  const SlotFiles files(context_.state_dir, "web", "blue");
  while (Log("blue").empty()) std::this_thread::yield();
  process::Signal(*files.Process(), SIGKILL).value();
  process::AwaitGone(*files.Process(), base::Duration{10'000});
  EXPECT_EQ(Slots()["blue"], "none");
  EXPECT_THAT(WhyNot("service.start", {{"slot", "blue"}, {"release", Sleeper("v2")}}),
              HasSubstr("1 of its processes still run"));
  EXPECT_EQ(Do("service.stop", {{"slot", "blue"}}).verdict, Verdict::kDone);
  EXPECT_EQ(Start("blue", Sleeper("v2")).verdict, Verdict::kDone);
}

TEST_F(Service, TwoSlotsNeverGetTheSamePort) {
  auto blue = Prepare("service.start", {{"slot", "blue"}, {"release", Sleeper("v1")}});
  auto green = Prepare("service.start", {{"slot", "green"}, {"release", Sleeper("v1")}});
  green->action.with["port"] = blue->action.with["port"];  // as if both had been prepared at the same instant
  const auto first = base::GetInt(Run(*blue).outputs, "port");
  const auto second = base::GetInt(Run(*green).outputs, "port");
  EXPECT_GT(first, 0);
  EXPECT_GT(second, 0);
  EXPECT_NE(first, second);
}

TEST_F(Service, PortsAreGivenWithoutRaces) {
  const Ports ports(dir_ / "ports");
  std::mutex mutex;
  std::set<int> given;
  std::vector<std::jthread> threads;
  for (int thread = 0; thread < 8; ++thread)
    threads.emplace_back([&, thread] {
      const std::string owner = "web/" + std::to_string(thread);
      for (int port = 24'000;; ++port)
        if (ports.Reserve(port, owner).value()) {
          std::scoped_lock lock(mutex);
          EXPECT_TRUE(given.insert(port).second);
          return;
        }
    });
  threads.clear();
  EXPECT_EQ(given.size(), 8u);
}

TEST_F(Service, APortOfAnotherSlotIsNotDone) {
  connection_["slots"] = {{"blue", {{"port", "auto"}}}, {"green", {{"port", "auto"}}}};
  Start("blue", Sleeper("v1"));
  const int port = static_cast<int>(base::GetInt(
      base::GetObject(base::GetObject(Do("service.status", {}).outputs, "slots"), "blue"), "port"));
  connection_["slots"] = {{"green", {{"port", port}}}};
  EXPECT_THAT(Start("green", Sleeper("v1")).reason, HasSubstr("is reserved for slot web/blue"));
  connection_["slots"] = {{"blue", JsonObject{}}, {"green", JsonObject{}}};
}

TEST_F(Service, TheLogOfEarlierStartsIsKept) {
  for (const char* version : {"v1", "v2"}) {
    Start("blue", Release(version, std::string("echo ") + version + "; exec sleep 1000"));
    while (Log("blue").empty()) std::this_thread::yield();
    Do("service.stop", {{"slot", "blue"}});
  }
  std::ifstream former(context_.state_dir / "service/web/blue/service.log.1");
  std::string line;
  std::getline(former, line);
  EXPECT_EQ(line, "v1");
}

TEST_F(Service, AProcessThatOnlySharesTheNumberIsNotTheService) {
  Start("blue", Sleeper("v1"));
  const SlotFiles files(context_.state_dir, "web", "blue");
  const process::Identity real = files.Process().value();
  std::ofstream(files.folder() / "process") << getpid() << " 1 " << real.boot << "\n";
  EXPECT_EQ(Slots()["blue"], "none");
  EXPECT_EQ(Do("service.stop", {{"slot", "blue"}}).verdict, Verdict::kDone) << "and we are still here";
  process::Signal(real, SIGKILL).value();
}

TEST_F(Service, WhereTheNoteOfItsProcessCannotBeReadNobodySaysThatNothingRuns) {
  Start("blue", Sleeper("v1"));
  const std::filesystem::path note = context_.state_dir / "service/web/blue/process";
  const std::string written = base::ReadFile(note).value();
  std::ofstream(note) << "???";
  EXPECT_THAT(WhyNot("service.stop", {{"slot", "blue"}}), HasSubstr("cannot be read"));
  EXPECT_THAT(WhyNot("service.start", {{"slot", "blue"}, {"release", Sleeper("v2")}}),
              HasSubstr("cannot be read"));
  std::ofstream(note) << written;
}

TEST_F(Service, AStarterKilledAtAnyInstantLeavesAServiceThatIsFoundOrNone) {
  const Json release = Sleeper("v1");
  int found = 0;
  for (int microseconds = 0; microseconds < 8000; microseconds += 250) {
    auto start = Prepare("service.start", {{"slot", "blue"}, {"release", release}});
    const pid_t starter = fork();
    ASSERT_GE(starter, 0);
    if (starter == 0) {
      Run(*start);
      _exit(0);
    }
    std::this_thread::sleep_for(std::chrono::microseconds(microseconds));
    kill(starter, SIGKILL);
    waitpid(starter, nullptr, 0);
    const Outcome probed = driver_->Probe(*start, {}, context_);
    ASSERT_NE(probed.verdict, Verdict::kUnknown) << probed.reason;
    if (probed.verdict == Verdict::kDone) ++found;
    const Outcome again = Run(*start);
    ASSERT_EQ(again.verdict, Verdict::kDone) << again.reason;
    if (probed.verdict == Verdict::kDone) EXPECT_EQ(probed.outputs.at("pid"), again.outputs.at("pid"));
    ASSERT_EQ(Do("service.stop", {{"slot", "blue"}}).verdict, Verdict::kDone);
  }
  RecordProperty("found", found);
}

TEST_F(Service, ASlotBeingChangedByAnotherIsWaitedFor) {
  const SlotFiles files(context_.state_dir, "web", "blue");
  ASSERT_TRUE(files.Make());
  base::Fd other(open((files.folder() / "lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  ASSERT_EQ(flock(other.get(), LOCK_EX), 0);
  auto start = Prepare("service.start", {{"slot", "blue"}, {"release", Sleeper("v1")}});
  context_.deadline = base::SystemClock().Now() + base::Duration{50};
  EXPECT_EQ(Run(*start).verdict, Verdict::kNotDone);
  EXPECT_EQ(driver_->Probe(*start, {}, context_).verdict, Verdict::kUnknown);
  context_.deadline += std::chrono::minutes(1);
  other.Reset();
  EXPECT_EQ(Run(*start).verdict, Verdict::kDone);
}

TEST_F(Service, ASecretReachesTheServiceAndNothingThatIsKept) {
  connection_["env"] = {{"A", "${{ secrets.A }}"}};
  auto start =
      Prepare("service.start", {{"slot", "blue"},
                                {"release", Release("v1", "test $A = $B && echo same; exec sleep 1000")},
                                {"env", {{"B", "${{ secrets.B }}"}}}});
  EXPECT_EQ(Run(*start).verdict, Verdict::kDone);
  while (Log("blue").empty()) std::this_thread::yield();
  EXPECT_EQ(Log("blue"), "same\n");
  for (const auto& entry : std::filesystem::recursive_directory_iterator(context_.state_dir)) {
    if (!entry.is_regular_file()) continue;
    std::ifstream file(entry.path());
    EXPECT_THAT(std::string(std::istreambuf_iterator<char>(file), {}), Not(HasSubstr("c4nary")));
  }
}

TEST_F(Service, AWrongConnectionSaysWhatIsWrong) {
  auto why = [&](const char* key, Json value) {
    JsonObject before = connection_;
    connection_[key] = std::move(value);
    std::string text = WhyNot("service.status", {});
    connection_ = std::move(before);
    return text;
  };
  EXPECT_THAT(why("comand", "x"), HasSubstr("did you mean `command`?"));
  EXPECT_THAT(why("command", JsonArray{}), HasSubstr("needs `command`"));
  EXPECT_THAT(why("stop_signal", "KILL"), HasSubstr("one of HUP, INT"));
  EXPECT_THAT(why("slots", {{"a", {{"port", 99999}}}}), HasSubstr("1 to 65535"));
  EXPECT_THAT(why("slots", {{"a", {{"port", 8080}}}, {"b", {{"port", "8080"}}}}), HasSubstr("both a and b"));
  EXPECT_THAT(why("slots", {{"../x", JsonObject{}}}), HasSubstr("no name for a slot"));
  EXPECT_THAT(WhyNot("service.stop", {{"slot", "bleu"}}), HasSubstr("did you mean `blue`?"));
}

}  // namespace
}  // namespace slipway::drivers
