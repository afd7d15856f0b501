#include "sql/judge.h"

#include <algorithm>

#include "base/text.h"

namespace slipway::sql {
namespace {

constexpr int kDeprecation = 2;  // versions

// Extensions that a database's owner may create (`trusted` in the control files of PostgreSQL 15).
constexpr std::string_view kTrusted[] = {"bool_plperl",
                                         "btree_gin",
                                         "btree_gist",
                                         "citext",
                                         "cube",
                                         "dict_int",
                                         "fuzzystrmatch",
                                         "hstore",
                                         "hstore_plperl",
                                         "intarray",
                                         "isn",
                                         "jsonb_plperl",
                                         "lo",
                                         "ltree",
                                         "pg_trgm",
                                         "pgcrypto",
                                         "plperl",
                                         "plpgsql",
                                         "pltcl",
                                         "seg",
                                         "tablefunc",
                                         "tcn",
                                         "tsm_system_rows",
                                         "tsm_system_time",
                                         "unaccent",
                                         "uuid-ossp"};
constexpr std::string_view kSuperuser[] = {"load", "create event trigger", "create foreign data wrapper",
                                           "create access method", "create subscription"};
constexpr std::string_view kWholeServer[] = {"alter system",      "create database", "drop database",
                                             "create tablespace", "drop tablespace", "alter tablespace"};

// What clients use by its name, beside tables; an index or a constraint they do not.
constexpr std::string_view kNamedByClients[] = {
    "view",   "materialized view", "foreign table", "sequence", "schema",   "type",
    "domain", "function",          "procedure",     "routine",  "aggregate"};
// Of these a name is used up by a table of the same name.
constexpr std::string_view kNamedAsTables[] = {"table",    "foreign table", "view",  "materialized view",
                                               "sequence", "type",          "domain"};
// CASCADE takes the columns along whose types depend on it.
constexpr std::string_view kMakesTypes[] = {"type", "domain", "extension", "collation"};

template <typename Words>
bool Among(const Words& words, std::string_view word) {
  return std::ranges::find(words, word) != std::end(words);
}

// Behind IF NOT EXISTS or OR REPLACE stands perhaps what has been there for long.
void Remember(const Scene& scene, const Kind& kind, const Reader& reader) {
  const std::string key = Key(kind.objects[0]);
  const bool perhaps_there = reader.Has("if not exists");
  const bool there = reader.Peek("create or replace") || (perhaps_there && scene.history.known.contains(key));
  if (!there) scene.history.created.insert(key);
  scene.history.known.insert(key);
  if (kind.command != "create table") return;
  if (!perhaps_there) {
    scene.history.made.insert(key);
    Forget(scene.history, key);  // this is another one
    ReadColumns(scene, kind.objects[0], reader);
  }
  if (reader.Has("partition by")) scene.history.partitioned.insert(key);
}

// SELECT … INTO t
void RememberInto(const Scene& scene, const Reader& reader) {
  auto into = reader.Find("into");
  if (!into || scene.in_block) return;
  into->Skip();
  for (std::string_view word : {"temporary", "temp", "unlogged", "table"}) into->Take(word);
  const std::string key = Key(into->TakeName());
  Forget(scene.history, key);
  scene.history.created.insert(key);
  scene.history.known.insert(key);
  scene.history.made.insert(key);
}

// Columns of a composite type lose it too.
void JudgeAttribute(const Scene& scene, const Kind& kind, const Reader& reader) {
  const auto drop = reader.Find("drop attribute");
  if (!drop || scene.IsNew(kind.objects[0])) return;
  const std::string what = "attribute of type " + Shown(kind.objects[0]);
  scene.Destroys({}, *drop, "drops an " + what);
  scene.Report("drop-without-deprecation", *drop, "an " + what);
}

void JudgeRename(const Scene& scene, const Kind& kind, const Reader& reader) {
  const std::string what = kind.command.substr(std::string_view("alter ").size());
  if (!Among(kNamedByClients, what)) return;
  auto at = reader.Find("rename");
  if (!at) at = reader.Find("set schema");
  if (!at || (Among(kNamedAsTables, what) && scene.IsNew(kind.objects[0]))) return;
  scene.Report("rename-breaks-clients", *at, what + " " + Shown(kind.objects[0]));
}

void JudgeCreateIndex(const Scene& scene, const Kind& kind, const Reader& reader) {
  if (!kind.outside.empty() && scene.history.partitioned.contains(Key(kind.table)))
    scene.Report("refused-on-partitioned", reader, "index on " + Shown(kind.table));
  if (scene.IsNew(kind.table)) {
    scene.history.created.insert(Key(kind.objects[0]));
    return;
  }
  if (kind.outside.empty() && !reader.Has("on only"))
    scene.Report("index-not-concurrent", reader, "index on " + Shown(kind.table));
}

void JudgeDrop(const Scene& scene, const Kind& kind, const Reader& reader) {
  const bool all_new =
      std::ranges::all_of(kind.objects, [&](const Name& object) { return scene.IsNew(object); });
  if (const auto cascade = reader.Find("cascade"); cascade && !all_new)
    scene.Report("drop-cascade", *cascade, "DROP … CASCADE");
  if (kind.command == "drop owned") {
    scene.Destroys({}, reader, "drops all that a role owns");
    return scene.Report("drop-without-deprecation", reader, "DROP OWNED");
  }
  const std::string what = kind.command.substr(std::string_view("drop ").size());
  const bool takes_columns = !all_new && reader.Has("cascade") && Among(kMakesTypes, what);
  for (const Name& object : kind.objects) {
    if (takes_columns) scene.Destroys({}, reader, "drops columns with " + what + " " + Shown(object));
    scene.history.known.erase(Key(object));
    if (kind.command == "drop table" || kind.command == "drop schema")
      scene.Destroys(object, reader, "drops " + kind.command.substr(5) + " " + Shown(object));
    if (scene.history.created.erase(Key(object)) > 0) continue;
    if (kind.command == "drop index" && kind.outside.empty())
      scene.Report("drop-index-not-concurrent", reader, "index " + Shown(object));
    const bool table = kind.command == "drop table" || kind.command == "drop foreign table";
    if (table && !scene.MayGo(object))
      scene.Report("drop-without-deprecation", reader, "table " + Shown(object));
    if (kind.command == "drop schema" && !scene.MayGo("schema " + object.name))
      scene.Report("drop-without-deprecation", reader, "schema " + Shown(object));
    if (table) Forget(scene.history, Key(object));
  }
}

// 'deprecated: …', in any kind of quotes
bool IsDeprecation(const Reader& reader) {
  std::string text = Folded(reader.text());
  if (reader.kind() != TokenKind::kString) return false;
  const std::size_t open = text.starts_with('$') ? text.find('$', 1) : text.find('\'');
  return open != text.npos && std::string_view(text).substr(open + 1).starts_with("deprecated");
}

// COMMENT ON COLUMN t.c IS 'deprecated: …'
void ReadComment(const Scene& scene, Reader reader) {
  reader.Take("comment on");
  const bool schema = reader.Take("schema");
  const bool column = !schema && reader.Take("column");
  if (!schema && !column && !reader.Take("table")) return;
  std::vector<std::string> path{reader.TakeIdentifier()};
  while (reader.TakeSymbol('.')) path.push_back(reader.TakeIdentifier());
  if (!reader.Take("is")) return;
  const auto last = [&](std::size_t back) {
    return path.size() > back ? path[path.size() - 1 - back] : std::string();
  };
  const std::string key = schema   ? "schema " + last(0)
                          : column ? ColumnKey({last(2), last(1)}, last(0))
                                   : Key({last(1), last(0)});
  if (IsDeprecation(reader))
    scene.history.deprecated.emplace(key, scene.history.version);
  else
    scene.history.deprecated.erase(key);
}

void JudgeGrant(const Scene& scene, const Reader& reader) {
  auto to = reader.Find("to");
  if (!to) return;
  to->Skip();
  for (Reader& role : to->Parts()) {
    role.Take("group");
    if (role.Peek("public")) scene.Report("grant-to-public", role, "GRANT … TO PUBLIC");
  }
}

void JudgeMaintenance(const Scene& scene, const Kind& kind, Reader reader) {
  const Reader begin = reader;
  reader.Skip();
  const auto options = reader.TakeGroup();
  if (kind.command == "vacuum" && (reader.Peek("full") || (options && Option(*options, "full") == true)))
    scene.Report("vacuum-full", begin, "VACUUM FULL");
  if (kind.command == "reindex") {
    reader.Skip();  // INDEX, TABLE, …
    const bool concurrent =
        reader.Take("concurrently") || (options && Option(*options, "concurrently") == true);
    if (!concurrent && !scene.IsNew(reader.TakeName()))
      scene.Report("index-not-concurrent", begin, "REINDEX");
    return;
  }
  reader.Take("verbose");
  if (kind.command == "cluster" && !scene.IsNew(reader.TakeName()))
    scene.Report("vacuum-full", begin, "CLUSTER");
}

void JudgeLock(const Scene& scene, Reader reader) {
  const Reader begin = reader;
  reader.Take("lock");
  reader.Take("table");
  reader.Take("only");
  const Name table = reader.TakeName();
  if (!scene.IsNew(table)) scene.Report("lock-table", begin, "LOCK TABLE " + Shown(table));
}

void JudgeSetting(const Scene& scene, Reader reader) {
  const Reader begin = reader;
  reader.Take("set");
  if (!reader.Take("session")) reader.Take("local");
  if (!reader.Take("session_replication_role")) return;
  reader.Skip();  // `=` or TO
  const std::string value = Folded(reader.text());
  if (value != "origin" && value != "'origin'" && value != "default")
    scene.Report("disable-trigger", begin, "session_replication_role");
}

void JudgeRights(const Scene& scene, const Kind& kind, const Reader& reader) {
  if (Among(kWholeServer, kind.command)) scene.Report("cluster-wide", reader, base::Quote(kind.command));
  if (Among(kSuperuser, kind.command)) scene.Report("superuser-statement", reader, base::Quote(kind.command));
  if (kind.command == "create extension" && !Among(kTrusted, kind.objects[0].name))
    scene.Report("superuser-statement", reader, "extension " + Shown(kind.objects[0]));
  if (kind.command == "grant" || kind.command == "alter default privileges") JudgeGrant(scene, reader);
}

// Where the statement begins that EXPLAIN ANALYZE carries out, or that PREPARE keeps for EXECUTE.
std::optional<Reader> Inner(const Kind& kind, Reader reader) {
  if (kind.command == "prepare" && kind.control == Control::kNone) {
    auto as = reader.Find("as");
    if (as) as->Skip();
    return as;
  }
  if (kind.command != "explain") return std::nullopt;
  reader.Skip();
  const auto options = reader.TakeGroup();
  const bool analyze = reader.Take("analyze") || (options && Option(*options, "analyze") == true);
  reader.Take("verbose");
  return analyze ? std::optional(reader) : std::nullopt;
}

void JudgeOwnObjects(const Scene& scene, const Kind& kind, const Reader& reader) {
  const std::string_view verb = std::string_view(kind.command).substr(0, kind.command.find(' '));
  if (verb != "create" && verb != "alter" && verb != "drop") return;
  const bool schema = kind.command.ends_with(" schema");
  for (const Name& object : kind.objects) JudgeOwn(scene, schema ? Name{object.name, {}} : object, reader);
}

void JudgeOne(const Scene& scene, std::string_view statement) {
  const std::vector<Token> tokens = Tokens(statement);
  const Reader reader(statement, tokens);
  const Kind kind = Classify(statement);
  const std::string& command = kind.command;
  if (const auto inner = Inner(kind, reader);
      inner && !inner->AtEnd() && !inner->Peek("explain") && !inner->Peek("prepare")) {  // neither nests
    Scene there = scene;
    there.offset += inner->offset();
    return JudgeOne(there, statement.substr(inner->offset()));
  }
  if (scene.in_block && kind.refused)
    scene.Report("concurrently-in-transaction", reader, kind.outside + " in a DO block");
  if (command.starts_with("create ") && Among(kNamedAsTables, command.substr(7)))
    Remember(scene, kind, reader);
  if (command == "select") RememberInto(scene, reader);
  if (command.starts_with("alter ")) JudgeRename(scene, kind, reader);
  if (command == "alter type") JudgeAttribute(scene, kind, reader);
  if (command == "create index") JudgeCreateIndex(scene, kind, reader);
  if (command == "alter table") JudgeAlterTable(scene, kind, reader);
  if (command.starts_with("drop ")) JudgeDrop(scene, kind, reader);
  if (command == "comment") ReadComment(scene, reader);
  if (command == "vacuum" || command == "cluster" || command == "reindex")
    JudgeMaintenance(scene, kind, reader);
  if (command == "lock") JudgeLock(scene, reader);
  if (command == "set") JudgeSetting(scene, reader);
  JudgeRights(scene, kind, reader);
  JudgeOwnObjects(scene, kind, reader);
  JudgeData(scene, kind, reader);
  JudgeSecrets(scene, kind, reader);
}

// Steps over what stands before a statement of PL/pgSQL: BEGIN, IF … THEN, FOR … LOOP, a label. False:
// nothing did.
bool TakeControl(Reader& reader) {
  const auto behind = [&](std::string_view word) {
    auto found = reader.Find(word);
    if (!found) return false;
    found->Skip();
    reader = *found;
    return true;
  };
  if (reader.Take("begin") || reader.Take("else") || reader.Take("declare") || reader.Take("loop"))
    return true;
  for (std::string_view word : {"if", "elsif", "elseif", "exception", "when", "case"})
    if (reader.Peek(word)) return behind("then");
  for (std::string_view word : {"for", "foreach", "while"})
    if (reader.Peek(word)) return behind("loop");
  if (!reader.PeekSymbol('<')) return false;
  for (int i = 0; i < 5; ++i) reader.Skip();  // <<label>>
  return true;
}

void JudgeBlock(Scene scene, std::string_view body) {
  const std::vector<Token> tokens = Tokens(body);
  scene.in_block = true;
  const std::size_t offset = scene.offset;
  for (std::size_t begin = 0, end = 0; begin < tokens.size(); begin = end + 1) {
    for (end = begin; end < tokens.size() && body[tokens[end].begin] != ';';) ++end;
    Reader reader(body, std::span(tokens).subspan(begin, end - begin));
    while (!reader.AtEnd() && TakeControl(reader)) {
    }
    if (reader.AtEnd()) continue;
    scene.offset = offset + reader.offset();
    JudgeOne(scene, body.substr(reader.offset(), tokens[end - 1].end - reader.offset()));
  }
}

}  // namespace

void Forget(History& history, const std::string& table) {
  const auto forget = [&](auto& map) {
    map.erase(table);
    map.erase(map.lower_bound(table + "#"), map.lower_bound(table + "$"));  // `$` comes behind `#`
  };
  forget(history.deprecated);
  forget(history.types);
}

std::string Key(const Name& table) {
  return table.schema.empty() || table.schema == "public" ? table.name : table.schema + "." + table.name;
}

std::string ColumnKey(const Name& table, std::string_view column) {
  return Key(table) + "#" + std::string(column);
}

std::string Shown(const Name& name) {
  return base::Quote(name.schema.empty() ? name.name : name.schema + "." + name.name);
}

bool Scene::MayGo(const Name& table) const {
  return MayGo(Key(table)) || (!table.schema.empty() && MayGo("schema " + table.schema));
}

void JudgeOwn(const Scene& scene, const Name& name, const Reader& at) {
  if (name.schema == "slipway")
    scene.Report("writes-slipways-own", at, name.name.empty() ? "schema `slipway`" : Shown(name));
}

bool Scene::MayGo(const std::string& key) const {
  const auto since = history.deprecated.find(key);
  return since != history.deprecated.end() && history.version - since->second >= kDeprecation;
}

void Judge(const Scene& scene, std::string_view statement) {
  JudgeOne(scene, statement);
  const std::string_view body = BodyOfDo(statement);
  if (body.empty()) return;
  Scene inside = scene;
  inside.offset += static_cast<std::size_t>(body.data() - statement.data());
  JudgeBlock(inside, body);
}

}  // namespace slipway::sql
