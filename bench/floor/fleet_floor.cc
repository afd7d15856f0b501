// The least that updating a fleet of customers' databases can cost: a bare libpq program. `same` sends the
// statements that slipway sends, over as many connections, writes the same backups, and keeps no record of
// its own; `lean` makes do with one connection a customer and backs up with a plain pg_dump.
//   fleet_floor SOCKET_OR_HOST PORT COUNT PARALLEL same|lean idle|update [BACKUP_FOLDER]; PGPASSWORD is the
//   password
#include <atomic>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "floor/fleet_backup.h"
#include "floor/fleet_session.h"
#include "floor/fleet_sql.h"

namespace {

using namespace floor_probe;

// The version on record.
bool IsDue(Session& session) {
  session.One(kFind);
  return session.One(
             "SELECT version FROM slipway.migrations GROUP BY version HAVING bool_and(state = 'applied') "
             "ORDER "
             "BY version DESC") != "v1.1.0";
}

void ReadLedger(Session& session) {
  session.One("SELECT to_regclass('slipway.migrations') IS NOT NULL");
  session.Ask("SELECT path, version, sha256, state, done, outside, run FROM slipway.migrations");
  session.Ask("SELECT version FROM public.schema_migrations");
}

// What the schema is as the update finds it, and as it leaves it.
void SeeSchema(Session& session) {
  session.All("SET lock_timeout = '2s'");
  session.One(slipway::drivers::postgres::kWritePlainly);
  session.Ask(kListCustomers);
}

void Become(Session& session) {
  session.All(kBecome);
  session.One(kLeaveOwnSchema);
}

void Apply(Session& work, bool lean) {
  if (!lean) {
    work.One("SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = current_database()");
    Become(work);
    work.All("BEGIN");
    work.One(kMayWrite);
    ReadLedger(work);
    for (const auto& [path, sql] : kFiles) work.One(Record(path, "pending", 0));
    work.All("COMMIT");
  }
  for (const auto& [path, sql] : kFiles) {
    if (!lean) Become(work);
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
    work.All(slipway::drivers::postgres::kRemember);
    work.All("COMMIT");
  }
}

void Customer(const std::string& database, bool lean, bool update, const std::string& backups) {
  if (!backups.empty() && !lean) BackUp(database, backups);
  if (!backups.empty() && lean) {
    const std::string dump = "pg_dump -Fc -h '" + host + "' -p " + port + " -U bench -d " + database +
                             " -f '" + backups + "/" + database + "'";
    if (std::system(dump.c_str()) != 0) std::_Exit(5);
  }
  Session first(database);
  if (IsDue(first) != update) std::_Exit(6);
  ReadLedger(first);
  if (lean) {
    if (update && first.One("SELECT pg_try_advisory_lock(1)") != "t") std::_Exit(6);
    if (update) Apply(first, true);
    return;
  }
  if (!update) return;  // it stands already: nothing is run
  SeeSchema(first);
  Session lock(database);
  lock.One(kLeftovers);
  if (lock.One("SELECT pg_try_advisory_lock(1), set_config('idle_session_timeout', '0', false)") != "t")
    std::_Exit(6);
  Session work(database);
  if (!IsDue(work)) std::_Exit(6);
  ReadLedger(work);
  Apply(work, false);
  SeeSchema(work);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 7) return 2;
  setenv("PGGSSENCMODE", "disable", 1);
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
