#include "postgres/backup_lab.h"

#include <fmt/format.h>
#include <libpq-fe.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <thread>

#include "base/text.h"
#include "drivers/postgres/backups/backups.h"
#include "process/identity.h"

namespace slipway::tests {

using drivers::Outcome;
using namespace drivers::postgres;

BackupLab::BackupLab(Server& server) : server_(server), connection_(server.Connection()) {
  std::string name = (fs::temp_directory_path() / "slipway-backup-XXXXXX").string();
  workspace_ = mkdtemp(name.data());
  spawner_ = std::make_unique<process::Spawner>(workspace_ / ".slipway");
  std::vector<PgAction> actions;
  actions.push_back(StatusAction());
  actions.push_back(BackupAction(*spawner_));
  actions.push_back(ProveAction(*spawner_));
  actions.push_back(LossAction());
  actions.push_back(RestoreAction(*spawner_));
  actions.push_back(SwapBackAction());
  actions.push_back(ForgetAction());
  actions.push_back(PruneAction());
  driver_ = MakeDriver(std::move(actions));
}

BackupLab::~BackupLab() {
  driver_.reset();
  spawner_.reset();
  std::error_code ignored;
  fs::remove_all(workspace_, ignored);
}

void BackupLab::MakeCustomer(const std::string& database) {
  for (const std::string& old : base::Split(Databases(database + "%"), ' ')) {
    if (!old.empty()) Ask("postgres", "DROP DATABASE \"" + old + "\" WITH (FORCE)");
  }
  for (const char* role : {"app_owner", "app_reader"})
    Ask("postgres",
        fmt::format("DO $$ BEGIN CREATE ROLE {} LOGIN; EXCEPTION WHEN duplicate_object THEN END $$", role));
  Ask("postgres", fmt::format("CREATE DATABASE \"{}\" OWNER app_owner TEMPLATE template0", database));
  for (const char* sql :
       {"REVOKE ALL ON DATABASE \"{}\" FROM PUBLIC", "GRANT CONNECT ON DATABASE \"{}\" TO app_reader",
        "ALTER DATABASE \"{}\" SET work_mem TO '5MB'",
        "ALTER DATABASE \"{}\" SET search_path TO app, \"$user\", public",
        "ALTER ROLE app_reader IN DATABASE \"{}\" SET statement_timeout TO '7s'",
        "ALTER DATABASE \"{}\" CONNECTION LIMIT 31", "COMMENT ON DATABASE \"{}\" IS 'of a customer'"})
    Ask("postgres", fmt::format(fmt::runtime(sql), database));
  Ask(database, R"(
    SET ROLE app_owner;
    CREATE SCHEMA app;
    CREATE TABLE app.staff (id serial PRIMARY KEY, name varchar(40) NOT NULL,
      state varchar(10) NOT NULL DEFAULT 'new' CHECK (state IN ('new', 'old')), at timestamptz DEFAULT now());
    CREATE INDEX staff_name ON app.staff (lower(name)) WHERE state IN ('new', 'old');
    CREATE TABLE app.course (id int PRIMARY KEY, title text);
    CREATE TABLE app.done (staff int REFERENCES app.staff, course int REFERENCES app.course, PRIMARY KEY (staff, course));
    CREATE TABLE app.empty (id int);
    CREATE TABLE app.parts (id int) PARTITION BY RANGE (id);
    CREATE SEQUENCE app.held;
    CREATE VIEW app.names AS SELECT name FROM app.staff WHERE state IN ('new');
    CREATE FUNCTION app.twice(i int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 2 * i';
    GRANT USAGE ON SCHEMA app TO app_reader; GRANT SELECT ON app.staff TO app_reader;
    INSERT INTO app.staff (name) SELECT 'person ' || i FROM generate_series(1, 120) i;
    INSERT INTO app.course SELECT i, 'course ' || i FROM generate_series(1, 10) i;
    INSERT INTO app.done SELECT i, 1 + i % 10 FROM generate_series(1, 100) i;
    SELECT lo_from_bytea(0, 'a large object'))");
  AwaitCounted();
}

std::string BackupLab::Ask(const std::string& database, const std::string& sql) const {
  return server_.Ask(database, sql);
}

void BackupLab::AwaitCounted() const {
  while (Ask("postgres",
             "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'test' AND pid <> "
             "pg_backend_pid()") != "0")
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
}

std::unique_ptr<Call> BackupLab::CallOf(const std::string& step) {
  auto call = std::make_unique<Call>(workspace_, connection_, step);
  call->secrets()["pg"] = server_.password();
  call->secrets()["backup"] = std::string(kBackupKey);
  return call;
}

Outcome BackupLab::Backup(const std::string& database, base::JsonObject more, const std::string& step) {
  more["database"] = database;
  more.emplace("key", "${{ secrets.backup }}");
  return CallOf(step)->Do(*driver_, "postgres.backup", std::move(more));
}

base::JsonObject BackupLab::RestoreArguments(const std::string& database, const std::string& backup) const {
  return {{"database", database}, {"backup", backup}, {"key", "${{ secrets.backup }}"}};
}

Outcome BackupLab::Restore(const std::string& database, const std::string& backup, const std::string& step) {
  return CallOf(step)->Do(*driver_, "postgres.restore", RestoreArguments(database, backup));
}

Outcome BackupLab::Prove(const std::string& database, const std::string& backup, const std::string& step) {
  return CallOf(step)->Do(*driver_, "postgres.prove", RestoreArguments(database, backup));
}

std::string BackupLab::MustBackUp(const std::string& database, const std::string& step) {
  const Outcome made = Backup(database, {}, step);
  EXPECT_EQ(made.verdict, drivers::Verdict::kDone) << made.reason;
  return base::GetString(made.outputs, "backup");
}

std::vector<std::string> BackupLab::Files(const std::string& folder) const {
  std::vector<std::string> names;
  std::error_code ignored;
  for (fs::directory_iterator it(workspace_ / folder, ignored), end; !ignored && it != end;
       it.increment(ignored))
    names.push_back(it->path().filename());
  std::ranges::sort(names);
  return names;
}

std::string BackupLab::Databases(const std::string& like) const {
  return Ask("postgres",
             fmt::format("SELECT string_agg(datname, ' ' ORDER BY datname) FROM pg_database WHERE datname "
                         "LIKE '{}' AND NOT datistemplate",
                         like));
}

pid_t BackupLab::AwaitTool(const std::string& program, const std::string& database) const {
  for (;; std::this_thread::sleep_for(std::chrono::milliseconds(2))) {
    for (const auto& entry : fs::directory_iterator("/proc")) {
      const auto pid = base::ParseInteger(entry.path().filename().string());
      const auto stat = pid ? process::ReadStat(static_cast<int>(*pid)) : std::nullopt;
      if (!stat || stat->parent != getpid()) continue;
      std::ifstream file(entry.path() / "cmdline");
      const std::string line{std::istreambuf_iterator<char>(file), {}};
      if (line.contains(program) && line.contains("dbname='" + database)) return static_cast<pid_t>(*pid);
    }
  }
}

void BackupLab::AwaitLocked(const std::string& database) const {
  const std::string sql = fmt::format(
      "SELECT count(*) FROM pg_stat_activity WHERE datname = '{}' AND "
      "wait_event_type = 'Lock' AND application_name LIKE 'slipway %'",
      database);
  while (Ask("postgres", sql) == "0") std::this_thread::sleep_for(std::chrono::milliseconds(2));
}

struct Holder::Connection {
  PGconn* raw = nullptr;
  ~Connection() { PQfinish(raw); }
};

Holder::Holder(const Server& server, const std::string& database, const std::string& sql)
    : connection_(std::make_unique<Connection>()) {
  const std::string port = std::to_string(server.port()), host = server.folder().string();
  const char* keys[] = {"host", "port", "user", "dbname", "application_name", nullptr};
  const char* values[] = {host.c_str(), port.c_str(), "postgres", database.c_str(), "holder", nullptr};
  connection_->raw = PQconnectdbParams(keys, values, 0);
  PQclear(PQexec(connection_->raw, sql.c_str()));
  EXPECT_TRUE(Alive()) << PQerrorMessage(connection_->raw);
}

Holder::~Holder() = default;
void Holder::LetGo() { connection_ = std::make_unique<Connection>(); }

bool Holder::Alive() const {
  PGresult* result = PQexec(connection_->raw, "SELECT 1");
  const bool alive = PQresultStatus(result) == PGRES_TUPLES_OK;
  PQclear(result);
  return alive;
}

}  // namespace slipway::tests
