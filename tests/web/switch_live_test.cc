// The drivers in the order of the blue-green procedure, on real servers, while clients keep asking.
#include <fmt/core.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <cstdlib>
#include <thread>

#include "base/file.h"
#include "drivers/haproxy/haproxy.h"
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

// Clients that keep asking until Report.
class Clients {
 public:
  // /slow computes for two seconds before it answers; the body of /download takes them.
  Clients(const Lab& lab, int rate, int slow_share = 0, const std::string& other_slow = "/download")
      : out_(lab.folder() / "load.json"),
        child_({SLIPWAY_BINARY_DIR "/tools/slipway-load", lab.Url(), "--connections", "32", "--rate",
                std::to_string(rate), "--slow", "/slow", "--slow", other_slow, "--slow-share",
                std::to_string(slow_share)},
               out_) {
    while (lab.Stat("f", "FRONTEND", "req_tot") < rate / 5) std::this_thread::sleep_for(10ms);
  }
  JsonObject Report() {
    child_.Signal(SIGTERM);
    child_.Wait();
    return base::ParseJson(base::ReadFile(out_).value()).value().get_object();
  }

 private:
  fs::path out_;
  Child child_;
};

struct SwitchLive : testing::Test {
  explicit SwitchLive(const LabOptions& options = {}) : lab(options), call(lab.folder(), lab.Connection()) {
    lab.StartSlot("blue");
    lab.AwaitUp("blue");
  }

  Ran Edge(const std::string& uses, JsonObject with) {
    call.context().deadline = base::SystemClock().Now() + 60s;
    with["backend"] = "web";
    return RunStep(*haproxy, uses, std::move(with), call.context());
  }

  // The steps of the procedure, from the slot that serves to the other one.
  void Switch(const std::string& release) {
    Outcome slots = Edge("haproxy.status", {}).outcome;
    std::string active = base::GetString(slots.outputs, "active"),
                idle = base::GetString(slots.outputs, "idle");
    ASSERT_FALSE(idle.empty()) << slots.reason;
    lab.StartSlot(idle, Site::kGood, release);
    Outcome healthy =
        RunStep(*http, "http.check", {{"url", lab.SlotUrl(idle, "/health")}}, call.context()).outcome;
    ASSERT_EQ(healthy.verdict, Verdict::kDone) << healthy.reason;
    Outcome shift = Edge("haproxy.shift", {{"to", idle}, {"bake", "100ms"}}).outcome;
    ASSERT_EQ(shift.verdict, Verdict::kDone) << shift.reason;
    Outcome watch = Edge("haproxy.watch", {{"server", idle}, {"for", "300ms"}, {"min_samples", 20}}).outcome;
    ASSERT_EQ(watch.verdict, Verdict::kDone) << watch.reason;
    Outcome drain = Edge("haproxy.drain", {{"server", active}}).outcome;
    ASSERT_EQ(drain.verdict, Verdict::kDone) << drain.reason;
    lab.StopSlot(active, SIGQUIT);
  }

  void ExpectNoTraceOfTrouble(const JsonObject& report) {
    EXPECT_EQ(base::GetInt(report, "failures"), 0) << base::PrettyJson(report);
    EXPECT_GE(base::GetInt(report, "connections"), 32);
    for (const char* server : {"blue", "green"})
      for (const char* column : {"hrsp_5xx", "wretr", "wredis", "eresp", "econ"})
        EXPECT_EQ(lab.Stat("web", server, column), 0) << server << " " << column;
    EXPECT_EQ(lab.Stat("web", "BACKEND", "hrsp_5xx"), 0);
  }

  Lab lab;
  TestCall call;
  std::unique_ptr<drivers::Driver> haproxy = drivers::MakeHaproxyDriver();
  std::unique_ptr<drivers::Driver> http = drivers::MakeHttpDriver();
};

TEST_F(SwitchLive, SwitchesUnderLoadLoseNoRequestAndNeitherDoesAReload) {
  Clients clients(lab, 520, 5);  // so that more than 500 a second are answered, begin and end included
  // A long series by hand: SLIPWAY_SWITCHES=100.
  const char* asked = std::getenv("SLIPWAY_SWITCHES");
  const int switches = asked == nullptr ? 3 : std::atoi(asked);
  for (int i = 1; i <= switches; ++i) ASSERT_NO_FATAL_FAILURE(Switch("v" + std::to_string(i)));
  std::this_thread::sleep_for(200ms);
  for (const char* server : {"blue", "green"})
    for (const char* column : {"hrsp_5xx", "wretr", "wredis", "eresp", "econ"})
      EXPECT_EQ(lab.Stat("web", server, column), 0) << server << " " << column;
  lab.Reload();
  EXPECT_EQ(base::GetString(Edge("haproxy.status", {}).outcome.outputs, "active"),
            switches % 2 == 1 ? "green" : "blue");
  std::this_thread::sleep_for(300ms);
  JsonObject report = clients.Report();
  if (asked != nullptr) std::puts(base::PrettyJson(report).c_str());
  ExpectNoTraceOfTrouble(report);
}

TEST_F(SwitchLive, ASlotKilledWithHalfOfTheTrafficCostsNoRequest) {
  lab.StartSlot("green", Site::kGood, "v2");
  Clients clients(lab, 500, 5, "/slow");
  Outcome half = Edge("haproxy.shift", {{"to", "green"}, {"steps", base::JsonArray{"50%"}}}).outcome;
  ASSERT_EQ(half.verdict, Verdict::kDone) << half.reason;
  // Some of what it dies with are answers that it has computed for a while.
  while (lab.Stat("web", "green", "scur") < 5) std::this_thread::sleep_for(10ms);
  lab.StopSlot("green", SIGKILL);
  std::this_thread::sleep_for(700ms);
  JsonObject report = clients.Report();
  EXPECT_EQ(base::GetInt(report, "failures"), 0) << base::PrettyJson(report);
  EXPECT_GT(base::GetInt(report, "slow"), 20);
}

// v1.3.0 of the demo: healthy when asked alone, answering errors under traffic.
TEST_F(SwitchLive, TheWatchFailsAReleaseThatErrsUnderTrafficAndTheUndoRestoresWhatWasRecorded) {
  lab.StartSlot("green", Site::kLimited, "v3");
  Clients clients(lab, 300);
  Ran shift = Edge("haproxy.shift", {{"to", "green"}, {"steps", base::JsonArray{"10%"}}});
  ASSERT_EQ(shift.outcome.verdict, Verdict::kDone) << shift.outcome.reason;
  Outcome watch = Edge("haproxy.watch", {{"server", "green"}, {"for", "10s"}}).outcome;
  EXPECT_EQ(watch.verdict, Verdict::kNotDone) << watch.reason;
  EXPECT_GT(base::GetInt(watch.evidence, "answers_5xx"), 0);
  RunStep(*haproxy, shift.prepared.undo->uses, shift.prepared.undo->with, call.context());
  EXPECT_EQ(Says(haproxy->Restored(shift.prepared, call.context())),
            "done: web: blue 100, green 0, as recorded");
  EXPECT_GT(base::GetInt(clients.Report(), "bad_status"), 0);
}

struct HiddenBySwitch : SwitchLive {
  HiddenBySwitch() : SwitchLive({.retry_on = "all-retryable-errors"}) {}
};

TEST_F(HiddenBySwitch, TheWatchCountsFailuresThatHaproxyHidesFromTheClientByRetrying) {
  lab.StartSlot("green", Site::kLimited, "v3");
  Clients clients(lab, 300);
  Edge("haproxy.shift", {{"to", "green"}, {"steps", base::JsonArray{"10%"}}});
  Outcome watch = Edge("haproxy.watch", {{"server", "green"}, {"for", "10s"}}).outcome;
  EXPECT_EQ(watch.verdict, Verdict::kNotDone) << watch.reason;
  EXPECT_EQ(base::GetInt(watch.evidence, "answers_5xx"), 0) << base::PrettyJson(watch.evidence);
  EXPECT_GT(base::GetInt(watch.evidence, "retries") + base::GetInt(watch.evidence, "redispatches"), 0);
  EXPECT_EQ(base::GetInt(clients.Report(), "failures"), 0);
}

TEST_F(SwitchLive, AWatchWithTooFewRequestsIsUnknown) {
  Outcome watch = Edge("haproxy.watch", {{"server", "blue"}, {"for", "100ms"}}).outcome;
  EXPECT_EQ(Says(watch),
            "unknown: 0 of 0 requests to web/blue failed (0%; allowed 1%): at least 50 requests are needed "
            "to judge");
}

TEST_F(SwitchLive, AReloadDuringAWatchMakesItUnknown) {
  Clients clients(lab, 300);
  std::jthread reloader([&] { lab.Reload(); });
  Outcome watch = Edge("haproxy.watch", {{"server", "blue"}, {"for", "20s"}}).outcome;
  EXPECT_EQ(Says(watch),
            "unknown: HAProxy was reloaded or its counters were cleared while web/blue was watched");
  EXPECT_EQ(base::GetInt(clients.Report(), "failures"), 0);
}

}  // namespace
}  // namespace slipway::tests
