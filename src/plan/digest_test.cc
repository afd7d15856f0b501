// What changes the digest of a plan, and what does not.
#include <gmock/gmock.h>
#include <sys/stat.h>

#include <algorithm>
#include <clocale>
#include <functional>

#include "plan/test_bench.h"

namespace slipway::plan {
namespace {

class DigestTest : public PlanTest {
 protected:
  DigestTest() {
    parameters_ = {{"release", "v1.1.0"}};
    environment_ = "prod";
    workspace_.environments[1].gates = {{"approvals", {{"count", "2"}}}};
    facts_["web-1"]["slots"] = {{"serving", "blue"}, {"idle", "green"}};
  }
  std::string Digest() { return Make(document_).digest; }
  std::string document_{kWhole};
};

TEST_F(DigestTest, EachInputChangedAloneChangesIt) {
  const std::string before = Digest();
  const std::vector<std::pair<std::string, std::function<void()>>> changes = {
      {"the procedure's bytes", [&] { document_ += "# a remark\n"; }},
      {"a parameter", [&] { parameters_["grace"] = "11s"; }},
      {"the environment", [&] { environment_ = "dev"; }},
      {"its time zone", [&] { workspace_.environments[1].time_zone = "Europe/Berlin"; }},
      {"its calendar", [&] { workspace_.environments[1].calendar = "nights"; }},
      {"its strictness", [&] { workspace_.environments[1].strict = false; }},
      {"its gates", [&] { workspace_.environments[1].gates[0].with["count"] = "1"; }},
      {"the content of the release", [&] { Write("releases/v1.1.0/app", "changed"); }},
      {"the release", [&] { parameters_["release"] = "v1.2.0"; }},
      {"a target more", [&] { AddTarget("web-4", {{"ring", "rest"}, {"tier", "web"}}); }},
      {"a target less", [&] { workspace_.targets.pop_back(); }},
      {"an attribute that is read", [&] { workspace_.targets[0].attributes["backend"] = "other"; }},
      {"a label that makes the waves", [&] { workspace_.targets[1].labels["ring"] = "canary"; }},
      {"a target's window", [&] { workspace_.targets[0].window = "nights"; }},
      {"a target's time zone", [&] { workspace_.targets[0].time_zone = "Asia/Kathmandu"; }},
      {"a fact", [&] { facts_["web-1"]["slots"].as_object()["serving"] = "green"; }},
      {"a fact that is gone", [&] { facts_.clear(); }},
      {"a target out of reach", [&] { facts_["web-1"]["slots"] = {{"unreachable", "refused"}}; }},
      {"a file", [&] { Write("sql/001.sql", "select 2;\n"); }},
      {"a connection", [&] { workspace_.connections[0].document["socket"] = "run/other.sock"; }},
      {"an action sheet", [&] { sheets_[1].summary += " Slowly."; }},
  };
  for (const auto& [what, change] : changes) {
    const auto document = document_;
    const auto parameters = parameters_;
    const auto environment = environment_;
    const auto workspace = workspace_;
    const auto facts = facts_;
    const auto sheets = sheets_;
    change();
    EXPECT_NE(Digest(), before) << what;
    document_ = document;
    parameters_ = parameters;
    environment_ = environment;
    workspace_ = workspace;
    facts_ = facts;
    sheets_ = sheets;
    Write("releases/v1.1.0/app", "one");
    Write("sql/001.sql", "select 1;\n");
    ASSERT_EQ(Digest(), before) << "after " << what;
  }
}

TEST_F(DigestTest, WhatIsLeftOutDoesNot) {
  const std::string before = Digest();
  workspace_.targets[0].attributes["rack"] = "r8";  // nobody reads it
  workspace_.targets[0].labels["owner"] = "jane";
  workspace_.targets[0].file = "targets/other.yaml";
  workspace_.name = "other";
  workspace_.calendars = {{.name = "nights", .windows = {{{1}, 0, 60}}}};
  workspace_.target_windows = {{.name = "web-1's window", .windows = {{{1}, 0, 60}}}};  // live, like these
  workspace_.environments[1].store = "another store";
  workspace_.connections.push_back({"db", "postgres", {{"driver", "postgres"}}});
  workspace_.secrets["token"] = {.env = "", .file = "secrets/token"};
  workspace_.targets.push_back({.id = "db-1", .kind = "database"});
  workspace_.targets.push_back(
      {.id = "web-9", .kind = "service", .environment = "dev", .labels = {{"tier", "web"}}});
  facts_["web-1"]["slots"].as_object()["idle"] = "other";  // no fact of the sheet
  parameters_["pin"] = "@anywhere";
  sheets_.push_back({.name = "other.action"});
  Write("sql/002.sql", "select 3;\n");
  EXPECT_EQ(Digest(), before);
}

TEST_F(DigestTest, PlaceOrderZoneLocaleAndUmaskDoNot) {
  const std::string before = Digest();
  const std::filesystem::path moved = root_.string() + "-moved";
  std::filesystem::rename(root_, moved);
  root_ = workspace_.root = moved;
  ::setenv("TZ", "Australia/Lord_Howe", 1);
  ::tzset();
  std::setlocale(LC_ALL, "C.UTF-8");
  const mode_t mask = ::umask(077);
  std::filesystem::remove_all(root_ / "releases/v1.1.0");
  Write("releases/v1.1.0/app", "one");
  do {
    EXPECT_EQ(Digest(), before);
    std::ranges::rotate(sheets_, sheets_.begin() + 1);
  } while (std::ranges::next_permutation(workspace_.targets, {}, &workspace::Target::id).found);
  std::ranges::reverse(workspace_.targets);
  EXPECT_EQ(Digest(), before);
  ::umask(mask);
  std::setlocale(LC_ALL, "C");
  ::unsetenv("TZ");
  ::tzset();
}

TEST_F(DigestTest, ManyFilesOfAReleaseInAnyOrderGiveOne) {
  auto fill = [&](std::vector<int> order) {
    std::filesystem::remove_all(root_ / "releases/v1.1.0");
    for (const int i : order)
      Write("releases/v1.1.0/d" + std::to_string(i % 7) + "/f" + std::to_string(i), std::to_string(i));
    return Digest();
  };
  std::vector<int> order(60);
  for (int i = 0; i < 60; ++i) order[static_cast<std::size_t>(i)] = i;
  const std::string forwards = fill(order);
  std::ranges::reverse(order);
  EXPECT_EQ(fill(order), forwards);
}

}  // namespace
}  // namespace slipway::plan
