// What postgres.seed puts into a database: files of SQL, CSV and JSON, read and judged before a server is
// asked.
//
//   010_training.sql         statements that insert; `current_setting('seed.NAME')` is the parameter NAME
//   020_training_programs.csv   rows of the table that the file is named after, its first line the columns
//   030_more.json            { "training_programs": [ { "title": … }, … ], … }: rows by table, in this order
//
// In order of name. CSV as PostgreSQL reads it: an empty field is NULL, `""` is an empty text.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "sql/split.h"

namespace slipway::drivers::postgres {

// Rows for one table.
struct ContentRows {
  std::string table;                 // `training_programs` or `app.training_programs`
  std::vector<std::string> columns;  // those that are given; the others take their defaults
  std::int64_t count = -1;           // -1: only the server can tell
  std::string json;                  // a list of objects; empty: it is CSV, the text of the file
};

struct ContentFile {
  std::string name;  // below the workspace, for messages
  std::string text;
  std::vector<sql::Statement> statements;  // of SQL
  std::vector<ContentRows> rows;           // of CSV and JSON
};

struct Content {
  std::string name;  // the file or folder
  std::vector<ContentFile> files;
  std::string sha256;  // `sha256:…` of names, texts and parameters
};

// One file of it: `name` says by its end which of the three it is, and which table. Does no I/O.
base::Result<ContentFile> ReadContentText(const std::string& name, std::string text);

// By `file`, `folder` and `params` of the arguments. kInvalid: everything that is wrong with the first file
// that something is wrong with. At most 1000 files of 64 MiB together.
base::Result<Content> ReadContent(const std::filesystem::path& workspace, const base::JsonObject& with);

}  // namespace slipway::drivers::postgres
