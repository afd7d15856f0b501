// Against the real system: commands, signals, crashes. Nothing here asserts how long anything takes.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <functional>
#include <thread>

#include "base/environment.h"
#include "process/ledger.h"
#include "process/spawner.h"

namespace slipway::process {
namespace {

using base::Duration;
using testing::HasSubstr;
using testing::Not;
using How = Ended::How;

constexpr Duration kLong{60'000};

class Processes : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = "/tmp/slipway-process-XXXXXX";
    dir_ = mkdtemp(name.data());
  }
  void TearDown() override { std::filesystem::remove_all(dir_); }

  Spawner& spawner() {
    if (!spawner_) spawner_ = std::make_unique<Spawner>(dir_);
    EXPECT_TRUE(spawner_->Start());
    return *spawner_;
  }
  static Command Shell(const std::string& text) {
    return {.argv = {"/bin/sh", "-c", text}, .environment = InheritedEnvironment({}), .grace = Duration{300}};
  }
  Ended Run(const Command& command, Duration timeout = kLong) {
    return spawner().Run(command, {timeout, -1});
  }
  Ended RunShell(const std::string& text, Duration timeout = kLong) { return Run(Shell(text), timeout); }

  // A process of its own that may be killed; it does `what` and then waits for ever.
  static pid_t Elsewhere(const std::function<void()>& what) {
    const pid_t pid = fork();
    if (pid == 0) {
      what();
      while (true) pause();
    }
    return pid;
  }
  static void KillHard(pid_t pid) {
    ASSERT_GT(pid, 0) << "fork";
    kill(pid, SIGKILL);
    waitpid(pid, nullptr, 0);
  }
  // The number that a command wrote into a file, once it is there.
  int PidIn(const std::string& name) {
    for (;; std::this_thread::sleep_for(Duration{5})) {
      std::ifstream file(dir_ / name);
      std::string line;
      if (std::getline(file, line) && !file.eof()) return std::stoi(line);
    }
  }
  static bool HasEnded(int pid) {
    auto stat = ReadStat(pid);
    return !stat || stat->ended();
  }
  std::size_t Lists() const {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(dir_ / "spawn"), {}));
  }

  std::filesystem::path dir_;
  std::unique_ptr<Spawner> spawner_;
};

TEST_F(Processes, ACommandsExitCodeAndBothOutputsComeBack) {
  auto ended = RunShell("echo out; echo err >&2; exit 7");
  EXPECT_EQ(ended.how, How::kExited);
  EXPECT_EQ(ended.code, 7);
  EXPECT_EQ(ended.output.Text(), "out\n");
  EXPECT_EQ(ended.error_output.Text(), "err\n");
}

TEST_F(Processes, ACommandGetsItsInputEnvironmentAndDirectory) {
  Command command = Shell("cat; echo $NAME; pwd");
  command.input = "given\n";
  command.environment = InheritedEnvironment({{"NAME", "value"}});
  command.directory = dir_;
  EXPECT_EQ(Run(command).output.Text(), "given\nvalue\n" + dir_.string() + "\n");
}

TEST_F(Processes, ACommandsOutputMayGoToAFileOfTheCaller) {
  base::Fd file(open((dir_ / "out").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  Command command = Shell("echo kept; echo said >&2; exit 3");
  command.output_fd = file.get();
  auto ended = Run(command);
  EXPECT_EQ(ended.code, 3);
  EXPECT_EQ(ended.output.total(), 0u);
  EXPECT_EQ(ended.error_output.Text(), "said\n");
  EXPECT_EQ(base::ReadFile(dir_ / "out").value(), "kept\n");
  EXPECT_EQ(write(file.get(), "x", 1), 1) << "it is still the caller's";
}

TEST_F(Processes, ACommandsInputMayComeFromAFileOfTheCaller) {
  std::ofstream(dir_ / "in") << "skipped given\n";
  base::Fd file(open((dir_ / "in").c_str(), O_RDONLY | O_CLOEXEC));
  ASSERT_EQ(lseek(file.get(), 8, SEEK_SET), 8);
  Command command = Shell("cat");
  command.input = "not this";
  command.input_fd = file.get();
  EXPECT_EQ(Run(command).output.Text(), "given\n");
}

TEST_F(Processes, ACommandStreamsThroughTheCallerAndKeepsNoEndOpen) {
  int in[2], out[2];
  ASSERT_EQ(pipe2(in, O_CLOEXEC) | pipe2(out, O_CLOEXEC), 0);
  base::Fd to_command(in[1]), its_input(in[0]), from_command(out[0]), its_output(out[1]);
  const std::string part(1000, 'x');
  std::jthread writer([&] {
    for (int i = 0; i < 2000; ++i) ASSERT_EQ(write(to_command.get(), part.data(), part.size()), 1000);
    to_command.Reset();
  });
  std::size_t read_back = 0;
  std::jthread reader([&] {
    std::vector<char> buffer(1 << 16);
    for (ssize_t got = 0; (got = read(from_command.get(), buffer.data(), buffer.size())) > 0;)
      read_back += static_cast<std::size_t>(got);
  });
  Command command = Shell("cat");
  command.input_fd = its_input.get();
  command.output_fd = its_output.get();
  EXPECT_EQ(Run(command).code, 0);
  its_output.Reset();
  reader.join();
  EXPECT_EQ(read_back, 2'000'000u);
}

TEST_F(Processes, FilesOfTheCallerMayHaveTheNumbersOfACommandsOwn) {
  base::Fd kept(fcntl(0, F_DUPFD_CLOEXEC, 3));
  std::ofstream(dir_ / "in") << "given\n";
  spawner();
  base::Fd file(open((dir_ / "in").c_str(), O_RDONLY | O_CLOEXEC));
  dup2(file.get(), 0);
  Command command = Shell("cat");
  command.input_fd = 0;
  EXPECT_EQ(Run(command).output.Text(), "given\n");
  dup2(kept.get(), 0);
}

TEST_F(Processes, WithAFileThatIsClosedNothingIsStarted) {
  Command command = Shell("touch ran");
  command.directory = dir_;
  command.output_fd = 1000;
  auto ended = Run(command);
  EXPECT_EQ(ended.how, How::kNotStarted);
  EXPECT_EQ(ended.error, "its output: Bad file descriptor");
  EXPECT_FALSE(std::filesystem::exists(dir_ / "ran"));
}

TEST_F(Processes, OurOwnSettingsAreNotHandedOn) {
  setenv("SLIPWAY_SECRET_X", "canary", 1);
  EXPECT_THAT(InheritedEnvironment({}), Not(testing::Contains(HasSubstr("canary"))));
}

TEST_F(Processes, WhatWasSetAsideForOurselvesIsHandedOn) {
  setenv("PROCESS_TEST_ASIDE", "value", 1);
  base::SetAside(std::array<std::string_view, 1>{"PROCESS_TEST_ASIDE"});
  EXPECT_THAT(InheritedEnvironment({}), testing::Contains("PROCESS_TEST_ASIDE=value"));
  EXPECT_THAT(InheritedEnvironment({{"PROCESS_TEST_ASIDE", "other"}}),
              Not(testing::Contains("PROCESS_TEST_ASIDE=value")));
}

TEST_F(Processes, ASignalIsNotAnExitCode) {
  auto ended = RunShell("kill -SEGV $$");
  EXPECT_EQ(ended.how, How::kSignalled);
  EXPECT_EQ(ended.code, SIGSEGV);
}

TEST_F(Processes, WhatCannotStartNeverRanAndSaysWhy) {
  auto why = [&](Command command) {
    auto ended = Run(command);
    EXPECT_EQ(ended.how, How::kNotStarted);
    return ended.error;
  };
  EXPECT_EQ(why({.argv = {"no-such-program"}}), "no-such-program: no such program");
  EXPECT_EQ(why({.argv = {"./missing"}}), "./missing: no such program");
  EXPECT_EQ(why({.argv = {"/etc/passwd"}}), "/etc/passwd: Permission denied");
  EXPECT_EQ(why({.argv = {"/bin/true"}, .directory = "/no/such"}),
            "/bin/true: its directory failed: No such file or directory");
  EXPECT_EQ(why({.argv = {}}), "the command is empty");
  EXPECT_THAT(why({.argv = {"/bin/true", std::string("a\0b", 3)}}), HasSubstr("NUL"));
  std::ofstream(dir_ / "script") << "echo hi\n";
  std::filesystem::permissions(dir_ / "script", std::filesystem::perms::owner_all);
  EXPECT_THAT(why({.argv = {(dir_ / "script").string()}}), HasSubstr("#! line"));
  EXPECT_EQ(RunShell("exit 3").code, 3) << "and the next one runs";
}

TEST_F(Processes, AProgramIsLookedUpInThePathOfItsOwnEnvironment) {
  std::filesystem::create_directory(dir_ / "bin");
  std::ofstream(dir_ / "bin/tool") << "#!/bin/sh\necho mine\n";
  std::filesystem::permissions(dir_ / "bin/tool", std::filesystem::perms::owner_all);
  Command command{.argv = {"tool"}, .environment = {"PATH=/no/such:" + (dir_ / "bin").string() + ":/bin"}};
  EXPECT_EQ(Run(command).output.Text(), "mine\n");
}

TEST_F(Processes, MuchOutputOnBothSidesBlocksNobodyAndIsKeptWithinTheLimit) {
  Command command =
      Shell("i=0; while [ $i -lt 40000 ]; do echo line $i; echo error $i >&2; i=$((i+1)); done");
  command.output_limit = 4096;
  auto ended = Run(command);
  EXPECT_EQ(ended.output.total(), 428'890u);
  EXPECT_TRUE(ended.output.cut());
  const std::string text = ended.output.Text();
  EXPECT_LT(text.size(), 4200u);
  EXPECT_THAT(text, testing::StartsWith("line 0\nline 1\n"));
  EXPECT_THAT(text, testing::EndsWith("line 39999\n"));
  EXPECT_EQ(ended.error_output.LastLines(2), "error 39998\nerror 39999");
}

TEST_F(Processes, ACommandStartsWithEverySignalAtItsDefaultAndNoneBlocked) {
  signal(SIGINT, SIG_IGN);
  sigset_t block;
  sigset_t before;
  sigemptyset(&block);
  sigaddset(&block, SIGTERM);
  sigprocmask(SIG_BLOCK, &block, &before);
  auto ended = Run({.argv = {"/bin/grep", "-E", "Sig(Ign|Blk)", "/proc/self/status"}});
  sigprocmask(SIG_SETMASK, &before, nullptr);
  signal(SIGINT, SIG_DFL);
  EXPECT_EQ(ended.output.Text(), "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
}

TEST_F(Processes, ACommandHasOnlyItsThreeFilesAndNoTerminal) {
  const int leaked = open("/dev/null", O_RDONLY);  // without close-on-exec, as a shell may leave one
  auto ended = Run({.argv = {"/bin/ls", "/proc/self/fd", "/dev/fd/" + std::to_string(leaked)}});
  close(leaked);
  EXPECT_THAT(ended.output.Text(), HasSubstr("0\n1\n2\n3\n")) << "3 is the folder it reads";
  EXPECT_THAT(ended.error_output.Text(), HasSubstr("No such file"));
  EXPECT_NE(RunShell(": </dev/tty").code, 0);
}

TEST_F(Processes, ATimeoutEndsTheWholeGroupPolitely) {
  auto ended = RunShell("trap 'echo bye; exit 0' TERM; sleep 1000 & echo hi; wait", Duration{300});
  EXPECT_EQ(ended.how, How::kTimedOut);
  EXPECT_EQ(ended.output.Text(), "hi\nbye\n");
  EXPECT_FALSE(ended.killed);
}

TEST_F(Processes, WhoIgnoresTheAskingIsKilledAlsoOutsideTheGroup) {
  Command command = Shell("trap '' TERM; set -m; sleep 1000 & echo $! > child; sleep 1000; sleep 1000");
  command.directory = dir_;
  auto ended = Run(command, Duration{300});
  EXPECT_EQ(ended.how, How::kTimedOut);
  EXPECT_TRUE(ended.killed);
  EXPECT_TRUE(HasEnded(PidIn("child"))) << "its own group, our session";
}

TEST_F(Processes, ACancelledCommandIsStopped) {
  base::Fd cancel(eventfd(1, EFD_CLOEXEC));
  auto ended = spawner().Run(Shell("sleep 1000"), {kLong, cancel.get()});
  EXPECT_EQ(ended.how, How::kCancelled);
}

TEST_F(Processes, WhatACommandLeavesInItsGroupEndsWithIt) {
  Command command = Shell("sleep 1000 & echo $! > child; exit 0");
  command.directory = dir_;
  EXPECT_EQ(Run(command).how, How::kExited);
  const int child = PidIn("child");
  while (!HasEnded(child))
    std::this_thread::sleep_for(Duration{1});  // KILL was sent; it ends as soon as it is scheduled
}

TEST_F(Processes, ManyAtOnceEachGetTheirOwnAnswer) {
  std::vector<std::jthread> threads;
  std::atomic<int> right = 0;
  spawner();
  for (int thread = 0; thread < 8; ++thread) {
    threads.emplace_back([&, thread] {
      for (int i = 0; i < 20; ++i) {
        auto ended = RunShell("echo " + std::to_string(thread * 100 + i) + "; exit " + std::to_string(i));
        if (ended.code == i && ended.output.Text() == std::to_string(thread * 100 + i) + "\n") ++right;
      }
    });
  }
  threads.clear();
  EXPECT_EQ(right, 160);
}

TEST_F(Processes, ASpawnerThatEndsLeavesNoListAndNoGuard) {
  const int guard = spawner().GuardPid();
  EXPECT_EQ(Lists(), 1u);
  spawner_.reset();
  EXPECT_TRUE(HasEnded(guard));
  EXPECT_EQ(Lists(), 0u);
}

TEST_F(Processes, WithoutItsGuardNothingIsStarted) {
  ASSERT_GT(spawner().GuardPid(), 0);
  kill(spawner().GuardPid(), SIGKILL);
  while (!HasEnded(spawner().GuardPid())) std::this_thread::sleep_for(Duration{1});
  auto ended = RunShell("true");
  EXPECT_EQ(ended.how, How::kNotStarted);
  EXPECT_THAT(ended.error, HasSubstr("start slipway again"));
}

TEST_F(Processes, AKilledOwnerLeavesNothingRunning) {
  const pid_t owner = Elsewhere([&] {
    auto own = std::make_unique<Spawner>(dir_);
    (void)own->Start();
    std::jthread polite([&] {
      Command command = Shell("echo $$ > polite; exec sleep 1000");
      command.directory = dir_;
      own->Run(command, {kLong, -1});
    });
    Command command =
        Shell("trap '' TERM; sleep 1000 & echo $! > child; echo $$ > stubborn; wait; sleep 1000");
    command.directory = dir_;
    own->Run(command, {kLong, -1});
  });
  const int polite = PidIn("polite");
  const int stubborn = PidIn("stubborn");
  KillHard(owner);
  auto settled = AwaitLeftovers(dir_, kLong);
  EXPECT_TRUE(settled) << base::ToString(settled.error());
  for (int pid : {polite, stubborn, PidIn("child")}) EXPECT_TRUE(HasEnded(pid)) << pid;
  EXPECT_EQ(Lists(), 0u);
}

TEST_F(Processes, AtWhateverInstantTheOwnerIsKilledNothingIsLeft) {
  const auto left = [&] {  // processes that were given our mark
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
      std::ifstream file(entry.path() / "environ");
      const std::string text{std::istreambuf_iterator<char>(file), {}};
      if (text.contains("MARK=" + dir_.string())) names.push_back(entry.path().filename());
    }
    return names;
  };
  std::size_t seen = 0;
  for (int round = 0; round < 25; ++round) {
    const pid_t owner = Elsewhere([&] {
      Spawner own(dir_);
      std::vector<std::jthread> threads;
      for (int thread = 0; thread < 4; ++thread)
        threads.emplace_back([&] {
          Command command = Shell("sleep 1000 & sleep 0.001; kill $!");
          command.environment.push_back("MARK=" + dir_.string());
          while (true) own.Run(command, {kLong, -1});
        });
    });
    std::this_thread::sleep_for(std::chrono::microseconds(2000 + 977 * round));
    // On a machine that has much to do nothing may have started yet: in some rounds something has.
    for (int wait = 0; round % 5 == 4 && wait < 2000; ++wait) {
      const std::size_t now = left().size();
      seen += now;
      if (now > 0) break;
      std::this_thread::sleep_for(Duration{5});
    }
    KillHard(owner);
    auto settled = AwaitLeftovers(dir_, kLong);
    ASSERT_TRUE(settled) << base::ToString(settled.error());
    // What a command left behind as it ended was killed, but may be dying still.
    for (int wait = 0; wait < 2000 && !left().empty(); ++wait) std::this_thread::sleep_for(Duration{5});
    ASSERT_THAT(left(), testing::IsEmpty()) << "round " << round;
  }
  EXPECT_GT(seen, 0u) << "the mark is not found where it is";
}

TEST_F(Processes, WhenTheGuardWasKilledTooTheNextOneEndsWhatIsLeft) {
  const pid_t owner = Elsewhere([&] {
    auto own = std::make_unique<Spawner>(dir_);
    (void)own->Start();
    std::ofstream(dir_ / "guard") << own->GuardPid() << "\n";
    Command command = Shell("trap '' TERM; echo $$ > child; sleep 1000; sleep 1000");
    command.directory = dir_;
    own->Run(command, {kLong, -1});
  });
  const int guard = PidIn("guard");
  const int child = PidIn("child");
  ASSERT_GT(guard, 0);
  kill(guard, SIGKILL);
  KillHard(owner);
  EXPECT_FALSE(HasEnded(child));
  EXPECT_TRUE(AwaitLeftovers(dir_, kLong));
  EXPECT_TRUE(HasEnded(child));
  EXPECT_EQ(Lists(), 0u);
}

TEST_F(Processes, CommandsOfALivingOwnerAreLeftAlone) {
  const pid_t owner = Elsewhere([&] {
    Command command = Shell("echo $$ > child; exec sleep 1000");
    command.directory = dir_;
    Spawner(dir_).Run(command, {kLong, -1});
  });
  const int child = PidIn("child");
  EXPECT_TRUE(AwaitLeftovers(dir_, kLong));
  EXPECT_FALSE(HasEnded(child));
  KillHard(owner);
  EXPECT_TRUE(AwaitLeftovers(dir_, kLong));
  EXPECT_TRUE(HasEnded(child));
}

TEST_F(Processes, ASlotWhoseNumberIsSomebodyElsesNowIsOver) {
  const pid_t other = Elsewhere([&] {
    setsid();
    std::ofstream(dir_ / "other") << getpid() << "\n";
  });
  const int session = PidIn("other");
  const Slot reused{.session = session, .grace_ms = 0, .not_before = 1, .not_after = 2};
  EXPECT_TRUE(LivingOf(reused).empty());
  EXPECT_TRUE(EndSessions({reused}, kLong));
  EXPECT_FALSE(HasEnded(other));
  const Slot its_own{.session = session, .grace_ms = 0, .not_before = 0, .not_after = INT64_MAX};
  EXPECT_EQ(LivingOf(its_own).size(), 1u) << "the same number with its own time is it";
  KillHard(other);
}

TEST_F(Processes, ASlotThatNamesOurOwnSessionOrNoneEndsNobody) {
  // In a process of its own, so that a mistake here ends this test and not whoever started it.
  const pid_t pid = fork();
  if (pid == 0) {
    setsid();
    const Slot own{.session = getpid(), .grace_ms = 0, .not_before = 0, .not_after = INT64_MAX};
    const Slot none{.session = 0, .grace_ms = 0, .not_before = 0, .not_after = INT64_MAX};
    _exit(LivingOf(own).empty() && LivingOf(none).empty() && EndSessions({own, none}, kLong) ? 0 : 1);
  }
  int status = -1;
  waitpid(pid, &status, 0);
  EXPECT_EQ(status, 0);
}

TEST_F(Processes, AProcessThatOnlySharesTheNumberIsNeitherAliveNorSignalled) {
  const pid_t pid = Elsewhere([] {});
  Identity right = IdentityOf(pid).value();
  Identity wrong = right;
  ++wrong.start;
  EXPECT_TRUE(Alive(right));
  EXPECT_FALSE(Alive(wrong));
  EXPECT_EQ(Signal(wrong, SIGKILL), false);
  wrong = right;
  wrong.boot = "another";
  EXPECT_EQ(Signal(wrong, SIGKILL), false);
  EXPECT_TRUE(AwaitGone(wrong, kLong));
  EXPECT_TRUE(Alive(right));
  EXPECT_FALSE(AwaitGone(right, Duration{1}));
  EXPECT_EQ(Signal(right, SIGKILL), true);
  EXPECT_TRUE(AwaitGone(right, kLong));
  EXPECT_FALSE(Alive(right)) << "a zombie is dead";
  waitpid(pid, nullptr, 0);
}

TEST_F(Processes, AnIdentityIsReadBackFromItsJson) {
  const Identity self = IdentityOf(getpid()).value();
  EXPECT_EQ(IdentityFromJson(ToJson(self)).value(), self);
  EXPECT_FALSE(IdentityFromJson(base::JsonObject{{"pid", 0}}));
}

TEST_F(Processes, ADetachedProgramOutlivesTheKillingOfItsStartersWholeGroup) {
  const auto identity_file = dir_ / "identity";
  const pid_t owner = Elsewhere([&] {
    setpgid(0, 0);
    auto own = std::make_unique<Spawner>(dir_);
    (void)own->Start();
    base::Fd out(open((dir_ / "log").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
    base::Fd identity(open(identity_file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    auto started = StartDetached({.argv = {"/bin/sh", "-c", "echo up; exec sleep 1000"},
                                  .directory = dir_,
                                  .output_fd = out.get(),
                                  .identity_fd = identity.get()});
    std::ofstream(dir_ / "started") << (started ? started->pid : -1) << "\n";
  });
  const int pid = PidIn("started");
  ASSERT_GT(owner, 0);
  kill(-owner, SIGKILL);
  waitpid(owner, nullptr, 0);
  EXPECT_TRUE(AwaitLeftovers(dir_, kLong));
  auto identity = ReadIdentityFile(identity_file);
  ASSERT_TRUE(identity);
  EXPECT_EQ(identity->pid, pid);
  EXPECT_TRUE(Alive(*identity));
  EXPECT_EQ(ReadStat(pid)->session, pid);
  EXPECT_EQ(Signal(*identity, SIGTERM), true);
  EXPECT_TRUE(AwaitGone(*identity, kLong));
}

TEST_F(Processes, ADetachedProgramThatCannotStartSaysSo) {
  auto started = StartDetached({.argv = {"./missing"}, .directory = dir_, .output_fd = 2});
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().what, "./missing: no such program");
}

TEST(Captured, OutputWithinTheLimitIsWhole) {
  Capture capture(10);
  for (const char* part : {"abc", "defg", "hij"}) capture.Add(part);
  EXPECT_FALSE(capture.cut());
  EXPECT_EQ(capture.Text(), "abcdefghij");
}

TEST(Captured, AroundAGapOnlyWholeLinesAreKept) {
  Capture capture(20);
  capture.Add("first\nsecr");
  for (int i = 0; i < 100; ++i) capture.Add("et and so on ");
  capture.Add("cret\nlast\n");
  EXPECT_EQ(capture.Text(), "first\n[... 1309 bytes left out ...]\nlast\n");
  EXPECT_EQ(capture.LastLines(1), "last");
}

TEST(Captured, LastLinesOfLittle) {
  Capture capture(100);
  EXPECT_EQ(capture.LastLines(3), "");
  capture.Add("one\n\ntwo\n\n");
  EXPECT_EQ(capture.LastLines(1), "two");
  EXPECT_EQ(capture.LastLines(9), "one\n\ntwo");
}

}  // namespace
}  // namespace slipway::process
