#include <algorithm>
#include <optional>

#include "base/text.h"
#include "sql/judge.h"

namespace slipway::sql {
namespace {

constexpr std::string_view kSerial[] = {"serial",  "serial2",   "serial4",
                                        "serial8", "bigserial", "smallserial"};

// Types to which a change may be a mere widening.
constexpr std::string_view kWide[] = {"text",    "varchar", "character varying", "numeric",
                                      "decimal", "varbit",  "bit varying"};

// Behind these a DEFAULT has ended.
constexpr std::string_view kConstraints[] = {"constraint", "not",     "null",       "check",
                                             "unique",     "primary", "references", "generated"};

// What may stand before a parenthesis in a default without making it volatile: functions of PostgreSQL that
// are immutable or stable, and keywords. A function not named here is volatile or not known not to be.
constexpr std::string_view kSteady[] = {"abs",
                                        "age",
                                        "all",
                                        "and",
                                        "any",
                                        "array_fill",
                                        "ascii",
                                        "box",
                                        "btrim",
                                        "case",
                                        "cast",
                                        "ceil",
                                        "ceiling",
                                        "char_length",
                                        "chr",
                                        "circle",
                                        "coalesce",
                                        "concat",
                                        "concat_ws",
                                        "current_date",
                                        "current_setting",
                                        "current_time",
                                        "current_timestamp",
                                        "date_part",
                                        "date_trunc",
                                        "daterange",
                                        "decode",
                                        "else",
                                        "encode",
                                        "extract",
                                        "floor",
                                        "format",
                                        "greatest",
                                        "in",
                                        "initcap",
                                        "int4range",
                                        "int8range",
                                        "interval",
                                        "json_build_array",
                                        "json_build_object",
                                        "jsonb_build_array",
                                        "jsonb_build_object",
                                        "least",
                                        "left",
                                        "length",
                                        "localtime",
                                        "localtimestamp",
                                        "lower",
                                        "lpad",
                                        "ltrim",
                                        "make_date",
                                        "make_interval",
                                        "make_time",
                                        "make_timestamp",
                                        "make_timestamptz",
                                        "md5",
                                        "mod",
                                        "not",
                                        "now",
                                        "nullif",
                                        "numrange",
                                        "or",
                                        "overlay",
                                        "point",
                                        "position",
                                        "power",
                                        "repeat",
                                        "replace",
                                        "right",
                                        "round",
                                        "row",
                                        "rpad",
                                        "rtrim",
                                        "sha256",
                                        "split_part",
                                        "sqrt",
                                        "statement_timestamp",
                                        "string_to_array",
                                        "substr",
                                        "substring",
                                        "then",
                                        "timezone",
                                        "to_char",
                                        "to_date",
                                        "to_json",
                                        "to_jsonb",
                                        "to_number",
                                        "to_timestamp",
                                        "to_tsquery",
                                        "to_tsvector",
                                        "transaction_timestamp",
                                        "trim",
                                        "trunc",
                                        "tsrange",
                                        "tstzrange",
                                        "upper",
                                        "when"};

template <typename Words>
bool Among(const Words& words, std::string_view word) {
  return std::ranges::find(words, word) != std::end(words);
}

// The expression behind DEFAULT; `ON DELETE SET DEFAULT` is none, and NULL is the same as none.
std::optional<Reader> FindDefault(Reader reader) {
  while (!reader.AtEnd()) {
    if (reader.Take("set default")) continue;
    if (reader.Take("default")) return reader.Peek("null") ? std::nullopt : std::optional(reader);
    if (!reader.TakeGroup()) reader.Skip();
  }
  return std::nullopt;
}

// The first call in an expression that is not known to be steady.
std::optional<Reader> FindVolatile(Reader expression) {
  bool type = false;  // behind `::` and AS a parenthesis belongs to a type
  int depth = 0;
  for (; !expression.AtEnd(); expression.Skip()) {
    const std::string word = Folded(expression.text());
    if (depth == 0 && Among(kConstraints, word)) return std::nullopt;
    depth += expression.PeekSymbol('(') ? 1 : expression.PeekSymbol(')') ? -1 : 0;
    if (expression.kind() == TokenKind::kWord || expression.kind() == TokenKind::kName) {
      Reader next = expression;
      next.Skip();
      if (word == "as") {
        type = true;
        continue;
      }
      if (next.PeekSymbol('(') && !type && !Among(kSteady, word)) return expression;
      type = type && (next.PeekSymbol('.') || next.kind() == TokenKind::kWord);  // `character varying(9)`
    } else if (word != ".") {
      type = word == "::";
    }
  }
  return std::nullopt;
}

// What stands in a list of columns, or behind ADD, and is none.
bool PeekConstraint(const Reader& reader) {
  return std::ranges::any_of(
      std::initializer_list<std::string_view>{"constraint", "check", "unique", "primary key", "foreign key",
                                              "exclude", "like"},
      [&](std::string_view word) { return reader.Peek(word); });
}

// The type of a column as it is from here on. In a DO block nobody knows whether the statement was reached.
void SetType(const Scene& scene, const std::string& column, const std::optional<ColumnType>& type) {
  if (type && !scene.in_block)
    scene.history.types.insert_or_assign(column, *type);
  else
    scene.history.types.erase(column);
}

// What an action of ALTER TABLE makes of the types.
void TrackTypes(const Scene& scene, const Name& table, Reader reader) {
  std::map<std::string, ColumnType>& types = scene.history.types;
  if (reader.Take("add")) {
    if (PeekConstraint(reader)) return;
    reader.Take("column");
    const bool perhaps_there = reader.Take("if not exists");
    const std::string key = ColumnKey(table, reader.TakeIdentifier());
    if (!perhaps_there) SetType(scene, key, TakeType(reader));
  } else if (reader.Take("drop")) {
    if (reader.Take("constraint")) return;
    reader.Take("column");
    reader.Take("if exists");
    types.erase(ColumnKey(table, reader.TakeIdentifier()));
  } else if (reader.Take("alter")) {
    reader.Take("column");
    const std::string key = ColumnKey(table, reader.TakeIdentifier());
    reader.Take("set data");
    if (reader.Take("type")) SetType(scene, key, TakeType(reader));
  } else if (reader.Take("rename")) {
    if (reader.Take("constraint")) return;
    if (reader.Take("to")) return Forget(scene.history, Key(table));
    reader.Take("column");
    types.erase(ColumnKey(table, reader.TakeIdentifier()));
  } else if (reader.Peek("set schema")) {
    Forget(scene.history, Key(table));
  }
}

class Action {
 public:
  Action(const Scene& scene, const Name& table, const Reader& action)
      : scene_(scene), table_(table), action_(action) {}

  void Judge() {
    Reader reader = action_;
    if (reader.Take("add")) Add(reader);
    if (reader.Take("drop")) Drop(reader);
    if (reader.Take("alter")) Alter(reader);
    if (reader.Take("rename")) Rename(reader);
    if (reader.Take("validate constraint")) Validate(reader.TakeIdentifier());
    for (std::string_view words : {"set logged", "set unlogged", "set tablespace", "set access method"})
      if (reader.Peek(words)) Report("set-rewrites-table", action_, "table " + Shown(table_));
    if (reader.Take("set schema")) Report("rename-breaks-clients", action_, "table " + Shown(table_));
    if (reader.Take("disable trigger")) Report("disable-trigger", action_, "triggers of " + Shown(table_));
  }

 private:
  void Report(std::string_view rule, const Reader& at, std::string subject) {
    scene_.Report(rule, at, std::move(subject));
  }
  std::string ColumnOf(const std::string& column) const {
    return "column " + base::Quote(column) + " of " + Shown(table_);
  }

  void Add(Reader reader) {
    if (reader.Take("constraint")) return AddConstraint(reader.TakeIdentifier(), reader);
    if (PeekConstraint(reader)) return AddConstraint("", reader);
    reader.Take("column");
    const bool perhaps_there = reader.Take("if not exists");
    const std::string column = reader.TakeIdentifier();
    if (const std::string key = ColumnKey(table_, column);
        perhaps_there && !scene_.history.added.contains(key))
      scene_.history.perhaps_there.insert(key);
    AddColumn(column, reader);
  }

  // `reader` stands before the type.
  void AddColumn(const std::string& column, const Reader& reader) {
    const auto standard = FindDefault(reader);
    const auto generated = reader.Find("generated");
    const bool serial = Among(kSerial, Folded(reader.text()));
    const bool filled = standard || generated || serial;
    scene_.history.added[ColumnKey(table_, column)] = !filled;
    if (serial || generated)
      Report("volatile-default", generated ? *generated : reader, ColumnOf(column));
    else if (const auto call = standard ? FindVolatile(*standard) : std::nullopt)
      Report("volatile-default", *call, ColumnOf(column) + " by " + base::Quote(call->text()));
    for (std::string_view words : {"not null", "primary key"})
      if (const auto at = reader.Find(words); at && !filled)
        Report("not-null-without-default", *at, ColumnOf(column));
    for (std::string_view words : {"unique", "primary key"})
      if (const auto at = reader.Find(words)) Report("unique-constraint-builds-index", *at, ColumnOf(column));
    if (const auto at = reader.Find("check")) Report("foreign-key-validates", *at, ColumnOf(column));
    // Without a default every row has NULL, which the server knows to refer to nothing.
    if (const auto at = reader.Find("references"); at && filled)
      Report("foreign-key-validates", *at, ColumnOf(column));
  }

  void AddConstraint(const std::string& name, Reader reader) {
    const std::string subject =
        (name.empty() ? "a constraint" : "constraint " + base::Quote(name)) + " of " + Shown(table_);
    const auto index = reader.Find("using index");
    if ((reader.Peek("unique") || reader.Peek("primary key")) &&
        (!index || index->Peek("using index tablespace")))
      return Report("unique-constraint-builds-index", action_, subject);
    if (reader.Peek("exclude")) return Report("exclusion-builds-index", action_, subject);
    if (!reader.Peek("check") && !reader.Peek("foreign key")) return;
    const std::string key = ColumnKey(table_, name);
    const bool valid = !reader.Has("not valid");
    if (valid) Report("foreign-key-validates", action_, subject);
    if (!valid) scene_.history.unproven[key] = scene_.transaction;
    if (const std::string column = NotNullColumn(reader); !column.empty()) {
      scene_.history.not_null_checks[key] = column;
      if (valid) scene_.history.proven_not_null.insert(ColumnKey(table_, column));
    }
  }

  // CHECK (column IS NOT NULL)
  static std::string NotNullColumn(Reader reader) {
    if (!reader.Take("check")) return "";
    auto group = reader.TakeGroup();
    if (!group) return "";
    std::string column = group->TakeIdentifier();
    return group->Take("is not null") && group->AtEnd() ? column : "";
  }

  void Validate(const std::string& name) {
    const std::string key = ColumnKey(table_, name);
    const auto added = scene_.history.unproven.find(key);
    if (added != scene_.history.unproven.end() && added->second == scene_.transaction)
      Report("validated-in-same-transaction", action_,
             "constraint " + base::Quote(name) + " of " + Shown(table_));
    if (const auto check = scene_.history.not_null_checks.find(key);
        check != scene_.history.not_null_checks.end())
      scene_.history.proven_not_null.insert(ColumnKey(table_, check->second));
  }

  void Drop(Reader reader) {
    if (const auto cascade = reader.Find("cascade")) Report("drop-cascade", *cascade, "DROP … CASCADE");
    const bool constraint = reader.Take("constraint");
    if (!constraint) reader.Take("column");
    reader.Take("if exists");
    const std::string name = reader.TakeIdentifier();
    const std::string key = ColumnKey(table_, name);
    if (!constraint) {
      if (!scene_.IsAdded(key))
        scene_.Destroys(table_, action_, "drops column " + base::Quote(name) + " of " + Shown(table_));
      if (!scene_.IsAdded(key) && !scene_.MayGo(key) && !scene_.MayGo(table_))
        Report("drop-without-deprecation", action_, ColumnOf(name));
      scene_.history.deprecated.erase(key);
    } else if (const auto check = scene_.history.not_null_checks.find(key);
               check != scene_.history.not_null_checks.end()) {
      scene_.history.proven_not_null.erase(ColumnKey(table_, check->second));
    }
  }

  void Alter(Reader reader) {
    if (reader.Take("constraint")) return;
    reader.Take("column");
    const std::string column = reader.TakeIdentifier();
    if (reader.Take("set not null") && !scene_.history.proven_not_null.contains(ColumnKey(table_, column)))
      Report("set-not-null-scans", action_, ColumnOf(column));
    reader.Take("set data");
    if (!reader.Take("type")) return;
    if (const auto was = scene_.history.types.find(ColumnKey(table_, column));
        was != scene_.history.types.end()) {
      Reader rest = reader;
      const auto type = TakeType(rest);
      const bool plain = type && rest.AtEnd();
      if (plain && IsWidening(was->second, *type)) return;
      if (plain)
        return Report("type-change-rewrites", action_, ColumnOf(column) + ", now " + ToString(was->second));
    }
    bool wide = std::ranges::any_of(kWide, [&](std::string_view type) { return reader.Peek(type); });
    for (Reader rest = reader; !rest.AtEnd(); rest.Skip())
      wide = wide && !rest.Peek("using") && !rest.PeekSymbol('[');
    Report(wide ? "type-change-may-rewrite" : "type-change-rewrites", action_, ColumnOf(column));
  }

  void Rename(Reader reader) {
    if (reader.Take("constraint")) return;
    if (reader.Take("to")) {
      scene_.history.known.erase(Key(table_));
      return Report("rename-breaks-clients", action_, "table " + Shown(table_));
    }
    reader.Take("column");
    const std::string column = reader.TakeIdentifier();
    if (!scene_.IsAdded(ColumnKey(table_, column)))
      Report("rename-breaks-clients", action_, ColumnOf(column));
  }

  const Scene& scene_;
  const Name& table_;
  const Reader action_;
};

}  // namespace

void ReadColumns(const Scene& scene, const Name& table, Reader reader) {
  if (reader.Has("partition of")) return;  // it has those of its parent
  std::optional<Reader> columns;
  while (!reader.AtEnd() && !reader.Peek("as") && !(columns = reader.TakeGroup())) reader.Skip();
  if (!columns) return;
  for (Reader& column : columns->Parts()) {
    if (PeekConstraint(column)) continue;
    const std::string key = ColumnKey(table, column.TakeIdentifier());
    SetType(scene, key, TakeType(column));
  }
}

void JudgeAlterTable(const Scene& scene, const Kind& kind, Reader reader) {
  const Name table = kind.objects[0];
  reader.Take("alter table");
  reader.Take("if exists");
  reader.Take("only");
  if (reader.Peek("all in tablespace"))
    return scene.Report("set-rewrites-table", reader, "all tables of a tablespace");
  reader.TakeName();
  reader.TakeSymbol('*');
  if (scene.history.partitioned.contains(Key(table)))
    for (const Reader& action : reader.Parts())
      if (action.Peek("add") && action.Has("foreign key") && action.Has("not valid"))
        scene.Report("refused-on-partitioned", action,
                     "a foreign key of " + Shown(table) + " that is NOT VALID");
  if (scene.IsNew(table)) {  // nothing uses it yet; under another name it is as new
    for (const Reader& action : reader.Parts()) TrackTypes(scene, table, action);
    if (reader.Take("rename to")) scene.history.created.insert(Key({table.schema, reader.TakeIdentifier()}));
    return;
  }
  for (const Reader& action : reader.Parts()) {
    Action(scene, table, action).Judge();
    TrackTypes(scene, table, action);
  }
}

}  // namespace slipway::sql
