// What a transcript cannot say: a person at a terminal, a webhook that is really called.
#include <arpa/inet.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <pty.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "base/file.h"

namespace slipway::tests {
namespace {

constexpr int kPatience =
    20'000;  // milliseconds until a test gives up; nothing depends on how long it really takes

class Live : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = "/tmp/slipway-cli-XXXXXX";
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
    ASSERT_EQ(Say("init ."), 0);
    Write("procedures/ask.yaml", R"(apiVersion: slipway/v1
kind: Procedure
metadata: { id: ask, title: Ask, version: 1.0.0, status: published, owner: you }
phases:
  - id: work
    title: Work
    steps:
      - { id: look, title: Look, uses: exec.check, with: { shell: 'printf "\033[31mred"; exit 0' } }
      - { id: ask, title: Go on, timeout: 1h, confirm: { fields: [ { id: word, required: true } ] } }
      - { id: last, title: Last, uses: exec.check, with: { argv: ["true"] } }
)");
  }
  void TearDown() override {
    if (terminal_ >= 0) close(terminal_);
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }

  void Write(const std::string& path, const std::string& text) {
    ASSERT_TRUE(base::WriteFileAtomic(folder_ / path, text));
  }

  // Another shell.
  int Say(const std::string& arguments) {
    const std::string command = fmt::format("cd {} && {}/slipway {} >/dev/null 2>&1 </dev/null",
                                            folder_.string(), SLIPWAY_BINARY_DIR, arguments);
    const int status = std::system(command.c_str());
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

  void StartOnTerminal(const std::string& verb, const std::string& file) {
    winsize size{.ws_row = 24, .ws_col = 100, .ws_xpixel = 0, .ws_ypixel = 0};
    child_ = forkpty(&terminal_, nullptr, nullptr, &size);
    ASSERT_GE(child_, 0);
    if (child_ > 0) return;
    if (chdir(folder_.c_str()) != 0) _exit(99);
    setenv("TERM", "xterm", 1);
    unsetenv("NO_COLOR");
    execl(SLIPWAY_BINARY_DIR "/slipway", "slipway", verb.c_str(), file.c_str(), nullptr);
    _exit(99);
  }

  // Reads until `text` is on the screen, or the program has ended.
  bool See(const std::string& text) {
    while (screen_.find(text) == std::string::npos) {
      pollfd wait{.fd = terminal_, .events = POLLIN, .revents = 0};
      if (poll(&wait, 1, kPatience) <= 0) return false;
      char buffer[4096];
      const ssize_t got = read(terminal_, buffer, sizeof buffer);
      if (got <= 0) return false;
      screen_.append(buffer, static_cast<std::size_t>(got));
    }
    return true;
  }

  int Ended() {
    See("\x01 never written");  // to the end of what it writes
    int status = 0;
    waitpid(child_, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }

  std::filesystem::path folder_;
  int terminal_ = -1;
  pid_t child_ = -1;
  std::string screen_;
};

TEST_F(Live, OnATerminalTheRunStaysUntilSomebodyAnswers) {
  StartOnTerminal("run", "procedures/ask.yaml");
  ASSERT_TRUE(See("next: slipway confirm R1 ask --field word=")) << screen_;
  EXPECT_EQ(Say("confirm R1 ask --field word=yes"), 0);
  EXPECT_EQ(Ended(), 0) << screen_;
  EXPECT_NE(screen_.find("R1 succeeded"), std::string::npos) << screen_;
  EXPECT_NE(screen_.find("\x1b[32m"), std::string::npos) << "no colours on a terminal";
}

TEST_F(Live, CtrlCPausesAWaitingRunAndResumeGoesOn) {
  StartOnTerminal("run", "procedures/ask.yaml");
  ASSERT_TRUE(See("next: slipway confirm R1 ask")) << screen_;
  ASSERT_EQ(write(terminal_, "\x03", 1), 1);
  EXPECT_EQ(Ended(), 130) << screen_;
  EXPECT_EQ(Say("resume R1"), 4);
  EXPECT_EQ(Say("confirm R1 ask --field word=yes"), 0);
  EXPECT_EQ(Say("resume R1"), 0);
}

TEST_F(Live, WhatAStepWroteCannotColourTheScreen) {
  ASSERT_EQ(Say("run procedures/ask.yaml"), 4);
  child_ = -1;
  winsize size{.ws_row = 24, .ws_col = 100, .ws_xpixel = 0, .ws_ypixel = 0};
  child_ = forkpty(&terminal_, nullptr, nullptr, &size);
  ASSERT_GE(child_, 0);
  if (child_ == 0) {
    if (chdir(folder_.c_str()) != 0) _exit(99);
    setenv("TERM", "xterm", 1);
    execl(SLIPWAY_BINARY_DIR "/slipway", "slipway", "log", "R1", "look", "--output", nullptr);
    _exit(99);
  }
  EXPECT_EQ(Ended(), 0);
  EXPECT_NE(screen_.find("\\x1B[31mred"), std::string::npos) << screen_;
  EXPECT_EQ(screen_.find("\x1b[31m"), std::string::npos) << screen_;
}

TEST_F(Live, AWebhookIsToldThatTheRunWaits) {
  const int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(bind(server, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  ASSERT_EQ(listen(server, 4), 0);
  socklen_t length = sizeof address;
  ASSERT_EQ(getsockname(server, reinterpret_cast<sockaddr*>(&address), &length), 0);
  const auto yaml = base::ReadFile(folder_ / "slipway.yaml");
  ASSERT_TRUE(yaml);
  Write("slipway.yaml",
        *yaml + fmt::format("notify:\n  - {{ on: [waiting], url: \"http://127.0.0.1:{}/hook\" }}\n",
                            ntohs(address.sin_port)));
  const pid_t child = fork();
  if (child == 0) _exit(Say("run procedures/ask.yaml"));
  pollfd wait{.fd = server, .events = POLLIN, .revents = 0};
  ASSERT_EQ(poll(&wait, 1, kPatience), 1);
  const int client = accept(server, nullptr, nullptr);
  std::string request;
  char buffer[4096];
  while (request.find("\"workspace\"") == std::string::npos) {
    const ssize_t got = read(client, buffer, sizeof buffer);
    if (got <= 0) break;
    request.append(buffer, static_cast<std::size_t>(got));
  }
  const std::string answer = "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n";
  ASSERT_EQ(write(client, answer.data(), answer.size()), static_cast<ssize_t>(answer.size()));
  close(client);
  int status = 0;
  waitpid(child, &status, 0);
  close(server);
  EXPECT_EQ(WEXITSTATUS(status), 4);
  EXPECT_NE(request.find("POST /hook"), std::string::npos) << request;
  EXPECT_NE(request.find("\"occasion\":\"waiting\""), std::string::npos) << request;
  EXPECT_NE(request.find("\"id\":\"R1\""), std::string::npos) << request;
  const std::string log = fmt::format("cd {} && {}/slipway log R1 | grep -q 'told 127.0.0.1'",
                                      folder_.string(), SLIPWAY_BINARY_DIR);
  EXPECT_EQ(std::system(log.c_str()), 0);
}

}  // namespace
}  // namespace slipway::tests
