// What the rules of lint work with, in three files: judge.cc, judge_table.cc (ALTER TABLE), judge_data.cc.
// Private to sql/.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sql/column_type.h"
#include "sql/reader.h"
#include "sql/statement.h"

namespace slipway::sql {

// What the files read so far say of the database. Names are keys as Key() and ColumnKey() make them.
struct History {
  int version = 0;                // the how-manieth it is
  std::set<std::string> created;  // tables and indexes of this version: nothing uses them yet
  std::set<std::string>
      made;  // tables of all files that are judged: what is in them was never anybody's data
  std::set<std::string> known;  // what any file created, and what IF NOT EXISTS then may have found there
  std::set<std::string> partitioned;        // tables of any file
  std::map<std::string, bool> added;        // columns of this version; true: null in every row
  std::set<std::string> perhaps_there;      // those of them that IF NOT EXISTS may have found there
  std::map<std::string, ColumnType> types;  // columns, where the files say it for sure
  std::map<std::string, int> deprecated;    // tables, columns and schemas, and in which version
  std::map<std::string, std::string> not_null_checks;  // constraint: the column it says is not null
  std::set<std::string> proven_not_null;               // columns with such a constraint that is valid
  std::map<std::string, std::pair<std::size_t, int>> unproven;  // constraint NOT VALID: file and transaction
};

// What the files said of a table or its columns is of no use any more.
void Forget(History& history, const std::string& table);

std::string Key(const Name& table);
std::string ColumnKey(const Name& table, std::string_view column);  // or a constraint's
std::string Shown(const Name& name);                                // in backticks

// A finding before its place is known as line and column.
struct Found {
  std::size_t offset = 0;  // in the file
  std::string_view rule;
  std::string subject;
};

// So many findings of one file are told, and that there are more.
inline constexpr std::size_t kMaxFound = 1000;

// Where the statement stands.
struct Scene {
  History& history;
  std::vector<Found>& found;
  std::vector<Found>& lost;                 // where data are destroyed
  std::pair<std::size_t, int> transaction;  // file and segment
  std::size_t offset = 0;                   // of the text that is judged, in the file
  bool in_block = false;                    // inside a DO block

  void Report(std::string_view rule, const Reader& at, std::string subject) const {
    if (found.size() <= kMaxFound) found.push_back({offset + at.offset(), rule, std::move(subject)});
  }
  void Destroys(const Name& table, const Reader& at, std::string what) const {
    if (!history.made.contains(Key(table)) && lost.size() <= kMaxFound)
      lost.push_back({offset + at.offset(), {}, std::move(what)});
  }
  bool IsAdded(const std::string& column) const {
    return history.added.contains(column) && !history.perhaps_there.contains(column);
  }
  bool IsNew(const Name& table) const { return !table.name.empty() && history.created.contains(Key(table)); }
  // Deprecated at least two versions ago; a table also with its schema.
  bool MayGo(const std::string& key) const;
  bool MayGo(const Name& table) const;
};

// One statement, or each statement of a DO block.
void Judge(const Scene& scene, std::string_view statement);

// Something is written, made, changed or dropped in the schema where slipway keeps its records.
void JudgeOwn(const Scene& scene, const Name& name, const Reader& at);

// `reader` stands before the first word of the statement. CREATE TABLE: the types of its columns.
void ReadColumns(const Scene& scene, const Name& table, Reader reader);
void JudgeAlterTable(const Scene& scene, const Kind& kind, Reader reader);
void JudgeData(const Scene& scene, const Kind& kind,
               const Reader& reader);  // UPDATE, DELETE, INSERT, COPY, TRUNCATE
void JudgeSecrets(const Scene& scene, const Kind& kind, Reader reader);

}  // namespace slipway::sql
