// The store's reading connection: consistent reads that wait for no writer. Locks itself.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "journal/sqlite.h"
#include "journal/sqlite_files.h"
#include "journal/store.h"

namespace slipway::journal {

class SqliteReader {
 public:
  // With the store's lock held, as for closing.
  static base::Result<std::unique_ptr<SqliteReader>> Open(const StorePaths& paths);

  base::Result<std::int64_t> Size();
  base::Result<std::vector<Event>> Read(std::int64_t from_seq, std::int64_t limit);
  base::Result<std::vector<Event>> ReadRun(std::string_view run, std::int64_t after_seq);
  base::Result<std::int64_t> LastSeq(std::string_view run);
  base::Result<std::optional<std::string>> Get(Table table, std::string_view key);
  base::Result<std::vector<Row>> Scan(Table table);
  base::Result<std::string> Blob(std::string_view digest);

 private:
  base::Result<std::vector<Event>> Events(Statement& bound);
  base::Result<Statement*> Use(Statement& statement, std::string_view sql);

  std::mutex mutex_;
  Database database_;  // guarded by mutex_, as the statements are; each is prepared at its first use
  Statement size_, read_, read_run_, last_seq_, get_, scan_, blob_;
};

}  // namespace slipway::journal
