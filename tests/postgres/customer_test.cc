// The program itself, with a customer's database on a real server: provisioned, migrated, verified, taken
// back.
#include <gmock/gmock.h>
#include <libpq-fe.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <thread>

#include "base/file.h"
#include "postgres/server.h"

namespace slipway::tests {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr char kWorkspace[] = R"(apiVersion: slipway/v1
kind: Workspace
name: securewatch
environments: [ { name: prod, strict: false } ]
connections:
  db: { driver: postgres, host: 127.0.0.1, port: "PORT", user: postgres, password: "${{ secrets.admin_password }}" }
)";

constexpr char kProcedure[] = R"(apiVersion: slipway/v1
kind: Procedure
metadata: { id: new-customer, title: New customer, version: 1.0.0, status: published, owner: platform }
parameters: { admins: { type: string, default: "1" } }
targets: { kind: customer }
phases:
  - id: customer
    title: The customer
    for_each: target
    steps:
      - id: server
        title: See that the server is fit
        uses: postgres.check
        with: { min_version: "15", may: [createdb, createrole] }
      - id: before
        title: See what is there
        uses: postgres.status
        with: { database: "${{ target.attributes.database }}" }
      - id: provision
        title: Make database and role
        uses: postgres.provision
        with: { database: "${{ target.attributes.database }}", keep_as: "${{ target.attributes.password_name }}" }
      - id: schema
        title: Bring the schema up
        uses: postgres.migrate
        with: { database: "${{ target.attributes.database }}", to: v1.0.0, folder: migrations }
        undo: { none: "it goes with the database" }
      - id: verify
        title: Verify it
        uses: postgres.verify
        with: { database: "${{ target.attributes.database }}", version: v1.0.0, tables: { staff: { min: "1" } }, private: true }
      - id: admins
        title: See that there is an administrator
        uses: postgres.query
        with:
          database: "${{ target.attributes.database }}"
          sql: "SELECT count(*) FROM staff WHERE role = 'admin'"
          expect: { value: "${{ parameters.admins }}" }
on_failure: rollback
)";

struct Said {
  int exit = -1;
  std::string out;  // both streams
};

Server& TheServer() {
  static Server server;
  return server;
}

// A transaction of the superuser that holds up whoever wants the same thing, until it ends.
class Blocker {
 public:
  Blocker(const Server& server, const std::string& sql) {
    const std::string port = std::to_string(server.port()), host = server.folder().string();
    const char* keys[] = {"host", "port", "user", "dbname", nullptr};
    const char* values[] = {host.c_str(), port.c_str(), "postgres", "postgres", nullptr};
    connection_ = PQconnectdbParams(keys, values, 0);
    PQclear(PQexec(connection_, ("BEGIN; " + sql).c_str()));
  }
  ~Blocker() { PQfinish(connection_); }  // rolls back

 private:
  PGconn* connection_;
};

class Customer : public testing::Test {
 protected:
  Customer() {
    std::string name = "/tmp/slipway-customer-XXXXXX";
    folder_ = mkdtemp(name.data());
    std::string workspace = kWorkspace;
    workspace.replace(workspace.find("PORT"), 4, std::to_string(server_.port()));
    Write("slipway.yaml", workspace);
    Write("procedures/new-customer.yaml", kProcedure);
    Write("targets/customers.yaml",
          "- { id: acme, kind: customer, attributes: { database: acme, password_name: acme_password } }\n");
    Write("migrations/v1.0.0/001_staff.sql",
          "CREATE TABLE staff (id int PRIMARY KEY, role text); INSERT INTO staff VALUES (1, 'admin');");
    Write("password", server_.password());
    server_.Ask("postgres", "DROP DATABASE IF EXISTS acme WITH (FORCE)");
    server_.Ask("postgres", "DROP ROLE IF EXISTS acme");
    EXPECT_EQ(Slipway("secrets set admin_password --from-file password").exit, 0);
  }
  ~Customer() override {
    std::error_code ignored;
    if (!HasFailure()) fs::remove_all(folder_, ignored);
  }

  void Write(const std::string& file, const std::string& text) const {
    fs::create_directories((folder_ / file).parent_path());
    std::ofstream(folder_ / file) << text;
  }
  Said Slipway(const std::string& arguments) const {
    const std::string command =
        "cd '" + folder_.string() + "' && '" SLIPWAY_BINARY_DIR "/slipway' " + arguments + " 2>&1 </dev/null";
    std::FILE* pipe = popen(command.c_str(), "r");
    Said said;
    char buffer[4096];
    for (std::size_t got = 0; (got = fread(buffer, 1, sizeof buffer, pipe)) > 0;)
      said.out.append(buffer, got);
    const int status = pclose(pipe);
    said.exit = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return said;
  }
  std::string Stands() {
    return server_.Ask("postgres", "SELECT count(*) FROM pg_database WHERE datname = 'acme'") + " " +
           server_.Ask("postgres", "SELECT count(*) FROM pg_roles WHERE rolname = 'acme'");
  }
  // Everything the store holds, with the sealed secrets.
  std::string Store() const {
    std::string all;
    for (const auto& file : fs::recursive_directory_iterator(folder_ / ".slipway"))
      if (file.is_regular_file()) all += base::ReadFile(file.path(), 1u << 30).value_or("");
    return all;
  }

  Server& server_ = TheServer();
  fs::path folder_;
};

TEST_F(Customer, IsMadeVerifiedAndCanLogIn) {
  const Said run = Slipway("run procedures/new-customer.yaml");
  ASSERT_EQ(run.exit, 0) << run.out;
  EXPECT_EQ(Stands(), "1 1");
  const Said secrets = Slipway("secrets");
  EXPECT_THAT(secrets.out, HasSubstr("acme_password"));
  EXPECT_THAT(secrets.out, HasSubstr("slipway R1/provision@acme #"));
  ASSERT_EQ(Slipway("secrets write acme_password handed-over").exit, 0);
  const std::string password = base::ReadFile(folder_ / "handed-over").value();
  EXPECT_EQ(password.size(), 43u);
  EXPECT_THAT(Store(), Not(HasSubstr(password)));
  EXPECT_THAT(server_.Log(), Not(HasSubstr(password)));
  EXPECT_EQ(Slipway("audit verify").exit, 0);
}

TEST_F(Customer, ThatFailsItsVerificationIsTakenBackWhole) {
  const Said run = Slipway("run procedures/new-customer.yaml -p admins=2");
  EXPECT_EQ(run.exit, 1) << run.out;
  EXPECT_THAT(run.out, HasSubstr("R1 rolled_back"));
  EXPECT_EQ(Stands(), "0 0");
  EXPECT_THAT(Slipway("secrets").out, Not(HasSubstr("acme_password")));
  EXPECT_EQ(Slipway("run procedures/new-customer.yaml").exit, 0) << "and can be made again";
}

TEST_F(Customer, WhoWorksThereAlreadyIsNotTakenBack) {
  ASSERT_EQ(Slipway("run procedures/new-customer.yaml").exit, 0);
  server_.Ask("acme", "INSERT INTO staff VALUES (2, 'user')");
  const Said back = Slipway("rollback R1 --reason test");
  EXPECT_EQ(back.exit, 1) << back.out;
  EXPECT_THAT(back.out, HasSubstr("public.staff (1 rows)"));
  EXPECT_EQ(Stands(), "1 1");
}

TEST_F(Customer, ThatIsThereAlreadyIsRefusedAndLeftAlone) {
  server_.Ask("postgres", "CREATE DATABASE acme");
  const Said run = Slipway("run procedures/new-customer.yaml");
  EXPECT_EQ(run.exit, 1) << run.out;
  EXPECT_THAT(run.out, HasSubstr("there is a database `acme` already"));
  EXPECT_EQ(Stands(), "1 0");
}

// Killed while one of its statements waits on the server, where that statement lives on.
class Killed : public Customer, public testing::WithParamInterface<const char*> {
 protected:
  static constexpr char kGhost[] =
      "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'slipway R1/provision@acme%' "
      "AND wait_event_type = 'Lock'";
  void Await(const std::string& ghosts) {
    while (server_.Ask("postgres", kGhost) != ghosts)
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  void StartAndKill() {
    const std::string command = "cd '" + folder_.string() +
                                "' && exec '" SLIPWAY_BINARY_DIR
                                "/slipway' run procedures/new-customer.yaml >/dev/null 2>&1";
    const char* argv[] = {"sh", "-c", command.c_str(), nullptr};
    pid_t pid = -1;
    ASSERT_EQ(posix_spawnp(&pid, "sh", nullptr, nullptr, const_cast<char**>(argv), environ), 0);
    Await("1");
    ASSERT_GT(pid, 0);
    kill(pid, SIGKILL);
    waitpid(pid, nullptr, 0);
  }
  void ExpectWhole(const Said& resumed) {
    EXPECT_EQ(resumed.exit, 0) << resumed.out;
    EXPECT_EQ(Stands(), "1 1");
    EXPECT_THAT(Slipway("show R1").out, HasSubstr("succeeded"));
    EXPECT_EQ(Slipway("audit verify").exit, 0);
  }
};

TEST_P(Killed, ItGoesOnAfterItsGhostHasActed) {
  {
    const Blocker blocker(server_, GetParam());
    ASSERT_NO_FATAL_FAILURE(StartAndKill());
  }
  // The server only now carries out what the dead process asked for.
  while (server_.Ask("postgres",
                     "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE "
                     "'slipway R1/provision@acme%'") != "0")
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  ExpectWhole(Slipway("resume R1"));
}

TEST_P(Killed, ItEndsItsGhostBeforeItGoesOn) {
  auto blocker = std::make_unique<Blocker>(server_, GetParam());
  ASSERT_NO_FATAL_FAILURE(StartAndKill());
  const std::string ghost = server_.Ask(
      "postgres",
      "SELECT pid FROM pg_stat_activity WHERE application_name LIKE 'slipway R1/provision@acme%'");
  Said resumed;
  std::jthread other([&] { resumed = Slipway("resume R1"); });
  while (server_.Ask("postgres", "SELECT count(*) FROM pg_stat_activity WHERE pid = " + ghost) != "0")
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  blocker.reset();
  other.join();
  ExpectWhole(resumed);
}

INSTANTIATE_TEST_SUITE_P(At, Killed,
                         testing::Values("CREATE ROLE acme", "COMMENT ON DATABASE template0 IS 'busy'"));

TEST_F(Customer, IsTakenBackInSimulationWhateverFails) {
  const Said simulated = Slipway("simulate procedures/new-customer.yaml");
  EXPECT_EQ(simulated.exit, 0) << simulated.out;
  EXPECT_THAT(simulated.out, Not(HasSubstr("NOT restored")));
  EXPECT_EQ(Stands(), "0 0");
}

}  // namespace
}  // namespace slipway::tests
