// postgres.query: one statement that only reads, and what it should answer.
#include "drivers/postgres/query.h"

#include <fmt/format.h>

#include "base/file.h"
#include "base/text.h"
#include "drivers/postgres/actions.h"
#include "drivers/postgres/arguments.h"
#include "drivers/postgres/findings.h"
#include "drivers/postgres/session/session.h"
#include "sql/effects.h"

namespace slipway::drivers::postgres {
namespace {

using base::Invalid;
using base::Json;
using base::JsonArray;
using base::JsonObject;
using base::Result;

constexpr std::size_t kMostBytes = 64 * 1024;  // of the rows that are kept
constexpr std::size_t kLongestValue = 4 * 1024;
constexpr std::uint64_t kLargestFile = 1u << 20;

// As a person wrote it: documents give text, earlier steps give numbers and booleans.
std::string AsText(const Json& value) {
  if (value.is_string()) return std::string(base::View(value.get_string()));
  if (value.is_int64()) return std::to_string(value.get_int64());
  if (value.is_bool()) return value.get_bool() ? "true" : "false";
  return "";
}

Result<Prepared> Prepare(Prepared prepared, Context&) {
  const JsonObject& with = prepared.action.with;
  if (with.contains("sql") == with.contains("file"))
    return Invalid("postgres.query needs either `sql` or `file`", "", "give one of the two");
  SLIPWAY_CHECK_OK(ReadExpectation(with));
  if (base::GetInt(with, "max_rows") < 0 || base::GetInt(with, "max_rows") > 10'000)
    return Invalid("`max_rows` is a number from 0 to 10000");
  if (base::GetInt(with, "timeout") < 1) return Invalid("`timeout` must be longer than nothing");
  return prepared;
}

Result<std::string> Statement(const PgCall& call) {
  if (call.with().contains("sql")) return call.Text("sql");
  SLIPWAY_TRY(const auto path, base::Inside(call.context.workspace, call.Text("file")));
  return base::ReadFile(path, kLargestFile);
}

// What came of the statement, with secrets hidden before anything is cut.
struct Answer {
  std::int64_t count = 0;
  int columns = 0;
  JsonArray rows;
  JsonObject first;      // row, kept or not
  Json value = nullptr;  // of the first column of the first row
};

class Reader {
 public:
  Reader(const base::Masker& masker, std::int64_t most) : masker_(masker), most_(most) {}

  bool Take(const Rows& row) {
    JsonObject kept;
    for (int i = 0; i < row.columns(); ++i) {
      std::string name = masker_.Mask(row.Column(i));
      while (kept.contains(name)) name += "_";  // two columns of one name
      kept[name] = row.IsNull(0, i) ? Json(nullptr) : Json(Kept(row.View(0, i)));
    }
    if (first_) {
      answer.columns = row.columns();
      if (row.columns() > 0) answer.value = kept.begin()->value();
      answer.first = kept;
      first_ = false;
    }
    if (static_cast<std::int64_t>(answer.rows.size()) < most_) answer.rows.push_back(std::move(kept));
    return static_cast<std::int64_t>(answer.rows.size()) < most_ && bytes_ < kMostBytes;
  }

  Answer answer;

 private:
  std::string Kept(std::string_view text) {
    std::string kept = masker_.Mask(text);
    if (!base::IsUtf8(kept)) kept = base::Printable(kept);  // of a database without an encoding
    if (kept.size() > kLongestValue) {
      kept.resize(kLongestValue);
      while (!base::IsUtf8(kept)) kept.pop_back();
      kept += "…";
    }
    bytes_ += kept.size();
    return kept;
  }

  const base::Masker& masker_;
  const std::int64_t most_;
  bool first_ = true;
  std::size_t bytes_ = 0;
};

std::string Counted(std::int64_t count) { return fmt::format("{} {}", count, count == 1 ? "row" : "rows"); }

// `; the first: id 1, name Björn`, what a person looks for when there should have been none.
std::string First(const Answer& answer) {
  constexpr std::size_t kMost = 300;
  if (answer.count == 0) return "";
  std::string row;
  for (const auto& column : answer.first) {
    const std::string value = column.value().is_null() ? "NULL" : AsText(column.value());
    row += (row.empty() ? "" : ", ") + std::string(column.key()) + " " + value;
  }
  row = base::Printable(row);
  if (row.size() > kMost) {
    row.resize(kMost);
    while (!base::IsUtf8(row)) row.pop_back();
    row += "…";
  }
  return "; the first: " + row;
}

// Empty where the answer is as expected, else what is wrong with it.
std::string Differs(const Expectation& expected, const Answer& answer) {
  if (expected.rows && answer.count != *expected.rows)
    return fmt::format("it answered {}, {} were expected{}", Counted(answer.count), *expected.rows,
                       First(answer));
  if (expected.empty && *expected.empty != (answer.count == 0))
    return fmt::format("it answered {}, {} expected{}", Counted(answer.count),
                       *expected.empty ? "none was" : "some were", First(answer));
  if (!expected.value) return "";
  if (answer.count != 1 || answer.columns != 1)
    return fmt::format("it answered {} of {} columns, one value was expected", Counted(answer.count),
                       answer.columns);
  const std::string value = answer.value.is_null() ? "NULL" : AsText(answer.value);
  if (!answer.value.is_null() && value == *expected.value) return "";
  return fmt::format("it answered {}, {} was expected", base::Quote(value), base::Quote(*expected.value));
}

// The statement is only prepared before it is known that it answers rows: a COPY … TO PROGRAM would be
// carried out even in a transaction that may only read.
Outcome Ask(PgCall& call, Session& session, const std::string& sql, Parameters parameters) {
  auto refused = [&](const SqlError& error) {
    if (error.kind != SqlFailure::kStatement || error.state == kQueryCanceled) return Unseen(error);
    return NotDone(ToString(error), Evidence(error));
  };
  if (const std::string acts = sql::CalledWithEffects(sql); !acts.empty())
    return NotDone(fmt::format("the statement calls {}, which acts whatever the transaction may do ({}): "
                               "postgres.query only reads",
                               base::Quote(acts), session.where()),
                   {{"where", session.where()}});
  auto begun = session.Execute(
      fmt::format("BEGIN READ ONLY; SET LOCAL statement_timeout = {}", call.Integer("timeout")));
  if (!begun) return refused(begun.error());
  auto columns = session.Columns(sql);
  if (!columns) return refused(columns.error());
  if (columns->empty())
    return NotDone(
        fmt::format("the statement answers no rows ({}): postgres.query only reads", session.where()),
        {{"where", session.where()}});
  Reader reader(session.masker(), call.Integer("max_rows"));
  auto count = session.Stream(sql, parameters, [&](const Rows& row) { return reader.Take(row); });
  if (!count) return refused(count.error());
  Answer& answer = reader.answer;
  answer.count = *count;
  const Expectation expected = ReadExpectation(call.with()).value_or(Expectation{});
  const std::string wrong = Differs(expected, answer);
  JsonObject evidence{{"count", answer.count}, {"rows", answer.rows}};
  if (!wrong.empty()) {
    evidence["expected"] = *call.with().if_contains("expect");
    return NotDone(fmt::format("{}: {}", session.where(), wrong), std::move(evidence));
  }
  Outcome done =
      Done({{"count", answer.count}, {"rows", std::move(answer.rows)}, {"value", std::move(answer.value)}},
           fmt::format("{} answered {}", session.where(), Counted(answer.count)));
  done.evidence = std::move(evidence);
  return done;
}

Outcome Run(PgCall& call) {
  auto sql = Statement(call);
  if (!sql) return Unknown(base::ToString(sql.error()));
  auto session = Session::Open(call.context, call.database());
  if (!session) return Unseen(session.error());
  auto revealed = call.context.Reveal(Json(base::GetArray(call.with(), "params")), &session->masker());
  if (!revealed) return Unknown(base::ToString(revealed.error()));
  std::vector<std::optional<std::string>> parameters;
  for (const Json& parameter : revealed->get_array()) parameters.emplace_back(AsText(parameter));
  return Ask(call, *session, *sql, parameters);
}

ActionSheet Sheet() {
  ActionSheet sheet;
  sheet.name = "postgres.query";
  sheet.summary = "Asks a database with one statement that only reads, and compares the answer.";
  sheet.effect = Effect::kReads;
  sheet.interruption = Interruption::kRepeat;
  sheet.undo = UndoKind::kNone;
  sheet.instant_prepare = true;
  sheet.arguments = {
      ConnectionArgument(),
      DatabaseArgument("The database to ask."),
      {.name = "sql",
       .description = "One statement that answers rows; it runs in a transaction that may only read.",
       .pinned = true},
      {.name = "file",
       .type = ArgumentType::kFile,
       .description = "A file with that statement, instead of `sql`.",
       .pinned = true},
      {.name = "params",
       .type = ArgumentType::kStrings,
       .description = "Values for $1, $2 and so on of the statement; they are sent beside it.",
       .sensitive_ok = true},
      {.name = "expect",
       .type = ArgumentType::kAny,
       .description =
           "What it should answer: {rows: 3}, {value: \"42\"} for one row of one column, {empty: true}."},
      Argument("max_rows", ArgumentType::kInteger,
               "How many rows are kept, at most 10000; 64 KiB of them, and all are counted.", 100),
      Argument("timeout", ArgumentType::kDuration, "After which time the server gives the statement up.",
               30'000)};
  sheet.outputs = {
      {"count", "How many rows it answered."},
      {"rows", "The first of them, each a map of text by column; null where the database has NULL."},
      {"value", "The first column of the first row."}};
  sheet.example =
      "id: admins\ntitle: See that there is an administrator\nuses: postgres.query\n"
      "with: { database: acme, sql: \"SELECT count(*) FROM users WHERE role = 'admin'\", expect: { value: "
      "\"1\" } }\n";
  return sheet;
}

}  // namespace

Result<Expectation> ReadExpectation(const JsonObject& with) {
  Expectation expected;
  const Json* given = with.if_contains("expect");
  if (given == nullptr || given->is_null()) return expected;
  const auto wrong = [] { return Invalid("`expect` is one of {rows: 3}, {value: \"42\"}, {empty: true}"); };
  if (!given->is_object() || given->get_object().size() != 1) return wrong();
  const auto& [key, value] = *given->get_object().begin();
  const std::string text = AsText(value);
  if (key == "value") {
    if (value.is_object() || value.is_array() || value.is_null()) return wrong();
    expected.value = text;
  } else if (key == "rows") {
    const auto rows = base::ParseInteger(text);
    if (!rows || *rows < 0) return wrong();
    expected.rows = *rows;
  } else if (key == "empty") {
    const auto empty = base::ParseBoolean(text);
    if (!empty) return wrong();
    expected.empty = *empty;
  } else {
    return wrong();
  }
  return expected;
}

PgAction QueryAction() { return {.sheet = Sheet(), .prepare = Prepare, .run = Run}; }

}  // namespace slipway::drivers::postgres
