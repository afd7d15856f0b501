#include "journal/sqlite_store.h"

#include <unistd.h>

#include <algorithm>
#include <deque>
#include <mutex>
#include <semaphore>
#include <utility>

#include "base/private_folder.h"
#include "journal/append.h"
#include "journal/lease.h"
#include "journal/sqlite_reader.h"
#include "journal/sqlite_view.h"
#include "journal/sqlite_writer.h"

namespace slipway::journal {
namespace {

// A group's size bounds how long the store's lock is held against other processes.
constexpr std::size_t kMaxGroup = 512;

std::string HostName() {
  char name[256] = {};
  if (::gethostname(name, sizeof name - 1) != 0) return "unknown";
  return name;
}

// A run id becomes a file name.
bool IsFileName(std::string_view run) {
  if (run.empty() || run.size() > 128 || run[0] == '.') return false;
  for (const char c : run) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '_' || c == '.';
    if (!plain) return false;
  }
  return true;
}

class FileLease final : public Lease {
 public:
  FileLease(std::string run, std::uint64_t epoch, NamedLock lock)
      : run_(std::move(run)), epoch_(epoch), lock_(std::move(lock)) {}
  const std::string& Run() const override { return run_; }
  std::uint64_t Epoch() const override { return epoch_; }

 private:
  std::string run_;
  std::uint64_t epoch_;
  NamedLock lock_;
};

class SqliteStore final : public Store {
 public:
  SqliteStore(StorePaths paths, std::unique_ptr<SqliteWriter> writer)
      : paths_(std::move(paths)), identity_(writer->identity()), writer_(std::move(writer)) {}

  ~SqliteStore() override {
    if (reader_ == nullptr) return;
    const auto held = writer_->lock().Hold();
    reader_.reset();
  }

  const std::string& Id() const override { return identity_.id; }
  const std::string& PublicKey() const override { return identity_.verifier_key; }

  base::Result<Appended> Append(const Batch& batch) override {
    SLIPWAY_TRY(const PreparedBatch prepared, PrepareBatch(batch));
    if (batch.events.empty() && batch.blobs.empty()) return Appended{};
    Waiter self;
    self.pending.prepared = &prepared;
    if (!Enqueue(self)) self.turn.acquire();
    if (!self.done) Lead(self);
    return std::move(self.pending.result);
  }

  base::Result<std::int64_t> Size() override {
    SLIPWAY_TRY(SqliteReader * reader, Reader());
    return reader->Size();
  }
  base::Result<std::vector<Event>> Read(std::int64_t from_seq, std::int64_t limit) override {
    SLIPWAY_TRY(SqliteReader * reader, Reader());
    return reader->Read(from_seq, limit);
  }
  base::Result<std::vector<Event>> ReadRun(std::string_view run, std::int64_t after_seq) override {
    SLIPWAY_TRY(SqliteReader * reader, Reader());
    return reader->ReadRun(run, after_seq);
  }
  base::Result<std::int64_t> LastSeq(std::string_view run) override {
    SLIPWAY_TRY(SqliteReader * reader, Reader());
    return reader->LastSeq(run);
  }
  base::Result<std::optional<std::string>> Get(Table table, std::string_view key) override {
    SLIPWAY_TRY(SqliteReader * reader, Reader());
    return reader->Get(table, key);
  }
  base::Result<std::vector<Row>> Scan(Table table) override {
    SLIPWAY_TRY(SqliteReader * reader, Reader());
    return reader->Scan(table);
  }
  base::Result<std::string> Blob(std::string_view digest) override {
    SLIPWAY_TRY(SqliteReader * reader, Reader());
    return reader->Blob(digest);
  }

  base::Result<std::unique_ptr<Lease>> TakeLease(std::string_view run, std::string_view actor,
                                                 base::Time at) override {
    if (!IsFileName(run)) return base::Invalid("`" + std::string(run) + "` is no run id");
    SLIPWAY_TRY(auto lock, TryLease(run));
    SLIPWAY_TRY(const auto row, Get(Table::kLease, run));
    std::optional<LeaseHolder> before;
    if (row) {
      SLIPWAY_TRY(before, ParseLeaseRow(*row));
    }
    if (!lock) return std::unexpected(LeaseHeld(run, before));
    // Only the holder of the lock writes this row, so nobody raises the epoch in between.
    const LeaseHolder holder{before ? before->epoch + 1 : 1, ::getpid(), HostName(), at};
    SLIPWAY_CHECK_OK(Append(LeaseBatch(run, actor, holder)));
    return std::make_unique<FileLease>(std::string(run), holder.epoch, std::move(*lock));
  }

  base::Result<Holder> HolderOf(std::string_view run) override {
    if (!IsFileName(run)) return base::Invalid("`" + std::string(run) + "` is no run id");
    SLIPWAY_TRY(FileLock store, FileLock::Open(paths_.lock));
    SLIPWAY_TRY(const auto held, store.Hold());
    SLIPWAY_TRY(const NamedLock::State state, NamedLock::Look(paths_.leases / run));
    switch (state) {
      case NamedLock::State::kNotThere:
        return Holder::kNobody;
      case NamedLock::State::kHeld:
        return Holder::kAlive;
      case NamedLock::State::kLeftBehind:
        return Holder::kDead;
    }
    return Holder::kNobody;
  }

  base::Result<std::vector<std::string>> Orphans() override {
    std::vector<std::string> runs;
    std::error_code error;
    for (std::filesystem::directory_iterator entry(paths_.leases, error), end; !error && entry != end;
         entry.increment(error)) {
      const std::string run = entry->path().filename();
      if (!IsFileName(run)) continue;
      SLIPWAY_TRY(const Holder holder, HolderOf(run));
      if (holder == Holder::kDead) runs.push_back(run);
    }
    if (error) return base::Fail(base::ErrorKind::kIo, error.message(), paths_.leases.string());
    std::ranges::sort(runs);
    return runs;
  }

  base::Result<Checkpoint> MakeCheckpoint() override {
    const std::lock_guard writing(writer_mutex_);
    return writer_->MakeCheckpoint();
  }

  base::Result<std::string> SignStatement(std::string_view kind, std::string_view text) override {
    SLIPWAY_TRY(const SigningKey key, ReadSigningKey(paths_, identity_));
    return journal::SignStatement(key, kind, text);
  }

  base::Status DeleteBlob(std::string_view digest, const Deletion& deletion) override {
    SLIPWAY_CHECK_OK(RecordDeletion(*this, digest, deletion));
    const std::lock_guard writing(writer_mutex_);
    return writer_->DeleteBlob(digest);
  }

  base::Result<std::unique_ptr<View>> OpenView() override { return OpenSqliteView(paths_, identity_); }

 private:
  // A thread with its batch. Woken at most once: told that the batch is done, or to lead. A semaphore,
  // because the waker touches nothing of it after waking, and the woken needs no lock.
  struct Waiter {
    PendingBatch pending;
    bool done = false;
    std::binary_semaphore turn{0};
  };

  // True: nobody leads, so the caller does.
  bool Enqueue(Waiter& self) {
    const std::lock_guard lock(mutex_);
    queue_.push_back(&self);
    return !std::exchange(leading_, true);
  }

  // Commits everything that waits, the caller's own batch first, hands the lead on and wakes the others.
  void Lead(Waiter& self) {
    std::vector<Waiter*> waiters;
    {
      const std::lock_guard lock(mutex_);
      const std::size_t count = std::min(queue_.size(), kMaxGroup);
      waiters.assign(queue_.begin(), queue_.begin() + static_cast<std::ptrdiff_t>(count));
      queue_.erase(queue_.begin(), queue_.begin() + static_cast<std::ptrdiff_t>(count));
    }
    std::vector<PendingBatch*> group;
    group.reserve(waiters.size());
    for (Waiter* waiter : waiters) group.push_back(&waiter->pending);
    {
      const std::lock_guard writing(writer_mutex_);
      writer_->Commit(group);
    }
    Waiter* next = nullptr;
    {
      const std::lock_guard lock(mutex_);
      leading_ = !queue_.empty();
      if (leading_) next = queue_.front();
    }
    if (next != nullptr) next->turn.release();
    for (Waiter* waiter : waiters) {
      waiter->done = true;
      if (waiter != &self) waiter->turn.release();
    }
  }

  // Under the store's lock, as is the look of HolderOf.
  base::Result<std::optional<NamedLock>> TryLease(std::string_view run) {
    SLIPWAY_TRY(FileLock store, FileLock::Open(paths_.lock));
    SLIPWAY_TRY(const auto held, store.Hold());
    return NamedLock::Try(paths_.leases / run);
  }

  base::Result<SqliteReader*> Reader() {
    const std::lock_guard opening(reader_mutex_);
    if (reader_ == nullptr) {
      SLIPWAY_TRY(FileLock lock, FileLock::Open(paths_.lock));
      SLIPWAY_TRY(const auto held, lock.Hold());
      SLIPWAY_TRY(reader_, SqliteReader::Open(paths_));
    }
    return reader_.get();
  }

  const StorePaths paths_;
  const StoreIdentity identity_;

  std::mutex mutex_;
  std::deque<Waiter*> queue_;  // guarded by mutex_, as is the next
  bool leading_ = false;       // some thread commits, or has been told to

  std::mutex writer_mutex_;
  std::unique_ptr<SqliteWriter> writer_;  // guarded by writer_mutex_
  std::mutex reader_mutex_;
  std::unique_ptr<SqliteReader> reader_;  // set once under reader_mutex_; locks itself
};

}  // namespace

bool HasSqliteStore(const std::filesystem::path& dir) {
  const StorePaths paths(dir);
  for (const auto& file : {paths.database, paths.public_key}) {
    std::error_code unknown;
    if (std::filesystem::exists(file, unknown) || unknown) return true;
  }
  return false;
}

base::Result<std::unique_ptr<Store>> OpenSqliteStore(const std::filesystem::path& dir,
                                                     SqliteOptions options) {
  const StorePaths paths(dir);
  if (auto made = base::MakePrivateFolder(paths.leases); !made) {
    made.error().next = "look at what lies there, and at who may write in " + dir.parent_path().string();
    return std::unexpected(std::move(made.error()));
  }
  SLIPWAY_TRY(auto writer, SqliteWriter::Open(paths, options));
  return std::make_unique<SqliteStore>(paths, std::move(writer));
}

}  // namespace slipway::journal
