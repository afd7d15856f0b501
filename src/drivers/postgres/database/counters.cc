#include "drivers/postgres/database/counters.h"

#include <fmt/format.h>

namespace slipway::drivers::postgres {
namespace {

using base::JsonObject;

constexpr std::size_t kMostNamed = 8;
constexpr char kUnknown[] = "unknown";
constexpr std::string_view kNotCounted = "not counted";  // as in kAbout

// A server that died begins to count anew. What it has of a database does not show that; what it counts for
// all of them does.
constexpr char kAbout[] = R"(
SELECT d.oid, concat_ws(', ', to_char(s.stats_reset AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'),
                        to_char(b.stats_reset AT TIME ZONE 'UTC', '"all" YYYY-MM-DD"T"HH24:MI:SS.US'),
                        CASE current_setting('track_counts') WHEN 'off' THEN 'not counted' END)
  FROM pg_stat_bgwriter b, pg_database d LEFT JOIN pg_stat_database s ON s.datid = d.oid
 WHERE d.datname = current_database())";
constexpr char kRead[] = R"(
SELECT format('%I.%I', schemaname, relname), n_tup_ins + n_tup_upd + n_tup_del FROM pg_stat_user_tables)";

// What slipway itself writes with every migration is nobody's loss.
bool IsLedger(std::string_view table) {
  return table.starts_with("slipway.") || table == "public.schema_migrations";
}

}  // namespace

SqlResult<Counters> ReadCounters(Session& session) {
  Counters counters;
  SLIPWAY_TRY(const Rows about, session.Query(kAbout));
  counters.database = about.Integer(0, 0);
  counters.reset = about.Text(0, 1);
  SLIPWAY_TRY(const Rows rows, session.Query(kRead));
  for (int i = 0; i < rows.size(); ++i) counters.written[rows.Text(i, 0)] = rows.Integer(i, 1);
  return counters;
}

JsonObject ToJson(const Counters& counters) {
  JsonObject written;
  for (const auto& [table, count] : counters.written) written[table] = count;
  return {{"database", counters.database}, {"reset", counters.reset}, {"written", std::move(written)}};
}

Counters CountersFromJson(const JsonObject& json) {
  Counters counters;
  counters.database = base::GetInt(json, "database");
  counters.reset = base::GetString(json, "reset");
  for (const auto& [table, count] : base::GetObject(json, "written"))
    counters.written[std::string(table)] = count.is_int64() ? count.get_int64() : 0;
  return counters;
}

JsonObject WrittenSince(const Counters& then, const Counters& now) {
  const bool reset =
      then.database != now.database || then.reset != now.reset || now.reset.ends_with(kNotCounted);
  JsonObject since;
  for (const auto& [table, count] : now.written) {
    if (IsLedger(table)) continue;
    const auto before = then.written.find(table);
    const std::int64_t had = before == then.written.end() ? 0 : before->second;
    if (reset || count < had)
      since[table] = kUnknown;
    else if (count > had)
      since[table] = count - had;
  }
  return since;
}

std::string DescribeWritten(const JsonObject& written) {
  std::int64_t least = 0;
  std::string tables;
  std::size_t named = 0;
  bool unknown = false;
  for (const auto& [table, count] : written) {
    unknown = unknown || !count.is_int64();
    if (count.is_int64()) least += count.get_int64();
    if (named++ >= kMostNamed) continue;
    tables += fmt::format("{}{} {}", tables.empty() ? "" : ", ", std::string_view(table),
                          count.is_int64() ? std::to_string(count.get_int64()) : kUnknown);
  }
  if (written.empty()) return "the server counted no row written since";
  if (named > kMostNamed) tables += fmt::format(" and {} more tables", named - kMostNamed);
  return least == 0 && unknown ? "nobody knows how many rows were written since: " + tables
                               : fmt::format("at least {} rows were written since: {}", least, tables);
}

}  // namespace slipway::drivers::postgres
