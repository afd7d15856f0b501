#include "floor/spawn_floor.h"

#include <spawn.h>
#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

namespace floor_probe {

namespace {

void Must(bool ok, const char* what) {
  if (ok) return;
  std::fprintf(stderr, "floor: %s failed\n", what);
  std::exit(5);
}

void RunTrue() {
  std::string program = "/bin/true";
  std::array<char*, 2> argv{program.data(), nullptr};
  std::array<char*, 1> environment{nullptr};
  pid_t pid = 0;
  Must(posix_spawn(&pid, "/bin/true", nullptr, nullptr, argv.data(), environment.data()) == 0, "posix_spawn");
  int status = 0;
  Must(waitpid(pid, &status, 0) == pid && status == 0, "waitpid");
}

double Since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

void Exec(sqlite3* db, const char* sql) {
  Must(sqlite3_exec(db, sql, nullptr, nullptr, nullptr) == SQLITE_OK, sql);
}

}  // namespace

double SequentialSteps(const std::filesystem::path& folder, int count) {
  const std::string path = (folder / "floor.db").string();
  for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(path + suffix);
  sqlite3* db = nullptr;
  Must(sqlite3_open(path.c_str(), &db) == SQLITE_OK, "open");
  Exec(db,
       "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=1000;"
       "CREATE TABLE event(seq INTEGER PRIMARY KEY, run TEXT, bytes BLOB, leaf BLOB);"
       "CREATE INDEX event_run ON event(run, seq); CREATE TABLE row(name TEXT PRIMARY KEY, value BLOB) "
       "WITHOUT ROWID");
  sqlite3_stmt* event = nullptr;
  sqlite3_stmt* row = nullptr;
  Must(sqlite3_prepare_v2(db, "INSERT INTO event(run,bytes,leaf) VALUES('R1',?1,?2)", -1, &event, nullptr) ==
           SQLITE_OK,
       "prepare");
  Must(sqlite3_prepare_v2(db, "INSERT INTO row VALUES('run',?1) ON CONFLICT(name) DO UPDATE SET value=?1", -1,
                          &row, nullptr) == SQLITE_OK,
       "prepare");
  const std::string bytes(420, 'x'), leaf(32, 'y');
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < count; ++i) {
    RunTrue();
    for (int commit = 0; commit < 2; ++commit) {
      Exec(db, "BEGIN IMMEDIATE");
      sqlite3_bind_blob(event, 1, bytes.data(), static_cast<int>(bytes.size()), SQLITE_STATIC);
      sqlite3_bind_blob(event, 2, leaf.data(), static_cast<int>(leaf.size()), SQLITE_STATIC);
      Must(sqlite3_step(event) == SQLITE_DONE, "insert");
      sqlite3_reset(event);
      sqlite3_bind_blob(row, 1, bytes.data(), 200, SQLITE_STATIC);
      Must(sqlite3_step(row) == SQLITE_DONE, "row");
      sqlite3_reset(row);
      Exec(db, "COMMIT");
    }
  }
  const double seconds = Since(start);
  sqlite3_finalize(event);
  sqlite3_finalize(row);
  sqlite3_close(db);
  return seconds;
}

double SpawnPool(int count, int parallel) {
  std::atomic<int> left{count};
  const auto start = std::chrono::steady_clock::now();
  std::vector<std::thread> threads;
  for (int i = 0; i < parallel; ++i) {
    threads.emplace_back([&left] {
      while (left.fetch_sub(1) > 0) RunTrue();
    });
  }
  for (std::thread& thread : threads) thread.join();
  return Since(start);
}

}  // namespace floor_probe
