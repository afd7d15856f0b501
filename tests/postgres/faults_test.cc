// An update of a customer's database, broken at every statement that it sends: slipway killed, the connection
// cut, the server killed. Each point is taken, none is drawn. After each, the ledger in the database
// describes what is there; after `resume`, every statement has happened once.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <signal.h>

#include <algorithm>
#include <atomic>
#include <iostream>
#include <map>

#include "base/text.h"
#include "postgres/fleet_lab.h"
#include "postgres/proxy.h"

namespace slipway::tests {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using Then = Proxy::Then;

constexpr char kProcedure[] = R"(apiVersion: slipway/v1
kind: Procedure
metadata: { id: update, title: Update, version: 1.0.0, status: published, owner: platform }
targets: { kind: customer }
on_failure: stop
phases:
  - id: customer
    title: The customer
    for_each: target
    steps:
      - id: migrate
        title: Bring the schema up
        uses: postgres.migrate
        with: { database: "${{ target.attributes.database }}", to: v1.1.0, folder: migrations }
        undo: { none: "it is restored from its backup" }
)";

// Each statement leaves one trace, so that what happened twice or never is seen.
struct File {
  const char* path;
  int statements;
  const char* text;
};
constexpr File kFiles[] = {
    {"v1.0.0/001_trace.sql", 2,
     "CREATE TABLE trace (what text);\nINSERT INTO trace VALUES ('v1.0.0/001_trace.sql 2');\n"},
    {"v1.1.0/001_both.sql", 3,
     "INSERT INTO trace VALUES ('v1.1.0/001_both.sql 1');\nCREATE INDEX CONCURRENTLY by_what ON trace "
     "(what);\n"
     "INSERT INTO trace VALUES ('v1.1.0/001_both.sql 3');\n"},
    {"v1.1.0/002_last.sql", 2,
     "INSERT INTO trace VALUES ('v1.1.0/002_last.sql 1');\nINSERT INTO trace VALUES ('v1.1.0/002_last.sql "
     "2');\n"},
};

Server& TheServer() {
  static Server server;
  return server;
}
// Keeps through a kill what it has committed.
Server& TheDurableServer() {
  static Server server({.durable = true});
  return server;
}

class Faults : public FleetLab {
 protected:
  explicit Faults(Server& server = TheServer()) : FleetLab(server), proxy_(server.port()) {}

  void Begin() {
    proxy_.Set({});
    MakeWorkspace({"acme"}, proxy_.port());
    Write("procedures/update.yaml", kProcedure);
    for (const File& file : kFiles) Write(fs::path("migrations") / file.path, file.text);
  }
  // The statements of an update that nothing disturbs.
  std::vector<std::string> Undisturbed() {
    Begin();
    std::vector<std::string> sent;
    proxy_.Set([&](const std::string&, const std::string& sql) {
      sent.push_back(sql);
      return Then::kPass;
    });
    const Said run = Slipway("run procedures/update.yaml");
    proxy_.Set({});
    EXPECT_EQ(run.exit, 0) << run.out;
    ExpectWhole();
    return sent;
  }

  std::string Acme(const std::string& sql) { return Ask("acme", sql); }
  // What stands in the database: how often each statement has happened, the ledger, the versions on record.
  struct Sight {
    std::map<std::string, int> happened;
    std::map<std::string, std::vector<std::string>> ledger;  // path -> done, outside, state
    std::string versions;
  };
  Sight Look() {
    Sight sight;
    const std::vector<std::string> there =
        base::Split(Acme("SELECT concat_ws(' ', to_regclass('trace') IS NOT NULL, "
                         "to_regclass('slipway.migrations') IS NOT NULL, "
                         "to_regclass('public.schema_migrations') IS NOT NULL, (SELECT count(*) FROM "
                         "pg_index WHERE indisvalid AND "
                         "indexrelid = to_regclass('by_what')))"),
                    ' ');
    sight.happened["v1.0.0/001_trace.sql 1"] = there[0] == "t" ? 1 : 0;
    sight.happened["v1.1.0/001_both.sql 2"] = there[3] == "1" ? 1 : 0;
    if (there[0] == "t")
      for (const std::string& what : base::Split(Acme("SELECT string_agg(what, ',') FROM trace"), ','))
        ++sight.happened[what];
    if (there[1] == "t")
      for (const std::string& row : base::Split(Acme("SELECT string_agg(format('%s %s %s %s', path, done, "
                                                     "outside, state), ',') FROM slipway.migrations"),
                                                ',')) {
        const std::vector<std::string> words = base::Split(row, ' ');
        if (words.size() == 4) sight.ledger[words[0]] = {words[1], words[2], words[3]};
      }
    if (there[2] == "t")
      sight.versions = Acme("SELECT string_agg(version, ' ' ORDER BY version) FROM schema_migrations");
    return sight;
  }

  // The database is in a state that its ledger describes, and no version stands there that was not applied.
  void ExpectDescribed() {
    Sight sight = Look();
    std::map<std::string, bool> whole;
    for (const File& file : kFiles) {
      const std::vector<std::string> row = sight.ledger.contains(file.path)
                                               ? sight.ledger[file.path]
                                               : std::vector<std::string>{"0", "0", "none"};
      const int done = std::stoi(row[0]), outside = std::stoi(row[1]);
      for (int i = 1; i <= file.statements; ++i) {
        if (i == outside) continue;  // the ledger says that it may or may not have happened
        EXPECT_EQ(sight.happened[fmt::format("{} {}", file.path, i)], i <= done ? 1 : 0)
            << file.path << " " << i << ": " << base::Join(row, " ");
      }
      EXPECT_EQ(row[2] == "applied", done == file.statements) << file.path << ": " << base::Join(row, " ");
      const std::string version(file.path, 6);
      whole[version] = (!whole.contains(version) || whole[version]) && row[2] == "applied";
    }
    std::string versions;
    for (const auto& [version, applied] : whole)
      if (applied) versions += (versions.empty() ? "" : " ") + version;
    EXPECT_EQ(sight.versions, versions);
  }
  void ExpectWhole() {
    ExpectDescribed();
    const Sight sight = Look();
    EXPECT_EQ(sight.versions, "v1.0.0 v1.1.0");
    for (const auto& [path, row] : sight.ledger) EXPECT_EQ(row[2], "applied") << path;
  }
  // What slipway itself says while the update is not over: nothing of a success.
  void ExpectNothingClaimed() { EXPECT_THAT(Slipway("fleet status").out, Not(HasSubstr("v1.1.0"))); }
  void ExpectResumed(bool audited = true) {
    const Said resumed = Slipway("resume R1");
    EXPECT_EQ(resumed.exit, 0) << resumed.out;
    EXPECT_THAT(resumed.out, HasSubstr("R1 succeeded"));
    ExpectWhole();
    if (audited) EXPECT_EQ(Slipway("audit verify").exit, 0);
  }

  Proxy proxy_;
};

struct Point {
  std::size_t statement;
  Then then;
};

std::string Told(const Point& point, const std::string& sql) {
  return fmt::format("{} statement {} ({}): ", point.then == Then::kCut ? "before" : "after", point.statement,
                     base::Printable(sql).substr(0, 80));
}

class KilledAtEveryStatement : public Faults, public testing::WithParamInterface<Then> {};

TEST_P(KilledAtEveryStatement, TheLedgerDescribesTheDatabaseAndResumeEndsIt) {
  const std::vector<std::string> sent = Undisturbed();
  for (std::size_t at = 0; at < sent.size() && !HasFailure(); ++at) {
    const Point point{at, GetParam()};
    SCOPED_TRACE(Told(point, sent[at]));
    Begin();
    std::atomic<pid_t> pid = 0;
    std::size_t seen = 0;
    const auto strike = [&] {
      while (pid == 0) std::this_thread::yield();
      kill(pid, SIGKILL);
    };
    proxy_.Set(
        [&](const std::string&, const std::string&) {
          if (seen++ != at) return Then::kPass;
          if (point.then == Then::kCut) strike();
          return point.then;
        },
        strike);
    pid = Start("run procedures/update.yaml");
    ASSERT_EQ(Wait(pid, folder_).exit, 128 + SIGKILL);
    proxy_.Set({});
    AwaitQuiet();
    ExpectDescribed();
    ExpectNothingClaimed();
    ExpectResumed(at % 8 == 0);  // what it costs is better spent on points
  }
  std::cout << fmt::format("{} points, {} each statement\n", sent.size(),
                           GetParam() == Then::kCut ? "before" : "after");
}

INSTANTIATE_TEST_SUITE_P(At, KilledAtEveryStatement, testing::Values(Then::kCut, Then::kSwallow),
                         [](const auto& at) { return at.param == Then::kCut ? "Before" : "After"; });

// The statements of the update that end a transaction.
std::vector<std::size_t> Commits(const std::vector<std::string>& sent) {
  std::vector<std::size_t> commits;
  for (std::size_t i = 0; i < sent.size(); ++i)
    if (sent[i].contains("COMMIT")) commits.push_back(i);
  return commits;
}

class Cut : public Faults {
 protected:
  // The answer of statement `at` never comes; what comes after it passes, or not.
  void CutAnswer(std::size_t at, bool for_good) {
    Begin();
    seen_ = 0;
    proxy_.Set([this, at, for_good](const std::string&, const std::string&) {
      const std::size_t number = seen_++;
      if (number == at) return Then::kSwallow;
      return number > at && for_good ? Then::kCut : Then::kPass;
    });
  }
  std::size_t seen_ = 0;
};

TEST_F(Cut, BetweenCommitAndItsAnswerTheLedgerSaysThatItWasApplied) {
  const std::vector<std::string> sent = Undisturbed();
  const std::vector<std::size_t> commits = Commits(sent);
  ASSERT_GE(commits.size(), 5U);
  for (const std::size_t at : commits) {
    SCOPED_TRACE(Told({at, Then::kSwallow}, sent[at]));
    CutAnswer(at, false);
    const Said run = Slipway("run procedures/update.yaml");
    EXPECT_EQ(run.exit, 0) << run.out;
    EXPECT_GT(seen_, sent.size()) << "nothing was cut";
    ExpectWhole();
  }
}

TEST_F(Cut, BetweenCommitAndItsAnswerForGoodTheRunSaysUnknownUntilItCanLook) {
  const std::vector<std::string> sent = Undisturbed();
  const std::vector<std::size_t> commits = Commits(sent);
  for (const std::size_t at : {commits.front(), commits.back()}) {
    SCOPED_TRACE(Told({at, Then::kSwallow}, sent[at]));
    CutAnswer(at, true);
    const Said run = Slipway("run procedures/update.yaml --no-wait");
    EXPECT_EQ(run.exit, 4) << run.out;
    EXPECT_THAT(run.out, AllOf(HasSubstr("UNKNOWN   migrate@acme"), Not(HasSubstr("succeeded"))));
    proxy_.Set({});
    AwaitQuiet();
    ExpectDescribed();
    ExpectNothingClaimed();
    EXPECT_EQ(Slipway("settle R1 migrate@acme repeat --reason 'the server is back'").exit, 0);
    ExpectResumed();
  }
}

class ServerKilled : public Faults {
 protected:
  ServerKilled() : Faults(TheDurableServer()) {}
};

TEST_F(ServerKilled, AroundEachCommitNothingIsLostAndNothingDoneTwice) {
  const std::vector<std::string> sent = Undisturbed();
  std::vector<Point> points;
  for (const std::size_t at : Commits(sent))
    for (const Then then : {Then::kCut, Then::kSwallow}) points.push_back({at, then});
  for (const Point& point : points) {
    SCOPED_TRACE(Told(point, sent[point.statement]));
    Begin();
    std::size_t seen = 0;
    std::atomic<bool> killed = false;
    const auto strike = [&] {
      server_.Kill9();
      killed = true;
    };
    proxy_.Set(
        [&](const std::string&, const std::string&) {
          if (seen++ != point.statement) return Then::kPass;
          if (point.then == Then::kCut) strike();
          return point.then;
        },
        strike);
    const pid_t pid = Start("run procedures/update.yaml --no-wait");
    while (!killed) std::this_thread::yield();
    const Said run = Wait(pid, folder_);
    proxy_.Set({});
    server_.Start();
    AwaitQuiet();
    ExpectDescribed();
    ASSERT_FALSE(HasFailure()) << run.out;
    ExpectNothingClaimed();
    if (run.exit == 4) Slipway("settle R1 migrate@acme repeat --reason 'the server is back'");
    ExpectResumed();
  }
}

}  // namespace
}  // namespace slipway::tests
