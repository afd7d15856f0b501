#include "base/text.h"
#include "sql/judge.h"

namespace slipway::sql {
namespace {

constexpr std::string_view kRecords = "schema_migrations";

// The condition holds for every row, as far as the files tell.
bool IsAlwaysTrue(const Scene& scene, const Name& table, Reader where) {
  const Reader condition = where;
  if (where.Take("true")) return where.AtEnd() || where.Peek("returning");
  const std::string left(where.text());
  where.Skip();
  if (where.TakeSymbol('=')) {
    const bool same = condition.kind() == TokenKind::kNumber && where.text() == left;
    where.Skip();
    return same && (where.AtEnd() || where.Peek("returning"));
  }
  where = condition;
  const Name column = where.TakeName();
  const auto added = scene.history.added.find(ColumnKey(table, column.name));
  return where.Take("is null") && (where.AtEnd() || where.Peek("returning")) &&
         added != scene.history.added.end() && added->second;
}

// `reader` stands before UPDATE, DELETE FROM, INSERT INTO or MERGE INTO.
void JudgeWrite(const Scene& scene, Reader reader) {
  const Reader begin = reader;
  const bool insert = reader.Take("insert into"), merge = reader.Take("merge into");
  if (!insert && !merge && !reader.Take("update") && !reader.Take("delete from")) return;
  reader.Take("only");
  const Name table = reader.TakeName();
  if (table.name == kRecords) return scene.Report("duplicate-version-record", begin, Shown(table));
  JudgeOwn(scene, table, begin);
  if (begin.Peek("delete from") || (merge && reader.Has("then delete")))
    scene.Destroys(table, begin, "deletes rows of " + Shown(table));
  if (insert || merge || scene.IsNew(table)) return;
  auto where = reader.Find("where");
  if (where) where->Skip();
  if (!where || IsAlwaysTrue(scene, table, *where))
    scene.Report("unbatched-update", begin, "every row of " + Shown(table));
}

// WITH a AS (UPDATE …), b AS (…) DELETE …: each part that writes.
void JudgeWith(const Scene& scene, Reader reader) {
  while (!reader.AtEnd()) {
    if (reader.Take("for update") || reader.Take("for no key update")) continue;
    if (reader.Peek("update") || reader.Peek("delete from") || reader.Peek("insert into") ||
        reader.Peek("merge into"))
      return JudgeWrite(scene, reader);
    if (const auto group = reader.TakeGroup())
      JudgeWrite(scene, *group);
    else
      reader.Skip();
  }
}

void JudgeCopy(const Scene& scene, Reader reader) {
  const Reader begin = reader;
  reader.Take("copy");
  const Name table = reader.TakeName();
  if (table.name == kRecords && reader.Has("from"))
    scene.Report("duplicate-version-record", begin, base::Quote(kRecords));
  if (reader.Has("from")) JudgeOwn(scene, table, begin);
  for (std::string_view word : {"from", "to"}) {
    auto place = reader.Find(word);
    if (!place) continue;
    place->Skip();
    if (place->Peek("program")) scene.Report("copy-from-program", *place, "COPY … PROGRAM");
    if (place->kind() == TokenKind::kString)
      scene.Report("superuser-statement", *place, "COPY with a file of the server");
  }
}

void JudgeTruncate(const Scene& scene, Reader reader) {
  const Reader begin = reader;
  const auto cascade = reader.Find("cascade");
  reader.Take("truncate");
  reader.Take("table");
  bool all_new = true;
  for (Reader& each : reader.Parts()) {
    each.Take("only");
    const Name table = each.TakeName();
    all_new = all_new && scene.IsNew(table);
    scene.Destroys(table, begin, "empties table " + Shown(table));
    JudgeOwn(scene, table, begin);
  }
  if (cascade && !all_new) scene.Report("truncate-cascade", *cascade, "TRUNCATE … CASCADE");
}

}  // namespace

void JudgeData(const Scene& scene, const Kind& kind, const Reader& reader) {
  if (kind.command == "copy") JudgeCopy(scene, reader);
  if (kind.command == "truncate") JudgeTruncate(scene, reader);
  if (kind.command == "with") JudgeWith(scene, reader);
  JudgeWrite(scene, reader);
}

// `PASSWORD 'x'` of a role or in OPTIONS, and `password=x` in a connection string.
void JudgeSecrets(const Scene& scene, const Kind& kind, Reader reader) {
  const bool role =
      kind.command.ends_with(" role") || kind.command.ends_with(" user") || kind.command.ends_with(" group");
  const bool peer = kind.command.ends_with(" user mapping") || kind.command.ends_with(" server") ||
                    kind.command.ends_with(" subscription");
  if (!role && !peer) return;
  for (; !reader.AtEnd(); reader.Skip()) {
    Reader value = reader;
    const bool named = value.Take("password");
    const bool inside =
        peer && reader.kind() == TokenKind::kString && Folded(reader.text()).contains("password=");
    if (inside) value = reader;
    if ((named || inside) && value.kind() == TokenKind::kString)
      scene.Report("secret-in-clear", value, base::Quote(kind.command));
  }
}

}  // namespace slipway::sql
