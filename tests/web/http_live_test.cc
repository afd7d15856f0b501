// The http driver against real nginx slots, and against peers that behave badly.
#include <arpa/inet.h>
#include <fmt/core.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

#include "base/file.h"
#include "drivers/http/http.h"
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

// A listener that takes connections and says `answer` (nothing when empty), then closes at once or never.
class Peer {
 public:
  enum class Then { kClose, kHang };
  Peer(std::string answer, Then then)
      : port_(FreePort()), listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port_));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(listen(listener_.get(), 8), 0);
    thread_ = std::jthread([this, answer = std::move(answer), then] {
      std::vector<base::Fd> kept;
      while (true) {
        base::Fd peer(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
        if (!peer.valid()) return;
        char buffer[4096];
        ssize_t got = recv(peer.get(), buffer, sizeof buffer, 0);
        if (got > 0) received_.append(buffer, static_cast<std::size_t>(got));
        [[maybe_unused]] ssize_t sent = send(peer.get(), answer.data(), answer.size(), MSG_NOSIGNAL);
        if (then == Then::kHang) kept.push_back(std::move(peer));
      }
    });
  }
  ~Peer() { shutdown(listener_.get(), SHUT_RDWR); }
  std::string Url() const { return fmt::format("http://127.0.0.1:{}/", port_); }
  const std::string& received() const { return received_; }

 private:
  int port_;
  base::Fd listener_;
  std::string received_;
  std::jthread thread_;
};

struct HttpLive : testing::Test {
  Outcome Step(const std::string& uses, JsonObject with) {
    return RunStep(*driver, uses, std::move(with), call.context()).outcome;
  }
  TestCall call{fs::temp_directory_path()};
  std::unique_ptr<drivers::Driver> driver = drivers::MakeHttpDriver();
};

TEST_F(HttpLive, ACheckPassesOnTheExpectedAnswerOnly) {
  Lab lab;
  lab.StartSlot("blue", Site::kUnhealthy, "v9");
  EXPECT_EQ(Says(Step("http.check", {{"url", lab.SlotUrl("blue")}, {"contains", "hello"}})),
            "done: status 200: hello from v9");
  EXPECT_EQ(Says(Step("http.check", {{"url", lab.SlotUrl("blue")}, {"contains", "bye"}})),
            "not_done: GET " + lab.SlotUrl("blue") + ": the answer does not contain `bye`");
  Outcome health = Step("http.check",
                        {{"url", lab.SlotUrl("blue", "/health")}, {"status", base::JsonArray{"200", "204"}}});
  EXPECT_EQ(Says(health), "not_done: GET " + lab.SlotUrl("blue", "/health") +
                              ": status 503: db: connection refused (expected 200 or 204)");
  EXPECT_EQ(base::GetInt(health.evidence, "status"), 503);
  EXPECT_EQ(base::GetString(health.evidence, "body"), "db: connection refused\n");
  EXPECT_EQ(base::GetString(base::GetObject(health.evidence, "headers"), "x-release"), "v9");
}

TEST_F(HttpLive, AServiceThatIsDownFailsAndOneThatWasNeverReachedIsUnknown) {
  std::string nobody = fmt::format("http://127.0.0.1:{}/", FreePort());
  EXPECT_EQ(Says(Step("http.check", {{"url", nobody}})), "not_done: GET " + nobody + ": connection refused");
  Outcome nowhere = Step("http.check", {{"url", "http://does-not-exist.invalid/"}});
  EXPECT_EQ(nowhere.verdict, Verdict::kUnknown) << nowhere.reason;
  Peer plain("not TLS at all\n", Peer::Then::kClose);
  std::string tls = "https" + plain.Url().substr(4);
  EXPECT_EQ(Step("http.check", {{"url", tls}}).verdict, Verdict::kUnknown);
}

TEST_F(HttpLive, AServiceThatBreaksOffOrHangsFails) {
  Peer closes("", Peer::Then::kClose);
  EXPECT_EQ(Says(Step("http.check", {{"url", closes.Url()}})),
            "not_done: GET " + closes.Url() + ": Empty reply from server");
  Peer hangs("", Peer::Then::kHang);
  EXPECT_EQ(Step("http.check", {{"url", hangs.Url()}, {"timeout", "100ms"}}).verdict, Verdict::kNotDone);
}

TEST_F(HttpLive, ACheckIsCutShortByCancellationAndByTheDeadline) {
  Peer hangs("", Peer::Then::kHang);
  call.context().deadline = base::SystemClock().Now() + 100ms;
  EXPECT_EQ(Step("http.check", {{"url", hangs.Url()}}).verdict, Verdict::kUnknown);
  call.context().deadline = base::SystemClock().Now() + 60s;
  std::jthread canceller([&] {
    std::this_thread::sleep_for(50ms);
    call.cancel().Cancel();
  });
  EXPECT_EQ(Says(Step("http.check", {{"url", hangs.Url()}, {"timeout", "30s"}})),
            "unknown: GET " + hangs.Url() + ": cancelled while it was in progress");
}

TEST_F(HttpLive, RedirectsAreFollowedOnlyWhereAsked) {
  Lab lab;
  lab.StartSlot("blue");
  Peer moved("HTTP/1.1 302 Found\r\nLocation: " + lab.SlotUrl("blue") + "\r\nContent-Length: 0\r\n\r\n",
             Peer::Then::kClose);
  EXPECT_EQ(Step("http.check", {{"url", moved.Url()}}).verdict, Verdict::kNotDone);
  EXPECT_EQ(Step("http.check", {{"url", moved.Url()}, {"follow", "true"}}).verdict, Verdict::kDone);
  Peer file("HTTP/1.1 302 Found\r\nLocation: file:///etc/hostname\r\nContent-Length: 0\r\n\r\n",
            Peer::Then::kClose);
  EXPECT_NE(Step("http.check", {{"url", file.Url()}, {"follow", "true"}}).verdict, Verdict::kDone);
}

TEST_F(HttpLive, ArgumentsThatCannotBeMeantAreErrors) {
  for (JsonObject with : {JsonObject{{"url", "file:///etc/passwd"}}, JsonObject{{"url", "http://a b/"}},
                          JsonObject{{"url", "http://x/"}, {"status", "many"}},
                          JsonObject{{"url", "http://x/"}, {"method", "GET /x"}},
                          JsonObject{{"url", "http://x/"}, {"headers", JsonObject{{"A", "b\r\nC: d"}}}}}) {
    auto prepared = PrepareStep(*driver, "http.check", with, call.context());
    ASSERT_FALSE(prepared) << base::PrettyJson(with);
    EXPECT_EQ(prepared.error().kind, base::ErrorKind::kInvalid);
  }
}

TEST_F(HttpLive, SecretsGoToTheServiceAndNowhereElse) {
  call.secrets()["TOKEN"] = "canary-4711";
  Peer peer("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok", Peer::Then::kClose);
  Ran ran = RunStep(*driver, "http.request",
                    {{"url", peer.Url()},
                     {"headers", JsonObject{{"Authorization", "Bearer ${{ secrets.TOKEN }}"}}},
                     {"body", "x"}},
                    call.context());
  EXPECT_EQ(Says(ran.outcome), "done: status 200: ok");
  EXPECT_TRUE(peer.received().contains("Authorization: Bearer canary-4711")) << peer.received();
  EXPECT_FALSE(base::PrettyJson(drivers::ToJson(ran.prepared)).contains("canary"));
  EXPECT_FALSE(base::PrettyJson(ran.outcome.evidence).contains("canary"));
}

TEST_F(HttpLive, ARequestIsNotDoneOnlyWhereThatIsProven) {
  std::string nobody = fmt::format("http://127.0.0.1:{}/", FreePort());
  EXPECT_EQ(Step("http.request", {{"url", nobody}}).verdict, Verdict::kNotDone);
  Peer closes("", Peer::Then::kClose);
  Outcome lost = Step("http.request", {{"url", closes.Url()}});
  EXPECT_EQ(lost.verdict, Verdict::kUnknown);
  EXPECT_FALSE(lost.finished);
  Peer refuses("HTTP/1.1 403 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", Peer::Then::kClose);
  EXPECT_EQ(Step("http.request", {{"url", refuses.Url()}}).verdict, Verdict::kNotDone);
  Peer babbles("garbage\r\n\r\n", Peer::Then::kClose);
  EXPECT_EQ(Step("http.request", {{"url", babbles.Url()}}).verdict, Verdict::kUnknown);
  Peer breaks("HTTP/1.1 500 Oops\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", Peer::Then::kClose);
  Outcome oops = Step("http.request", {{"url", breaks.Url()}});
  EXPECT_EQ(oops.verdict, Verdict::kUnknown);
  EXPECT_TRUE(oops.finished);
}

TEST_F(HttpLive, ARequestThatWasSentOnIsNotProvenNotToHaveHappened) {
  const auto sent_on_to = [&](const std::string& url) {
    Peer first(
        fmt::format("HTTP/1.1 303 On\r\nLocation: {}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", url),
        Peer::Then::kClose);
    return Step("http.request", {{"url", first.Url()}, {"follow", true}}).verdict;
  };
  EXPECT_EQ(sent_on_to(fmt::format("http://127.0.0.1:{}/", FreePort())), Verdict::kUnknown);
  Peer refuses("HTTP/1.1 403 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", Peer::Then::kClose);
  EXPECT_EQ(sent_on_to(refuses.Url()), Verdict::kUnknown);
}

TEST_F(HttpLive, AProbePassesAGoodServiceAndCountsItsRequests) {
  Lab lab;
  lab.StartSlot("blue");
  Outcome probe =
      Step("http.probe", {{"url", lab.SlotUrl("blue")}, {"for", "500ms"}, {"rate", 200}, {"max_p95", "4s"}});
  EXPECT_EQ(probe.verdict, Verdict::kDone) << probe.reason;
  EXPECT_EQ(base::GetInt(probe.outputs, "samples"), 100);
  EXPECT_EQ(base::GetInt(probe.outputs, "errors"), 0);
}

TEST_F(HttpLive, AProbeFailsAServiceThatErrsUnderTrafficAndKeepsTheFirstFailure) {
  Lab lab;
  lab.StartSlot("blue", Site::kLimited);
  EXPECT_EQ(Step("http.check", {{"url", lab.SlotUrl("blue")}}).verdict, Verdict::kDone);
  Outcome probe = Step("http.probe", {{"url", lab.SlotUrl("blue")}, {"for", "1s"}, {"rate", 200}});
  EXPECT_EQ(probe.verdict, Verdict::kNotDone) << probe.reason;
  EXPECT_EQ(base::GetInt(base::GetObject(probe.evidence, "first_failure"), "status"), 503);
}

TEST_F(HttpLive, AProbeWithTooFewSamplesIsUnknown) {
  Lab lab;
  lab.StartSlot("blue");
  Outcome probe = Step("http.probe", {{"url", lab.SlotUrl("blue")}, {"for", "200ms"}, {"rate", 20}});
  EXPECT_EQ(Says(probe), "unknown: " + lab.SlotUrl("blue") + ": 4 requests, at least 50 are needed to judge");
}

TEST_F(HttpLive, WhereNothingIsAnsweredNobodyKnowsHowLate) {
  const std::string nobody = fmt::format("http://127.0.0.1:{}/", FreePort());
  JsonObject with{{"url", nobody}, {"for", "500ms"}, {"rate", 200}, {"max_p95", "5s"}};
  const auto verdicts = [](const Outcome& outcome) {
    std::string all;
    for (const base::Json& check : base::GetArray(outcome.evidence, "checks"))
      all += base::GetString(check.get_object(), "check") + " " +
             base::GetString(check.get_object(), "verdict") + ", ";
    return all;
  };
  const Outcome failed = Step("http.probe", with);
  EXPECT_EQ(failed.verdict, Verdict::kNotDone) << failed.reason;
  EXPECT_EQ(verdicts(failed), "error_rate fail, p95 unknown, ");
  with["max_error_rate"] = "100%";
  const Outcome unknown = Step("http.probe", with);
  EXPECT_EQ(Says(unknown), "unknown: " + nobody + ": no request was answered as expected");
  EXPECT_EQ(verdicts(unknown), "error_rate pass, p95 unknown, ");
}

TEST_F(HttpLive, AProbeFailsAServiceThatIsTooSlow) {
  Lab lab;
  lab.StartSlot("blue");
  Outcome probe =
      Step("http.probe",
           {{"url", lab.SlotUrl("blue", "/slow")}, {"for", "500ms"}, {"rate", 100}, {"max_p50", "300ms"}});
  EXPECT_EQ(probe.verdict, Verdict::kNotDone) << probe.reason;
  EXPECT_TRUE(probe.reason.contains("p50 was")) << probe.reason;
}

TEST_F(HttpLive, AProbeWarnsBetweenItsTwoLimitsAndPasses) {
  Lab lab;
  lab.StartSlot("blue");
  Outcome probe = Step("http.probe", {{"url", lab.SlotUrl("blue", "/slow")},
                                      {"for", "500ms"},
                                      {"rate", 100},
                                      {"warn_p50", "300ms"},
                                      {"max_p50", "5s"},
                                      {"warn_error_rate", "1%"},
                                      {"max_error_rate", "5%"}});
  EXPECT_EQ(probe.verdict, Verdict::kDone) << probe.reason;
  EXPECT_TRUE(probe.reason.contains("; warning: p50 was ")) << probe.reason;
  const auto& checks = base::GetArray(probe.outputs, "checks");
  ASSERT_EQ(checks.size(), 2U);
  EXPECT_EQ(base::GetString(checks[0].get_object(), "verdict"), "pass");
  EXPECT_EQ(base::GetString(checks[1].get_object(), "verdict"), "warn");
  EXPECT_TRUE(base::GetString(checks[1].get_object(), "seen").ends_with("ms (allowed 300ms)"));
}

}  // namespace
}  // namespace slipway::tests
