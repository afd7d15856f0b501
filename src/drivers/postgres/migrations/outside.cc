#include "drivers/postgres/migrations/outside.h"

#include <fmt/format.h>

#include "sql/statement.h"

namespace slipway::drivers::postgres {
namespace {

constexpr char kIndex[] =
    "SELECT i.indisvalid AND i.indisready FROM pg_class c JOIN pg_index i ON i.indexrelid = c.oid "
    "WHERE c.oid = to_regclass($1)";

// As to_regclass takes it: `schema."Name"`; empty where the statement names none.
std::string NameOf(const sql::Kind& kind) {
  if (kind.objects.empty() || kind.objects.front().name.empty()) return "";
  const sql::Name& name = kind.objects.front();
  // An index lies in the schema of its table.
  const std::string& schema = name.schema.empty() ? kind.table.schema : name.schema;
  return (schema.empty() ? "" : QuoteName(schema) + ".") + QuoteName(name.name);
}

}  // namespace

SqlResult<Sight> LookOutside(Session& session, const sql::Statement& statement) {
  const sql::Kind kind = sql::Classify(statement.text);
  const std::string name = NameOf(kind);
  if (kind.command == "vacuum" || kind.command == "reindex" || kind.command == "cluster" ||
      kind.command == "alter type") {
    return Sight::kNotThere;
  }
  if ((kind.command != "create index" && kind.command != "drop index") || name.empty())
    return Sight::kNobodyKnows;
  SLIPWAY_TRY(const Rows index, session.Query(kIndex, {name}));
  if (kind.command == "drop index") return index.size() == 0 ? Sight::kThere : Sight::kNotThere;
  return index.size() == 1 && index.Boolean(0, 0) ? Sight::kThere : Sight::kNotThere;
}

SqlResult<std::string> CleanOutside(Session& session, const sql::Statement& statement) {
  const sql::Kind kind = sql::Classify(statement.text);
  const std::string name = NameOf(kind);
  if (kind.command != "create index" || name.empty()) return "";
  SLIPWAY_TRY(const Rows index, session.Query(kIndex, {name}));
  if (index.size() == 0 || index.Boolean(0, 0)) return "";
  SLIPWAY_TRY(const Rows dropped, session.Query("DROP INDEX CONCURRENTLY IF EXISTS " + name));
  static_cast<void>(dropped);
  return fmt::format("the invalid index {} was dropped", kind.objects.front().name);
}

}  // namespace slipway::drivers::postgres
