#include "drivers/postgres/content/content.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/serialize.hpp>

#include "base/bytes.h"
#include "base/file.h"
#include "base/text.h"
#include "sql/statement.h"

namespace slipway::drivers::postgres {
namespace {

using base::Invalid;
using base::Json;
using base::JsonObject;
using base::Result;
using base::Status;

constexpr std::uint64_t kMostBytes = 64u << 20;
constexpr std::size_t kMostFiles = 1000, kMostRows = 1'000'000, kMostColumns = 1600;

bool IsName(std::string_view text) {
  return !text.empty() && text.size() <= 63 && !(text[0] >= '0' && text[0] <= '9') &&
         std::ranges::all_of(text, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
         });
}

Status CheckTable(const std::string& table, const std::string& file) {
  const std::vector<std::string> parts = base::Split(table, '.');
  if (parts.size() <= 2 && std::ranges::all_of(parts, IsName)) return {};
  return Invalid(base::Quote(table) + " is no name of a table", file,
                 "letters, digits and `_`, with a schema before it or without");
}

// `010_training_programs.csv` -> `training_programs`.
std::string TableOf(const std::filesystem::path& file) {
  std::string name = file.stem().string();
  const std::size_t digits = name.find_first_not_of("0123456789");
  if (digits != 0 && digits != name.npos && name[digits] == '_') name.erase(0, digits + 1);
  return name;
}

Status ReadSql(ContentFile& file) {
  auto script = sql::Split(file.text, file.name);
  if (!script) {
    const base::Diagnostic& first = script.error().front();
    return Invalid(first.what, fmt::format("{}:{}", first.file, first.at.line), first.suggestion);
  }
  for (const sql::Statement& statement : script->statements) {
    const sql::Kind kind = sql::Classify(statement.text);
    const std::string at = fmt::format("{}:{}", file.name, statement.at.line);
    if (kind.control != sql::Control::kNone)
      return Invalid("content is one transaction, and no file of it begins or ends one", at,
                     "take the line out");
    if (!kind.outside.empty())
      return Invalid(kind.outside + " is no content: it cannot run in a transaction", at,
                     "make it a migration");
    static constexpr std::string_view kWords[] = {"insert", "copy", "with", "select", "do", "set", "values"};
    if (std::ranges::find(kWords, kind.command) == std::end(kWords))
      return Invalid(base::Quote(kind.command) + " is no content: it only inserts rows", at,
                     "make it a migration");
    if (kind.command == "copy" && !statement.data)
      return Invalid("content copies from its own file alone", at,
                     "COPY … FROM stdin, with the rows below it");
  }
  file.statements = std::move(script->statements);
  return {};
}

Status ReadCsv(ContentFile& file, std::string table) {
  SLIPWAY_CHECK_OK(CheckTable(table, file.name));
  ContentRows rows{.table = std::move(table)};
  std::string header = file.text.substr(0, file.text.find('\n'));
  if (header.ends_with('\r')) header.pop_back();
  for (std::string column : base::Split(header, ',')) {
    if (column.size() > 2 && column.starts_with('"') && column.ends_with('"'))
      column = column.substr(1, column.size() - 2);
    if (!IsName(column))
      return Invalid("the first line names the columns, and " + base::Quote(column) + " is no name of one",
                     file.name + ":1");
    rows.columns.push_back(std::move(column));
  }
  if (rows.columns.size() > kMostColumns) return Invalid("too many columns", file.name + ":1");
  file.rows.push_back(std::move(rows));
  return {};
}

// The rows of one table; every row gives the same columns, so that none takes a default by mistake.
Status AddRows(ContentFile& file, const std::string& table, const Json& list) {
  SLIPWAY_CHECK_OK(CheckTable(table, file.name));
  const std::string where = fmt::format("{}, {}", file.name, table);
  if (!list.is_array()) return Invalid("the rows of a table are a list of maps", where);
  ContentRows rows{.table = table, .count = static_cast<std::int64_t>(list.get_array().size())};
  if (list.get_array().size() > kMostRows) return Invalid("over a million rows", where);
  for (std::size_t i = 0; i < list.get_array().size(); ++i) {
    const Json& row = list.get_array()[i];
    const std::string at = fmt::format("{}, row {}", where, i + 1);
    if (!row.is_object() || row.get_object().empty()) return Invalid("a row is a map of column to value", at);
    std::vector<std::string> columns;
    for (const auto& [column, value] : row.get_object()) {
      if (!IsName(column)) return Invalid(base::Quote(std::string(column)) + " is no name of a column", at);
      columns.emplace_back(column);
    }
    if (i == 0) rows.columns = columns;
    std::ranges::sort(columns);
    std::vector<std::string> first = rows.columns;
    std::ranges::sort(first);
    if (columns != first)
      return Invalid("it has other columns than the first row of its table", at,
                     "write `null` where there is no value");
  }
  if (rows.count == 0) return {};
  rows.json = boost::json::serialize(list);
  file.rows.push_back(std::move(rows));
  return {};
}

Status ReadJson(ContentFile& file, const std::string& table) {
  auto json = base::ParseJson(file.text);
  if (!json) return Invalid(json.error().what, file.name, json.error().next);
  if (json->is_array()) return AddRows(file, table, *json);
  if (!json->is_object())
    return Invalid("it is neither a list of rows nor a map of table to rows", file.name);
  for (const auto& [name, list] : json->get_object())
    SLIPWAY_CHECK_OK(AddRows(file, std::string(name), list));
  return {};
}

Status ReadOne(const std::filesystem::path& path, const std::string& name, std::uint64_t& left,
               Content& content) {
  SLIPWAY_TRY(std::string text, base::ReadFile(path, left));
  left -= text.size();
  SLIPWAY_TRY(ContentFile file, ReadContentText(name, std::move(text)));
  content.files.push_back(std::move(file));
  return {};
}

Result<std::vector<std::string>> NamesIn(const std::filesystem::path& folder, const std::string& name) {
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    if (!entry.is_regular_file(error))
      return Invalid("a folder of content holds files alone", name + "/" + entry.path().filename().string());
    names.push_back(entry.path().filename().string());
    if (names.size() > kMostFiles) return Invalid("over a thousand files", name);
  }
  if (error) return base::Fail(base::ErrorKind::kIo, error.message(), name);
  if (names.empty()) return Invalid("there is no content in it", name);
  std::ranges::sort(names);
  return names;
}

}  // namespace

Result<ContentFile> ReadContentText(const std::string& name, std::string text) {
  ContentFile file{.name = name, .text = std::move(text)};
  if (!base::IsUtf8(file.text)) return Invalid("it is not UTF-8", name);
  const std::filesystem::path path = name;
  const std::string extension = path.extension().string();
  if (extension == ".sql") {
    SLIPWAY_CHECK_OK(ReadSql(file));
  } else if (extension == ".csv") {
    SLIPWAY_CHECK_OK(ReadCsv(file, TableOf(path)));
  } else if (extension == ".json") {
    SLIPWAY_CHECK_OK(ReadJson(file, TableOf(path)));
  } else {
    return Invalid("content is .sql, .csv or .json", name, "take it out of the folder");
  }
  return file;
}

Result<Content> ReadContent(const std::filesystem::path& workspace, const JsonObject& with) {
  if (with.contains("file") == with.contains("folder"))
    return Invalid("postgres.seed needs either `file` or `folder`");
  const bool one = with.contains("file");
  Content content{.name = base::GetString(with, one ? "file" : "folder")};
  SLIPWAY_TRY(const auto path, base::Inside(workspace, content.name));
  std::uint64_t left = kMostBytes;
  if (one) {
    SLIPWAY_CHECK_OK(ReadOne(path, content.name, left, content));
  } else {
    SLIPWAY_TRY(const auto names, NamesIn(path, content.name));
    for (const std::string& name : names)
      SLIPWAY_CHECK_OK(ReadOne(path / name, content.name + "/" + name, left, content));
  }
  std::string all;
  for (const ContentFile& file : content.files)
    all += fmt::format("{}\n{}\n", file.name, base::Sha256Text(file.text));
  if (const Json* params = with.if_contains("params")) {
    SLIPWAY_TRY(const std::string text, base::CanonicalJson(*params));
    all += text;
  }
  content.sha256 = base::Sha256Text(all);
  return content;
}

}  // namespace slipway::drivers::postgres
