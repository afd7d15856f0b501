// What a statement answered. Values are text as the server writes them.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

struct pg_result;

namespace slipway::drivers::postgres {

struct PgResultDeleter {
  void operator()(pg_result* result) const;
};

// Move only; the views it gives live as long as it does.
class Rows {
 public:
  explicit Rows(pg_result* result = nullptr) : result_(result) {}  // takes it over

  int size() const;
  int columns() const;
  std::string_view Column(int column) const;  // its name
  bool IsNull(int row, int column) const;
  std::string_view View(int row, int column) const;  // empty for NULL
  std::string Text(int row, int column) const { return std::string(View(row, column)); }
  std::int64_t Integer(int row, int column) const;  // 0 for NULL and for what is none
  bool Boolean(int row, int column) const { return View(row, column) == "t"; }

  std::int64_t affected() const;  // rows that the statement changed, or answered
  std::string tag() const;        // `CREATE TABLE`, `UPDATE 3`

 private:
  std::unique_ptr<pg_result, PgResultDeleter> result_;
};

}  // namespace slipway::drivers::postgres
