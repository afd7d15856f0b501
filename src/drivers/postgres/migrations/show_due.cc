// postgres.due: what a database would get, statement by statement, before anybody agrees to it.
#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "drivers/postgres/actions.h"
#include "drivers/postgres/arguments.h"
#include "drivers/postgres/database/schema.h"
#include "drivers/postgres/findings.h"
#include "drivers/postgres/migrations/migrate.h"
#include "sql/lint.h"

namespace slipway::drivers::postgres {
namespace {

using base::JsonArray;
using base::JsonObject;

constexpr std::size_t kMostStatements = 200;  // of one file; a file of content may hold a million
constexpr std::size_t kMostCharacters = 160;  // bytes of one statement, or a few more
constexpr std::size_t kMostFindings = 100;

// On one line, cut where it is long.
std::string InShort(std::string_view text) {
  std::string line;
  bool blank = false;
  for (const char c : text) {
    if (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
      blank = !line.empty();
      continue;
    }
    const bool begins = (static_cast<unsigned char>(c) & 0xC0) != 0x80;
    if (begins && line.size() >= kMostCharacters) return line + " …";
    if (blank) line += ' ';
    blank = false;
    line += c;
  }
  return line;
}

// `done`: how many of its statements are.
JsonObject ToJson(const sql::Migration& file, const std::vector<sql::Segment>& segments, std::int64_t done) {
  JsonArray statements;
  std::int64_t count = 0;
  for (const sql::Segment& segment : segments) {
    for (const sql::Statement& statement : segment.statements) {
      if (++count <= done || statements.size() == kMostStatements) continue;
      statements.push_back(JsonObject{{"line", statement.at.line},
                                      {"text", InShort(statement.text)},
                                      {"alone", segment.kind == sql::Segment::Kind::kOutside}});
    }
  }
  return {{"path", file.path},
          {"sha256", file.sha256},
          {"count", count - done},
          {"done", done},
          {"statements", std::move(statements)}};
}

Outcome Tell(PgCall& call, Due due, bool may_lose) {
  JsonArray files;
  std::int64_t statements = 0;
  for (const sql::Migration& file : due.files) {
    const auto segments = sql::Segments(file.text, file.file);
    const auto begun = due.begun.find(file.path);
    files.push_back(ToJson(file, segments.value_or(std::vector<sql::Segment>()),
                           begun == due.begun.end() ? 0 : begun->second));
    statements += base::GetInt(files.back().get_object(), "count");
  }
  std::vector<sql::Migration> all = std::move(due.applied);
  std::ranges::move(due.adopted, std::back_inserter(all));
  const std::size_t applied = all.size();
  std::ranges::move(due.files, std::back_inserter(all));
  std::vector<sql::Loss> losses;
  JsonArray findings;
  std::int64_t errors = 0;
  for (const base::Diagnostic& finding : sql::Lint(all, {.applied = applied}, &losses)) {
    if (finding.severity == base::Severity::kError) ++errors;
    if (findings.size() < kMostFindings) findings.push_back(FindingJson(finding));
  }
  const bool loses = !losses.empty() && may_lose;
  std::string told = due.files.empty()
                         ? fmt::format("{} has {} already", call.database(), call.Text("to"))
                         : fmt::format("{} lacks {} files of {}: {} statements", call.database(),
                                       due.files.size(), call.Text("to"), statements);
  JsonArray withdrawn;
  for (const auto& [path, version] : due.withdrawn) {
    withdrawn.emplace_back(path);
    told += fmt::format("; {}, of which nothing was done, goes off the ledger", path);
  }
  return Done({{"version", due.from},
               {"files", std::move(files)},
               {"statements", statements},
               {"adopted", static_cast<std::int64_t>(due.adopted.size())},
               {"withdrawn", std::move(withdrawn)},
               {"findings", std::move(findings)},
               {"errors", errors},
               {"destroys", loses ? ToString(losses.front()) : ""}},
              told);
}

Outcome Run(PgCall& call) {
  auto session = Session::Open(call.context, call.database());
  if (!session) return Unseen(session.error());
  auto due = WhatIsDue(*session, call.context, call.Text("folder"), call.Text("to"));
  if (!due) return Unseen(due.error());
  const auto may_lose = MayHoldRows(*session, *due);
  if (!may_lose) return Unseen(may_lose.error());
  Outcome told = Tell(call, *std::move(due), *may_lose);
  told.outputs["schema_seen"] = SchemaLeft(*session);
  return told;
}

ActionSheet Sheet() {
  ActionSheet sheet;
  sheet.name = "postgres.due";
  sheet.summary =
      "Says what a database lacks of a version, statement by statement, and what is dangerous in it.";
  sheet.effect = Effect::kReads;
  sheet.interruption = Interruption::kRepeat;
  sheet.undo = UndoKind::kNone;
  sheet.instant_prepare = true;
  sheet.arguments = {
      ConnectionArgument(),
      DatabaseArgument("The database to look at."),
      {.name = "folder",
       .type = ArgumentType::kFiles,
       .description = "The migrations, `<version>/<number>_<description>.sql`.",
       .fallback = "migrations"},
      {.name = "to", .description = "The version it is to have.", .required = true, .pinned = true}};
  sheet.outputs = {
      {"version", "The version it has now; empty when none is on record."},
      {"files",
       "What `postgres.migrate` would apply, in order: `path`, `sha256`, `count` of statements to do, how "
       "many "
       "are `done` already, and the first 200 `statements` with `line`, `text` in short, and whether it runs "
       "`alone`, outside a transaction."},
      {"statements", "How many statements that is."},
      {"adopted", "How many files would be taken as applied, as their version is on record."},
      {"withdrawn",
       "Files that are gone from the folder before anything of them was done: they go off the ledger."},
      {"findings",
       "What `postgres.lint` says of those files: `rule`, `severity`, `place`, `danger`, `safe`."},
      {"errors", "How many of them are errors."},
      {"destroys",
       "The first statement after which data are gone for good, with its place; empty when there is none."},
      {"schema_seen", "The digest of its schema; empty where it could not be taken."}};
  sheet.example =
      "id: due\ntitle: See what it would get\nuses: postgres.due\nwith: { database: \"${{ "
      "target.attributes.database }}\", to: \"${{ parameters.to }}\" }\n";
  return sheet;
}

}  // namespace

PgAction DueAction() { return {.sheet = Sheet(), .run = Run}; }

}  // namespace slipway::drivers::postgres
