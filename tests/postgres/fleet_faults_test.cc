// An update of several customers, one of whom is in trouble: that one stops and says why, the others go on,
// and nobody is said to have what they do not have. And two updates at once: one proceeds.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <libpq-fe.h>

#include <fstream>
#include <thread>

#include "base/text.h"
#include "postgres/fleet_lab.h"

namespace slipway::tests {
namespace {

using testing::AllOf;
using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;

constexpr char kProcedure[] = R"(apiVersion: slipway/v1
kind: Procedure
metadata: {{ id: update, title: Update, version: 1.0.0, status: published, owner: platform }}
targets: {{ kind: customer }}
on_failure: stop
phases:
  - id: customer
    title: The customer
    for_each: target
    max_parallel: {0}
    stop_after_failures: 9
    steps:
{1}      - id: migrate
        title: Bring the schema up
        uses: postgres.migrate
        with:
          connection: "${{{{ target.attributes.connection }}}}"
          database: "${{{{ target.attributes.database }}}}"
          to: v1.1.0
          lock_timeout: 100ms
          lock_attempts: 2
        undo: {{ none: "it is restored from its backup" }}
      - id: verify
        title: See that it is well
        uses: postgres.verify
        with:
          connection: "${{{{ target.attributes.connection }}}}"
          database: "${{{{ target.attributes.database }}}}"
          version: v1.1.0
)";

constexpr char kBackup[] = R"(      - id: backup
        title: Back it up
        uses: postgres.backup
        with:
          connection: "${{ target.attributes.connection }}"
          database: "${{ target.attributes.database }}"
          name: "${{ target.id }}"
          key: "${{ secrets.backup_key }}"
)";

Server& TheServer() {
  static Server server;
  return server;
}

// A session with a transaction of its own, until it is let go.
class Holder {
 public:
  Holder(const Server& server, const std::string& database, const std::string& sql) {
    const std::string port = std::to_string(server.port()), host = server.folder().string();
    const char* keys[] = {"host", "port", "user", "dbname", "application_name", nullptr};
    const char* values[] = {host.c_str(),     port.c_str(),     "postgres",
                            database.c_str(), "nightly-report", nullptr};
    connection_ = PQconnectdbParams(keys, values, 0);
    PGresult* result = PQexec(connection_, ("BEGIN; " + sql).c_str());
    EXPECT_NE(PQresultStatus(result), PGRES_FATAL_ERROR) << PQerrorMessage(connection_);
    PQclear(result);
  }
  ~Holder() { PQfinish(connection_); }
  Holder(const Holder&) = delete;
  Holder& operator=(const Holder&) = delete;

 private:
  PGconn* connection_;
};

class FleetFaults : public FleetLab {
 protected:
  FleetFaults() : FleetLab(TheServer()) { Make({"ada", "bob", "cyd"}); }

  // Customers at v1.0.0 whose update to v1.1.0 is about to be run.
  fs::path Make(const std::vector<std::string>& customers, int parallel = 2, const std::string& steps = "") {
    const fs::path folder = MakeWorkspace(customers, server_.port());
    Write("procedures/update.yaml", fmt::format(kProcedure, parallel, steps));
    std::string targets;
    for (const std::string& customer : customers) {
      targets += fmt::format(
          "- {{ id: {0}, kind: customer, attributes: {{ database: {0}, connection: db }} }}\n", customer);
      Ask(customer,
          "CREATE TABLE people (id int PRIMARY KEY); INSERT INTO people VALUES (1); CREATE TABLE "
          "schema_migrations "
          "(version varchar(50) PRIMARY KEY, applied_at timestamp DEFAULT now(), description text); INSERT "
          "INTO "
          "schema_migrations VALUES ('v1.0.0')");
    }
    Write("targets/customers.yaml", targets);
    Write("migrations/v1.0.0/001_people.sql", "CREATE TABLE people (id int PRIMARY KEY);\n");
    Write("migrations/v1.1.0/001_more.sql", "ALTER TABLE people ADD COLUMN team text;\n");
    Write("migrations/v1.1.0/002_row.sql", "INSERT INTO people VALUES (2, 'new');\n");
    return folder;
  }
  Said Update(const std::string& more = "") {
    return Slipway("run procedures/update.yaml --no-wait " + more);
  }

  // `v1.1.0 2`: the version on record and the rows of `people`.
  std::string Stands(const std::string& customer) {
    return Ask(customer, "SELECT max(version) FROM schema_migrations") + " " +
           Ask(customer, "SELECT count(*) FROM people");
  }
  void ExpectUpdated(const std::string& customer) {
    EXPECT_EQ(Stands(customer), "v1.1.0 2");
    EXPECT_EQ(Ask(customer, "SELECT count(*) FROM slipway.migrations WHERE state = 'applied'"), "3");
    EXPECT_EQ(OnRecord(customer), "v1.1.0");
  }
  void ExpectUntouched(const std::string& customer) {
    EXPECT_EQ(Stands(customer), "v1.0.0 1");
    EXPECT_NE(OnRecord(customer), "v1.1.0");
  }
  // Which version the store remembers.
  std::string OnRecord(const std::string& customer) {
    for (const std::string& line : base::Split(Slipway("fleet status").out, '\n'))
      if (line.starts_with(customer)) return line.contains("v1.1.0") ? "v1.1.0" : "older";
    return "none";
  }
  // The run ended, `customer` in trouble and the other two updated; nothing says otherwise.
  void ExpectOnly(const Said& run, const std::string& customer) {
    EXPECT_EQ(run.exit, 1) << run.out;
    EXPECT_THAT(run.out, AllOf(HasSubstr("@" + customer), Not(HasSubstr("R1 succeeded"))));
    for (const char* other : {"ada", "bob", "cyd"})
      if (other != customer) ExpectUpdated(other);
    EXPECT_EQ(Slipway("audit verify").exit, 0);
  }
};

TEST_F(FleetFaults, AWrongPasswordStopsThatCustomerAndIsNotShown) {
  const std::string workspace = fmt::format(
      "  wrong: {{ driver: postgres, host: 127.0.0.1, port: \"{}\", user: postgres, password: "
      "\"${{{{ secrets.wrong_password }}}}\" }}\nsecrets:\n  wrong_password: {{ file: wrong }}\n",
      server_.port());
  std::ifstream was(folder_ / "slipway.yaml");
  std::string text{std::istreambuf_iterator<char>(was), {}};
  text.replace(text.find("secrets:\n"), 9, "");
  text.insert(text.find("  admin_password"), "secrets:\n  wrong_password: { file: wrong }\n");
  Write("slipway.yaml", text + workspace.substr(0, workspace.find("secrets:\n")));
  Write("wrong", "hunter2-hunter2");
  fs::permissions(folder_ / "wrong", fs::perms::owner_read | fs::perms::owner_write);
  Write("targets/customers.yaml",
        "- { id: ada, kind: customer, attributes: { database: ada, connection: db } }\n"
        "- { id: bob, kind: customer, attributes: { database: bob, connection: wrong } }\n"
        "- { id: cyd, kind: customer, attributes: { database: cyd, connection: db } }\n");
  const Said run = Update();
  ExpectOnly(run, "bob");
  ExpectUntouched("bob");
  EXPECT_THAT(run.out, AllOf(HasSubstr("password authentication failed"), Not(HasSubstr("hunter2"))));
}

TEST_F(FleetFaults, ADatabaseThatVanishedStopsThatCustomer) {
  server_.Ask("postgres", "DROP DATABASE bob");
  const Said run = Update();
  ExpectOnly(run, "bob");
  EXPECT_THAT(run.out, HasSubstr("database \"bob\" does not exist"));
  EXPECT_NE(OnRecord("bob"), "v1.1.0");
}

TEST_F(FleetFaults, ADatabaseThatVanishesInTheMiddleStopsThatCustomer) {
  auto holder = std::make_unique<Holder>(server_, "bob", "LOCK TABLE people");
  const pid_t pid = Start("run procedures/update.yaml --no-wait");
  Await("postgres",
        "SELECT count(*) > 0 FROM pg_stat_activity WHERE datname = 'bob' AND wait_event_type = 'Lock'", "t");
  server_.Ask("postgres", "DROP DATABASE bob WITH (FORCE)");
  const Said run = Wait(pid, folder_);
  ExpectOnly(run, "bob");
  EXPECT_THAT(run.out, HasSubstr("database \"bob\" does not exist"));
  EXPECT_NE(OnRecord("bob"), "v1.1.0");
}

TEST_F(FleetFaults, ALockOfSomebodyElseStopsThatCustomerAndItsOwnerIsNamed) {
  auto holder = std::make_unique<Holder>(server_, "bob", "LOCK TABLE people");
  const Said run = Update();
  const std::string pid =
      Ask("bob", "SELECT pid FROM pg_stat_activity WHERE application_name = 'nightly-report'");
  EXPECT_THAT(run.out, AllOf(HasSubstr("SQLSTATE 55P03"),
                             HasSubstr("the lock is held by nightly-report (user postgres, backend " + pid +
                                       ", idle in transaction since ")));
  holder.reset();
  ExpectOnly(run, "bob");
  ExpectUntouched("bob");
  const Said again = Slipway("retry R1");
  EXPECT_EQ(again.exit, 0) << again.out;
  ExpectUpdated("bob");
}

TEST_F(FleetFaults, ADiskThatIsFullDuringABackupStopsThatCustomerAndLeavesNoHalfOne) {
  Make({"ada", "bob", "cyd"}, 2, kBackup);
  Ask("bob",
      "CREATE TABLE big AS SELECT md5(i::text) || md5((-i)::text) AS noise FROM generate_series(1, 160000) "
      "i");
  // No file may grow beyond 4 MiB: for bob's backup the disk is full then.
  Write("limited", "#!/usr/bin/env bash\nulimit -f 4096\nexec '" SLIPWAY_BINARY_DIR "/slipway' \"$@\"\n");
  fs::permissions(folder_ / "limited", fs::perms::owner_all);
  const Said run = Wait(Start(folder_, "./limited", "run procedures/update.yaml --no-wait"), folder_);
  ExpectOnly(run, "bob");
  ExpectUntouched("bob");
  EXPECT_THAT(run.out, HasSubstr("backup@bob"));
  EXPECT_THAT(run.out, HasSubstr("the disk is full"));
  for (const auto& file : fs::directory_iterator(folder_ / "backups"))
    EXPECT_FALSE(file.path().filename().string().starts_with("bob")) << file.path();
  EXPECT_THAT(Slipway("fleet status --json").out, Not(HasSubstr("backups/bob")));
  const Said again = Slipway("retry R1");
  EXPECT_EQ(again.exit, 0) << again.out;
  ExpectUpdated("bob");
}

TEST_F(FleetFaults, AFileThatWasEditedAfterThePlanIsNotRun) {
  const Said plan = Slipway("plan procedures/update.yaml --json");
  const std::size_t at = plan.out.find("sha256:");
  ASSERT_NE(at, std::string::npos) << plan.out;
  Write("migrations/v1.1.0/002_row.sql", "DELETE FROM people;\n");
  const Said run = Update("--plan " + plan.out.substr(at, 71));
  EXPECT_EQ(run.exit, 3) << run.out;
  for (const char* customer : {"ada", "bob", "cyd"}) ExpectUntouched(customer);
}

TEST_F(FleetFaults, AFileThatIsEditedWhileTheRunIsUnderWayIsNotRun) {
  Make({"ada", "bob"}, 1);
  auto holder = std::make_unique<Holder>(server_, "ada", "LOCK TABLE people");
  const pid_t pid = Start("run procedures/update.yaml --no-wait");
  Await("postgres",
        "SELECT count(*) > 0 FROM pg_stat_activity WHERE datname = 'ada' AND wait_event_type = 'Lock'", "t");
  Write("migrations/v1.1.0/002_row.sql", "DELETE FROM people;\n");
  holder.reset();
  const Said run = Wait(pid, folder_);
  EXPECT_EQ(run.exit, 1) << run.out;
  EXPECT_THAT(
      run.out,
      HasSubstr("target bob refused: file migrations/v1.1.0/002_row.sql is no longer what was planned"));
  ExpectUntouched("bob");
  EXPECT_EQ(Ask("ada", "SELECT count(*) FROM people WHERE id = 1"), "1");
  const Said retry = Slipway("retry R1 --no-wait");
  EXPECT_EQ(retry.exit, 3) << retry.out;
  EXPECT_THAT(retry.out, AllOf(HasSubstr("file migrations/v1.1.0/002_row.sql is no longer what was planned"),
                               HasSubstr("plan and run it anew: slipway run")));
}

TEST_F(FleetFaults, OneThatFailsInALaterVersionIsOnRecordAtTheVersionThatIsWhole) {
  Write("migrations/v1.0.1/001_team.sql", "ALTER TABLE people ADD COLUMN crew text;\n");
  Ask("bob", "INSERT INTO people VALUES (2)");
  const Said run = Update();
  EXPECT_THAT(run.out, HasSubstr("the database has v1.0.1 and 1 file more"));
  EXPECT_EQ(run.exit, 1);
  EXPECT_THAT(Slipway("fleet status --json").out, HasSubstr(R"("version": "v1.0.1")"));
  EXPECT_THAT(Slipway("fleet report R1").out, ContainsRegex("bob .* failed .* v1.0.0 +unknown "));
}

TEST_F(FleetFaults, ASecondRunOfTheSameStoreIsToldWhoHasTheCustomer) {
  auto holder = std::make_unique<Holder>(server_, "bob", "LOCK TABLE people");
  const pid_t pid = Start("run procedures/update.yaml --no-wait");
  Await("postgres",
        "SELECT count(*) > 0 FROM pg_stat_activity WHERE datname = 'bob' AND wait_event_type = 'Lock'", "t");
  const std::string out = (folder_ / "second").string();
  const Said second = Slipway("run procedures/update.yaml --no-wait >" + out);
  EXPECT_EQ(second.exit, 3) << second.out;
  EXPECT_THAT(second.out, HasSubstr("is held by R1"));
  holder.reset();
  Wait(pid, folder_);
  EXPECT_THAT(Slipway("runs").out, Not(HasSubstr("R2")));
}

TEST_F(FleetFaults, ASecondRunOfAnotherStoreIsToldWhoHasTheDatabase) {
  const fs::path first = Make({"bob"});
  Write("migrations/v1.1.0/001_more.sql", "SET lock_timeout = 0; ALTER TABLE people ADD COLUMN team text;\n");
  const fs::path second = first.string() + "-copy";
  fs::copy(first, second, fs::copy_options::recursive);
  folders_.push_back(second);
  auto holder = std::make_unique<Holder>(server_, "bob", "LOCK TABLE people");
  const pid_t pid = Start(first, "run procedures/update.yaml --no-wait");
  Await("postgres",
        "SELECT count(*) > 0 FROM pg_stat_activity WHERE datname = 'bob' AND wait_event_type = 'Lock'", "t");
  const Said refused = Slipway(second, "run procedures/update.yaml --no-wait");
  EXPECT_EQ(refused.exit, 1) << refused.out;
  EXPECT_THAT(refused.out, HasSubstr("is being migrated by slipway R1/migrate@bob"));
  holder.reset();
  const Said run = Wait(pid, first);
  EXPECT_EQ(run.exit, 0) << run.out;
  ExpectUpdated("bob");
}

// Whoever comes second is told so, or finds that nothing is left to do.
TEST_F(FleetFaults, OfTwoStoresThatBeginAtOnceOneMigrates) {
  int refused = 0;
  for (int round = 0; round < 6 && !HasFailure(); ++round) {
    const fs::path first = Make({"bob"});
    const fs::path second = first.string() + "-copy";
    fs::copy(first, second, fs::copy_options::recursive);
    folders_.push_back(second);
    const pid_t one = Start(first, "run procedures/update.yaml --no-wait");
    const pid_t two = Start(second, "run procedures/update.yaml --no-wait");
    const Said said[] = {Wait(one, first), Wait(two, second)};
    EXPECT_TRUE(said[0].exit == 0 || said[1].exit == 0) << said[0].out << said[1].out;
    for (const Said& run : said) {
      if (run.exit == 0) continue;
      ++refused;
      EXPECT_THAT(run.out, HasSubstr("is being migrated by slipway R1/migrate@bob"));
    }
    EXPECT_EQ(Stands("bob"), "v1.1.0 2");
    EXPECT_EQ(
        Ask("bob", "SELECT count(DISTINCT run) FROM slipway.migrations WHERE state = 'applied' AND done > 0"),
        "1");
  }
  std::cout << refused << " of 6 times one of the two was refused\n";
}

// The lock is gone with the session that held it; what the ledger says is not.
TEST_F(FleetFaults, WhoLostTheLockInTheMiddleCommitsNothingThatSomebodyElseDid) {
  const fs::path first = Make({"bob"});
  Write("migrations/v1.1.0/001_more.sql",
        "ALTER TABLE people ADD COLUMN IF NOT EXISTS team text;\nSELECT pg_advisory_xact_lock(4711);\n"
        "INSERT INTO people VALUES (100 + pg_backend_pid(), 'once');\n");
  const fs::path second = first.string() + "-copy";
  fs::copy(first, second, fs::copy_options::recursive);
  folders_.push_back(second);
  auto holder = std::make_unique<Holder>(server_, "bob", "SELECT pg_advisory_xact_lock(4711)");
  const std::string waits =
      "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 4711 AND NOT granted";
  const pid_t one = Start(first, "run procedures/update.yaml --no-wait");
  Await("bob", waits, "1");
  server_.Ask("bob",
              "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted AND "
              "objid <> 4711");
  const pid_t two = Start(second, "run procedures/update.yaml --no-wait");
  holder.reset();
  const Said said[] = {Wait(one, first), Wait(two, second)};
  EXPECT_EQ(Ask("bob", "SELECT count(*) FROM people WHERE team = 'once'"), "1") << said[0].out << said[1].out;
  EXPECT_EQ(Ask("bob", "SELECT string_agg(state, ' ') FROM slipway.migrations"), "applied applied applied");
}

}  // namespace
}  // namespace slipway::tests
