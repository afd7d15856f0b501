// SQL in steps and pages; dumps and restores.
#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "base/text.h"
#include "lint/material.h"
#include "sql/lint.h"

namespace slipway::lint {
namespace {

using shell::Redirection;

// What counts as well where no migration is meant.
constexpr std::array<std::string_view, 7> kAnywhere = {
    "drop-cascade",    "truncate-cascade",  "unbatched-update",           "secret-in-clear",
    "grant-to-public", "copy-from-program", "concurrently-in-transaction"};

bool Matches(std::string_view text, const RE2& form) {
  return RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), form);
}

// A template of the page itself in brackets would be no SQL.
std::string WithoutPlaceholders(std::string text) {
  static const RE2 kPlaceholder(R"(\[[A-Za-z][\w -]{2,}\])");
  RE2::GlobalReplace(&text, kPlaceholder, "x");
  return text;
}

enum class Meant { kMigration, kStatement };

void LintSql(std::string_view text, Meant meant, const Fragment& fragment, base::Position at,
             Findings& findings) {
  const sql::Migration file{.path = "", .file = "", .text = std::string(text)};
  for (base::Diagnostic d : sql::Lint({&file, 1})) {
    if (d.rule.empty() || d.rule == "no-statements") continue;
    if (meant == Meant::kStatement && std::ranges::find(kAnywhere, d.rule) == kAnywhere.end()) continue;
    d.at = meant == Meant::kStatement && at.line > 0 ? fragment.At(at) : fragment.At(d.at);
    findings.Take(std::move(d));
  }
}

class Databases {
 public:
  Databases(const Material& material, Findings& findings) : material_(material), findings_(findings) {}

  void Run() {
    for (const Fragment& fragment : material_.fragments) {
      if (fragment.language == Language::kSql) Sql(fragment);
      if (fragment.language == Language::kShell) Shell(fragment);
    }
    Orders();
  }

 private:
  void Sql(const Fragment& fragment) {
    static const RE2 kMigration(R"((?i)\b(BEGIN|ALTER\s+TABLE|CREATE\s+TABLE|CREATE\s+(UNIQUE\s+)?INDEX)\b)");
    LintSql(WithoutPlaceholders(fragment.text),
            Matches(fragment.text, kMigration) ? Meant::kMigration : Meant::kStatement, fragment, {},
            findings_);
    Terminates(fragment.text, fragment.At({1, 1}));
    statements_.push_back({fragment.text, fragment.At({1, 1})});
  }

  void Terminates(std::string_view sql, base::Position at) {
    static const RE2 kTerminates(R"((?i)pg_terminate_backend\s*\(\s*pid\s*\)[^;]*pg_stat_activity)");
    static const RE2 kNamed(R"((?i)\b(datname|datid)\b)");
    if (Matches(sql, kTerminates) && !Matches(sql, kNamed))
      findings_.Tell("terminates-everybody", at, "`pg_terminate_backend` without a database");
  }

  void Shell(const Fragment& fragment) {
    bool backed_up = false, told = false;
    const bool encrypts = std::ranges::any_of(fragment.script.commands, Encrypts);
    base::Position dropped;
    std::string what;
    for (const shell::Command& command : fragment.script.commands) {
      const Call call = CallOf(command);
      for (const Query& query : QueriesOf(call)) {
        LintSql(WithoutPlaceholders(query.sql), Meant::kStatement, fragment, query.at, findings_);
        Terminates(query.sql, fragment.At(query.at));
        statements_.push_back({query.sql, fragment.At(query.at)});
        static const RE2 kDrop(R"((?i)\bDROP\s+(SCHEMA|DATABASE|TABLE)\b)");
        if (Matches(query.sql, kDrop) && !backed_up) dropped = query.at, what = "DROP";
      }
      if (call.name == "dropdb" && !backed_up) dropped = command.at, what = "dropdb";
      if (call.name == "pg_dump" || call.name == "pg_basebackup" || call.name == "pg_dumpall") {
        backed_up = true;
        if (!encrypts) InClear(fragment, call);
      }
      const bool fed = call.name == "psql" && (call.Option("-f") != nullptr ||
                                               call.Option("--file") != nullptr || ReadsFile(command));
      if ((fed || call.name == "pg_restore") && dropped.line > 0) {
        findings_.Tell("restore-unproven", fragment.At(dropped), base::Quote(what) + " before a restore");
        dropped = {};
      }
      if (fed && !told && !StopsAtErrors(call)) {
        findings_.Tell("psql-goes-on", fragment.At(command.at), "`psql` with a file");
        told = true;
      }
    }
  }

  static bool ReadsFile(const shell::Command& command) {
    return std::ranges::any_of(command.redirections, [](const Redirection& r) { return r.sign == "<"; });
  }

  static bool StopsAtErrors(const Call& call) {
    return std::ranges::any_of(call.words, [](const shell::Word* w) {
      return w->written.find("ON_ERROR_STOP") != std::string::npos;
    });
  }

  static bool Encrypts(const shell::Command& command) {
    constexpr std::array<std::string_view, 6> kNames = {"gpg", "gpg2", "age", "rage", "sops", "openssl"};
    return std::ranges::find(kNames, CallOf(command).name) != kNames.end();
  }

  void InClear(const Fragment& fragment, const Call& dump) {
    if (demanded_ == 0) FindDemand();
    if (demanded_ < 0) return;
    findings_.Tell("backup-in-clear", fragment.At(dump.command->at),
                   base::Quote(dump.name) + " in clear, against line " + std::to_string(demanded_));
  }

  void FindDemand() {
    static const RE2 kDemand(R"((?i)backups?\b.*\b(must|shall|are|be)\b.*\bencrypted|encrypted backups?\b)");
    demanded_ = -1;
    for (const Line& line : material_.prose)
      if (!line.box && Matches(line.text, kDemand)) {
        demanded_ = line.number;
        return;
      }
  }

  // INSERT INTO t (a, b), while elsewhere the latest of t is taken by c.
  void Orders() {
    static const RE2 kInsert(R"((?i)INSERT\s+INTO\s+([\w.]+)\s*\(([^)]*)\))");
    static const RE2 kOrder(R"((?i)\bFROM\s+([\w.]+)\s+(?:WHERE\s+[^;]*?)?ORDER\s+BY\s+(\w+)\s+DESC)");
    std::map<std::string, std::map<std::string, base::Position>> orders;  // table, column: where first
    for (const auto& [select, place] : statements_)
      if (std::string from, column; RE2::PartialMatch(select, kOrder, &from, &column))
        orders[from].emplace(column, place);
    for (const auto& [insert, at] : statements_) {
      std::string table, columns;
      if (!RE2::PartialMatch(insert, kInsert, &table, &columns) || !orders.contains(table)) continue;
      std::set<std::string_view> names;
      const std::vector<std::string> listed = base::Split(columns, ',');
      for (const std::string& name : listed) names.insert(base::Trim(name));
      for (const auto& [column, place] : orders[table]) {
        if (!names.contains(column))
          return findings_.Tell("orders-by-unwritten", place,
                                base::Quote(column) + " of " + base::Quote(table) + ", which line " +
                                    std::to_string(at.line) + " and below do not write");
      }
    }
  }

  const Material& material_;
  Findings& findings_;
  int demanded_ = 0;  // the line that demands encryption; -1: none does
  std::vector<std::pair<std::string, base::Position>> statements_;
};

}  // namespace

void DatabaseRules(const Material& material, Findings& findings) { Databases(material, findings).Run(); }

}  // namespace slipway::lint
