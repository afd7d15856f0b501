#include "journal/sqlite_reader.h"

#include <algorithm>

namespace slipway::journal {

base::Result<std::unique_ptr<SqliteReader>> SqliteReader::Open(const StorePaths& paths) {
  auto reader = std::make_unique<SqliteReader>();
  SLIPWAY_TRY(reader->database_, OpenReader(paths));
  return reader;
}

base::Result<Statement*> SqliteReader::Use(Statement& statement, std::string_view sql) {
  if (!statement.ready()) {
    SLIPWAY_TRY(statement, database_.Prepare(sql));
  }
  statement.Reset();
  return &statement;
}

base::Result<std::int64_t> SqliteReader::Size() {
  const std::lock_guard lock(mutex_);
  SLIPWAY_TRY(Statement * statement, Use(size_, "SELECT size FROM head WHERE one = 1"));
  SLIPWAY_TRY(const bool found, statement->Step());
  if (!found)
    return base::Fail(base::ErrorKind::kIo, "the journal has no head", "journal.db",
                      "put the store back from a copy");
  const std::int64_t size = statement->Int(0);
  statement->Reset();
  return size;
}

base::Result<std::vector<Event>> SqliteReader::Events(Statement& bound) {
  std::vector<Event> events;
  for (;;) {
    SLIPWAY_TRY(const bool more, bound.Step());
    if (!more) return events;
    auto event = Decode(bound.Bytes(1));
    if (!event) {
      const std::string seq = std::to_string(bound.Int(0));
      bound.Reset();
      return base::Fail(base::ErrorKind::kIo,
                        "event " + seq + " of the journal is damaged: " + event.error().what, "journal.db",
                        "slipway audit verify");
    }
    events.push_back(std::move(*event));
  }
}

base::Result<std::vector<Event>> SqliteReader::Read(std::int64_t from_seq, std::int64_t limit) {
  const std::lock_guard lock(mutex_);
  SLIPWAY_TRY(Statement * statement,
              Use(read_, "SELECT seq, bytes FROM event WHERE seq >= ? ORDER BY seq LIMIT ?"));
  return Events(statement->Bind(1, from_seq).Bind(2, std::max<std::int64_t>(limit, 0)));
}

base::Result<std::vector<Event>> SqliteReader::ReadRun(std::string_view run, std::int64_t after_seq) {
  const std::lock_guard lock(mutex_);
  SLIPWAY_TRY(Statement * statement,
              Use(read_run_, "SELECT seq, bytes FROM event WHERE run = ? AND seq > ? ORDER BY seq"));
  return Events(statement->Bind(1, run).Bind(2, after_seq));
}

base::Result<std::int64_t> SqliteReader::LastSeq(std::string_view run) {
  const std::lock_guard lock(mutex_);
  SLIPWAY_TRY(Statement * statement, Use(last_seq_, "SELECT max(seq) FROM event WHERE run = ?"));
  SLIPWAY_TRY(const bool found, statement->Bind(1, run).Step());
  const std::int64_t seq = found ? statement->Int(0) : 0;
  statement->Reset();
  return seq;
}

base::Result<std::optional<std::string>> SqliteReader::Get(Table table, std::string_view key) {
  const std::lock_guard lock(mutex_);
  SLIPWAY_TRY(Statement * statement, Use(get_, "SELECT value FROM state WHERE name = ? AND key = ?"));
  SLIPWAY_TRY(const bool found, statement->Bind(1, ToString(table)).Bind(2, key).Step());
  std::optional<std::string> value;
  if (found) value = std::string(statement->Bytes(0));
  statement->Reset();
  return value;
}

base::Result<std::vector<Row>> SqliteReader::Scan(Table table) {
  const std::lock_guard lock(mutex_);
  SLIPWAY_TRY(Statement * statement, Use(scan_, "SELECT key, value FROM state WHERE name = ? ORDER BY key"));
  statement->Bind(1, ToString(table));
  std::vector<Row> rows;
  for (;;) {
    SLIPWAY_TRY(const bool more, statement->Step());
    if (!more) return rows;
    rows.push_back({std::string(statement->Bytes(0)), std::string(statement->Bytes(1))});
  }
}

base::Result<std::string> SqliteReader::Blob(std::string_view digest) {
  const std::lock_guard lock(mutex_);
  SLIPWAY_TRY(Statement * statement, Use(blob_, "SELECT bytes FROM blob WHERE digest = ?"));
  SLIPWAY_TRY(const bool found, statement->Bind(1, digest).Step());
  if (!found) return base::Invalid("no blob " + std::string(digest));
  const bool deleted = statement->IsNull(0);
  std::string bytes(statement->Bytes(0));
  statement->Reset();
  if (deleted) return base::Invalid("blob " + std::string(digest) + " was deleted");
  if (base::Sha256Text(bytes) != digest) {
    return base::Fail(base::ErrorKind::kIo, "blob " + std::string(digest) + " is damaged", "journal.db",
                      "slipway audit verify");
  }
  return bytes;
}

}  // namespace slipway::journal
