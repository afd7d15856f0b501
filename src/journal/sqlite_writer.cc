#include "journal/sqlite_writer.h"

#include <sqlite3.h>

namespace slipway::journal {
namespace {

// A WAL longer than this is written back and cut when the store is closed, so that the next process opens
// quickly: the first to open reads the whole WAL.
constexpr int kFramesKeptOnClose = 200;

int CountFrames(void* frames, sqlite3*, const char*, int count) {
  *static_cast<int*>(frames) = count;
  return SQLITE_OK;
}

}  // namespace

base::Result<std::unique_ptr<SqliteWriter>> SqliteWriter::Open(const StorePaths& paths,
                                                               const SqliteOptions& options) {
  std::unique_ptr<SqliteWriter> writer(new SqliteWriter(options));
  writer->paths_ = paths;
  SLIPWAY_TRY(writer->lock_, FileLock::Open(paths.lock));
  SLIPWAY_TRY(const auto held, writer->lock_.Hold());
  SLIPWAY_TRY(writer->database_, OpenWriter(paths));
  SLIPWAY_TRY(writer->identity_, SetUp(writer->database_, paths, *options.random));
  if (options.max_pages > 0) {
    SLIPWAY_CHECK_OK(
        writer->database_.Exec(("PRAGMA max_page_count = " + std::to_string(options.max_pages)).c_str()));
  }
  sqlite3_wal_hook(writer->database_.handle(), CountFrames, &writer->wal_frames_);
  SLIPWAY_CHECK_OK(writer->PrepareStatements());
  return writer;
}

base::Status SqliteWriter::PrepareStatements() {
  struct {
    Statement* statement;
    std::string_view sql;
  } const all[] = {
      {&begin_, "BEGIN IMMEDIATE"},
      {&commit_, "COMMIT"},
      {&rollback_, "ROLLBACK"},
      {&head_, "SELECT size, peaks FROM head WHERE one = 1"},
      {&set_head_, "UPDATE head SET size = ?, peaks = ? WHERE one = 1"},
      {&last_seq_, "SELECT max(seq) FROM event WHERE run = ?"},
      {&get_, "SELECT value FROM state WHERE name = ? AND key = ?"},
      {&insert_event_, "INSERT INTO event(seq, run, leaf, bytes) VALUES(?, ?, ?, ?)"},
      {&insert_tile_, "INSERT INTO tile(level, idx, hash) VALUES(?, ?, ?)"},
      {&set_row_,
       "INSERT INTO state(name, key, value) VALUES(?, ?, ?) ON CONFLICT(name, key) DO UPDATE SET value = "
       "excluded.value"},
      {&erase_row_, "DELETE FROM state WHERE name = ? AND key = ?"},
      {&insert_blob_,
       "INSERT INTO blob(digest, size, bytes) VALUES(?, ?, ?) ON CONFLICT(digest) DO UPDATE SET bytes = "
       "excluded.bytes "
       "WHERE bytes IS NULL"},
      {&newest_checkpoint_, "SELECT size, note FROM checkpoint WHERE size <= ? ORDER BY size DESC LIMIT 1"},
      {&insert_checkpoint_, "INSERT INTO checkpoint(size, note) VALUES(?, ?)"},
      {&delete_blob_, "UPDATE blob SET bytes = NULL WHERE digest = ? RETURNING size"},
  };
  for (const auto& one : all) {
    SLIPWAY_TRY(*one.statement, database_.Prepare(one.sql));
  }
  return {};
}

SqliteWriter::~SqliteWriter() {
  if (database_.handle() == nullptr) return;
  // Closing touches the shared WAL index, so it is under the lock as well; a lock that cannot be had must not
  // leak the file.
  const auto held = lock_.Hold();
  if (held && wal_frames_ > kFramesKeptOnClose) {
    sqlite3_wal_checkpoint_v2(database_.handle(), nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
    sqlite3_busy_timeout(database_.handle(), 0);
    sqlite3_wal_checkpoint_v2(database_.handle(), nullptr, SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
  }
  for (Statement* s :
       {&begin_, &commit_, &rollback_, &head_, &set_head_, &last_seq_, &get_, &insert_event_, &insert_tile_,
        &set_row_, &erase_row_, &insert_blob_, &newest_checkpoint_, &insert_checkpoint_, &delete_blob_}) {
    *s = Statement();
  }
  database_ = Database();
}

void SqliteWriter::Commit(std::span<PendingBatch*> group) {
  auto fail_all = [&](const base::Error& error) {
    for (PendingBatch* pending : group) pending->result = std::unexpected(error);
  };
  if (!broken_.empty()) return fail_all({base::ErrorKind::kIo, broken_, "journal", "start slipway again"});
  const auto held = lock_.Hold();
  if (!held) return fail_all(held.error());
  bool wrote = false;
  const base::Status written = WriteGroup(group, wrote);
  if (written) {
    if (wrote) RecycleIfLong();
    return;
  }
  Rollback();
  if (group.size() == 1 || !broken_.empty()) return fail_all(written.error());
  // One batch too large for the disk must not take the others with it.
  for (PendingBatch*& pending : group) {
    bool wrote_one = false;
    const std::span<PendingBatch*> one(&pending, 1);
    if (const base::Status status = WriteGroup(one, wrote_one); !status) {
      Rollback();
      pending->result = std::unexpected(status.error());
    }
  }
}

base::Status SqliteWriter::WriteGroup(std::span<PendingBatch*> group, bool& wrote) {
  SLIPWAY_CHECK_OK(begin_.Run());
  // Another process may have appended since we last held the lock.
  SLIPWAY_TRY(Frontier frontier, ReadHead());
  for (PendingBatch* pending : group) {
    const base::Status allowed = CheckBatch(*this, *pending->prepared->batch);
    if (!allowed) {
      if (allowed.error().kind == base::ErrorKind::kIo) return allowed;
      pending->result = std::unexpected(allowed.error());
      continue;
    }
    SLIPWAY_TRY(const Appended appended, WriteBatch(*this, frontier, *pending->prepared));
    pending->result = appended;
    wrote = true;
  }
  if (!wrote) {
    Rollback();
    return {};
  }
  SLIPWAY_CHECK_OK(WriteHead(frontier));
  return Commit();
}

base::Status SqliteWriter::Commit() {
  base::Status done = commit_.Run();
  // After a failed flush the pages may or may not reach the disk, and asking again would only pretend (the
  // kernel has dropped them): nothing more is promised until the file has been read anew.
  if (!done && sqlite3_extended_errcode(database_.handle()) == SQLITE_IOERR_FSYNC) {
    broken_ = "the disk failed to flush the journal";
  }
  return done;
}

void SqliteWriter::Rollback() {
  if (database_.InTransaction()) (void)rollback_.Run();
}

// PASSIVE leaves the WAL's blocks in place for the next commits, which then flush data only; TRUNCATE would
// cost each of them a change of file size. The writer starts over at its beginning once no reader needs it.
void SqliteWriter::RecycleIfLong() {
  if (wal_frames_ < options_.recycle_frames) return;
  const auto start = std::chrono::steady_clock::now();
  const int frames = wal_frames_;
  sqlite3_wal_checkpoint_v2(database_.handle(), nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
  if (options_.on_recycle) {
    options_.on_recycle(frames, std::chrono::duration_cast<std::chrono::microseconds>(
                                    std::chrono::steady_clock::now() - start));
  }
}

base::Result<Frontier> SqliteWriter::ReadHead() {
  SLIPWAY_TRY(const bool found, head_.Step());
  if (!found)
    return base::Fail(base::ErrorKind::kIo, "the journal has no head", "journal.db",
                      "put the store back from a copy");
  auto frontier = Frontier::Restore(head_.Int(0), head_.Bytes(1));
  head_.Reset();
  return frontier;
}

base::Status SqliteWriter::WriteHead(const Frontier& frontier) {
  const std::string peaks = frontier.Peaks();
  return set_head_.Bind(1, frontier.size()).BindBlob(2, peaks).Run();
}

base::Result<Checkpoint> SqliteWriter::MakeCheckpoint() {
  if (!broken_.empty()) return base::Fail(base::ErrorKind::kIo, broken_, "journal", "start slipway again");
  SLIPWAY_TRY(const auto held, lock_.Hold());
  auto make = [&]() -> base::Result<Checkpoint> {
    SLIPWAY_CHECK_OK(begin_.Run());
    SLIPWAY_TRY(const Frontier frontier, ReadHead());
    SLIPWAY_TRY(const bool found, newest_checkpoint_.Bind(1, frontier.size()).Step());
    const std::int64_t newest = found ? newest_checkpoint_.Int(0) : 0;
    const std::string note(found ? newest_checkpoint_.Bytes(1) : std::string_view());
    newest_checkpoint_.Reset();
    if (found && newest == frontier.size()) {
      SLIPWAY_TRY(ParsedCheckpoint parsed, ParseCheckpoint(note));
      return std::move(parsed.checkpoint);
    }
    SLIPWAY_TRY(const SigningKey key, ReadSigningKey(paths_, identity_));
    SLIPWAY_TRY(Checkpoint checkpoint, SignCheckpoint(key, frontier.size(), frontier.Root(), newest));
    SLIPWAY_CHECK_OK(insert_checkpoint_.Bind(1, checkpoint.size).Bind(2, checkpoint.note).Run());
    SLIPWAY_CHECK_OK(Commit());
    return checkpoint;
  };
  auto checkpoint = make();
  Rollback();  // where nothing was committed
  return checkpoint;
}

base::Status SqliteWriter::DeleteBlob(std::string_view digest) {
  SLIPWAY_TRY(const auto held, lock_.Hold());
  SLIPWAY_TRY(const bool found, delete_blob_.Bind(1, digest).Step());
  if (!found) return base::Invalid("no blob " + std::string(digest));
  SLIPWAY_CHECK_OK(delete_blob_.Run());
  // The WAL still holds pages with the old bytes: write it back and cut it.
  const int code =
      sqlite3_wal_checkpoint_v2(database_.handle(), nullptr, SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
  if (code != SQLITE_OK) {
    return base::Fail(base::ErrorKind::kIo,
                      "deleted, but the write-ahead log still holds the bytes: a reader keeps it open",
                      "journal.db-wal", "end the other slipway processes and delete it again");
  }
  return {};
}

base::Result<std::int64_t> SqliteWriter::LastSeqOf(std::string_view run) {
  SLIPWAY_TRY(const bool found, last_seq_.Bind(1, run).Step());
  const std::int64_t seq = found ? last_seq_.Int(0) : 0;
  last_seq_.Reset();
  return seq;
}

base::Result<std::optional<std::string>> SqliteWriter::ValueOf(Table table, std::string_view key) {
  SLIPWAY_TRY(const bool found, get_.Bind(1, ToString(table)).Bind(2, key).Step());
  std::optional<std::string> value;
  if (found) value = std::string(get_.Bytes(0));
  get_.Reset();
  return value;
}

base::Status SqliteWriter::InsertEvent(std::int64_t seq, std::string_view run, std::string_view bytes,
                                       const Hash& leaf) {
  return insert_event_.Bind(1, seq).Bind(2, run).BindBlob(3, base::AsBytes(leaf)).Bind(4, bytes).Run();
}

base::Status SqliteWriter::InsertTile(const Tile& tile) {
  return insert_tile_.Bind(1, std::int64_t{tile.level})
      .Bind(2, tile.index)
      .BindBlob(3, base::AsBytes(tile.hash))
      .Run();
}

base::Status SqliteWriter::WriteRow(const Put& put) {
  if (put.mode == Put::Mode::kErase) return erase_row_.Bind(1, ToString(put.table)).Bind(2, put.key).Run();
  return set_row_.Bind(1, ToString(put.table)).Bind(2, put.key).Bind(3, put.value).Run();
}

base::Status SqliteWriter::InsertBlob(std::string_view digest, std::string_view bytes) {
  return insert_blob_.Bind(1, digest)
      .Bind(2, static_cast<std::int64_t>(bytes.size()))
      .BindBlob(3, bytes)
      .Run();
}

}  // namespace slipway::journal
