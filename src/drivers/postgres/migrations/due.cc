// Which migrations a database lacks, and what speaks against them.
#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/file.h"
#include "base/text.h"
#include "drivers/postgres/migrations/migrate.h"

namespace slipway::drivers::postgres {
namespace {

using base::Precedence;
using base::Version;

constexpr char kTables[] =
    "SELECT EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
    "WHERE c.relkind IN ('r', 'p') AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'slipway') "
    "AND n.nspname NOT LIKE 'pg\\_%' AND c.relname <> 'schema_migrations')";

std::string Before(const std::string& version) { return version.empty() ? "no version" : version; }

// What the ledger has of files that are gone, up to `wanted`: renamed or removed after they failed.
base::Status FindWithdrawn(const std::map<std::string, Record>& ledger,
                           const std::vector<sql::Migration>& files, const Version& wanted, Due& due) {
  for (const auto& [path, record] : ledger) {
    if (record.state == "applied") continue;
    if (std::ranges::find(files, path, &sql::Migration::path) != files.end()) continue;
    SLIPWAY_TRY(const Version version, base::ParseVersion(record.version));
    if (Precedence(version, wanted) > 0) continue;
    // One under way outside a transaction may have happened.
    if (record.done > 0 || record.outside > 0) {
      return base::Refused(
          fmt::format("{} is half done by {}, and not among the migrations any more", path, record.run), path,
          "put it back as it was, or restore the database");
    }
    due.withdrawn[path] = record.version;
  }
  return {};
}

}  // namespace

base::JsonObject FindingJson(const base::Diagnostic& finding) {
  return {{"rule", finding.rule},
          {"severity", finding.severity == base::Severity::kError ? "error" : "warning"},
          {"place", fmt::format("{}:{}:{}", finding.file, finding.at.line, finding.at.column)},
          {"danger", finding.what},
          {"safe", finding.suggestion}};
}

base::Result<Version> WantedVersion(const std::vector<sql::Migration>& files, const std::string& to) {
  std::vector<std::string> names;
  for (const sql::Migration& file : files) {
    const std::string name = base::ToString(file.version);
    if (names.empty() || names.back() != name) names.push_back(name);
  }
  const auto version = base::ParseVersion(to);
  if (version) {
    for (const sql::Migration& file : files) {
      if (Precedence(file.version, *version) == 0) return file.version;
    }
  }
  const auto near = base::DidYouMean(to, names);
  return base::Invalid("there is no version " + base::Quote(to) + " among the migrations", "to",
                       near ? "did you mean " + *near + "?" : "the newest is " + names.back());
}

base::Result<Due> WhatIsDue(Session& session, const Context& context, const std::string& folder,
                            const std::string& to) {
  SLIPWAY_TRY(std::vector<sql::Migration> files, ReadFolder(context, folder));
  SLIPWAY_TRY(const Version wanted, WantedVersion(files, to));
  SLIPWAY_TRY(const Installed installed, InstalledVersion(session));
  SLIPWAY_TRY(const auto ledger, ReadLedger(session));
  SLIPWAY_TRY(const std::string beyond, RecordedBeyond(session, installed));
  if (!beyond.empty()) {
    return base::Refused(fmt::format("{}.schema_migrations has {}, and slipway's ledger {}: somebody else "
                                     "recorded it, and nobody knows "
                                     "what of it is done",
                                     installed.other, beyond, installed.version),
                         session.where(),
                         "where nothing of it is, delete that record; where all of it is, TRUNCATE "
                         "slipway.migrations, and the records of " +
                             installed.other + ".schema_migrations are taken as they are");
  }
  if (installed.version.empty() && !installed.ignored.empty()) {
    return base::Refused(
        fmt::format("the records in {} are no versions, such as {}: nobody knows what is applied",
                    installed.source, base::Quote(installed.ignored.front())),
        session.where(), "put the version that it has there, as v1.2.0");
  }
  Due due{.from = installed.version};
  std::optional<Version> has;
  if (!installed.version.empty()) {
    SLIPWAY_TRY(has, base::ParseVersion(installed.version));
    if (Precedence(wanted, *has) < 0) {
      return base::Refused(fmt::format("the database has {}, which is newer than {}", installed.version, to),
                           "to", "a migration goes forward; to go back, restore a backup");
    }
  }
  SLIPWAY_CHECK_OK(FindWithdrawn(ledger, files, wanted, due));
  for (sql::Migration& file : files) {
    if (Precedence(file.version, wanted) > 0) continue;
    const auto record = ledger.find(file.path);
    if (record != ledger.end() && record->second.state == "applied") {
      if (record->second.sha256 == file.sha256) {
        due.applied.push_back(std::move(file));
        continue;
      }
      return base::Refused(file.path + " was changed since it was applied by " + record->second.run,
                           file.file, "put it back as it was, and the change into a file of a new version");
    }
    if (record != ledger.end() && record->second.done > 0 && record->second.sha256 != file.sha256) {
      return base::Refused(fmt::format("{} was changed since {} did {} statements of it", file.path,
                                       record->second.run, record->second.done),
                           file.file, "put it back as it was, or restore the database");
    }
    const bool behind = has && Precedence(file.version, *has) <= 0;
    if (!behind) {
      if (record != ledger.end() && record->second.done > 0) due.begun[file.path] = record->second.done;
      due.files.push_back(std::move(file));
    } else if (ledger.empty()) {
      due.adopted.push_back(std::move(file));
    } else {
      return base::Refused(fmt::format("{} was added to a version that is applied; the database has {}",
                                       file.path, Before(installed.version)),
                           file.file, "put it into a new version");
    }
  }
  return due;
}

SqlResult<bool> MayHoldRows(Session& session, const Due& due) {
  if (!due.from.empty()) return true;
  SLIPWAY_TRY(const Rows tables, session.Query(kTables));
  return tables.Boolean(0, 0);
}

}  // namespace slipway::drivers::postgres
