#include "drivers/postgres/database/contents.h"

#include <fmt/format.h>

#include "base/bytes.h"
#include "base/text.h"
#include "drivers/postgres/database/schema.h"

namespace slipway::drivers::postgres {
namespace {

using base::JsonObject;

constexpr std::size_t kMostTold = 5;
constexpr std::size_t kDigestDigits = 16;
constexpr char kLargeObjects[] = "large objects";

constexpr char kTables[] = R"(
SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind = 'r' AND c.relpersistence <> 't' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
   AND NOT EXISTS (SELECT 1 FROM pg_depend d
                    WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
 ORDER BY 1)";

}  // namespace

std::int64_t Contents::AllRows() const {
  std::int64_t all = 0;
  for (const auto& [table, count] : rows) all += count;
  return all;
}

SqlResult<Contents> ReadContents(Session& session) {
  Contents contents;
  const auto keep = [&](std::string_view object, std::string_view definition) {
    contents.objects[std::string(object)] =
        base::Hex(base::AsBytes(base::Sha256(definition))).substr(0, kDigestDigits);
  };
  // First, as it has names written plainly from there on.
  SLIPWAY_TRY(contents.fingerprint, DigestSchema(session, Objects::kAll, keep));
  SLIPWAY_TRY(const Rows tables, session.Query(kTables));
  for (int i = 0; i < tables.size(); ++i) {
    SLIPWAY_TRY(const Rows count, session.Query("SELECT count(*) FROM ONLY " + tables.Text(i, 0)));
    contents.rows[tables.Text(i, 0)] = count.Integer(0, 0);
  }
  SLIPWAY_TRY(const Rows large, session.Query("SELECT count(*) FROM pg_largeobject_metadata"));
  if (large.Integer(0, 0) > 0) contents.rows[kLargeObjects] = large.Integer(0, 0);
  return contents;
}

std::vector<std::string> Differences(const Contents& wanted, const Contents& found) {
  std::vector<std::string> told;
  for (const auto& [table, count] : wanted.rows) {
    const auto there = found.rows.find(table);
    if (there == found.rows.end())
      told.push_back(fmt::format("{} is missing, with its {} rows", table, count));
    else if (there->second != count)
      told.push_back(fmt::format("{} has {} rows instead of {}", table, there->second, count));
  }
  for (const auto& [table, count] : found.rows) {
    if (!wanted.rows.contains(table))
      told.push_back(fmt::format("{} with {} rows is not in the manifest", table, count));
  }
  if (wanted.fingerprint == found.fingerprint) return told;
  const std::size_t before = told.size();
  for (const auto& [object, digest] : wanted.objects) {
    const auto there = found.objects.find(object);
    if (there == found.objects.end())
      told.push_back(object + " is missing");
    else if (there->second != digest)
      told.push_back(object + " is defined otherwise");
  }
  for (const auto& [object, digest] : found.objects) {
    if (!wanted.objects.contains(object)) told.push_back(object + " is not in the manifest");
  }
  if (told.size() == before) told.emplace_back("the schema is not the one of the manifest");
  return told;
}

std::string Told(const std::vector<std::string>& differences) {
  const std::size_t most = std::min(differences.size(), kMostTold);
  std::string text = base::Join(std::span(differences).first(most), "; ");
  if (differences.size() > most) text += fmt::format("; and {} more", differences.size() - most);
  return text;
}

JsonObject ToJson(const Contents& contents) {
  JsonObject rows, objects;
  for (const auto& [table, count] : contents.rows) rows[table] = count;
  for (const auto& [object, digest] : contents.objects) objects[object] = digest;
  return {{"rows", std::move(rows)}, {"objects", std::move(objects)}, {"fingerprint", contents.fingerprint}};
}

base::Result<Contents> ContentsFromJson(const JsonObject& json) {
  Contents contents;
  contents.fingerprint = base::GetString(json, "fingerprint");
  if (!base::ParseDigest(contents.fingerprint)) return base::Invalid("it has no fingerprint of the schema");
  const base::Json* rows = json.if_contains("rows");
  if (rows == nullptr || !rows->is_object()) return base::Invalid("it has no rows of tables");
  for (const auto& [table, count] : rows->get_object()) {
    if (!count.is_int64()) return base::Invalid("it has rows that are no number");
    contents.rows[std::string(table)] = count.get_int64();
  }
  for (const auto& [object, digest] : base::GetObject(json, "objects")) {
    if (digest.is_string())
      contents.objects[std::string(object)] = std::string(base::View(digest.get_string()));
  }
  return contents;
}

}  // namespace slipway::drivers::postgres
