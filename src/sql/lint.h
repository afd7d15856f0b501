// What is dangerous in migrations, before anything runs: each finding with its place, the danger in one
// sentence and the safe form. Pure, and told from the text alone: how large a table is, nobody knows here.
//
// Statements directly in a DO block are judged like all others; what is executed from strings or inside
// functions is not seen. A comment `-- slipway:allow RULE reason` just above a statement silences one rule
// for it. The rules stand in rules.h and docs/formats/migrations.md.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/diagnostic.h"
#include "sql/migration.h"

namespace slipway::sql {

struct LintOptions {
  // So many files at the front are applied everywhere: read for what they say of the database, not judged.
  std::size_t applied = 0;
};

// `files` in order. A table created by a file is new to all later files of the same version, so nothing uses
// it yet. Findings come file by file, in order of place; with them what Split, Segments and,
// of what takes a file back, DownStatements say: no rule is about going back.
struct Loss;
// `losses`, where given: what Losses answers, in the same walk.
base::Diagnostics Lint(std::span<const Migration> files, const LintOptions& options = {},
                       std::vector<Loss>* losses = nullptr);

// Where data that a table held before go away for good: DROP of a table, schema or column, TRUNCATE, DELETE;
// on tables that none of the judged `files` made. In order. A waiver changes nothing here, and what UPDATE or
// a change of type overwrites is not told.
struct Loss {
  std::string file;
  base::Position at;
  std::string what;  // drops column `name` of `users`
};
std::string ToString(const Loss& loss);  // v2.1.0/003_tidy.sql:4 drops column `name` of `users`
std::vector<Loss> Losses(std::span<const Migration> files, const LintOptions& options = {});

}  // namespace slipway::sql
