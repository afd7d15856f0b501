#include "drivers/postgres/session/rows.h"

#include <libpq-fe.h>

#include "base/text.h"

namespace slipway::drivers::postgres {

void PgResultDeleter::operator()(pg_result* result) const { PQclear(result); }

int Rows::size() const { return PQntuples(result_.get()); }

int Rows::columns() const { return PQnfields(result_.get()); }

std::string_view Rows::Column(int column) const {
  const char* name = PQfname(result_.get(), column);
  return name == nullptr ? "" : name;
}

bool Rows::IsNull(int row, int column) const {
  if (row >= size() || column >= columns()) return true;
  return PQgetisnull(result_.get(), row, column) == 1;
}

std::string_view Rows::View(int row, int column) const {
  if (IsNull(row, column)) return "";
  return {PQgetvalue(result_.get(), row, column),
          static_cast<std::size_t>(PQgetlength(result_.get(), row, column))};
}

std::int64_t Rows::Integer(int row, int column) const {
  return base::ParseInteger(View(row, column)).value_or(0);
}

std::int64_t Rows::affected() const {
  return result_ == nullptr ? 0 : base::ParseInteger(PQcmdTuples(result_.get())).value_or(0);
}

std::string Rows::tag() const { return result_ == nullptr ? "" : PQcmdStatus(result_.get()); }

}  // namespace slipway::drivers::postgres
