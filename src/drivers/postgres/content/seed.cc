// postgres.seed: rows from files of the workspace, all of them or none, and never the same content twice.
#include "drivers/postgres/content/seed.h"

#include <fmt/format.h>

#include "base/text.h"
#include "drivers/postgres/actions.h"
#include "drivers/postgres/arguments.h"
#include "drivers/postgres/content/archive_rows.h"
#include "drivers/postgres/content/content.h"
#include "drivers/postgres/content/seeded.h"
#include "drivers/postgres/database/purpose.h"
#include "drivers/postgres/session/session.h"

namespace slipway::drivers::postgres {
namespace {

using base::Invalid;
using base::Json;
using base::JsonObject;
using base::Result;

std::string Columns(const ContentRows& rows) {
  std::vector<std::string> columns;
  for (const std::string& column : rows.columns) columns.push_back(QuoteName(column));
  return base::Join(columns, ", ");
}

std::string Counted(std::int64_t count) { return fmt::format("{} {}", count, count == 1 ? "row" : "rows"); }

Outcome Tell(const Seed& seed) {
  JsonObject rows;
  std::vector<std::string> texts;
  std::int64_t count = 0;
  for (const auto& [table, inserted] : seed.rows) {
    rows[table] = inserted;
    count += inserted;
    texts.push_back(fmt::format("{} into {}", Counted(inserted), table));
  }
  return Done({{"rows", std::move(rows)}, {"count", count}},
              seed.content + ": " + (texts.empty() ? "nothing that was not there" : base::Join(texts, ", ")));
}

// One attempt: one transaction, from the lock to the record of what was inserted.
class Seeding {
 public:
  explicit Seeding(PgCall& call) : call_(call), mark_(CallerName(call.context)) {}

  Outcome Run() {
    auto content = ReadContent(call_.context.workspace, call_.with());
    if (!content) return Stopped(content.error());
    if (content->sha256 != base::GetString(call_.prepared.prior, "sha256"))
      return Stopped(base::Error{base::ErrorKind::kRefused, "it was changed since the step was prepared",
                                 content->name, ""});
    auto session = Session::Open(call_.context, call_.database());
    if (!session) return Stopped(session.error());
    if (auto ended = EndLeftovers(*session, mark_); !ended) return Stopped(ended.error());
    if (auto begun = BeginSeed(*session, call_.Text("role")); !begun) return Stopped(begun.error());
    auto own = FindSeed(*session, mark_);
    if (!own) return Stopped(own.error());
    if (*own) return Tell(**own);
    looked_ = true;
    auto same = FindSameContent(*session, content->sha256);
    if (!same) return Stopped(same.error());
    if (*same)
      return Done({{"rows", JsonObject{}}, {"count", 0}},
                  fmt::format("{} was put there by {} already", content->name, (*same)->mark));
    return Insert(*session, *content);
  }

 private:
  Outcome Insert(Session& session, const Content& content) {
    for (const auto& [name, value] : base::GetObject(call_.with(), "params")) {
      auto set = session.Query("SELECT set_config($1, $2, true)",
                               {"seed." + std::string(name), std::string(base::View(value.get_string()))});
      if (!set) return Stopped(set.error());
    }
    for (const ContentFile& file : content.files) {
      at_ = file.name;
      if (auto done = InsertFile(session, file); !done) return Stopped(done.error());
    }
    at_ = content.name;
    if (auto noted = call_.sink.Note({{"begun", true}}); !noted)
      return NotDone(base::ToString(noted.error()));
    Seed seed{mark_, content.name, content.sha256, "", {}};
    if (auto committed = CommitSeed(session, seed); !committed) {
      if (committed.error().kind == SqlFailure::kLost)
        return Unknown(ToString(committed.error()), Evidence(committed.error()));
      return Stopped(committed.error());
    }
    return Tell(seed);
  }

  SqlStatus InsertFile(Session& session, const ContentFile& file) {
    for (const sql::Statement& statement : file.statements) {
      at_ = fmt::format("{}:{}", file.name, statement.at.line);
      if (statement.data) {
        SLIPWAY_CHECK_OK(session.CopyIn(statement.text, *statement.data));
      } else {
        SLIPWAY_CHECK_OK(session.Query(statement.text));
      }
    }
    for (const ContentRows& rows : file.rows) {
      at_ = fmt::format("{}, {}", file.name, rows.table);
      SLIPWAY_CHECK_OK(rows.json.empty() ? InsertCsv(session, rows, file.text) : InsertJson(session, rows));
    }
    return {};
  }

  SqlStatus InsertJson(Session& session, const ContentRows& rows) {
    const std::string table = QuoteTable(rows.table), columns = Columns(rows);
    SLIPWAY_CHECK_OK(session.Query(
        fmt::format("INSERT INTO {0} ({1}) SELECT {1} FROM jsonb_populate_recordset(NULL::{0}, $1::jsonb) "
                    "ON CONFLICT DO NOTHING",
                    table, columns),
        {rows.json}));
    return {};
  }

  // By way of a table of the session, so that the server reads the CSV and what is there already stays.
  SqlStatus InsertCsv(Session& session, const ContentRows& rows, const std::string& text) {
    const std::string table = QuoteTable(rows.table), columns = Columns(rows);
    SLIPWAY_CHECK_OK(session.Execute(fmt::format(
        "CREATE TEMP TABLE slipway_csv ON COMMIT DROP AS SELECT {} FROM {} WITH NO DATA", columns, table)));
    SLIPWAY_CHECK_OK(session.CopyIn("COPY pg_temp.slipway_csv FROM stdin (FORMAT csv, HEADER true)", text));
    SLIPWAY_CHECK_OK(
        session.Execute(fmt::format("INSERT INTO {0} ({1}) SELECT {1} FROM pg_temp.slipway_csv ON CONFLICT "
                                    "DO NOTHING; DROP TABLE pg_temp.slipway_csv",
                                    table, columns)));
    return {};
  }

  // This transaction was not committed and never will be. Before it has looked, an earlier note says that one
  // of an attempt before it may have been.
  Outcome Stopped(const SqlError& error) const {
    SqlError told = error;
    if (!at_.empty()) told.line = 0;  // the place says it
    JsonObject evidence = Evidence(error);
    if (!at_.empty()) evidence["at"] = at_;
    const std::string reason = (at_.empty() ? "" : at_ + ": ") + ToString(told);
    return looked_ || call_.progress.empty() ? NotDone(reason, std::move(evidence))
                                             : Unknown(reason, std::move(evidence));
  }

  Outcome Stopped(const base::Error& error) const {
    JsonObject evidence{{"error", error.what}, {"where", error.where}};
    return call_.progress.empty() ? NotDone(base::ToString(error), std::move(evidence))
                                  : Unknown(base::ToString(error), std::move(evidence));
  }

  PgCall& call_;
  const std::string mark_;
  bool looked_ = false;
  std::string at_;  // file and line
};

Outcome Run(PgCall& call) { return Seeding(call).Run(); }

Outcome Probe(PgCall& call) {
  auto seed = LookForSeed(call);
  if (!seed) return Unknown(ToString(seed.error()));
  return *seed ? Tell(**seed) : NotDone("nothing of it is there");
}

Result<Prepared> Prepare(Prepared given, Context& context) {
  SLIPWAY_TRY(Prepared prepared, CompleteSeed(std::move(given), context));
  SLIPWAY_CHECK_OK(OpenForPurpose(context, prepared.action.with));
  return prepared;
}

ActionSheet Sheet() {
  ActionSheet sheet;
  sheet.name = "postgres.seed";
  sheet.summary =
      "Puts rows from files of the workspace into a database: all of them or none, the same content once.";
  sheet.effect = Effect::kChanges;
  sheet.interruption = Interruption::kRepeat;
  sheet.undo = UndoKind::kAutomatic;
  sheet.undo_text =
      "postgres.take_back deletes exactly the rows that were inserted, and refuses where one was changed or "
      "is needed";
  sheet.arguments = {ConnectionArgument(),
                     DatabaseArgument("The database."),
                     {.name = "folder",
                      .type = ArgumentType::kFiles,
                      .description = "A folder of .sql, .csv and .json, done in order of name.",
                      .pinned = true},
                     {.name = "file",
                      .type = ArgumentType::kFile,
                      .description = "One such file, instead of `folder`.",
                      .pinned = true},
                     {.name = "params",
                      .type = ArgumentType::kMap,
                      .description = "Values that SQL reads as current_setting('seed.NAME')."},
                     PurposeArgument(),
                     {.name = "role", .description = "Who inserts; the owner of the database when omitted."}};
  sheet.outputs = {{"rows", "How many rows were inserted, by table."}, {"count", "How many in all."}};
  sheet.example =
      "id: content\ntitle: Put the training content there\nuses: postgres.seed\n"
      "with: { database: acme, folder: content }\n";
  return sheet;
}

}  // namespace

Result<Prepared> CompleteSeed(Prepared prepared, const Context& context) {
  const JsonObject& with = prepared.action.with;
  for (const auto& [name, value] : base::GetObject(with, "params")) {
    if (!base::IsId(name) || std::string_view(name).contains('-'))
      return Invalid(base::Quote(std::string(name)) + " is no name of a parameter", "params",
                     "a lower-case letter, then lower-case letters, digits or `_`");
  }
  SLIPWAY_TRY(const Content content, ReadContent(context.workspace, with));
  prepared.prior = {{"content", content.name}, {"sha256", content.sha256}};
  prepared.undo = Action{"postgres.take_back", TakeBackArguments(with, context)};
  return prepared;
}

PgAction SeedAction() {
  return {.sheet = Sheet(), .prepare = Prepare, .run = Run, .probe = Probe, .restored = TakenBack};
}

}  // namespace slipway::drivers::postgres
