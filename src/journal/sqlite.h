// The thinnest RAII over SQLite's C interface: a connection and prepared statements, errors as values.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace slipway::journal {

// A prepared statement. Bind from 1, columns from 0. Views of columns hold until the next Step or Reset.
class Statement {
 public:
  Statement() = default;
  Statement(Statement&& other) noexcept;
  Statement& operator=(Statement&& other) noexcept;
  ~Statement();

  Statement& Bind(int index, std::int64_t value);
  Statement& Bind(int index, std::string_view text);  // must outlive the next Reset
  Statement& BindBlob(int index, std::string_view bytes);
  Statement& BindNull(int index);
  base::Result<bool> Step();  // false = no more rows; resets itself then and on error
  base::Status Run();         // Step to the end
  void Reset();

  std::int64_t Int(int column) const;
  std::string_view Bytes(int column) const;
  bool IsNull(int column) const;
  bool ready() const { return stmt_ != nullptr; }

 private:
  friend class Database;
  sqlite3_stmt* stmt_ = nullptr;
};

// Used by one thread at a time.
class Database {
 public:
  static base::Result<Database> Open(const std::filesystem::path& file);
  Database() = default;
  Database(Database&& other) noexcept;
  Database& operator=(Database&& other) noexcept;
  ~Database();

  base::Status Exec(const char* sql);
  base::Result<Statement> Prepare(std::string_view sql);
  bool InTransaction() const;
  sqlite3* handle() const { return db_; }

 private:
  sqlite3* db_ = nullptr;
};

base::Error SqliteError(sqlite3* db, int code);

}  // namespace slipway::journal
