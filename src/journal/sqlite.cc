#include "journal/sqlite.h"

#include <sqlite3.h>

#include <utility>

namespace slipway::journal {

base::Error SqliteError(sqlite3* db, int code) {
  std::string what;
  std::string next;
  switch (code & 0xFF) {
    case SQLITE_FULL:
      what = "the disk is full";
      next = "free some space and try again; nothing was written";
      break;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      what = "the journal file is damaged";
      next = "put the store back from a copy";
      break;
    default:
      what = db != nullptr ? sqlite3_errmsg(db) : sqlite3_errstr(code);
      next = "look at the disk, and at who may read and write the store's folder";
  }
  if (const int system = db != nullptr ? sqlite3_system_errno(db) : 0;
      system != 0 && (code & 0xFF) == SQLITE_IOERR) {
    what += " (errno " + std::to_string(system) + ")";
  }
  const char* file = db != nullptr ? sqlite3_db_filename(db, "main") : nullptr;
  return {base::ErrorKind::kIo, what, file != nullptr && *file != '\0' ? file : "journal.db", next};
}

Statement::Statement(Statement&& other) noexcept : stmt_(std::exchange(other.stmt_, nullptr)) {}

Statement& Statement::operator=(Statement&& other) noexcept {
  std::swap(stmt_, other.stmt_);
  return *this;
}

Statement::~Statement() { sqlite3_finalize(stmt_); }

Statement& Statement::Bind(int index, std::int64_t value) {
  sqlite3_bind_int64(stmt_, index, value);
  return *this;
}

Statement& Statement::Bind(int index, std::string_view text) {
  sqlite3_bind_text64(stmt_, index, text.data() == nullptr ? "" : text.data(), text.size(), SQLITE_STATIC,
                      SQLITE_UTF8);
  return *this;
}

Statement& Statement::BindBlob(int index, std::string_view bytes) {
  sqlite3_bind_blob64(stmt_, index, bytes.data() == nullptr ? "" : bytes.data(), bytes.size(), SQLITE_STATIC);
  return *this;
}

Statement& Statement::BindNull(int index) {
  sqlite3_bind_null(stmt_, index);
  return *this;
}

base::Result<bool> Statement::Step() {
  const int code = sqlite3_step(stmt_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) {
    sqlite3_reset(stmt_);
    return false;
  }
  base::Error error =
      SqliteError(sqlite3_db_handle(stmt_), sqlite3_extended_errcode(sqlite3_db_handle(stmt_)));
  sqlite3_reset(stmt_);
  return std::unexpected(std::move(error));
}

base::Status Statement::Run() {
  for (;;) {
    SLIPWAY_TRY(const bool more, Step());
    if (!more) return {};
  }
}

void Statement::Reset() { sqlite3_reset(stmt_); }

std::int64_t Statement::Int(int column) const { return sqlite3_column_int64(stmt_, column); }

std::string_view Statement::Bytes(int column) const {
  const void* data = sqlite3_column_blob(stmt_, column);
  const int size = sqlite3_column_bytes(stmt_, column);
  return data == nullptr ? std::string_view("")
                         : std::string_view(static_cast<const char*>(data), static_cast<std::size_t>(size));
}

bool Statement::IsNull(int column) const { return sqlite3_column_type(stmt_, column) == SQLITE_NULL; }

base::Result<Database> Database::Open(const std::filesystem::path& file) {
  Database database;
  // NOMUTEX: every connection here has one user at a time.
  const int code = sqlite3_open_v2(file.c_str(), &database.db_,
                                   SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
  if (code != SQLITE_OK) return std::unexpected(SqliteError(database.db_, code));
  sqlite3_extended_result_codes(database.db_, 1);
  sqlite3_busy_timeout(database.db_, 10'000);
  return database;
}

Database::Database(Database&& other) noexcept : db_(std::exchange(other.db_, nullptr)) {}

Database& Database::operator=(Database&& other) noexcept {
  std::swap(db_, other.db_);
  return *this;
}

Database::~Database() { sqlite3_close_v2(db_); }

base::Status Database::Exec(const char* sql) {
  const int code = sqlite3_exec(db_, sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return std::unexpected(SqliteError(db_, sqlite3_extended_errcode(db_)));
  return {};
}

base::Result<Statement> Database::Prepare(std::string_view sql) {
  Statement statement;
  const int code = sqlite3_prepare_v3(db_, sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &statement.stmt_, nullptr);
  if (code != SQLITE_OK) return std::unexpected(SqliteError(db_, code));
  return statement;
}

bool Database::InTransaction() const { return sqlite3_get_autocommit(db_) == 0; }

}  // namespace slipway::journal
