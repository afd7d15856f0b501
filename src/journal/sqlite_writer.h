// The store's one writing connection: a group of batches in one flushed transaction under the store's lock.
#pragma once

#include <span>
#include <string>

#include "journal/append.h"
#include "journal/file_lock.h"
#include "journal/sqlite.h"
#include "journal/sqlite_files.h"
#include "journal/sqlite_store.h"

namespace slipway::journal {

// One batch on its way; `result` is set by Commit.
struct PendingBatch {
  const PreparedBatch* prepared = nullptr;
  base::Result<Appended> result = Appended{};
};

// Used by one thread at a time.
class SqliteWriter final : private Transaction {
 public:
  static base::Result<std::unique_ptr<SqliteWriter>> Open(const StorePaths& paths,
                                                          const SqliteOptions& options);
  ~SqliteWriter() override;

  const StoreIdentity& identity() const { return identity_; }
  FileLock& lock() { return lock_; }

  void Commit(std::span<PendingBatch*> group);
  base::Result<Checkpoint> MakeCheckpoint();
  base::Status DeleteBlob(std::string_view digest);

 private:
  explicit SqliteWriter(const SqliteOptions& options) : options_(options) {}
  base::Status PrepareStatements();
  base::Status WriteGroup(std::span<PendingBatch*> group, bool& wrote);
  base::Status Commit();
  void Rollback();
  void RecycleIfLong();
  base::Result<Frontier> ReadHead();
  base::Status WriteHead(const Frontier& frontier);

  base::Result<std::int64_t> LastSeqOf(std::string_view run) override;
  base::Result<std::optional<std::string>> ValueOf(Table table, std::string_view key) override;
  base::Status InsertEvent(std::int64_t seq, std::string_view run, std::string_view bytes,
                           const Hash& leaf) override;
  base::Status InsertTile(const Tile& tile) override;
  base::Status WriteRow(const Put& put) override;
  base::Status InsertBlob(std::string_view digest, std::string_view bytes) override;

  SqliteOptions options_;
  StorePaths paths_{""};
  FileLock lock_;
  StoreIdentity identity_;
  int wal_frames_ = 0;  // in the WAL after our last commit
  std::string broken_;  // a flush failed: what the disk holds is known only after opening again
  Database database_;   // before the statements, so that it outlives them
  Statement begin_, commit_, rollback_, head_, set_head_, last_seq_, get_, insert_event_, insert_tile_,
      set_row_, erase_row_, insert_blob_, newest_checkpoint_, insert_checkpoint_, delete_blob_;
};

}  // namespace slipway::journal
