#include "floor/journal_floor.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/file.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <mutex>
#include <semaphore>
#include <thread>
#include <utility>

#include "floor/tree_edge.h"

namespace floor_probe {
namespace {

using Clock = std::chrono::steady_clock;

// A probe that fails has measured nothing.
void Must(int code) {
  if (code != SQLITE_OK && code != SQLITE_DONE && code != SQLITE_ROW) std::abort();
}

struct Waiter {
  std::string run, bytes;
  bool done = false;
  std::binary_semaphore turn{0};
};

struct Log {
  sqlite3* db = nullptr;
  sqlite3_stmt *begin, *commit, *event, *head, *state;
  int lock = -1;
  Hasher hasher;
  Edge edge;
  int since_recycle = 0;
  std::mutex mutex;
  std::vector<Waiter*> queue;
  bool leading = false;

  explicit Log(const std::string& folder) {
    lock = ::open((folder + "/lock").c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0644);
    Must(sqlite3_open((folder + "/floor.db").c_str(), &db));
    Must(sqlite3_exec(
        db,
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=0;"
        "CREATE TABLE event(seq INTEGER PRIMARY KEY, run TEXT, leaf BLOB, bytes TEXT);"
        "CREATE INDEX event_run ON event(run);"
        "CREATE TABLE head(one INTEGER PRIMARY KEY, size INTEGER, peaks BLOB);"
        "CREATE TABLE state(name TEXT, key TEXT, value TEXT, PRIMARY KEY(name, key)) WITHOUT ROWID;",
        nullptr, nullptr, nullptr));
    auto prepare = [&](const char* sql, sqlite3_stmt** out) {
      Must(sqlite3_prepare_v2(db, sql, -1, out, nullptr));
    };
    prepare("BEGIN IMMEDIATE", &begin);
    prepare("COMMIT", &commit);
    prepare("INSERT INTO event VALUES(?, ?, ?, ?)", &event);
    prepare("INSERT OR REPLACE INTO head VALUES(1, ?, ?)", &head);
    prepare("INSERT INTO state VALUES('run', ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value", &state);
  }
  ~Log() {
    for (sqlite3_stmt* s : {begin, commit, event, head, state}) sqlite3_finalize(s);
    sqlite3_close(db);
    ::close(lock);
  }
  void Run(sqlite3_stmt* s) {
    Must(sqlite3_step(s));
    sqlite3_reset(s);
  }
  void Text(sqlite3_stmt* s, int at, const std::string& t) {
    sqlite3_bind_text(s, at, t.data(), static_cast<int>(t.size()), SQLITE_STATIC);
  }
  void Write(const std::vector<Waiter*>& group) {
    ::flock(lock, LOCK_EX);
    Run(begin);
    for (const Waiter* w : group) {
      const Hash leaf = hasher(0, w->bytes.data(), w->bytes.size());
      edge.Add(hasher, leaf);
      sqlite3_bind_int64(event, 1, static_cast<std::int64_t>(edge.size));
      Text(event, 2, w->run);
      sqlite3_bind_blob(event, 3, leaf.data(), 32, SQLITE_TRANSIENT);
      Text(event, 4, w->bytes);
      Run(event);
      Text(state, 1, w->run);
      Text(state, 2, "{\"last\":1}");
      Run(state);
    }
    sqlite3_bind_int64(head, 1, static_cast<std::int64_t>(edge.size));
    sqlite3_bind_blob(head, 2, edge.peak.data(), 640, SQLITE_STATIC);
    Run(head);
    Run(commit);
    since_recycle += static_cast<int>(group.size());
    if (since_recycle >= 10000) {
      sqlite3_wal_checkpoint_v2(db, nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
      since_recycle = 0;
    }
    ::flock(lock, LOCK_UN);
  }
  void Append(Waiter& self) {
    mutex.lock();
    queue.push_back(&self);
    const bool lead = !std::exchange(leading, true);
    mutex.unlock();
    if (!lead) self.turn.acquire();
    if (self.done) return;
    std::vector<Waiter*> group;
    mutex.lock();
    group.swap(queue);
    mutex.unlock();
    Write(group);
    mutex.lock();
    leading = !queue.empty();
    Waiter* const next = leading ? queue.front() : nullptr;
    mutex.unlock();
    if (next != nullptr) next->turn.release();
    for (Waiter* w : group) {
      w->done = true;
      if (w != &self) w->turn.release();
    }
  }
};

}  // namespace

Rate Append(const std::string& folder, int writers, int events_each, const std::string& body) {
  Log log(folder);
  std::vector<std::vector<double>> waits(static_cast<std::size_t>(writers));
  std::vector<std::thread> threads;
  const auto start = Clock::now();
  for (std::size_t t = 0; t < waits.size(); ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < events_each; ++i) {
        const auto asked = Clock::now();
        Waiter self;
        self.run = "R" + std::to_string(t);
        self.bytes = body;
        log.Append(self);
        waits[t].push_back(std::chrono::duration<double, std::micro>(Clock::now() - asked).count());
      }
    });
  }
  for (auto& thread : threads) thread.join();
  return RateOf(waits, std::chrono::duration<double>(Clock::now() - start).count());
}

}  // namespace floor_probe
