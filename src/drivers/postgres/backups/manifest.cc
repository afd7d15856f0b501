#include "drivers/postgres/backups/manifest.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/bytes.h"
#include "base/file.h"
#include "base/text.h"

namespace slipway::drivers::postgres {
namespace {

namespace fs = std::filesystem;
using base::GetInt;
using base::GetObject;
using base::GetString;
using base::Invalid;
using base::JsonObject;

constexpr std::uint64_t kLargestManifest = 64u << 20;
constexpr std::size_t kLongestSlug = 80;
constexpr std::string_view kManifest = ".manifest.json";

fs::path With(const fs::path& backup, std::string_view suffix) {
  return backup.string() + std::string(suffix);
}

base::Status WriteJson(const fs::path& path, const JsonObject& json) {
  SLIPWAY_TRY(const std::string text, base::CanonicalJson(json));
  return base::WriteFileAtomic(path, text + "\n", 0600);
}

}  // namespace

JsonObject ToJson(const Manifest& m) {
  JsonObject json = ToJson(m.contents);
  json["v"] = 1;
  json["customer"] = m.customer;
  json["database"] = m.database;
  json["system"] = m.system;
  json["server_version"] = m.server_version;
  json["server_number"] = m.server_number;
  json["schema_version"] = m.schema_version;
  json["file"] = m.file;
  json["bytes"] = m.bytes;
  json["sha256"] = m.sha256;
  json["key_id"] = m.key_id;
  json["locale"] = JsonObject{{"encoding", m.locale.encoding},
                              {"collate", m.locale.collate},
                              {"ctype", m.locale.ctype},
                              {"provider", m.locale.provider},
                              {"icu", m.locale.icu}};
  json["counters"] = ToJson(m.counters);
  json["taken_at"] = base::FormatTime(m.taken_at);
  json["instance"] = m.instance;
  json["mark"] = m.mark;
  return json;
}

base::Result<Manifest> ManifestFromJson(const base::Json& json) {
  if (!json.is_object()) return Invalid("it is no manifest of a backup");
  const JsonObject& object = json.get_object();
  if (GetInt(object, "v") != 1)
    return Invalid("it is no manifest of a backup that this version of slipway can read");
  Manifest m;
  for (const auto& [key, text] : {std::pair{"customer", &m.customer},
                                  {"database", &m.database},
                                  {"system", &m.system},
                                  {"server_version", &m.server_version},
                                  {"file", &m.file},
                                  {"sha256", &m.sha256},
                                  {"key_id", &m.key_id},
                                  {"mark", &m.mark}}) {
    *text = GetString(object, key);
    if (text->empty()) return Invalid(fmt::format("the manifest has no `{}`", key));
  }
  m.server_number = static_cast<int>(GetInt(object, "server_number"));
  m.schema_version = GetString(object, "schema_version");
  m.bytes = GetInt(object, "bytes");
  m.instance = GetString(object, "instance");
  const JsonObject& locale = GetObject(object, "locale");
  m.locale = {GetString(locale, "encoding"), GetString(locale, "collate"), GetString(locale, "ctype"),
              GetString(locale, "provider"), GetString(locale, "icu")};
  SLIPWAY_TRY(m.contents, ContentsFromJson(object));
  m.counters = CountersFromJson(GetObject(object, "counters"));
  SLIPWAY_TRY(m.taken_at, base::ParseTime(GetString(object, "taken_at")));
  SLIPWAY_CHECK_OK(base::ParseDigest(m.sha256));
  return m;
}

fs::path ManifestPath(const fs::path& backup) { return With(backup, kManifest); }
fs::path ProvenPath(const fs::path& backup) { return With(backup, ".proven.json"); }
fs::path PartialPath(const fs::path& backup) { return With(backup, ".partial"); }

base::Result<Manifest> ReadManifest(const fs::path& backup) {
  const fs::path path = ManifestPath(backup);
  auto read = [&]() -> base::Result<Manifest> {
    SLIPWAY_TRY(const std::string text, base::ReadFile(path, kLargestManifest));
    SLIPWAY_TRY(const base::Json json, base::ParseJson(text));
    SLIPWAY_TRY(Manifest manifest, ManifestFromJson(json));
    if (manifest.file != backup.filename())
      return Invalid("it is the manifest of another file, " + base::Quote(manifest.file));
    return manifest;
  };
  auto manifest = read();
  if (!manifest && manifest.error().where.empty()) manifest.error().where = path.string();
  return manifest;
}

base::Status WriteManifest(const fs::path& backup, const Manifest& manifest) {
  return WriteJson(ManifestPath(backup), ToJson(manifest));
}

std::optional<base::Time> ProvenAt(const fs::path& backup, const Manifest& manifest) {
  const auto text = base::ReadFile(ProvenPath(backup));
  const auto json = text ? base::ParseJson(*text) : std::unexpected(text.error());
  if (!json || !json->is_object() || GetString(json->get_object(), "sha256") != manifest.sha256) return {};
  const auto at = base::ParseTime(GetString(json->get_object(), "proven_at"));
  return at ? std::optional(*at) : std::nullopt;
}

base::Status WriteProven(const fs::path& backup, const Manifest& manifest, base::Time at,
                         const Context& context) {
  return WriteJson(ProvenPath(backup), {{"v", 1},
                                        {"sha256", manifest.sha256},
                                        {"proven_at", base::FormatTime(at)},
                                        {"rows", manifest.contents.AllRows()},
                                        {"instance", context.instance}});
}

std::string Slug(std::string_view name) {
  std::string slug;
  for (const char c : name) {
    const char lower = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    const bool plain = (lower >= 'a' && lower <= 'z') || (lower >= '0' && lower <= '9') || lower == '_';
    if (plain)
      slug += lower;
    else if (!slug.empty() && slug.back() != '-')
      slug += '-';
  }
  slug.resize(std::min(slug.size(), kLongestSlug));
  while (slug.ends_with('-')) slug.pop_back();
  return slug;
}

std::string BackupName(std::string_view customer, base::Time at, std::string_view tag) {
  std::string time;  // `20261121_012422` of `2026-11-21T01:24:22.123Z`
  for (const char c : base::FormatTime(at).substr(0, 19)) {
    if (c == 'T') time += '_';
    if (c >= '0' && c <= '9') time += c;
  }
  return fmt::format("{}_{}_{}.backup", customer, time, tag);
}

}  // namespace slipway::drivers::postgres
