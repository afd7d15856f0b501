#include "sql/statement.h"

#include <algorithm>
#include <utility>

namespace slipway::sql {
namespace {

// What may stand between CREATE and the kind of object.
constexpr std::string_view kModifiers[] = {"or replace", "global",     "local",      "temp",
                                           "temporary",  "unlogged",   "recursive",  "unique",
                                           "trusted",    "procedural", "constraint", "default"};
constexpr std::string_view kLongKinds[] = {
    "materialized view",      "foreign table",      "foreign data wrapper",
    "event trigger",          "access method",      "user mapping",
    "operator class",         "operator family",    "text search configuration",
    "text search dictionary", "text search parser", "text search template",
    "default privileges",     "large object"};
constexpr std::string_view kAlwaysOutside[] = {
    "vacuum",          "create database", "drop database",    "create tablespace",
    "drop tablespace", "alter system",    "drop subscription"};

std::string Upper(std::string text) {
  for (char& c : text)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c & ~0x20);
  return text;
}

template <typename Words>
bool TakeOneOf(Reader& reader, const Words& words) {
  return std::ranges::any_of(words, [&](std::string_view word) { return reader.Take(word); });
}

// `create unique index` is `create index`; the reader then stands behind it.
std::string TakeCommand(Reader& reader) {
  while (reader.TakeSymbol('(')) {
  }
  std::string command = Folded(reader.text());
  reader.Skip();
  if (command != "create" && command != "alter" && command != "drop") return command;
  if (command != "alter")
    while (TakeOneOf(reader, kModifiers)) {
    }
  for (std::string_view kind : kLongKinds)
    if (reader.Take(kind)) return command + " " + std::string(kind);
  command += " " + Folded(reader.text());
  reader.Skip();
  return command;
}

void ReadObjects(Reader reader, Kind& kind) {
  reader.Take("concurrently");
  reader.Take("if not exists");
  reader.Take("if exists");
  reader.Take("only");
  if (kind.command.starts_with("drop ")) {
    for (Reader& part : reader.Parts()) kind.objects.push_back(part.TakeName());
    return;
  }
  if (kind.command != "create index") {
    kind.objects.push_back(reader.TakeName());
    return;
  }
  kind.objects.push_back(reader.Peek("on") ? Name() : reader.TakeName());
  if (!reader.Take("on")) return;
  reader.Take("only");
  kind.table = reader.TakeName();
  if (!kind.objects[0].name.empty()) kind.objects[0].schema = kind.table.schema;
}

Control ReadCommit(Reader reader, Control control) {
  if (reader.Take("prepared")) return Control::kOther;
  if (!reader.Take("work")) reader.Take("transaction");
  if (control == Control::kRollback && reader.Take("to")) return Control::kSavepoint;
  return reader.Take("and chain") ? Control::kOther : control;
}

void ReadControl(Reader reader, std::string_view statement, Kind& kind) {
  const std::string& command = kind.command;
  if (command == "begin" || (command == "start" && reader.Peek("transaction"))) {
    if (!reader.Take("work")) reader.Take("transaction");
    kind.control = Control::kBegin;
    kind.modes = statement.substr(reader.offset(), reader.AtEnd() ? 0 : statement.npos);
  } else if (command == "commit" || command == "end") {
    kind.control = ReadCommit(reader, Control::kCommit);
  } else if (command == "rollback" || command == "abort") {
    kind.control = ReadCommit(reader, Control::kRollback);
  } else if (command == "savepoint" || command == "release") {
    kind.control = Control::kSavepoint;
  } else if (command == "prepare" && reader.Peek("transaction")) {
    kind.control = Control::kOther;
  }
}

// The group behind WITH.
std::optional<bool> WithOption(Reader reader, std::string_view name) {
  auto with = reader.Find("with");
  if (!with) return std::nullopt;
  with->Skip();
  const auto options = with->TakeGroup();
  return options ? Option(*options, name) : std::nullopt;
}

std::string ReindexOutside(Reader reader) {
  const auto options = reader.TakeGroup();
  bool concurrently = options && Option(*options, "concurrently").value_or(false);
  for (std::string_view many : {"schema", "database", "system"})
    if (reader.Peek(many)) return "REINDEX " + Upper(std::string(many));
  reader.Skip();
  concurrently = concurrently || reader.Peek("concurrently");
  return concurrently ? "REINDEX CONCURRENTLY" : "";
}

std::string SubscriptionOutside(const std::string& command, Reader reader) {
  if (command == "create subscription") {
    const bool no_slot = WithOption(reader, "create_slot") == false || WithOption(reader, "connect") == false;
    return no_slot ? "" : "CREATE SUBSCRIPTION with a slot";
  }
  if (reader.Has("refresh publication")) return "ALTER SUBSCRIPTION REFRESH PUBLICATION";
  const bool changes =
      reader.Has("set publication") || reader.Has("add publication") || reader.Has("drop publication");
  return changes && WithOption(reader, "refresh") != false ? "ALTER SUBSCRIPTION with a refresh" : "";
}

bool Detaches(const Reader& reader) {
  auto detach = reader.Find("detach partition");
  if (!detach) return false;
  detach->Take("detach partition");
  detach->TakeName();
  return detach->Peek("concurrently");
}

bool IsWholeCluster(Reader reader) {
  reader.TakeGroup();
  reader.Take("verbose");
  return reader.AtEnd();
}

// A block that commits by itself, as a batched update does: the server refuses that inside a transaction
// (2D000).
bool DoCommits(std::string_view body) {
  const std::vector<Token> tokens = Tokens(body);
  for (Reader reader(body, tokens); !reader.AtEnd(); reader.Skip()) {
    Reader end = reader;
    if (!end.Take("commit") && !end.Take("rollback")) continue;
    end.Take("and chain");
    if (end.PeekSymbol(';')) return true;
  }
  return false;
}

std::string Outside(const std::string& command, Reader reader, std::string_view statement) {
  if (std::ranges::find(kAlwaysOutside, command) != std::end(kAlwaysOutside)) return Upper(command);
  if ((command == "create index" || command == "drop index") && reader.Peek("concurrently"))
    return Upper(command) + " CONCURRENTLY";
  if (command == "reindex") return ReindexOutside(reader);
  if (command == "cluster" && IsWholeCluster(reader)) return "CLUSTER of all tables";
  if (command == "alter type" && reader.Has("add value")) return "ALTER TYPE … ADD VALUE";
  if (command == "alter table" && Detaches(reader)) return "ALTER TABLE … DETACH PARTITION … CONCURRENTLY";
  if (command == "alter database" && reader.Has("set tablespace")) return "ALTER DATABASE … SET TABLESPACE";
  if (command == "discard" && reader.Peek("all")) return "DISCARD ALL";
  if (command == "do" && DoCommits(BodyOfDo(statement))) return "DO with COMMIT or ROLLBACK in it";
  if (command.ends_with(" subscription")) return SubscriptionOutside(command, reader);
  return "";
}

}  // namespace

std::optional<bool> Option(const Reader& options, std::string_view name) {
  for (Reader& part : options.Parts()) {
    if (!part.Take(name)) continue;
    part.TakeSymbol('=');
    const std::string value = Folded(part.text());
    return value != "false" && value != "off" && value != "0" && value != "'false'" && value != "'off'" &&
           value != "'0'";
  }
  return std::nullopt;
}

bool SetsSession(std::string_view statement) {
  const std::vector<Token> tokens = Tokens(statement);
  Reader reader(statement, tokens);
  if (reader.Take("reset")) return true;
  if (reader.Take("set"))
    return !reader.Peek("local") && !reader.Peek("transaction") && !reader.Peek("constraints");
  if (!reader.Take("select")) return false;
  const Name called = reader.TakeName();
  return called.name == "set_config" && (called.schema.empty() || called.schema == "pg_catalog");
}

std::string_view BodyOfDo(std::string_view statement) {
  const std::vector<Token> tokens = Tokens(statement);
  Reader reader(statement, tokens);
  if (!reader.Take("do")) return {};
  if (const auto language = reader.Find("language"); language && !language->Peek("language plpgsql"))
    return {};
  for (; !reader.AtEnd(); reader.Skip()) {
    std::string_view body = reader.text();
    if (reader.kind() != TokenKind::kString || !body.starts_with('$')) continue;
    const std::size_t tag = body.find('$', 1) + 1;
    return body.substr(tag, body.size() - 2 * tag);
  }
  return {};
}

Kind Classify(std::string_view statement) {
  const std::vector<Token> tokens = Tokens(statement);
  Reader reader(statement, tokens);
  Kind kind;
  kind.command = TakeCommand(reader);
  ReadControl(reader, statement, kind);
  kind.outside = Outside(kind.command, reader, statement);
  kind.refused =
      !kind.outside.empty() && kind.command != "alter type";  // there the new value only cannot be used
  const std::string_view command = kind.command;
  if (command.starts_with("create ") || command.starts_with("alter ") || command.starts_with("drop "))
    ReadObjects(reader, kind);
  return kind;
}

}  // namespace slipway::sql
