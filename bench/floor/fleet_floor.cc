// The least that updating a fleet of customers' databases can cost: a bare libpq program. `same` sends the
// statements that slipway sends, over as many connections, and keeps no record of its own; `lean` makes do
// with one connection a customer.
//   fleet_floor SOCKET_OR_HOST PORT COUNT PARALLEL same|lean idle|update [BACKUP_FOLDER]; PGPASSWORD is the
//   password
#include <libpq-fe.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "floor/fleet_sql.h"

namespace {

using namespace floor_probe;

std::string host, port;

// A session; whatever fails ends the program.
class Session {
 public:
  explicit Session(const std::string& database) {
    const char* keys[] = {"host", "port", "user", "dbname", "application_name", nullptr};
    const char* values[] = {host.c_str(), port.c_str(), "bench", database.c_str(), "floor", nullptr};
    connection_ = PQconnectdbParams(keys, values, 0);
    if (PQstatus(connection_) != CONNECTION_OK) Give();
    PQsetNoticeProcessor(connection_, [](void*, const char*) {}, nullptr);
  }
  ~Session() { PQfinish(connection_); }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  std::string One(const std::string& sql) {
    return Take(PQexecParams(connection_, sql.c_str(), 0, nullptr, nullptr, nullptr, nullptr, 0));
  }
  std::string All(const std::string& sql) { return Take(PQexec(connection_, sql.c_str())); }

 private:
  [[noreturn]] void Give() {
    std::fprintf(stderr, "fleet_floor: %s", PQerrorMessage(connection_));
    std::_Exit(5);
  }
  std::string Take(PGresult* result) {
    const ExecStatusType status = PQresultStatus(result);
    if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) Give();
    std::string first = PQntuples(result) > 0 && PQnfields(result) > 0 ? PQgetvalue(result, 0, 0) : "";
    PQclear(result);
    return first;
  }
  PGconn* connection_;
};

// Which version it has, and what the ledger says; false: nothing is due.
bool Look(Session& session) {
  session.One(kFind);
  const bool due = session.One(
                       "SELECT version FROM slipway.migrations GROUP BY version HAVING bool_and(state = "
                       "'applied') ORDER BY "
                       "version DESC") != "v1.1.0";
  session.One("SELECT to_regclass('slipway.migrations') IS NOT NULL");
  session.One("SELECT path, version, sha256, state, done, outside, run FROM slipway.migrations");
  return due;
}

void Apply(Session& work, bool lean) {
  if (!lean) {
    work.One("SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = current_database()");
    work.All("RESET ALL; SET lock_timeout = 5000; SET statement_timeout = 0; SET SESSION ROLE bench");
    work.All("BEGIN");
    work.One("SELECT has_database_privilege('bench', current_database(), 'CREATE')");
    work.All(
        "CREATE SCHEMA IF NOT EXISTS slipway; CREATE TABLE IF NOT EXISTS slipway.migrations (path text "
        "PRIMARY KEY); CREATE TABLE "
        "IF NOT EXISTS public.schema_migrations (version text); CREATE TABLE IF NOT EXISTS slipway.own_rows "
        "(name text PRIMARY KEY)");
    work.One("SELECT to_regclass('slipway.migrations') IS NOT NULL");
    work.One("SELECT path, version, sha256, state, done, outside, run FROM slipway.migrations");
    for (const auto& [path, sql] : kFiles) work.One(Record(path, "pending", 0));
    work.All("COMMIT");
  }
  for (const auto& [path, sql] : kFiles) {
    if (!lean)
      work.All("RESET ALL; SET lock_timeout = 5000; SET statement_timeout = 0; SET SESSION ROLE bench");
    work.All("BEGIN");
    work.One(sql);
    work.One(Record(path, "applied", 1));
    if (&path == &kFiles.back().first) {
      if (!lean)
        work.One(
            "SELECT FROM pg_attribute WHERE attrelid = 'public.schema_migrations'::regclass AND attname = "
            "'description'");
      work.One("INSERT INTO public.schema_migrations (version) VALUES ('v1.1.0') ON CONFLICT DO NOTHING");
    }
    work.All(kOwnRows);
    work.All("COMMIT");
  }
}

void Customer(const std::string& database, bool lean, bool update, const std::string& backups) {
  if (!backups.empty()) {
    const std::string dump = "pg_dump -Fc -h '" + host + "' -p " + port + " -U bench -d " + database +
                             " -f '" + backups + "/" + database + "'";
    if (std::system(dump.c_str()) != 0) std::_Exit(5);
  }
  Session first(database);
  const bool due = Look(first);
  if (due != update) std::_Exit(6);
  if (lean) {
    if (update && first.One("SELECT pg_try_advisory_lock(1)") != "t") std::_Exit(6);
    if (update) Apply(first, true);
    return;
  }
  if (update) first.All(ListSchema());
  std::optional<Session> lock;
  if (update) {
    lock.emplace(database);
    lock->One(
        "SELECT pid, pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'nobody' AND "
        "pid <> pg_backend_pid()");
    if (lock->One("SELECT pg_try_advisory_lock(1)") != "t") std::_Exit(6);
  }
  Session work(database);
  Look(work);
  if (update) Apply(work, false);
  if (update) work.All(ListSchema());
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 7) return 2;
  host = argv[1], port = argv[2];
  const int count = std::atoi(argv[3]), parallel = std::atoi(argv[4]);
  const bool lean = argv[5] == std::string("lean"), update = argv[6] == std::string("update");
  const std::string backups = argc > 7 ? argv[7] : "";
  std::atomic<int> next = 0;
  std::vector<std::jthread> threads;
  for (int i = 0; i < parallel; ++i)
    threads.emplace_back([&] {
      for (int n = 0; (n = next++) < count;) Customer("c" + std::to_string(1000 + n), lean, update, backups);
    });
  return 0;
}
