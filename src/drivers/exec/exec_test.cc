// exec against real programs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

#include "drivers/exec/exec.h"

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

class Exec : public testing::Test {
 protected:
  Exec() {
    std::string name = "/tmp/slipway-exec-XXXXXX";
    dir_ = mkdtemp(name.data());
    context_.workspace = dir_;
    context_.deadline = base::SystemClock().Now() + std::chrono::minutes(1);
  }
  ~Exec() override { std::filesystem::remove_all(dir_); }

  std::string WhyNot(std::string uses, JsonObject with) {
    auto prepared = driver_.Prepare({std::move(uses), std::move(with)}, context_);
    return prepared ? "prepared" : base::ToString(prepared.error());
  }
  Outcome Run(std::string uses, JsonObject with) {
    auto prepared = driver_.Prepare({std::move(uses), std::move(with)}, context_);
    if (!prepared) return Unknown("not prepared: " + base::ToString(prepared.error()));
    return driver_.Run(*prepared, {}, sink_, context_);
  }
  Outcome Shell(std::string text, JsonObject more = {}) {
    more["shell"] = text;
    return Run("exec.run", std::move(more));
  }

  std::filesystem::path dir_;
  Canary secrets_;
  CancelToken cancel_;
  NoNotes sink_;
  Context context_{base::SystemClock(), base::SystemRandom(), cancel_, {}, secrets_, {}, {}};
  process::Spawner spawner_{dir_ / ".slipway"};
  ExecDriver driver_{spawner_};
};

TEST_F(Exec, OutputsAndExitCodeComeBack) {
  auto outcome =
      Run("exec.run", {{"argv", JsonArray{"/bin/sh", "-c", "echo $#:$1; echo oops >&2", "x", "a b"}}});
  EXPECT_EQ(outcome.verdict, Verdict::kDone);
  EXPECT_EQ(outcome.outputs, (JsonObject{{"exit_code", 0}, {"stdout", "1:a b"}}));
  ASSERT_EQ(outcome.attachments.size(), 2u);
  EXPECT_EQ(outcome.attachments[1].bytes, "oops\n");
}

TEST_F(Exec, AFailingExitCodeIsUnknownAndFinished) {
  auto outcome = Shell("echo half done; echo 'disk full' >&2; exit 3");
  EXPECT_EQ(outcome.verdict, Verdict::kUnknown);
  EXPECT_TRUE(outcome.finished);
  EXPECT_EQ(outcome.reason, "exit code 3: disk full");
  EXPECT_EQ(outcome.evidence["exit_code"], 3);
  EXPECT_EQ(outcome.evidence["failed"], true);
}

TEST_F(Exec, AnyFailingCommandOfAShellTextFailsIt) {
  for (const char* text : {"false | true", "false; true", "echo $UNSET_NAME", "x=$(false); true"})
    EXPECT_TRUE(Shell(text).finished) << text;
}

TEST_F(Exec, AnotherExitCodeMayBeExpected) {
  EXPECT_EQ(Shell("exit 3", {{"expect_exit", JsonArray{"0", "3"}}}).verdict, Verdict::kDone);
  EXPECT_THAT(WhyNot("exec.run", {{"shell", "x"}, {"expect_exit", JsonArray{"x"}}}),
              HasSubstr("`x` is no exit code"));
}

TEST_F(Exec, ACheckPassesFailsOrIsUnknown) {
  EXPECT_EQ(Run("exec.check", {{"shell", "true"}}).verdict, Verdict::kDone);
  EXPECT_EQ(Run("exec.check", {{"shell", "exit 1"}}).verdict, Verdict::kNotDone);
  EXPECT_EQ(Run("exec.check", {{"shell", "kill -SEGV $$"}}).verdict, Verdict::kUnknown);
  EXPECT_EQ(Run("exec.check", {{"argv", JsonArray{"no-such-program"}}}).verdict, Verdict::kUnknown);
}

TEST_F(Exec, ACheckMayWarnOrSayThatItCouldNotLook) {
  const auto ended = [&](int code) {
    return Run("exec.check", {{"shell", "echo 85% is used; exit " + std::to_string(code)},
                              {"warn_exit", JsonArray{"1"}},
                              {"unknown_exit", JsonArray{"3"}}});
  };
  EXPECT_EQ(ended(0).verdict, Verdict::kDone);
  EXPECT_EQ(ended(0).outputs["checks"].as_array()[0].as_object()["verdict"], "pass");
  const Outcome warned = ended(1);
  EXPECT_EQ(warned.verdict, Verdict::kDone);
  EXPECT_EQ(warned.reason, "warning: 85% is used");
  EXPECT_EQ(base::CanonicalJson(warned.outputs.at("checks")).value(),
            R"([{"check":"program","seen":"85% is used","verdict":"warn"}])");
  const auto seen = [](const Outcome& outcome) {
    return base::GetString(outcome.evidence.at("checks").as_array()[0].as_object(), "verdict");
  };
  EXPECT_EQ(ended(2).verdict, Verdict::kNotDone);
  EXPECT_EQ(seen(ended(2)), "fail");
  EXPECT_EQ(ended(3).verdict, Verdict::kUnknown);
  EXPECT_EQ(seen(ended(3)), "unknown");
  EXPECT_EQ(ended(4).verdict, Verdict::kNotDone);
  EXPECT_THAT(WhyNot("exec.check", {{"shell", "true"}, {"warn_exit", JsonArray{"0"}}}),
              HasSubstr("has the exit code 0 in `expect_exit` and in `warn_exit`"));
  EXPECT_THAT(WhyNot("exec.check", {{"shell", "true"}, {"unknown_exit", JsonArray{"256"}}}),
              HasSubstr("`unknown_exit` of exec.check: `256` is no exit code"));
}

TEST_F(Exec, WhatCannotStartIsProvenNotDone) {
  auto outcome = Run("exec.run", {{"argv", JsonArray{"no-such-program"}}});
  EXPECT_EQ(outcome.verdict, Verdict::kNotDone);
  EXPECT_EQ(outcome.reason, "no-such-program: no such program");
}

TEST_F(Exec, ATimeoutIsUnknownAndNotFinished) {
  context_.deadline = base::SystemClock().Now() + base::Duration{300};
  auto outcome = Shell("echo begun; sleep 1000", {{"grace", 100}});
  EXPECT_EQ(outcome.verdict, Verdict::kUnknown);
  EXPECT_FALSE(outcome.finished);
  EXPECT_EQ(outcome.reason, "it took too long and was ended by TERM");
  EXPECT_EQ(outcome.attachments.at(0).bytes, "begun\n");
}

TEST_F(Exec, NothingStartsWithoutTimeOrAfterCancelling) {
  context_.deadline = base::SystemClock().Now() - base::Duration{1};
  EXPECT_EQ(Shell("touch ran").verdict, Verdict::kNotDone);
  context_.deadline += std::chrono::minutes(1);
  cancel_.Cancel();
  EXPECT_EQ(Shell("touch ran").verdict, Verdict::kNotDone);
  EXPECT_FALSE(std::filesystem::exists(dir_ / "ran"));
}

TEST_F(Exec, StdoutIsReadAsJsonWithFractionsAsText) {
  auto outcome =
      Shell(R"(echo '{"rate":0.25,"n":3,"big":18446744073709551615,"l":[1.5]}')", {{"parse", "json"}});
  EXPECT_EQ(outcome.outputs["json"],
            (Json{{"rate", "0.25"}, {"n", 3}, {"big", "18446744073709551615"}, {"l", {"1.5"}}}));
  EXPECT_TRUE(Shell("echo '{'", {{"parse", "json"}}).finished);
}

TEST_F(Exec, StdoutIsReadAsLines) {
  EXPECT_EQ(Shell("echo a; echo; echo b", {{"parse", "lines"}}).outputs["lines"], (JsonArray{"a", "", "b"}));
  EXPECT_EQ(Shell("true", {{"parse", "lines"}}).outputs["lines"], JsonArray{});
}

TEST_F(Exec, OutputThatIsNotWholeOrNotTextIsNoOutput) {
  auto large = Shell("head -c 100000 /dev/zero | tr '\\0' w");
  EXPECT_EQ(large.verdict, Verdict::kDone);
  EXPECT_FALSE(large.outputs.contains("stdout")) << "a part taken for the whole would be worse than none";
  EXPECT_EQ(large.attachments.at(0).bytes.size(), 100'000u);
  EXPECT_FALSE(Shell("printf '\\377'").outputs.contains("stdout"));
}

TEST_F(Exec, ItRunsInTheWorkspaceAndNeverOutsideOfIt) {
  std::filesystem::create_directory(dir_ / "sub");
  EXPECT_EQ(base::GetString(Shell("pwd").outputs, "stdout"), dir_.string());
  EXPECT_EQ(base::GetString(Shell("pwd", {{"directory", "sub"}}).outputs, "stdout"), (dir_ / "sub").string());
  for (const char* bad : {"..", "/", "sub/../.."})
    EXPECT_THAT(WhyNot("exec.run", {{"shell", "touch ran"}, {"directory", bad}}),
                HasSubstr("a folder inside the workspace"))
        << bad;
  std::filesystem::create_directory_symlink("/", dir_ / "out");
  for (const char* bad : {"out", "missing"})
    EXPECT_EQ(Shell("touch ran", {{"directory", bad}}).verdict, Verdict::kNotDone) << bad;
}

TEST_F(Exec, EitherArgvOrShell) {
  EXPECT_THAT(WhyNot("exec.run", {}), HasSubstr("either `argv` or `shell`"));
  EXPECT_THAT(WhyNot("exec.run", {{"shell", "x"}, {"argv", JsonArray{"x"}}}), HasSubstr("either"));
  EXPECT_THAT(WhyNot("exec.run", {{"argv", JsonArray{}}}), HasSubstr("names no program"));
  EXPECT_THAT(WhyNot("exec.run", {{"shell", "x"}, {"env", {{"A=B", "x"}}}}),
              HasSubstr("no name of a variable"));
}

TEST_F(Exec, ASecretReachesTheProgramThroughItsEnvironmentOrInputAndNoArgumentList) {
  EXPECT_THAT(WhyNot("exec.run", {{"shell", "echo ${{ secrets.T }}"}}), HasSubstr("may not hold a secret"));
  EXPECT_THAT(WhyNot("exec.run", {{"argv", JsonArray{"echo", "${{ secrets.T }}"}}}), HasSubstr("`env`"));
  JsonObject with{
      {"shell", "grep -rl [c]4nary-value /proc/[0-9]*/cmdline 2>/dev/null || true; test $T = $(cat)"},
      {"env", {{"T", "${{ secrets.T }}"}}},
      {"input", "${{ secrets.T }}"}};
  auto outcome = Run("exec.run", with);
  EXPECT_EQ(outcome.verdict, Verdict::kDone) << outcome.reason;
  EXPECT_EQ(outcome.outputs["stdout"], "");
  auto prepared = driver_.Prepare({"exec.run", with}, context_);
  EXPECT_THAT(base::CanonicalJson(ToJson(*prepared)).value(), Not(HasSubstr("c4nary-value")));
}

TEST_F(Exec, TextThatOnlyLooksLikeAnExpressionArrivesAsItIs) {
  EXPECT_EQ(Run("exec.run", {{"argv", JsonArray{"/bin/echo", "$${{ x }}"}}}).outputs["stdout"], "${{ x }}");
}

TEST_F(Exec, AFileNamedByTheCallersEnvironmentIsNoPartOfTheScript) {
  std::ofstream(dir_ / "evil") << "echo evil\n";
  setenv("BASH_ENV", (dir_ / "evil").c_str(), 1);
  EXPECT_EQ(Shell("echo good").outputs["stdout"], "good");
  unsetenv("BASH_ENV");
}

}  // namespace
}  // namespace slipway::drivers
